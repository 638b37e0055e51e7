"""The kernel manager: the limit of kernels, their environment variables, and when idle ones end."""

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
# Of the previous visitor: Voilà refills the pool with the request of the one who took a kernel.
_EXCLUDED: Final = frozenset({"VOILA_REQUEST_URL"})
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::", "localhost"})  # noqa: S104 - only compared with
_MEMORY_SAVING: Final = {
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""A kernel serves one viewer: more threads, and a malloc arena for each, would only cost memory."""


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
        is_known = name in _NAMES or name.startswith(_PREFIXES)
        if is_known and name not in _EXCLUDED:
            variables[name] = value
    variables.update(own)
    return variables


class Kernels(AsyncMappingKernelManager):  # type: ignore[misc]
    """A kernel manager with a limit, which ends the kernels of visitors who left or never came."""

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
        """How many more kernels there may be."""
        taken = len(self) + self._starting
        return max(0, int(self.limit) - taken)

    async def start_kernel(self, *args: Any, **kwargs: Any) -> str:
        """Start a kernel.

        Raises:
            HTTPError: the limit is reached.
        """
        if not self.free_slots:
            raise HTTPError(503, "there are as many kernels as there may be")
        self._starting += 1
        try:
            # A folder of its own: no profile's startup scripts, and no home that isn't writable.
            profile = {"IPYTHONDIR": os.path.join(self.connection_dir, "ipython")}
            given = kwargs.get("env") or os.environ
            kwargs["env"] = kernel_environment(given, self.extra_variables | profile)
            started: str = await super().start_kernel(*args, **kwargs)
            return started
        finally:
            self._starting -= 1

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page connected."""
        self._connected.add(kernel_id)
        super().notify_connect(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that has been idle for longer than its limit."""
        kernel = self._kernels[kernel_id]
        idle = utcnow() - kernel.last_activity
        limit = timedelta(seconds=self._idle_limit_s(kernel_id))
        if kernel.execution_state != "busy" and idle > limit:
            self.log.info("A kernel ends after %d idle seconds.", idle.total_seconds())
            await ensure_async(self.shutdown_kernel(kernel_id))

    def _idle_limit_s(self, kernel_id: str) -> float:
        if self._kernel_connections.get(kernel_id, 0):
            return float(self.cull_connected_after)
        if kernel_id in self._connected:
            return float(self.cull_idle_timeout)
        return float(min(self.abandoned_after, self.cull_idle_timeout))

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:
        """End a kernel and close its page's WebSocket, on which the page would wait for ever."""
        for connection in list(ZMQChannelsWebsocketConnection._open_sockets):
            if connection.kernel_id == kernel_id:
                connection.websocket_handler.close()
        await ensure_async(super().shutdown_kernel(kernel_id, *args, **kwargs))

    def remove_kernel(self, kernel_id: str) -> Any:
        """Remove a kernel that has ended."""
        self._connected.discard(kernel_id)
        return super().remove_kernel(kernel_id)
