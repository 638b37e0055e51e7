"""The server's request handlers: the page before its kernel, its kernel's state, health; 404 for
all else."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError, RedirectHandler, RequestHandler

from wearcast.messages import preferred_language
from wearcast.serving.client_address import Network, address_group, client_address
from wearcast.serving.dashboard_server.choices_cookie import remembered_choices, renew_cookie
from wearcast.serving.dashboard_server.first_pictures import FirstPictures
from wearcast.serving.dashboard_server.kernel_pool import KernelPool
from wearcast.serving.dashboard_server.public_address import page_address
from wearcast.serving.dashboard_server.record_pages import RecordPages
from wearcast.serving.dashboard_server.share_pictures import SharePictures
from wearcast.serving.dashboard_server.static_files import StaticFile, send_static_file
from wearcast.serving.dashboard_server.visitor_models import VisitorModels
from wearcast.vocabulary import Language

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


def client_group(request: HTTPServerRequest, trusted: Sequence[Network]) -> str:
    """The group of a request's client, in which limits count it."""
    forwarded_for = ",".join(request.headers.get_list("X-Forwarded-For"))
    return address_group(client_address(request.remote_ip or "", forwarded_for, trusted))


class BaseUrlRedirectHandler(RedirectHandler):
    """Redirects from the base URL without its slash to the page."""

    def set_default_headers(self) -> None:
        """Set the security headers."""
        set_security_headers(self)


class PublicHandler(RequestHandler):
    """A response with the security headers; errors are a status and no page; HEAD is GET without a
    body."""

    def set_default_headers(self) -> None:
        """Set the security headers; answers aren't cached unless they say so."""
        set_security_headers(self)
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """Count the request as under way."""
        self.settings["telemetry"].under_way.add(self)

    def on_finish(self) -> None:
        """Count the request as under way no longer."""
        self.settings["telemetry"].under_way.discard(self)

    def head(self, *args: str, **kwargs: str) -> Any:
        """Do as GET does."""
        return self.get(*args, **kwargs)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}\n")


