"""The dashboard as a process: Voilà, serving one notebook and nothing else, ended gracefully."""

import asyncio
import logging
import os
import re
import shutil
import signal
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import voila
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler
from traitlets import Bool, Float, Int, Tuple, Unicode
from traitlets.config import Config
from voila.app import Voila
from voila.utils import create_include_assets_functions

from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.record_page import RECORD
from wearcast.serving.dashboard_server.first_pictures import FirstPictures
from wearcast.serving.dashboard_server.frame import frame_page, robots_file
from wearcast.serving.dashboard_server.handlers import (
    BaseUrlRedirectHandler,
    FixedHandler,
    HealthHandler,
    KernelReleaseHandler,
    KernelStateHandler,
    ManifestHandler,
    NotFoundHandler,
    PageHandler,
    RecordHandler,
    SharePictureHandler,
)
from wearcast.serving.dashboard_server.http_server import LimitedServer
from wearcast.serving.dashboard_server.kernel_end_log import log_kernel_ends_quietly
from wearcast.serving.dashboard_server.kernel_id_mask import mask_kernel_ids
from wearcast.serving.dashboard_server.kernel_pool import KernelPool
from wearcast.serving.dashboard_server.kernels import extra_variables
from wearcast.serving.dashboard_server.link_preview import SHARE_PICTURE
from wearcast.serving.dashboard_server.metrics_server import metrics_server
from wearcast.serving.dashboard_server.page_requests import PageRequestHandler
from wearcast.serving.dashboard_server.picture_document import picture_document
from wearcast.serving.dashboard_server.record_pages import RecordPages, record_document
from wearcast.serving.dashboard_server.share_pictures import SharePictures
from wearcast.serving.dashboard_server.static_files import (
    StaticFile,
    StaticFileHandler,
    load_static_file,
)
from wearcast.serving.dashboard_server.telemetry import Telemetry
from wearcast.serving.dashboard_server.template_texts import template_texts
from wearcast.serving.dashboard_server.visit_handlers import (
    KernelChannelHandler,
    RenderHandler,
    VisitHandler,
)
from wearcast.serving.dashboard_server.visitor_models import VisitorModels
from wearcast.serving.dashboard_server.visits import Visits
from wearcast.serving.dashboard_server.web_manifest import THEME_COLOURS, web_manifests
from wearcast.serving.descriptors import raise_descriptor_limit
from wearcast.serving.experiment.assignment import Assignment
from wearcast.serving.json_logging import logging_to_stderr
from wearcast.serving.settings import Deployment
from wearcast.vocabulary import LANGUAGES

_HERE: Final = Path(__file__).parent
_LOG: Final = logging.getLogger("wearcast.dashboard")
_TEMPLATE: Final = _HERE / "share/voila/templates/wearcast"
_ICON: Final = _TEMPLATE / "static/favicon.svg"
_WORKERS: Final = {True: _TEMPLATE / "worker.js", False: _TEMPLATE / "worker_off.js"}
"""The page's service worker by whether the page works offline."""
_KERNEL: Final = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
_PRIVACY_URL: Final = "/privacy"
_MAX_MESSAGE_BYTES: Final = 64_000
"""The largest message of a page to its kernel; messages are choices and clicks."""


