"""Pictures of the first screen for looking at: python scripts/first_screen_pictures.py FOLDER.

Each typical weather in both languages and on each size, and a table of what doesn't fit. Wants the
groups `dev` and `real`, and a Chromium.
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

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

SIZES = ((360, 740), (390, 844), (820, 1180), (1280, 800))


def main(folder: Path) -> None:
    """Write the documents and take their pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    # Playwright's event loop and the services' can't run in one thread at a time.
    written = dict(documents())
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for name, text in written.items():
            path = folder / f"{name}.html"
            path.write_text(text, encoding="utf-8")
            for size in SIZES:
                take(browser, path, size)
        browser.close()


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


def take(browser: Browser, path: Path, size: tuple[int, int]) -> None:
    """A picture of what is seen first, and a line where the answer ends below it."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(path.as_uri())
    bottom = page.evaluate("document.querySelector('.answer').getBoundingClientRect().bottom")
    overflow = page.evaluate("document.documentElement.scrollWidth") - size[0]
    page.screenshot(path=path.with_suffix(f".{size[0]}.png"))
    mark = "" if bottom <= size[1] and overflow <= 0 else "  <-- does not fit"
    print(f"{path.stem:10} {size[0]}x{size[1]}: ends at {bottom:.0f} px{mark}")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
