"""Who gets a kernel, and what is left of a visit afterwards: nothing."""

import asyncio
import time
from types import SimpleNamespace

import pytest

visits = pytest.importorskip(
    "wearcast.serving.dashboard_server.visits", reason="the extra `dashboard` isn't installed"
)
from wearcast.serving.dashboard_server.kernel_pool import KernelPool, PooledKernel  # noqa: E402
from wearcast.serving.dashboard_server.kernels import Kernels  # noqa: E402


class NoProcesses(Kernels):
    """Kernels without processes."""

    async def end(self, kernel_id: str) -> None:
        if kernel_id in self:
            self.remove_kernel(kernel_id)


class Pool(KernelPool):
    """A pool of such kernels, numbered in the order of their start."""

    count = 0

    async def _started_kernel(self) -> PooledKernel:
        self.count += 1
        kernel_id = str(self.count)
        self._manager._kernels[kernel_id] = SimpleNamespace()
        self._manager._left_at[kernel_id] = time.monotonic()
        self._manager._waiting.add(kernel_id)
        rendering = asyncio.get_running_loop().create_future()
        return PooledKernel(kernel_id, None, rendering)


def dictionaries(*owners: object) -> dict[str, object]:
    """Whatever these objects keep by kernel, ticket or client."""
    found = {}
    for owner in owners:
        for name, kept in vars(owner).items():
            if isinstance(kept, dict | set | list) and not name.startswith("_trait_"):
                found[name] = kept
    return found


def test_a_client_that_is_refused_costs_nobody_a_kernel():
    async def run() -> list[str]:
        kernels = NoProcesses(limit=1)
        some = visits.Visits(Pool(kernels, "", 0), kernels)
        visit = await some.begin("one")
        assert some.redeem(visit.ticket, {})
        kernels._connected.add(visit.kernel.kernel_id)
        kernels._left_at[visit.kernel.kernel_id] -= 60
        some._bucket("another").take(visits._PAGE_BURST)
        with pytest.raises(visits.NoRoomError):
            await some.begin("another")
        return kernels.list_kernel_ids()

    assert asyncio.run(run()) == ["1"]


def test_nothing_is_left_of_a_thousand_visits_whose_kernels_died():
    async def run() -> dict[str, object]:
        kernels = NoProcesses()
        pool = Pool(kernels, "", 0)
        some = visits.Visits(pool, kernels)
        for number in range(1_000):
            client = str(number)
            assert some.enter(client)
            visit = await some.begin(client)
            kernel_id = visit.kernel.kernel_id
            kernels.remove_kernel(kernel_id)
            assert some.redeem(visit.ticket, {}) is None
            kernels.allowance(kernel_id).admit(1)
            kernels.may_log(kernel_id)
            kernels.notify_connect(kernel_id)
            kernels.notify_disconnect(kernel_id)
            await some.end(visit)
            some.leave(client)
            await asyncio.sleep(0)
        await pool.remove_lost()
        some.forget_ended()
        assert pool._reserved == 0
        return dictionaries(kernels, kernels.requests, pool, some)

    kept = asyncio.run(run())
    assert {"_left_at", "_allowances", "_requests", "_by_ticket", "_clients"} <= kept.keys()
    assert {name: found for name, found in kept.items() if found} == {}
