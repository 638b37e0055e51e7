"""People with the dashboard open in a real Chromium, who do nothing: what a rollout does to their
pages."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from playwright.sync_api import sync_playwright

from dashboard.browser import Seen, launched, visitor

# Notes when the kernel's socket was lost, when a page loaded since then shows its text, and when
# its controls work: by its kernel, or before there is one by the server.
_WATCH = """(() => {
  const kept = sessionStorage;
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      if (!String(args[0]).includes("/channels")) return;
      this.addEventListener("close", () => { kept.lost = kept.lost || Date.now(); });
    }
  };
  setInterval(() => {
    if (!kept.lost || performance.timeOrigin < kept.lost) return;
    const page = document.getElementById("wearcast");
    if (page && !kept.text) kept.text = Date.now() - kept.lost;
    if (!page?.dataset.live && document.body.dataset.voila !== "picture") return;
    const gap = [kept.text / 1000, (Date.now() - kept.lost) / 1000];
    kept.gaps = JSON.stringify([...JSON.parse(kept.gaps || "[]"), gap]);
    delete kept.lost;
    delete kept.text;
  }, 20);
})()"""


class Viewers:
    """Several, each with a browser of their own."""

    def __init__(self, seen: list[Seen]) -> None:
        self._seen = seen
        self._pages = [one.page for one in seen]

    def gaps_s(self) -> list[tuple[float, float]]:
        """Each time that a page lost its kernel, the seconds until it showed its text again, and
        until it answered again."""
        return [
            tuple(gap)
            for page in self._pages
            for gap in json.loads(page.evaluate("sessionStorage.gaps || '[]'"))
        ]

    def see(self) -> None:
        """Wait until every page is there again, and let it come alive."""
        for one in self._seen:
            one.page.wait_for_function("!sessionStorage.lost", timeout=60_000)
            one.live()

    def told(self) -> list[Any]:
        """The notices that stand on their pages."""
        return [
            text
            for page in self._pages
            for text in page.locator("#frame-notice:visible").all_inner_texts()
        ]


@contextmanager
def viewers(url: str, count: int) -> Iterator[Viewers]:
    """So many, whose pages are whole."""
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = stack.enter_context(launched(playwright))
        seen = [stack.enter_context(visitor(browser)) for _ in range(count)]
        for one in seen:
            one.page.add_init_script(_WATCH)
            one.open(url)
        yield Viewers(seen)
