"""Which kernels end because nobody uses them."""

import asyncio
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

kernels = pytest.importorskip(
    "wearcast.serving.dashboard_server.kernels", reason="the extra `dashboard` isn't installed"
)
MINUTE_S = 60.0


class Recorded(kernels.Kernels):
    """A manager of one kernel that isn't real."""

    def __init__(self, state: str, idle_s: float, left_s: float, connections: int) -> None:
        super().__init__(cull_idle_timeout=300)
        last = kernels.utcnow() - timedelta(seconds=idle_s)
        self._kernels["one"] = SimpleNamespace(last_activity=last, execution_state=state)
        self._left_at["one"] = time.monotonic() - left_s
        self._kernel_connections["one"] = connections
        self.ended: list[str] = []

    async def end(self, kernel_id: str) -> None:
        self.ended.append(kernel_id)


def ends(state: str, idle_s: float, left_s: float, connections: int = 0, was: bool = True) -> bool:
    manager = Recorded(state, idle_s, left_s, connections)
    if was:
        manager._connected.add("one")
    asyncio.run(manager.cull_kernel_if_idle("one"))
    return manager.ended == ["one"]


def test_a_busy_kernel_without_a_page_ends_after_two_minutes():
    assert ends("busy", idle_s=0, left_s=2.1 * MINUTE_S)
    assert not ends("busy", idle_s=90 * MINUTE_S, left_s=1.9 * MINUTE_S)


def test_an_idle_kernel_is_kept_for_a_visitor_who_left():
    assert not ends("idle", idle_s=4 * MINUTE_S, left_s=4 * MINUTE_S)
    assert ends("idle", idle_s=6 * MINUTE_S, left_s=6 * MINUTE_S)


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_connected_kernel_is_kept(state):
    assert not ends(state, idle_s=60 * MINUTE_S, left_s=90 * MINUTE_S, connections=1)


def test_a_kernel_without_a_page_is_the_pools_or_a_visits():
    assert not ends("busy", idle_s=1e6, left_s=1e6, was=False)


def test_a_connection_that_never_came_to_be_is_not_counted():
    manager = Recorded("idle", idle_s=0, left_s=0, connections=0)
    manager.notify_disconnect("one")
    assert manager._kernel_connections["one"] == 0
