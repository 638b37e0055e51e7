"""The dashboard against its bars: its first complete picture beside that of a bare Voilà page with
one figure, ten viewers, the memory.

    python tests/bench/dashboard.py [ROUNDS]    default: 5; fails where a bar is missed; takes about
    four minutes

It needs Chromium. Servers, kernels and browser share one machine, so only ratios of pages side by
side say something; run it while nothing else runs. A page is complete when its text is there, its
chart is drawn, and its kernel answers.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

# Not this folder, where `dashboard` would be this file, but the one that holds all tests.
sys.path[0] = str(Path(__file__).parents[1])

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLate
from rich.console import Console
from rich.table import Table

from dashboard.browser import CHROMIUM, DESK, launched
from dashboard.dashboard_process import dashboard_process
from ports import free_port
from real.processes import api, environment, wait_until
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities

BARE = ["import plotly.graph_objects as go\n", "go.Figure(go.Scatter(y=[1, 3, 2]))"]
MOST_TIMES, VIEWERS, MOST_PSS_MB, MOST_IMPORT_S = 1.5, 10, 90.0, 1.0
OURS = ("#wearcast[data-live]", "[data-figure] .main-svg")
THEIRS = (".js-plotly-plot .main-svg",)
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
                *pictures(browser, root, service.url, rounds),
                *crowd(browser, root, service.url),
                imports(),
            ]
            browser.close()
    show(rows, load)


def pictures(browser: Browser, root: Path, url: str, rounds: int) -> Iterator[Row]:
    """How long the first complete picture takes, heated and cold, by turns with the bare page's."""
    for kind, pool in (("heated", 1), ("cold", 0)):
        with (
            dashboard_process(root / f"{kind}.log", API=url, DASHBOARD_POOL=str(pool)) as ours,
            bare(root, pool) as theirs,
        ):
            took: dict[str, list[float]] = {"text": [], "ours": [], "theirs": []}
            for turn in range(rounds + 1):
                if pool:
                    ours.heats(pool)
                    time.sleep(8)
                text, whole = picture(browser, ours.url, OURS, text="[data-value='day.temp_max']")
                _, other = picture(browser, theirs, THEIRS)
                # The first turn fills the caches of the servers.
                for name, seconds in zip(took, (text, whole, other), strict=True):
                    took[name] += [seconds] if turn else []
            found = {name: median(seconds) for name, seconds in took.items()}
        times = found["ours"] / found["theirs"]
        yield f"{kind}: text, median", f"{found['text']:.2f} s", "–", None
        yield f"{kind}: complete, median", f"{found['ours']:.2f} s", "–", None
        yield f"{kind}: bare Voilà with one figure, median", f"{found['theirs']:.2f} s", "–", None
        yield f"{kind}: ours ÷ bare", f"{times:.2f} ×", f"≤ {MOST_TIMES} ×", times <= MOST_TIMES


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


def picture(
    browser: Browser, url: str, parts: tuple[str, ...], text: str = ""
) -> tuple[float, float]:
    """Seconds from the navigation to the text and to the complete picture, in a browser that has
    kept nothing."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    began = time.monotonic()
    page.goto(url, wait_until="commit", timeout=120_000)
    if text:
        page.wait_for_selector(text, timeout=120_000)
    read = time.monotonic() - began
    touch(page)
    assert completed(page, parts, 120_000)
    whole = time.monotonic() - began
    context.close()
    return read, whole


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
    """Voilà as it comes, with a notebook of one figure; its address."""
    folder = root / f"bare{pool}"
    folder.mkdir()
    cell = {
        "cell_type": "code",
        "id": "figure",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": BARE,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "bare.ipynb").write_text(json.dumps(notebook))
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("voila")),
        "bare.ipynb",
        "--no-browser",
        f"--port={port}",
    ]
    command += ["--preheat_kernel=True", f"--pool_size={pool}"] if pool else []
    with (folder / "voila.log").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
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
