"""The dashboard against its bars: its first picture beside a static file of the same bytes, how
soon it is alive beside a bare Voilà page with the same widgets, fifty visitors, the memory.

    python tests/bench/dashboard.py [ROUNDS]    default: 5; fails where a bar is missed; takes about
    eight minutes

It needs Chromium. Servers, kernels and browser share one machine, so only ratios of pages side by
side say something; run it while nothing else runs. A first picture is complete when all of it is
loaded and its largest part is painted; a page is alive when its script and its chart are there and
its kernel answers.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

# Not this folder, where `dashboard` would be this file, but the one that holds all tests.
TESTS = Path(__file__).parents[1]
sys.path[0] = str(TESTS)

import httpx
import nbformat
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLate
from rich.console import Console
from rich.table import Table

from dashboard.browser import CHROMIUM, DESK, PHONE, launched
from dashboard.dashboard_process import dashboard_process
from ports import free_port
from real.processes import api, environment, wait_until
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard import outfit_tab
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_query import Choices

MOST_TIMES_STATIC, MOST_TIMES_BARE, MOST_SHIFT = 1.5, 1.2, 0.05
MOST_KB, MOST_REQUESTS, VISITORS = 150.0, 10, 50
VIEWERS, MOST_PSS_MB, MOST_IMPORT_S = 10, 90.0, 1.0
KEPT_FOR_S = 10.5
"""After so long a picture is made anew."""
OURS = ("#wearcast[data-live]", "[data-figure] .main-svg")
THEIRS = ("#bare[data-live]", ".main-svg")
BARE = Path(__file__).with_name("bare_page.py")
SLOW = {
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
    "offline": False,
}
"""A slow phone's network: 1.6 Mbit/s, 150 ms to the server and back."""
SLOW_CPU = 4
COMPLETE_MS = """() => new Promise((told) => {
  const timing = performance.timing;
  let whole = timing.loadEventEnd - timing.navigationStart;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) whole = Math.max(whole, entry.startTime);
  }).observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => told(whole), 300);
})"""
SHIFT = """() => new Promise((told) => {
  let shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(shift), 500);
})"""
Row = tuple[str, str, str, bool | None]


def main(rounds: int) -> None:
    """Measure everything, print the table, and fail where a bar is missed."""
    if not CHROMIUM:
        sys.exit("this needs Chromium: apt install chromium")
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="wearcast-bench-") as name,
        sync_playwright() as playwright,
    ):
        root = Path(name)
        shelf = StoreFolder(root / "store")
        shelf.publish(two_cities())
        settings = environment(
            None, STORE=str(shelf.root), MODEL=str(root / "none"), REPORTS=str(root / "none")
        )
        with api(root, root / "api.log", settings) as service:
            browser = launched(playwright)
            rows = [
                *first_pictures(browser, root, service.url, rounds),
                *alive(browser, root, service.url, rounds),
                *visitors(browser, root, service.url),
                *crowd(browser, root, service.url),
                imports(),
            ]
            browser.close()
    show(rows, load)


def first_pictures(browser: Browser, root: Path, url: str, rounds: int) -> Iterator[Row]:
    """How long the first picture takes, by turns with a static file of the same bytes."""
    file = Path(files(root)["PICTURE_FILE"])
    settings = {"API": url, "DASHBOARD_POOL": "0"}
    with dashboard_process(root / "first.log", **settings) as plain:
        file.write_bytes(httpx.get(plain.url).content)
        size, requests = transferred(browser, plain.url)
        # Playwright's event loop and another can't run in one thread.
        with ThreadPoolExecutor() as other_thread:
            drawn = other_thread.submit(asyncio.run, figure(url)).result()
        Path(files(root)["FIGURE_FILE"]).write_text(drawn)
    with dashboard_process(
        root / "static.log",
        also=files(root) | {"PYTHONPATH": str(TESTS)},
        module="bench.dashboard_with_file",
        **settings,
    ) as one:
        for network, slow in (("this machine", False), ("slow phone", True)):
            took: dict[str, list[float]] = {"anew": [], "kept": [], "static": []}
            for turn in range(rounds + 1):
                time.sleep(KEPT_FOR_S)
                for name in took:
                    address = one.url + ("static.html" if name == "static" else "")
                    seconds = first_picture(browser, address, slow)
                    # The first turn fills the caches of the server.
                    took[name] += [seconds] if turn else []
            found = {name: median(seconds) for name, seconds in took.items()}
            for name, seconds in found.items():
                yield f"{network}: {name}, median", f"{seconds:.3f} s", "–", None
            for name in ("anew", "kept"):
                yield times(f"{network}: {name} ÷ static", found[name], found["static"])
    yield "first picture: transferred", f"{size:.0f} kB", f"≤ {MOST_KB:.0f} kB", size <= MOST_KB
    few = requests <= MOST_REQUESTS
    yield "first picture: requests", f"{requests}", f"≤ {MOST_REQUESTS}", few


