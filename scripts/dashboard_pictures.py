"""The README's pictures of the dashboard, from the sample's first forecast: python
scripts/dashboard_pictures.py.

Wants what `make repro` made, the extra `real`, and a Chromium.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from dashboard.browser import launched, visitor  # noqa: E402
from dashboard.dashboard_process import board  # noqa: E402
from real.processes import api, environment  # noqa: E402

IMAGES = ROOT / "docs/images"
DESK, PHONE = {"width": 1280, "height": 1000}, {"width": 390, "height": 844}
PICTURES = {
    "desk": ("en", DESK, "light", 1, "?day=2013-03-12"),
    "desk-dark": ("ko", DESK, "dark", 1, "?day=2013-03-15&style=business&lang=ko"),
    "phone": ("ko", PHONE, "light", 2, "?day=2013-03-12&lang=ko"),
    "phone-dark": ("en", PHONE, "dark", 2, "?day=2013-03-15&style=feminine&units=imperial"),
}
MOST_BYTES = 300_000


def main() -> None:
    """Serve the sample, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        store = {"STORE": f"{folder}/store", "HISTORY": f"{folder}/history"}
        settings = environment(None, **store)
        subprocess.run(
            [sys.executable, "-m", "wearcast", "refresh"], cwd=ROOT, env=settings, check=True
        )
        with (
            api(ROOT, Path(folder) / "api.log", settings) as service,
            board(Path(folder) / "board.log", API=service.url, DASHBOARD_POOL="1") as served,
            sync_playwright() as playwright,
        ):
            browser = launched(playwright)
            for name in PICTURES:
                take(browser, served.url, name)
            browser.close()


def take(browser: Browser, url: str, name: str) -> None:
    """Take one picture, of what a person sees first."""
    language, size, scheme, scale, query = PICTURES[name]
    with visitor(browser, language, size, color_scheme=scheme, device_scale_factor=scale) as seen:
        seen.open(url + query)
        seen.page.locator(".main-svg").first.wait_for(state="attached")
        seen.page.wait_for_timeout(500)
        path = IMAGES / f"dashboard-{name}.png"
        seen.page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} is too large for a README")


if __name__ == "__main__":
    main()