class FixedHandler(PublicHandler):
    """A file that is made once, at the start."""

    def initialize(self, file: StaticFile) -> None:
        """Set the file."""
        self._file = file

    def get(self) -> None:
        """Send the file; browsers ask each time whether it is still the same."""
        self.set_header("Cache-Control", "no-cache")
        send_static_file(self, self._file)

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: the file has one."""


class PageHandler(PublicHandler):
    """The page: its first picture, or where there is none its frame; no kernel is started."""

    def initialize(
        self,
        pictures: FirstPictures,
        frame: StaticFile,
        models: VisitorModels,
        trusted: Sequence[Network],
    ) -> None:
        """Set the pictures, the frame, the visitors' models, and the proxies that are trusted."""
        self._pictures = pictures
        self._frame = frame
        self._models = models
        self._trusted = trusted

    async def get(self) -> None:
        """Send the picture; browsers ask each time whether it is still the same."""
        request = self.request
        languages = ",".join(request.headers.get_list("Accept-Language"))
        client = client_group(request, self._trusted)
        remembered = remembered_choices(self)
        page_url = page_address(request, self._trusted)
        renew_cookie(self)
        api_client = self._models.client_of_visit(self)
        picture = await self._pictures.picture(
            request.query, languages, client, remembered, page_url, api_client
        )
        self.set_header("Cache-Control", "private, no-cache")
        send_static_file(self, picture or self._frame, "Accept-Encoding, Accept-Language, Cookie")

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: the picture has one."""


class SharePictureHandler(PublicHandler):
    """The share picture of the page at the same query."""

    def initialize(self, pictures: SharePictures, trusted: Sequence[Network]) -> None:
        """Set the pictures, and the proxies that are trusted."""
        self._pictures = pictures
        self._trusted = trusted

    async def get(self) -> None:
        """Send the picture; 503 where it can't be made now."""
        request = self.request
        languages = ",".join(request.headers.get_list("Accept-Language"))
        client = client_group(request, self._trusted)
        picture = await self._pictures.picture(request.query, languages, client)
        if picture is None:
            self.set_header("Retry-After", "30")
            self.send_error(503)
            return
        self.set_header("Cache-Control", "public, max-age=600")
        send_static_file(self, picture, "Accept-Language")

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: the picture has one."""


class RecordHandler(PublicHandler):
    """The page of how the last two weeks have done."""

    def initialize(self, pages: RecordPages, trusted: Sequence[Network]) -> None:
        """Set the pages, and the proxies that are trusted."""
        self._pages = pages
        self._trusted = trusted

    async def get(self) -> None:
        """Send the page; 503 where it can't be made now."""
        request = self.request
        languages = ",".join(request.headers.get_list("Accept-Language"))
        client = client_group(request, self._trusted)
        page = await self._pages.page(request.query, languages, client, remembered_choices(self))
        if page is None:
            self.set_header("Retry-After", "30")
            self.send_error(503)
            return
        self.set_header("Cache-Control", "private, no-cache")
        send_static_file(self, page, "Accept-Encoding, Accept-Language, Cookie")

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: the page has one."""


class ManifestHandler(PublicHandler):
    """The web app manifest, in the language of its address or in the browser's."""

    def initialize(self, manifests: Mapping[Language, StaticFile]) -> None:
        """Set the manifests."""
        self._manifests = manifests

    def get(self) -> None:
        """Send the manifest; browsers ask each time whether it is still the same."""
        languages = ",".join(self.request.headers.get_list("Accept-Language"))
        asked = self.get_query_argument("lang", "")
        language = next((one for one in self._manifests if one == asked), None)
        manifest = self._manifests[language or preferred_language(languages)]
        self.set_header("Cache-Control", "no-cache")
        send_static_file(self, manifest, "Accept-Encoding, Accept-Language")

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: the manifest has one."""


class KernelStateHandler(PublicHandler):
    """The model of a page's kernel, by which the page knows whether it still exists."""

    def initialize(self, kernels: Any) -> None:
        """Set the kernel manager."""
        self._kernels = kernels

    def get(self, kernel_id: str) -> None:
        """Send the kernel's model, or 404."""
        if not self._kernels.is_of_a_page(kernel_id):
            self.set_status(404)
            self.finish({"message": "no such kernel"})
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(self._kernels.kernel_model(kernel_id), default=str))


class KernelReleaseHandler(PublicHandler):
    """Ends the kernel of a page that its visitor leaves."""

    def initialize(self, kernels: Any) -> None:
        """Set the kernel manager."""
        self._kernels = kernels

    def check_xsrf_cookie(self) -> None:
        """Require no cookie: only the page itself knows its kernel's id, and requests of other
        sites are refused."""

    async def post(self, kernel_id: str) -> None:
        """End the kernel, if it still exists."""
        refuse_other_sites(self.request)
        if self._kernels.is_of_a_page(kernel_id):
            await self._kernels.end(kernel_id)
        self.set_status(204)
        self.finish()


class HealthHandler(PublicHandler):
    """Health checks of the proxy, and of a page that lost its connection."""

    def initialize(self, pool: KernelPool, kernels: Any) -> None:
        """Set the pool and the kernel manager."""
        self._pool = pool
        self._kernels = kernels

    def get(self, kind: str) -> None:
        """live: 200. ready: 503 where there is no ready kernel and none can be started."""
        ready_count, free_slots = self._pool.ready_count, self._kernels.free_slots
        can_start = free_slots and not self._pool.failing
        if kind == "ready" and not ready_count and not can_start:
            self.set_status(503)
        status = {"heated": ready_count, "kernels": len(self._kernels), "room": free_slots}
        self.finish(status)


class NotFoundHandler(PublicHandler):
    """404 for every other path."""

    def prepare(self) -> None:
        """Send 404."""
        super().prepare()
        self.set_status(404)
        self.finish("404\n")


def refuse_other_sites(request: HTTPServerRequest) -> None:
    """Refuse what a browser sends for a page of another site.

    Raises:
        HTTPError: 403.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise HTTPError(403)
