"""The server's request handlers: the page, its kernel's state and channel, and health; 404 for all
else."""

import json
from typing import Any, Final

from jupyter_core.utils import ensure_async
from tornado.web import RequestHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from wearcast.messages import preferred_language
from wearcast.serving.dashboard_server.kernel_pool import KernelPool
from wearcast.serving.dashboard_server.template_texts import template_texts
from wearcast.vocabulary import LANGUAGES

_SECURITY: Final = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            # The widgets' loader evaluates and imports code that the kernel sends; it can only
            # connect to this server.
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline' blob:",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def set_security_headers(handler: RequestHandler) -> None:
    """Set the security headers of every response."""
    handler.clear_header("Server")
    for name, value in _SECURITY.items():
        handler.set_header(name, value)


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """The dashboard, from a preheated kernel or else a new one; 503 where there is no room."""

    def initialize(self, pool: KernelPool, **kwargs: Any) -> None:
        """Set the pool; the rest is Voilà's."""
        super().initialize(**kwargs)
        self._pool = pool
        self._has_ready_kernel = False

    def set_default_headers(self) -> None:
        """Set Voilà's headers and the security headers."""
        super().set_default_headers()
        set_security_headers(self)

    async def get(self, path: str | None = None) -> None:
        """Send the page."""
        self._has_ready_kernel = await self._pool.promote_ready_kernel()
        if not self._has_ready_kernel and not self.kernel_manager.free_slots:
            self.send_error(503)
            return
        await super().get(path)

    def should_use_rendered_notebook(self, *_: Any) -> bool:
        """Whether a preheated kernel is ready; while one starts, the template is sent first."""
        return self._has_ready_kernel

    def write_error(self, status_code: int, **_: Any) -> None:
        """A page that says in the visitor's language what to do."""
        asked = self.get_query_argument("lang", "")
        accepted = preferred_language(self.request.headers.get("Accept-Language", ""))
        language = next((known for known in LANGUAGES if known == asked), accepted)
        kind = "broken"
        if status_code == 503:
            kind = "full"
            self.set_header("Retry-After", "30")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            self.render_template(
                "error.html", language=language, kind=kind, texts=template_texts(language)
            )
        )


class KernelChannelHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The WebSocket between a page and its kernel."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone: no browser shows this response."""
        self.finish(f"{status_code}\n")


class KernelStateHandler(RequestHandler):
    """The model of a page's kernel, by which the page knows whether it still exists."""

    def initialize(self, kernels: Any) -> None:
        """Set the kernel manager."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """Set the security headers."""
        set_security_headers(self)
        self.set_header("Cache-Control", "no-store")

    async def get(self, kernel_id: str) -> None:
        """Send the kernel's model, or 404."""
        if kernel_id not in self._kernels:
            self.set_status(404)
            self.finish({"message": "no such kernel"})
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(self._kernels.kernel_model(kernel_id), default=str))


class KernelReleaseHandler(RequestHandler):
    """Ends the kernel of a page that its visitor leaves."""

    def initialize(self, kernels: Any) -> None:
        """Set the kernel manager."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """Set the security headers."""
        set_security_headers(self)

    def check_xsrf_cookie(self) -> None:
        """Require no cookie: only the page itself knows its kernel's id, and requests of other
        sites are refused."""

    async def post(self, kernel_id: str) -> None:
        """End the kernel, if it still exists."""
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        if site not in ("same-origin", "none"):
            self.send_error(403)
            return
        if kernel_id in self._kernels:
            await ensure_async(self._kernels.shutdown_kernel(kernel_id))
        self.set_status(204)
        self.finish()


class HealthHandler(RequestHandler):
    """Health checks of the proxy, and of a page that lost its connection."""

    def initialize(self, pool: KernelPool, kernels: Any) -> None:
        """Set the pool and the kernel manager."""
        self._pool = pool
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """Set the security headers."""
        set_security_headers(self)
        self.set_header("Cache-Control", "no-store")

    def get(self, kind: str) -> None:
        """live: 200. ready: 503 where there is no ready kernel and none can be started."""
        ready_count, free_slots = self._pool.ready_count, self._kernels.free_slots
        can_start = free_slots and not self._pool.failing
        if kind == "ready" and not ready_count and not can_start:
            self.set_status(503)
        status = {"heated": ready_count, "kernels": len(self._kernels), "room": free_slots}
        self.finish(status)


class NotFoundHandler(RequestHandler):
    """404 for every other path."""

    def set_default_headers(self) -> None:
        """Set the security headers."""
        set_security_headers(self)

    def prepare(self) -> None:
        """Send 404."""
        self.set_status(404)
        self.finish("404\n")
