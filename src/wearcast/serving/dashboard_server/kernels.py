"""The kernels of all visitors: how many there may be, what they are told of the environment, and
when they end."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from jupyter_core.utils import ensure_async
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Dict, Float, Int

from wearcast.serving.settings import PREFIX, Deployment

_MACHINE_VARIABLES: Final = """
    PATH HOME USER LOGNAME LANG LANGUAGE TZ TMPDIR TEMP TMP SYSTEMROOT VIRTUAL_ENV
    SSL_CERT_FILE SSL_CERT_DIR
"""
_REQUEST_VARIABLES: Final = (
    "SERVER_NAME SERVER_PORT SERVER_SOFTWARE SERVER_PROTOCOL SCRIPT_NAME PATH_INFO QUERY_STRING"
    " HTTP_ACCEPT_LANGUAGE"
)
_NAMES: Final = frozenset({*_MACHINE_VARIABLES.split(), *_REQUEST_VARIABLES.split()})
_PREFIXES: Final = ("LC_", "PYTHON", "VOILA_")
# Of the visitor before: a pool is refilled with the address of whoever took a kernel from it.
_EXCLUDED: Final = frozenset({"VOILA_REQUEST_URL"})
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::", "localhost"})  # noqa: S104 - asked about, not listened on
_MEMORY_SAVING: Final = {
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""A kernel serves one person: more threads, and a heap for each of them, only cost memory."""


def extra_variables(settings: Deployment, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of ours that a kernel needs: where the API is, or all that it takes to be one
    itself."""
    server = (
        {} if settings.dashboard_host in _ANY_ADDRESS else {"VOILA_APP_IP": settings.dashboard_host}
    )
    if settings.api:
        return {f"{PREFIX}API": settings.api, **server}
    prefixes = (PREFIX, "AWS_") if settings.in_bucket else (PREFIX,)
    return {
        **{name: value for name, value in environment.items() if name.startswith(prefixes)},
        **server,
    }


def kernel_environment(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What a kernel is told of `given`: nothing that isn't known to be harmless, but all of
    `ours`."""
    allowed = {
        name: value
        for name, value in given.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and name not in _EXCLUDED
    }
    return {**_MEMORY_SAVING, **allowed, **own}


class Kernels(AsyncMappingKernelManager):  # type: ignore[misc]
    """Kernels of a bounded number; whoever leaves, or never came, gives theirs back."""

    limit = Int(
        24,
        config=True,
        help="Kernels there may be at a time, those that wait for a visitor among them.",
    )
    extra_variables = Dict(config=True, help="Variables of ours that every kernel gets.")
    abandoned_after = Float(
        60, config=True, help="Seconds after which a kernel ends that no page ever connected to."
    )
    cull_connected_after = Float(
        7200,
        config=True,
        help="Idle seconds after which a kernel ends whose page is still connected.",
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._starting = 0
        self._connected: set[str] = set()

    @property
    def free_slots(self) -> int:
        """How many more there may be."""
        return max(0, int(self.limit) - len(self) - self._starting)

    async def start_kernel(self, *args: Any, **kwargs: Any) -> str:
        """Start one.

        Raises:
            HTTPError: there are as many as there may be.
        """
        if not self.free_slots:
            raise HTTPError(503, "there are as many kernels as there may be")
        self._starting += 1
        try:
            # Of its own, away from what somebody's profile runs at every start, and from a home
            # that may not be written to.
            profile = {"IPYTHONDIR": os.path.join(self.connection_dir, "ipython")}
            kwargs["env"] = kernel_environment(
                kwargs.get("env") or os.environ, self.extra_variables | profile
            )
            started: str = await super().start_kernel(*args, **kwargs)
            return started
        finally:
            self._starting -= 1

    def notify_connect(self, kernel_id: str) -> None:
        """Remember that a page came."""
        self._connected.add(kernel_id)
        super().notify_connect(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that its visitor has left, or has long done nothing with."""
        kernel = self._kernels[kernel_id]
        idle = utcnow() - kernel.last_activity
        if kernel.execution_state != "busy" and idle > timedelta(
            seconds=self._idle_limit_s(kernel_id)
        ):
            self.log.info("A kernel ends after %d idle seconds.", idle.total_seconds())
            await ensure_async(self.shutdown_kernel(kernel_id))

    def _idle_limit_s(self, kernel_id: str) -> float:
        if self._kernel_connections.get(kernel_id, 0):
            return float(self.cull_connected_after)
        return float(
            self.cull_idle_timeout
            if kernel_id in self._connected
            else min(self.abandoned_after, self.cull_idle_timeout)
        )

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:
        """End one, and hang up on its page, which would wait for it for ever."""
        for connection in list(ZMQChannelsWebsocketConnection._open_sockets):
            if connection.kernel_id == kernel_id:
                connection.websocket_handler.close()
        await ensure_async(super().shutdown_kernel(kernel_id, *args, **kwargs))

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget one."""
        self._connected.discard(kernel_id)
        return super().remove_kernel(kernel_id)
