"""The kernel manager: the limit of kernels, their environment variables, and when idle ones end."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Dict, Float, Int

from wearcast.serving.dashboard_server.kernel_connection import PageAllowance
from wearcast.serving.dashboard_server.page_requests import SECRET_VARIABLE, PageRequests
from wearcast.serving.process_memory import proportional_bytes, resident_bytes
from wearcast.serving.rate_limit import TokenBucket
from wearcast.serving.settings import PREFIX, Deployment

_MACHINE_VARIABLES: Final = """
    PATH HOME USER LOGNAME LANG LANGUAGE TZ TMPDIR TEMP TMP SYSTEMROOT VIRTUAL_ENV
    SSL_CERT_FILE SSL_CERT_DIR
"""
_NAMES: Final = frozenset(_MACHINE_VARIABLES.split())
_PREFIXES: Final = ("LC_", "PYTHON", "VOILA_")
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::", "localhost"})  # noqa: S104 - only compared with
_RETURNS_WITHIN_S: Final = 10.0
"""How long a page whose connection broke off keeps its kernel even if others wait for one."""
_NICE: Final = 10
"""The priority of kernels; the server has 0, and a smaller number is served first."""
_MEMORY_SAVING: Final = {
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""A kernel serves one viewer: more threads, and a malloc arena for each, would only cost memory."""


CULLED: Final = ("unused", "memory")
"""Why the manager itself ends a kernel: unused for long, or with too much memory."""