def files(root: Path) -> dict[str, str]:
    """The variables that name the files with the first picture and with its figure."""
    return {"PICTURE_FILE": str(root / "picture.html"), "FIGURE_FILE": str(root / "figure.json")}


async def figure(url: str) -> str:
    """The page's figure as JSON."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        data, _ = await fetch_page_data(ApiClient(client, url), Choices(lang="en"))
    return json.dumps(outfit_tab.figures(data)["hours"])


def times(name: str, ours: float, theirs: float, most: float = MOST_TIMES_STATIC) -> Row:
    """How many times as long ours takes."""
    found = ours / theirs
    return name, f"{found:.2f} ×", f"≤ {most} ×", found <= most


def first_picture(browser: Browser, url: str, slow: bool) -> float:
    """Seconds until a page is loaded and painted, in a browser that has kept nothing."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    if slow:
        session = context.new_cdp_session(page)
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})
    page.goto(url, wait_until="load", timeout=120_000)
    assert page.locator(".answer h1").is_visible()
    milliseconds: float = page.evaluate(COMPLETE_MS)
    context.close()
    return milliseconds / 1000


def transferred(browser: Browser, url: str) -> tuple[float, int]:
    """The kilobytes, as they travel, and the requests of a first picture that nobody touches."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    page.goto(url, wait_until="load")
    page.wait_for_timeout(2_000)
    context.close()
    return sum(sizes) / 1000, len(sizes)


def alive(browser: Browser, root: Path, url: str, rounds: int) -> Iterator[Row]:
    """How soon a page that is touched at once is alive, heated and cold, by turns with a bare page
    that has the same widgets."""
    for kind, pool in (("heated", 1), ("cold", 0)):
        with (
            dashboard_process(root / f"{kind}.log", API=url, DASHBOARD_POOL=str(pool)) as ours,
            bare(root, pool) as theirs,
        ):
            took: dict[str, list[float]] = {"ours": [], "bare": []}
            shifts = []
            for turn in range(rounds + 1):
                if pool:
                    ours.heats(pool)
                    time.sleep(8)
                seconds, shift = living(browser, ours.url, OURS)
                other, _ = living(browser, theirs, THEIRS)
                if turn:
                    took["ours"].append(seconds)
                    took["bare"].append(other)
                    shifts.append(shift)
            found = {name: median(seconds) for name, seconds in took.items()}
        for name, seconds in found.items():
            yield f"{kind}: {name} alive, median", f"{seconds:.2f} s", "–", None
        yield times(f"{kind}: ours ÷ bare", found["ours"], found["bare"], MOST_TIMES_BARE)
        most = max(shifts)
        yield f"{kind}: layout shift, most", f"{most:.3f}", f"≤ {MOST_SHIFT}", most <= MOST_SHIFT


def living(browser: Browser, url: str, parts: tuple[str, ...]) -> tuple[float, float]:
    """Seconds until a page is alive, in a browser that has kept nothing; and its layout's shift."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    began = time.monotonic()
    page.goto(url, wait_until="commit", timeout=120_000)
    page.wait_for_selector("body", state="attached")
    touch(page)
    assert completed(page, parts, 120_000)
    seconds = time.monotonic() - began
    shift = page.evaluate(SHIFT)
    context.close()
    return seconds, shift


