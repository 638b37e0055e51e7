"""Pictures of the first screen for docs/first-screen.md, and its tables of what stands where:
python scripts/first_screen_pictures.py.

Each typical weather in both languages and on each size. Fails where an answer ends below its
window. Wants the groups `dev` and `real`, and a Chromium.
"""

import base64
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import captions  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from dashboard.browser import launched  # noqa: E402
from service.example_weather import EXAMPLES, example  # noqa: E402
from service.in_process_service import serving  # noqa: E402
from wearcast.serving.dashboard.api_client import ApiClient  # noqa: E402
from wearcast.serving.dashboard.page_data import PageData, fetch_page_data  # noqa: E402
from wearcast.serving.dashboard.page_files import page_style  # noqa: E402
from wearcast.serving.dashboard.page_markup import page_markup  # noqa: E402
from wearcast.serving.dashboard.page_query import Choices  # noqa: E402
from wearcast.serving.dashboard.page_state import PageState  # noqa: E402
from wearcast.vocabulary import LANGUAGES  # noqa: E402

SIZES: Final = ((360, 740), (390, 844), (820, 1180), (1280, 800))
"""Width and height of windows in px: two phones, a tablet, a desk."""
ENLARGED: Final = ((640, 400), (410, 590))
"""The desk and the tablet at 200 %."""
PARTS: Final = {
    "sentence": ".answer h1",
    "outfit": ".answer .looks",
    "umbrella": ".answer .umbrella",
    "now": ".answer .feels",
}
_DOCUMENT: Final = ROOT / "docs/first-screen.md"
_IMAGES: Final = ROOT / "docs/images"
_SHEET_SIZES: Final = ((390, 844), (1280, 800))
_SHEET_HEIGHT: Final = 420
_INTRODUCTION: Final = """\
# The first screen

Made by `make regenerate ONLY=screens`: the page's first picture on seven made-up days in Seoul.
Pictures:
[English, phone](images/first-screen-390.en.png), [desk](images/first-screen-1280.en.png) ·
[Korean, phone](images/first-screen-390.ko.png), [desk](images/first-screen-1280.ko.png).

The tables say at which px from the top each part of the answer ends. The last two sizes are
the desk and the tablet at 200 %.
"""

Ends = Mapping[str, float]
"""Where each part ends, in px from the top of the window."""


def main() -> None:
    """Write the tables and the pictures."""
    logging.disable(logging.CRITICAL)
    # Playwright's event loop and the services' can't run in one thread at a time.
    written = dict(documents())
    found: dict[tuple[int, int], dict[str, Ends]] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launched(playwright)
        for size in (*SIZES, *ENLARGED):
            found[size] = {
                document: take(browser, folder / f"{document}.{size[0]}.png", text, size)
                for document, text in written.items()
            }
        for language in LANGUAGES:
            for width, _ in _SHEET_SIZES:
                names = [f"{weather}.{language}.{width}.png" for weather in EXAMPLES]
                sheet = _IMAGES / f"first-screen-{width}.{language}.png"
                contact_sheet(browser, [folder / one for one in names], sheet)
        browser.close()
    before = _DOCUMENT.read_text("utf-8") if _DOCUMENT.is_file() else ""
    _DOCUMENT.write_text(captions.kept(before, page_of_tables(found)), "utf-8")
    below = list(cut_off(found))
    if below:
        sys.exit("\n".join(below))


def documents(names: Iterable[str] = EXAMPLES) -> Iterator[tuple[str, str]]:
    """The page of each weather in each language, by its name."""
    for name in names:
        weather = EXAMPLES[name]
        snapshot = example(weather)
        now = datetime.fromisoformat(f"{weather.issued_at}:20+00:00").astimezone(UTC)
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Path(folder), snapshot, now=lambda now=now: now) as service,
        ):
            client = ApiClient(service.client, "this process")
            for language in LANGUAGES:
                data, _ = service.run(fetch_page_data(client, Choices(lang=language)))
                yield f"{name}.{language}", document(data)


def document(data: PageData) -> str:
    """The page as a document of its own."""
    page = page_markup(PageState(data.choices, data.language, data=data))
    return (
        f'<!doctype html><html lang="{data.language}"><meta charset="utf-8"><title>Wearcast</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>body{{margin:0}}{page_style()}</style>"
        f'<body data-voila="picture">{page}</body></html>'
    )


def take(browser: Browser, path: Path, text: str, size: tuple[int, int]) -> Ends:
    """A picture of what is seen first; and where the answer's parts end."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(text)
    page.screenshot(path=path)
    ends = {name: end_of(page, selector) for name, selector in PARTS.items()}
    page.close()
    return ends


def end_of(page: Page, selector: str) -> float:
    """Where an element ends, in px from the top."""
    box = page.locator(selector).bounding_box()
    if not box:
        raise LookupError(f"nothing is seen of {selector}")
    return box["y"] + box["height"]


def contact_sheet(browser: Browser, pictures: Iterable[Path], path: Path) -> None:
    """Pictures beside each other, reduced, in rows of four."""
    images = []
    for picture in pictures:
        content = base64.b64encode(picture.read_bytes()).decode()
        images.append(f'<img height="{_SHEET_HEIGHT}" src="data:image/png;base64,{content}">')
    page = browser.new_page()
    page.set_content(
        "<body style='margin:0;background:#888'><div id='all' style='display:inline-grid;gap:8px;"
        f"padding:8px;grid-template-columns:repeat(4,auto)'>{''.join(images)}</div></body>"
    )
    page.locator("#all").screenshot(path=path)
    page.close()


def page_of_tables(found: Mapping[tuple[int, int], Mapping[str, Ends]]) -> str:
    """The document: one caption, and a table a size."""
    code = captions.folder_hash(ROOT / "src/wearcast/serving/dashboard")
    line = captions.caption("make regenerate ONLY=screens", captions.today(), code=code)
    tables = "".join(map(table, found, found.values()))
    return f"{_INTRODUCTION}\n{line}\n{tables}"


def table(size: tuple[int, int], ends: Mapping[str, Ends]) -> str:
    """The table of one size."""
    lines = [f"\n## {size[0]} × {size[1]}\n", "| day | " + " | ".join(PARTS) + " |"]
    lines.append("|---|" + "---:|" * len(PARTS))
    for name, found in ends.items():
        cells = [f"{found[part]:.0f}" for part in PARTS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cut_off(found: Mapping[tuple[int, int], Mapping[str, Ends]]) -> Iterator[str]:
    """The answers that end below their windows."""
    for (width, height), ends in found.items():
        for name, parts in ends.items():
            if max(parts.values()) > height:
                yield f"{name} on {width} × {height} ends at {max(parts.values()):.0f}"


if __name__ == "__main__":
    main()