def extra_variables(settings: Deployment, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of Wearcast's that a kernel needs: the API's address, or all settings where the
    kernel runs the API itself."""
    variables = {}
    if settings.api:
        variables[f"{PREFIX}API"] = settings.api
    else:
        prefixes = (PREFIX, "AWS_") if settings.in_bucket else (PREFIX,)
        for name, value in environment.items():
            if name.startswith(prefixes):
                variables[name] = value
    if settings.dashboard_host not in _ANY_ADDRESS:
        variables["VOILA_APP_IP"] = settings.dashboard_host
    return variables


def kernel_environment(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A kernel's environment: the variables of `given` that are known to be harmless, and all of
    `own`."""
    variables = dict(_MEMORY_SAVING)
    for name, value in given.items():
        if name in _NAMES or name.startswith(_PREFIXES):
            variables[name] = value
    variables.update(own)
    return variables


class Kernels(AsyncMappingKernelManager):  # type: ignore[misc]
    """A kernel manager with limits, which ends the kernels of visitors who left or never came, and
    kernels that hang or grow.

    Attributes:
        requests: the way of a page's request to its kernel.
        culled: how many kernels the manager itself ended, by why.
    """

    limit = Int(
        24,
        config=True,
        help="Kernels there may be at a time, those that wait for a visitor among them.",
    )
    extra_variables = Dict(config=True, help="Variables of ours that every kernel gets.")
    hung_after = Float(
        120,
        config=True,
        help="Seconds after which a busy kernel ends that no page is connected to.",
    )
    cull_connected_after = Float(
        7200,
        config=True,
        help="Idle seconds after which a kernel ends whose page is still connected.",
    )
    max_memory_mb = Float(
        250, config=True, help="Resident memory, in MB, beyond which a kernel is ended."
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.requests = PageRequests()
        self.culled = Counter[str]()
        self._starting = 0
        self._waiting: set[str] = set()
        self._connected: set[str] = set()
        self._left_at: dict[str, float] = {}
        self._allowances: dict[str, PageAllowance] = {}
        self._log_allowances: dict[str, TokenBucket] = {}

    @property
    def free_slots(self) -> int:
        """How many more kernels there may be."""
        taken = len(self) + self._starting
        return max(0, int(self.limit) - taken)

    @property
    def connected_count(self) -> int:
        """How many kernels have a page that is connected."""
        return sum(connections > 0 for connections in self._kernel_connections.values())

    def memory_bytes(self) -> dict[str, int]:
        """The resident memory of the server and of all its kernels; each page counts once."""
        held = [proportional_bytes(_process_of(kernel)) for kernel in self._kernels.values()]
        return {"server": proportional_bytes(os.getpid()), "kernels": sum(held)}

    async def start_kernel(self, *args: Any, **kwargs: Any) -> str:
        """Start a kernel for a page's request, with our environment variables.

        Raises:
            HTTPError: 503, there are as many as there may be.
        """
        if not self.free_slots:
            raise HTTPError(503, "there are as many kernels as there may be")
        self._starting += 1
        secret = secrets.token_urlsafe()
        try:
            # A folder of its own: no profile's startup scripts, and no home that isn't writable.
            own = {
                "IPYTHONDIR": os.path.join(self.connection_dir, "ipython"),
                SECRET_VARIABLE: secret,
            }
            given = kwargs.get("env") or os.environ
            kwargs["env"] = kernel_environment(given, self.extra_variables | own)
            started: str = await super().start_kernel(*args, **kwargs)
        finally:
            self._starting -= 1
        _lower_priority(self._kernels[started])
        self.requests.expect(started, secret)
        self._left_at[started] = time.monotonic()
        self._waiting.add(started)
        return started

    def hand_over(self, kernel_id: str) -> None:
        """Let a kernel that waited be a page's."""
        self._waiting.discard(kernel_id)
        self._left_at[kernel_id] = time.monotonic()

    def is_of_a_page(self, kernel_id: str) -> bool:
        """Whether there is such a kernel and it is a page's; nobody may know the others' ids."""
        return kernel_id in self and kernel_id not in self._waiting

    def was_connected(self, kernel_id: str) -> bool:
        """Whether a page ever connected to the kernel."""
        return kernel_id in self._connected

    def allowance(self, kernel_id: str) -> PageAllowance:
        """What a kernel's page may still send; of one that has ended, nothing is kept."""
        if kernel_id not in self:
            return PageAllowance()
        return self._allowances.setdefault(kernel_id, PageAllowance())

    def may_log(self, kernel_id: str) -> bool:
        """Whether one more thing that a kernel wrote may be logged; nothing of one that ended."""
        if kernel_id not in self:
            return False
        bucket = self._log_allowances.setdefault(kernel_id, TokenBucket(0.1, 20))
        return bucket.take()

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page connected, unless its kernel ended meanwhile."""
        if kernel_id in self:
            self._connected.add(kernel_id)
            super().notify_connect(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note that a connection was closed, even if it never came to be: Jupyter counts below
        zero."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self._kernel_connections:
            self._kernel_connections[kernel_id] = max(0, self._kernel_connections[kernel_id])
            self._left_at[kernel_id] = time.monotonic()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that has been without a use for longer than its limit; one that no page has
        connected to yet waits for a visitor, or ends with its visit."""
        if kernel_id not in self._connected:
            return
        kernel = self._kernels[kernel_id]
        unused_s = (utcnow() - kernel.last_activity).total_seconds()
        is_busy = kernel.execution_state == "busy"
        if not self._kernel_connections.get(kernel_id, 0):
            left_s = time.monotonic() - self._left_at.get(kernel_id, 0.0)
            # A kernel that hangs has no activity.
            unused_s = left_s if is_busy else min(unused_s, left_s)
        if unused_s > self._unused_limit_s(kernel_id, is_busy):
            state = "busy" if is_busy else "idle"
            self.culled["unused"] += 1
            self.log.info("A kernel ends that was %s and unused for %d s.", state, unused_s)
            await self.end(kernel_id)

    def _unused_limit_s(self, kernel_id: str, is_busy: bool) -> float:
        if self._kernel_connections.get(kernel_id, 0):
            return float(self.cull_connected_after)
        if is_busy:
            return float(self.hung_after)
        return float(self.cull_idle_timeout)

    async def end_oversized(self) -> None:
        """End kernels that hold too much memory; their pages are loaded again."""
        for kernel_id in self.list_kernel_ids():
            held_mb = resident_bytes(_process_of(self._kernels[kernel_id])) / 1e6
            if held_mb > self.max_memory_mb:
                self.culled["memory"] += 1
                self.log.warning("A kernel ends that holds %.0f MB of memory.", held_mb)
                await self.end(kernel_id)

    async def end_longest_left(self, kernel_ids: Sequence[str]) -> None:
        """End the one of these kernels whose page has been gone for longest, if one has."""
        now = time.monotonic()
        left_s = {
            kernel_id: now - self._left_at[kernel_id]
            for kernel_id in kernel_ids
            if kernel_id in self._connected and not self._kernel_connections.get(kernel_id, 0)
        }
        longest = max(left_s, key=left_s.__getitem__, default=None)
        if longest is not None and left_s[longest] > _RETURNS_WITHIN_S:
            await self.end(longest)

    async def end(self, kernel_id: str) -> None:
        """End a kernel at once, whatever it does; it holds nothing that is worth saving."""
        if kernel_id not in self:
            return
        try:
            await self.shutdown_kernel(kernel_id, now=True)
        except HTTPError:
            # 404: somebody else, who ends it too, came first.
            if kernel_id in self:
                raise

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:
        """End a kernel and close its page's WebSocket, on which the page would wait for ever."""
        for connection in list(ZMQChannelsWebsocketConnection._open_sockets):
            if connection.kernel_id == kernel_id:
                connection.websocket_handler.close()
        await ensure_async(super().shutdown_kernel(kernel_id, *args, **kwargs))

    def remove_kernel(self, kernel_id: str) -> Any:
        """Remove a kernel that has ended."""
        self.requests.forget(kernel_id)
        self._waiting.discard(kernel_id)
        self._connected.discard(kernel_id)
        for kept in (self._left_at, self._allowances, self._log_allowances):
            kept.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)


def _lower_priority(kernel: Any) -> None:
    """Let a kernel's process have the CPU after the server's: busy ones may not delay what all
    visitors need."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, kernel.provisioner.pid, _NICE)


def _process_of(kernel: Any) -> int:
    """The id of a kernel's process; 0, which none has, where there is none yet or any more."""
    return getattr(kernel.provisioner, "pid", None) or 0