def visitors(browser: Browser, root: Path, url: str) -> Iterator[Row]:
    """Fifty at once who only look: what they see, and how many kernels that takes."""
    with dashboard_process(root / "visitors.log", API=url, DASHBOARD_POOL="0") as one:
        contexts = [browser.new_context(viewport=PHONE) for _ in range(VISITORS)]
        pages = [context.new_page() for context in contexts]
        for page in pages:
            page.evaluate(f"setTimeout(() => location.assign({one.url!r}), 500)")
        seen = sum(completed(page, (".answer h1", ".week a"), 60_000) for page in pages)
        time.sleep(3)
        kernels = len(one.kernels())
        for context in contexts:
            context.close()
    yield f"{VISITORS} at once see all", f"{seen}", f"{VISITORS}", seen == VISITORS
    yield "their kernels", f"{kernels}", "0", kernels == 0


def crowd(browser: Browser, root: Path, url: str) -> Iterator[Row]:
    """Ten viewers at once, and what each of their kernels holds."""
    with dashboard_process(root / "crowd.log", API=url, DASHBOARD_POOL="2") as one:
        contexts = [browser.new_context(viewport=DESK) for _ in range(VIEWERS)]
        pages = [context.new_page() for context in contexts]
        began = time.monotonic()
        for page in pages:
            page.goto(one.url, timeout=120_000)
            touch(page)
        complete = [completed(page, OURS, 180_000) for page in pages]
        took = time.monotonic() - began
        held = [pss_mb(pid) for pid in one.kernels()]
        for context in contexts:
            context.close()
    yield (
        f"{VIEWERS} viewers at once: complete",
        f"{sum(complete)} in {took:.0f} s",
        f"{VIEWERS}",
        sum(complete) == VIEWERS,
    )
    yield (
        "memory a kernel (PSS), median",
        f"{median(held):.0f} MB",
        f"< {MOST_PSS_MB:.0f} MB",
        median(held) < MOST_PSS_MB,
    )


def imports() -> Row:
    """How long the notebook's imports take, in a process of their own."""
    code = (
        "import time; began = time.perf_counter(); import wearcast.serving.dashboard.page;"
        " print(time.perf_counter() - began)"
    )
    seconds = median(
        float(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(5)
    )
    return (
        "imports of the notebook, median",
        f"{seconds:.2f} s",
        f"< {MOST_IMPORT_S:.0f} s",
        seconds < MOST_IMPORT_S,
    )


def touch(page: Page) -> None:
    """Touch a page, by a key that does nothing: ours then begins to come alive."""
    page.keyboard.press("Shift")


def completed(page: Page, parts: tuple[str, ...], within_ms: float) -> bool:
    """Whether every part came in time."""
    try:
        for part in parts:
            page.wait_for_selector(part, state="attached", timeout=within_ms)
    except TooLate:
        return False
    return True


@contextmanager
def bare(root: Path, pool: int) -> Iterator[str]:
    """Voilà as it comes, with a notebook of the same widgets and as much HTML; its address."""
    folder = root / f"bare{pool}"
    folder.mkdir()
    cell = nbformat.v4.new_code_cell(BARE.read_text("utf-8"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "bare.ipynb")
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("voila")),
        "bare.ipynb",
        "--no-browser",
        f"--port={port}",
    ]
    command += ["--preheat_kernel=True", f"--pool_size={pool}"] if pool else []
    with (folder / "voila.log").open("wb") as log:
        running = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, **files(root)},
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(
            lambda: answers(f"{url}voila/static/voila.js"),
            lambda: (folder / "voila.log").read_text(),
            90,
        )
        yield url
    finally:
        running.terminate()
        running.wait(30)


def answers(url: str) -> bool:
    """Whether somebody does."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def pss_mb(pid: int) -> float:
    """A process's share of memory."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def show(rows: list[Row], load: float) -> None:
    """Print the table; fail where a bar is missed."""
    table = Table(title=f"The dashboard, {os.cpu_count()} cores, load {load:.1f} at the start")
    for column in ("measure", "found", "bar", ""):
        table.add_column(column)
    for measure, found, bar, kept in rows:
        table.add_row(measure, found, bar, "" if kept is None else "ok" if kept else "MISSED")
    Console().print(table)
    if any(kept is False for *_, kept in rows):
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