class Dashboard(Voila):  # type: ignore[misc]
    """Voilà with only the routes that its page needs, and a monitored pool of kernels."""

    watch_every = Float(5, config=True, help="Seconds between two looks at the kernels.")
    pool_size = Int(2, config=True, help="Kernels that wait for a visitor.")
    trusted_proxies = Tuple(config=True, help="Networks whose X-Forwarded-For is believed.")
    metrics_port = Int(0, config=True, help="Where the metrics are; 0 for nowhere.")
    works_offline = Bool(True, config=True, help="Whether devices keep the page.")
    experiment = Unicode(config=True, help="The experiment's name.")
    variants = Tuple(config=True, help="The models beside the champion.")

    @property
    def models(self) -> VisitorModels:
        """The models of visitors."""
        return VisitorModels(Assignment(self.experiment, self.variants))

    @property
    def privacy_url(self) -> str:
        """The page about privacy, which our proxy's site serves; empty without a proxy."""
        return _PRIVACY_URL if self.trusted_proxies else ""

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, with limits and compression."""
        settings: dict[str, Any] = super().init_settings()
        notebook = os.path.relpath(self.notebook_path, self.root_dir)
        self.pool = KernelPool(self.kernel_manager, notebook, self.pool_size)
        self.visits = Visits(self.pool, self.kernel_manager)
        self.telemetry = Telemetry()
        return settings | {
            "compress_response": True,
            "websocket_compression_options": {},
            "websocket_max_message_size": _MAX_MESSAGE_BYTES,
            "default_handler_class": NotFoundHandler,
            "log_function": self._count_and_log,
            "telemetry": self.telemetry,
        }

    def init_handlers(self) -> list[Any]:
        """The routes that the page needs."""
        kernels = {"kernels": self.kernel_manager}
        visits = {"visits": self.visits}
        client = visits | {"trusted": self.trusted_proxies}
        static = {"folders": self.static_paths}
        routes = [
            *self._fixed_routes(),
            (r"health/(live|ready)", HealthHandler, {"pool": self.pool, **kernels}),
            (r"voila/visit", VisitHandler, client),
            (
                r"voila/render",
                RenderHandler,
                visits | kernels | {"privacy_url": self.privacy_url, "models": self.models},
            ),
            (rf"api/kernels/{_KERNEL}", KernelStateHandler, kernels),
            (rf"api/kernels/{_KERNEL}/channels", KernelChannelHandler, client),
            (rf"voila/api/shutdown/{_KERNEL}", KernelReleaseHandler, kernels),
            (
                rf"voila/query/{_KERNEL}",
                PageRequestHandler,
                {"requests": self.kernel_manager.requests},
            ),
            (r"voila/templates/wearcast/static/(.+)", StaticFileHandler, static),
            (r"voila/static/(.+)", StaticFileHandler, static),
            (r"voila/labextensions/(.+)", StaticFileHandler, {"folders": self.labextensions_path}),
        ]
        handlers = [(self.server_url + path, *rest) for path, *rest in routes]
        without_slash = self.server_url.rstrip("/")
        if without_slash:
            to_page = {"url": self.server_url, "permanent": False}
            handlers.append((without_slash, BaseUrlRedirectHandler, to_page))
        return handlers

    def _fixed_routes(self) -> list[Any]:
        templates = self.app.settings["voila_jinja2_env"]
        values = self._template_values()
        api, trusted = ApiClient.over_http(), {"trusted": self.trusted_proxies}
        document = picture_document(templates, values)
        self.pictures = FirstPictures(api, document, self.privacy_url)
        self.share_pictures = SharePictures(api)
        self.record_pages = RecordPages(api, record_document(templates, values))
        page = {
            "pictures": self.pictures,
            "frame": frame_page(templates, values),
            "models": self.models,
        }
        manifests = web_manifests(self.base_url, values["include_url"])
        worker = _WORKERS[self.works_offline]
        return [
            ("", PageHandler, page | trusted),
            (
                re.escape(SHARE_PICTURE),
                SharePictureHandler,
                {"pictures": self.share_pictures} | trusted,
            ),
            (RECORD, RecordHandler, {"pages": self.record_pages} | trusted),
            (r"manifest\.webmanifest", ManifestHandler, {"manifests": manifests}),
            (r"worker\.js", FixedHandler, {"file": _file(worker)}),
            (r"robots\.txt", FixedHandler, {"file": robots_file(self.base_url)}),
            (r"favicon\.ico", FixedHandler, {"file": _file(_ICON)}),
        ]

    def _template_values(self) -> dict[str, Any]:
        """What the page's templates share."""
        template = self.voila_configuration.template
        return {
            "base_url": self.base_url,
            "privacy_url": self.privacy_url,
            "works_offline": self.works_offline,
            **_template_resources(),
            **create_include_assets_functions(template, self.base_url),
        }

    def start(self) -> None:
        """Serve until a signal.

        Raises:
            ConfigError: the address is taken, or isn't this machine's.
        """
        self._sockets = self._bound(self.port)
        self._metrics_sockets = self._bound(self.metrics_port) if self.metrics_port else []
        super().start()

    def _bound(self, port: int) -> list[socket.socket]:
        try:
            return bind_sockets(port, self.ip)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(
                f"the dashboard can't listen on {self.ip}:{port}: {reason}"
            ) from error

    def _count_and_log(self, handler: RequestHandler) -> None:
        self.telemetry.count_request(handler)
        _log_request(handler)

    def listen(self) -> None:
        """Serve and monitor the kernels until a signal."""
        self._server = LimitedServer(
            self.app, trusted=self.trusted_proxies, max_descriptors=raise_descriptor_limit()
        )
        self._server.add_sockets(self._sockets)
        self.telemetry.watch(self.visits, self.pool, self.kernel_manager, self._server)
        self._metrics_server = metrics_server(self.telemetry, self._metrics_sockets)
        self.ioloop = IOLoop.current()
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        watch = PeriodicCallback(self._watch, timedelta(seconds=self.watch_every))
        watch.start()
        self.ioloop.add_callback(self.pool.replenish)
        _LOG.info("The dashboard is on %s", self.display_url)
        try:
            self.ioloop.start()
        finally:
            watch.stop()
            self._server.stop()
            self._metrics_server.stop()
            self.stop()

    async def _watch(self) -> None:
        await self.pool.replenish()
        await self.kernel_manager.end_oversized()
        self.visits.forget_ended()
        self.pictures.forget_clients()
        self.share_pictures.forget_clients()
        self.record_pages.forget_clients()
        self._server.forget_closed()
        self._metrics_server.forget_closed()

    def _handle_signal_stop(self, *args: Any) -> None:
        """End; further signals, as a terminal and make both send one, would interrupt the
        shutdown."""
        for number in (signal.SIGINT, signal.SIGTERM):
            # Not SIG_IGN: for a signal that is pending already, Python would print a traceback.
            signal.signal(number, lambda *_: None)
        super()._handle_signal_stop(*args)

    def stop(self) -> None:
        """End every kernel, and delete the connection files."""
        # A waiting notebook fails when its kernel ends; that needs no log lines.
        logging.getLogger("traitlets").setLevel(logging.CRITICAL)
        self.ioloop.run_sync(self._end_kernels, timeout=20)
        shutil.rmtree(self.connection_dir, ignore_errors=True)

    async def _end_kernels(self) -> None:
        await self.pool.close()
        ends = [self.kernel_manager.end(one) for one in self.kernel_manager.list_kernel_ids()]
        await asyncio.gather(*ends)
        await self.kernel_manager.shutdown_all(now=True)


