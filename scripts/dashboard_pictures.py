"""Pictures of the dashboard for both READMEs, in their languages, from the sample's first forecast:
python scripts/dashboard_pictures.py.

Wants what `make repro` made, the groups `dev` and `real`, and a Chromium.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from dashboard.browser import launched, visitor  # noqa: E402
from dashboard.dashboard_process import dashboard_process  # noqa: E402
from real.processes import api, environment  # noqa: E402

IMAGES = ROOT / "docs/images"
DESK, PHONE = {"width": 1280, "height": 1000}, {"width": 390, "height": 844}
PICTURES = {
    "desk": ("en", DESK, 1),
    "desk.ko": ("ko", DESK, 1),
    "phone": ("en", PHONE, 2),
    "phone.ko": ("ko", PHONE, 2),
}
"""The browser's language, its size and its pixels a CSS pixel, by the picture's name."""
DAY = "2013-03-12"
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
            dashboard_process(
                Path(folder) / "board.log", API=service.url, DASHBOARD_POOL="1"
            ) as served,
            sync_playwright() as playwright,
        ):
            browser = launched(playwright)
            for name in PICTURES:
                take(browser, served.url, name)
            browser.close()


def take(browser: Browser, url: str, name: str) -> None:
    """Take one picture, of what a person sees first."""
    language, size, scale = PICTURES[name]
    with visitor(browser, language, size, device_scale_factor=scale) as seen:
        seen.open(f"{url}?day={DAY}&lang={language}")
        seen.page.locator(".main-svg").first.wait_for(state="attached")
        seen.page.wait_for_timeout(500)
        path = IMAGES / f"dashboard-{name}.png"
        seen.page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} is too large for a README")


if __name__ == "__main__":
    main()
