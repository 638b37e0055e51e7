"""An ingest of live weather killed at any moment goes on where it stopped, and comes to what an
undisturbed one gives."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fakes.apart import apart
from fakes.open_meteo import FakeOpenMeteo
from full import repeated
from wearcast.config import OpenMeteo
from wearcast.weather.raw_data import read_raw, sync
from wearcast.weather.sources.open_meteo import OpenMeteoSource
from wearcast.weather.stations import resolve

# Newer Pythons warn of forking where there are threads; the children here only ingest, and end.
pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")]

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
START = date(2026, 6, 1)
STATIONS = ["108", "london"]
KILLS = repeated(15, 50)


def ingest(url: str, folder: Path) -> None:
    settings = OpenMeteo(archive_url=f"{url}/v1/archive", forecast_url=f"{url}/v1/forecast")
    sync(OpenMeteoSource(settings, {}, now=lambda: NOW), resolve(STATIONS), START, None, folder)


def started(url: str, folder: Path) -> int:
    """The number of a process that has begun the ingest; it is forked, so that it begins at
    once."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ingest(url, folder)
            code = 0
        finally:
            os._exit(code)
    return child


def requests(log: Path) -> int:
    """How many the server has answered."""
    return log.read_text().count("\n")


def killed_after(asked: int, more_s: float, url: str, folder: Path, log: Path) -> bool:
    """Kill an ingest so many seconds after as many requests; whether it was still there to be
    killed."""
    until = requests(log) + asked
    child = started(url, folder)
    ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while requests(log) < until and os.waitid(os.P_PID, child, ended) is None:
        time.sleep(0.001)
    time.sleep(more_s)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def month(line: str) -> str:
    """The month that a line of the server's log asks for."""
    return line.split()[3][:7]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    with apart(FakeOpenMeteo(now=lambda: NOW, delay_s=0.005)) as address:
        yield address


def test_kills_lose_nothing_and_fetch_only_what_they_interrupted(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    url, log = server
    log.write_text("")
    ingest(url, tmp_path / "undisturbed")
    expected = contents(tmp_path / "undisturbed")
    in_all = requests(log)
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    killed = interrupted = 0
    while killed < KILLS:
        folder = tmp_path / f"killed-{killed}"
        log.write_text("")
        kills = 0
        # In some rounds more than once, as a machine may do that keeps running out of memory.
        for _ in range(chance.choice((1, 1, 2, 3))):
            asked, more_s = chance.randrange(in_all), chance.uniform(0, 0.02)
            kills += killed_after(asked, more_s, url, folder, log)
            interrupted += not (folder / "source.json").exists()
        killed += kills
        ingest(url, folder)
        assert contents(folder) == expected
        again = [
            line
            for line, times in Counter(log.read_text().splitlines()).items()
            for _ in range(times - 1)
        ]
        # A partition of the last month takes two requests, one of each endpoint.
        assert len({month(line) for line in again}) <= kills
        assert len(again) <= 2 * kills
    assert interrupted > KILLS / 2
    assert len(read_raw(folder)[0]) == 2 * (80 * 24 + 10)
