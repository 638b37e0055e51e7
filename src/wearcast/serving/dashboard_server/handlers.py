"""What the server answers: the page, the state of a page's kernel, and its own health; nothing
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
            # The widgets' loader evaluates and imports what the kernel sends; whatever it is, it
            # can reach nobody but us.
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
    """Set the headers that every page of ours has."""
    handler.clear_header("Server")
    for name, value in _SECURITY.items():
        handler.set_header(name, value)


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """The dashboard: a kernel that waits, or else a new one, or else a page that asks for
    patience."""

    def initialize(self, pool: KernelPool, **kwargs: Any) -> None:
        """Take the pool; the rest is Voilà's."""
        super().initialize(**kwargs)
        self._pool = pool
        self._has_ready_kernel = False

    def set_default_headers(self) -> None:
        """Voilà's own, and ours."""
        super().set_default_headers()
        set_security_headers(self)

    async def get(self, path: str | None = None) -> None:
        """Show the page, its frame first."""
        self._has_ready_kernel = await self._pool.promote_ready_kernel()
        if not self._has_ready_kernel and not self.kernel_manager.free_slots:
            self.send_error(503)
            return
        await super().get(path)

    def should_use_rendered_notebook(self, *_: Any) -> bool:
        """Only where a kernel really waits: one that is being started would keep the visitor from
        seeing the frame."""
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
    """The line between a page and its kernel."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """No page: nobody would see it."""
        self.finish(f"{status_code}\n")


class KernelStateHandler(RequestHandler):
    """Whether a page's kernel is still there; the widgets' loader asks for it too."""

    def initialize(self, kernels: Any) -> None:
        """Take all kernels."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        set_security_headers(self)
        self.set_header("Cache-Control", "no-store")

    async def get(self, kernel_id: str) -> None:
        """Its model, or 404."""
        if kernel_id not in self._kernels:
            self.set_status(404)
            self.finish({"message": "no such kernel"})
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(self._kernels.kernel_model(kernel_id), default=str))


class KernelReleaseHandler(RequestHandler):
    """A page that is left gives its kernel back."""

    def initialize(self, kernels: Any) -> None:
        """Take all kernels."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        set_security_headers(self)

    def check_xsrf_cookie(self) -> None:
        """No cookie is needed: a kernel's id is known to its own page only, and another site's page
        may not ask at all."""

    async def post(self, kernel_id: str) -> None:
        """End it, if it still is."""
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            self.send_error(403)
            return
        if kernel_id in self._kernels:
            await ensure_async(self._kernels.shutdown_kernel(kernel_id))
        self.set_status(204)
        self.finish()


class HealthHandler(RequestHandler):
    """For the proxy, and for a page that lost its connection: whether the next visitor will be
    served."""

    def initialize(self, pool: KernelPool, kernels: Any) -> None:
        """Take what is asked about."""
        self._pool = pool
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        set_security_headers(self)
        self.set_header("Cache-Control", "no-store")

    def get(self, kind: str) -> None:
        """live: it answers. ready: a kernel waits, or one can be started."""
        ready_count, free_slots = self._pool.ready_count, self._kernels.free_slots
        if kind == "ready" and not (ready_count or (free_slots and not self._pool.failing)):
            self.set_status(503)
        self.finish({"heated": ready_count, "kernels": len(self._kernels), "room": free_slots})


class NotFoundHandler(RequestHandler):
    """Every other address."""

    def set_default_headers(self) -> None:
        """As every page's."""
        set_security_headers(self)

    def prepare(self) -> None:
        """There is nothing there."""
        self.set_status(404)
        self.finish("404\n")