def default_notebook() -> Path:
    """The project's notebook; without a params.yaml, as in an image, that of the working folder."""
    try:
        root = Paths.find().root
    except ConfigError:
        root = Path.cwd()
    return root / "notebooks/dashboard.ipynb"


def dashboard(settings: Deployment, notebook: Path) -> None:
    """Serve the notebook until a signal.

    Raises:
        ConfigError: there is no such notebook, or the address can't be listened on.
    """
    if not notebook.is_file():
        raise ConfigError(
            f"there is no notebook {notebook}; start the dashboard in the project's folder"
        )
    with logging_to_stderr(settings.log_level):
        mask_kernel_ids()
        log_kernel_ends_quietly()
        _serve(settings, notebook)


def _serve(settings: Deployment, notebook: Path) -> None:
    # Tornado takes Jupyter's ping interval, in milliseconds, for seconds, and warns of it at every
    # connection.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    # Voilà and nbconvert look for templates here first.
    folders = [str(_HERE / "share")]
    if path := os.environ.get("JUPYTER_PATH"):
        folders.append(path)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(folders)
    config = _config(settings)
    app = Dashboard(config=config, log=_LOG, config_file_paths=[str(_HERE)])
    app.initialize([str(notebook)])
    app.start()


def _config(settings: Deployment) -> Config:
    """The configuration that depends on the deployment; the rest is in voila.json."""
    cull_after_s = settings.dashboard_cull_after.total_seconds()
    return Config(
        {
            "Voila": {
                "ip": settings.dashboard_host,
                "port": settings.dashboard_port,
                "base_url": settings.dashboard_base_url.rstrip("/") + "/",
            },
            "Dashboard": {
                "watch_every": min(5.0, cull_after_s / 2),
                "pool_size": settings.dashboard_pool,
                "trusted_proxies": settings.trusted_proxies,
                "metrics_port": settings.dashboard_metrics_port,
                "works_offline": settings.dashboard_offline,
                "experiment": settings.experiment,
                "variants": settings.variants,
            },
            "VoilaConfiguration": {"resources": {"wearcast": _template_resources()}},
            "Kernels": {
                "limit": settings.dashboard_kernels,
                "extra_variables": extra_variables(settings, os.environ),
                "cull_idle_timeout": round(cull_after_s),
                "cull_interval": max(1, min(15, round(cull_after_s / 2))),
            },
        }
    )


def _template_resources() -> dict[str, Any]:
    """What the template of Voilà's page gets, too."""
    return {
        "texts": {language: template_texts(language) for language in LANGUAGES},
        "theme_colours": THEME_COLOURS,
        "voila_version": voila.__version__,
    }


def _file(path: Path) -> StaticFile:
    return load_static_file(path, path.stat().st_mtime_ns)


def _log_request(handler: RequestHandler) -> None:
    """Log a request at a level that depends on its status, without its query, which may hold
    anything, and without kernel ids, which are secrets."""
    status = handler.get_status()
    level = logging.DEBUG
    if status >= 500:
        level = logging.ERROR
    elif status >= 400:
        level = logging.INFO
    parts = handler.request.path.split("/")
    path = "/".join(["…" if part.count("-") == 4 else part for part in parts])
    method = handler.request.method
    logging.getLogger("wearcast.access").log(
        level,
        "%s %s",
        method,
        path,
        extra={"status": status},
    )
