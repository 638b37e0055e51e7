"""The dashboard as a process: Voilà, serving one notebook and nothing else, ended gracefully."""

import logging
import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler
from traitlets import Float
from traitlets.config import Config
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler

from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.serving.dashboard_server.handlers import (
    HealthHandler,
    KernelChannelHandler,
    KernelReleaseHandler,
    KernelStateHandler,
    NotFoundHandler,
    PageHandler,
)
from wearcast.serving.dashboard_server.kernel_pool import KernelPool
from wearcast.serving.dashboard_server.kernels import extra_variables
from wearcast.serving.dashboard_server.static_files import StaticFileHandler
from wearcast.serving.dashboard_server.template_texts import template_texts
from wearcast.serving.json_logging import logging_to_stderr
from wearcast.serving.settings import Deployment
from wearcast.vocabulary import Language

_HERE: Final = Path(__file__).parent
_LOG: Final = logging.getLogger("wearcast.dashboard")
_KERNEL: Final = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
_MAX_BODY_BYTES: Final = 64_000
_MAX_HEADER_BYTES: Final = 32_000
_MAX_MESSAGE_BYTES: Final = 1_000_000
"""Of a page to its kernel: choices and clicks."""


class Dashboard(Voila):  # type: ignore[misc]
    """Voilà with the addresses that its page asks for and no others, and a pool that is watched
    over."""

    watch_every = Float(5, config=True, help="Seconds between two looks at the pool.")

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, with bounds and compression."""
        settings: dict[str, Any] = super().init_settings()
        self.pool = KernelPool(
            self.kernel_manager, os.path.relpath(self.notebook_path, self.root_dir)
        )
        return settings | {
            "compress_response": True,
            "websocket_compression_options": {},
            "websocket_max_message_size": _MAX_MESSAGE_BYTES,
            "default_handler_class": NotFoundHandler,
            "log_function": _log_request,
        }

    def init_handlers(self) -> list[Any]:
        """What the page asks for."""
        kernels, pool = self.kernel_manager, self.pool
        page = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        addresses = [
            (
                "",
                PageHandler,
                {
                    "notebook_path": os.path.relpath(self.notebook_path, self.root_dir),
                    "pool": pool,
                    **page,
                },
            ),
            (r"health/(live|ready)", HealthHandler, {"pool": pool, "kernels": kernels}),
            (rf"api/kernels/{_KERNEL}", KernelStateHandler, {"kernels": kernels}),
            (rf"api/kernels/{_KERNEL}/channels", KernelChannelHandler),
            (rf"voila/api/shutdown/{_KERNEL}", KernelReleaseHandler, {"kernels": kernels}),
            (rf"voila/query/{_KERNEL}", RequestInfoSocketHandler),
            (
                r"voila/templates/wearcast/static/(.+)",
                StaticFileHandler,
                {"folders": self.static_paths},
            ),
            (r"voila/static/(.+)", StaticFileHandler, {"folders": self.static_paths}),
            (r"voila/labextensions/(.+)", StaticFileHandler, {"folders": self.labextensions_path}),
        ]
        return [(self.server_url + path, *rest) for path, *rest in addresses]

    def start(self) -> None:
        """Serve until told to end.

        Raises:
            ConfigError: the address is taken, or not ours.
        """
        try:
            self._sockets = bind_sockets(self.port, self.ip)
        except OSError as error:
            raise ConfigError(
                f"the dashboard can't listen on {self.ip}:{self.port}: {error.strerror or error}"
            ) from error
        super().start()

    def listen(self) -> None:
        """Answer, watch over the pool, and end on a signal."""
        server = HTTPServer(
            self.app,
            max_body_size=_MAX_BODY_BYTES,
            max_header_size=_MAX_HEADER_BYTES,
            idle_connection_timeout=120,
        )
        server.add_sockets(self._sockets)
        self.ioloop = IOLoop.current()
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        watch = PeriodicCallback(self.pool.replenish, timedelta(seconds=self.watch_every))
        watch.start()
        _LOG.info("The dashboard is on %s", self.display_url)
        try:
            self.ioloop.start()
        finally:
            watch.stop()
            server.stop()
            self.stop()

    def _handle_signal_stop(self, *args: Any) -> None:
        """End; to be told again meanwhile, as by a terminal and by make, would only break the
        ending off."""
        for each in (signal.SIGINT, signal.SIGTERM):
            # Not SIG_IGN: of one that has come by now, Python would say with a traceback that it is
            # ignored.
            signal.signal(each, lambda *_: None)
        super()._handle_signal_stop(*args)

    def stop(self) -> None:
        """End every kernel, and leave nothing behind."""
        # A notebook that waits for its visitor fails when its kernel ends, as it must.
        logging.getLogger("traitlets").setLevel(logging.CRITICAL)
        self.ioloop.run_sync(self._end_kernels, timeout=20)
        shutil.rmtree(self.connection_dir, ignore_errors=True)

    async def _end_kernels(self) -> None:
        await self.kernel_manager.shutdown_all(now=True)


def default_notebook() -> Path:
    """The project's own; where there is no params.yaml, as in an image, that of the working
    folder."""
    try:
        root = Paths.find().root
    except ConfigError:
        root = Path.cwd()
    return root / "notebooks/dashboard.ipynb"


def dashboard(settings: Deployment, notebook: Path) -> None:
    """Serve the notebook until told to end.

    Raises:
        ConfigError: there is no such notebook, or the address can't be listened on.
    """
    if not notebook.is_file():
        raise ConfigError(
            f"there is no notebook {notebook}; start the dashboard in the project's folder"
        )
    with logging_to_stderr(settings.log_level):
        _serve(settings, notebook)


def _serve(settings: Deployment, notebook: Path) -> None:
    # It takes Jupyter's milliseconds between two signs of life for seconds, and says so of every
    # connection.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    # Where Voilà and nbconvert look for templates, before every other place.
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        [str(_HERE / "share"), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    )
    app = Dashboard(config=_config(settings), log=_LOG, config_file_paths=[str(_HERE)])
    app.initialize([str(notebook)])
    app.start()


def _config(settings: Deployment) -> Config:
    """What differs from one deployment to another; all else stands in voila.json."""
    cull_after_s = settings.dashboard_cull_after.total_seconds()
    return Config(
        {
            "Voila": {
                "ip": settings.dashboard_host,
                "port": settings.dashboard_port,
                "base_url": settings.dashboard_base_url.rstrip("/") + "/",
            },
            "Dashboard": {"watch_every": min(5.0, cull_after_s / 2)},
            "VoilaConfiguration": {
                "default_pool_size": settings.dashboard_pool,
                "resources": {
                    "wearcast": {
                        "texts": {
                            language: template_texts(language) for language in get_args(Language)
                        }
                    }
                },
            },
            "Kernels": {
                "limit": settings.dashboard_kernels,
                "extra_variables": extra_variables(settings, os.environ),
                "cull_idle_timeout": round(cull_after_s),
                "cull_interval": max(1, min(60, round(cull_after_s / 2))),
            },
        }
    )


def _log_request(handler: RequestHandler) -> None:
    """A line a request that failed; its query may hold anything, and a kernel's id is a key, so
    neither is told."""
    status, path = handler.get_status(), handler.request.path
    level = logging.ERROR if status >= 500 else logging.INFO if status >= 400 else logging.DEBUG
    redacted_path = "/".join("…" if part.count("-") == 4 else part for part in path.split("/"))
    logging.getLogger("wearcast.access").log(
        level, "%s %s", handler.request.method, redacted_path, extra={"status": status}
    )
