"""A real Chromium that records errors in pages and requests to other machines."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, Page, Playwright, expect

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 60_000
# Voilà's core is older than the widgets' loader that it loads; that is said, and works. A page that
# misses a widget loads itself anew.
_HARMLESS = ("of shared singleton module", "of shared module", "widget model not found")
_LOCAL = ("127.0.0.1", "localhost")

expect.set_options(timeout=PATIENCE_MS)


def launched(playwright: Playwright) -> Browser:
    """The browser."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


@dataclass
class Seen:
    """A page with its recorded errors and requests."""

    page: Page
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def open(self, url: str) -> "Seen":
        """Go there, and wait until the page is complete and its kernel answers."""
        self.page.goto(url, wait_until="commit")
        return self.live()

    def live(self) -> "Seen":
        """Touch the page, and wait until it is complete and its kernel answers."""
        alive = self.page.locator("#wearcast[data-live]")

        def touched() -> bool:
            self.touch()
            return alive.count() > 0

        self.until(touched, "the page is alive", PATIENCE_MS / 1000)
        return self

    def remembered(self) -> dict[str, str]:
        """The choices that the browser remembers."""
        kept = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        return dict(parse_qsl(kept.get("wearcast-choices", "")))

    def address(self) -> dict[str, str]:
        """What the page's address says."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def touch(self) -> None:
        """Touch the page, by a key that does nothing: its picture then begins to come alive."""
        self.page.keyboard.press("Shift")

    def says(self, key: str, within_ms: int = PATIENCE_MS) -> None:
        """Wait for a notice about the connection; for its end, where `key` is empty."""
        notice = self.page.locator("#frame-notice")
        if key:
            expect(notice).to_be_visible(timeout=within_ms)
            expect(notice).to_have_attribute("data-says", key, timeout=within_ms)
        else:
            expect(notice).to_be_hidden(timeout=within_ms)

    def until(
        self, found: Callable[[], object], what: Callable[[], str] | str, within_s: float = 60.0
    ) -> None:
        """Wait until `found` finds something, while the browser's news come in."""
        until = time.monotonic() + within_s
        while not found():
            assert time.monotonic() < until, (
                f"not within {within_s:g} s: {what if isinstance(what, str) else what()}"
            )
            self.page.wait_for_timeout(100)

    def _console(self, message: Any) -> None:
        if message.type == "error" and not any(part in message.text for part in _HARMLESS):
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in _LOCAL:
            self.elsewhere.append(request.url)
        if request.is_navigation_request():
            self.loads.append(request.url)


@contextmanager
def visitor(browser: Browser, language: str = "en", size: Any = None, **how: Any) -> Iterator[Seen]:
    """A visitor with a fresh browser profile."""
    context = browser.new_context(
        locale={"en": "en-GB", "ko": "ko-KR"}[language], viewport=size or DESK, **how
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    seen = Seen(page)
    page.on("console", seen._console)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", seen._request)
    try:
        yield seen
    finally:
        context.close()
