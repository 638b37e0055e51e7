"""What the server answers: the page, the state of a page's kernel, and its own health; nothing
else."""

import json
from typing import Any, Final

from jupyter_core.utils import ensure_async
from tornado.web import RequestHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from wearcast.serving.dashboard_server.kernel_pool import Pool
from wearcast.serving.dashboard_server.template_texts import spoken, texts

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


def secure(handler: RequestHandler) -> None:
    """Set the headers that every page of ours has."""
    handler.clear_header("Server")
    for name, value in _SECURITY.items():
        handler.set_header(name, value)


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """The dashboard: a kernel that waits, or else a new one, or else a page that asks for
    patience."""

    def initialize(self, pool: Pool, **kwargs: Any) -> None:
        """Take the pool; the rest is Voilà's."""
        super().initialize(**kwargs)
        self._pool = pool
        self._heated = False

    def set_default_headers(self) -> None:
        """Voilà's own, and ours."""
        super().set_default_headers()
        secure(self)

    async def get(self, path: str | None = None) -> None:
        """Show the page, its frame first."""
        self._heated = await self._pool.offer()
        if not self._heated and not self.kernel_manager.room:
            self.send_error(503)
            return
        await super().get(path)

    def should_use_rendered_notebook(self, *_: Any) -> bool:
        """Only where a kernel really waits: one that is being started would keep the visitor from
        seeing the frame."""
        return self._heated

    def write_error(self, status_code: int, **_: Any) -> None:
        """A page that says in the visitor's language what to do."""
        language = spoken(
            self.get_query_argument("lang", ""), self.request.headers.get("Accept-Language", "")
        )
        kind = "broken"
        if status_code == 503:
            kind = "full"
            self.set_header("Retry-After", "30")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            self.render_template("error.html", language=language, kind=kind, texts=texts(language))
        )


class Channel(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The line between a page and its kernel."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """No page: nobody would see it."""
        self.finish(f"{status_code}\n")


class KernelState(RequestHandler):
    """Whether a page's kernel is still there; the widgets' loader asks for it too."""

    def initialize(self, kernels: Any) -> None:
        """Take all kernels."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        secure(self)
        self.set_header("Cache-Control", "no-store")

    async def get(self, kernel_id: str) -> None:
        """Its model, or 404."""
        if kernel_id not in self._kernels:
            self.set_status(404)
            self.finish({"message": "no such kernel"})
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(self._kernels.kernel_model(kernel_id), default=str))


class Farewell(RequestHandler):
    """A page that is left gives its kernel back."""

    def initialize(self, kernels: Any) -> None:
        """Take all kernels."""
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        secure(self)

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


class Health(RequestHandler):
    """For the proxy, and for a page that lost its connection: whether the next visitor will be
    served."""

    def initialize(self, pool: Pool, kernels: Any) -> None:
        """Take what is asked about."""
        self._pool = pool
        self._kernels = kernels

    def set_default_headers(self) -> None:
        """As every page's."""
        secure(self)
        self.set_header("Cache-Control", "no-store")

    def get(self, kind: str) -> None:
        """live: it answers. ready: a kernel waits, or one can be started."""
        heated, room = self._pool.heated, self._kernels.room
        if kind == "ready" and not (heated or (room and not self._pool.failing)):
            self.set_status(503)
        self.finish({"heated": heated, "kernels": len(self._kernels), "room": room})


class Nothing(RequestHandler):
    """Every other address."""

    def set_default_headers(self) -> None:
        """As every page's."""
        secure(self)

    def prepare(self) -> None:
        """There is nothing there."""
        self.set_status(404)
        self.finish("404\n")
