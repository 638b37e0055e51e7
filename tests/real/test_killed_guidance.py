"""A backfill of numerical forecasts killed at any moment goes on where it stopped, and comes to
what an undisturbed one gives."""

import os
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from fakes.guidance import FakeGuidance
from full import repeated
from wearcast.weather.guidance_archive import read_raw, sync
from wearcast.weather.stations import resolve

# Newer Pythons warn of forking where there are threads; the children here only ingest, and end.
pytestmark = [
    pytest.mark.real,
    # tests/unit/weather/test_guidance_archive.py kills it in process, every time.
    pytest.mark.full,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

FIRST, NOW = "2026-02-01T00", "2026-04-20T09"
STATIONS = ["108", "london"]
OBSERVED_FROM = dict.fromkeys(STATIONS, pd.Timestamp("2025-01-01T00Z"))
KILLS = repeated(10, 40)


def backfill(folder: Path) -> list[tuple[str, str]]:
    """The models and months that it fetched."""
    source = FakeGuidance(FIRST, NOW)
    sync(source, resolve(STATIONS), None, None, OBSERVED_FROM, folder)
    return source.asked


def killed_at(moment_s: float, folder: Path) -> bool:
    """Kill a backfill so many seconds after its begin; whether it was still there to be killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            backfill(folder)
            code = 0
        finally:
            os._exit(code)
    time.sleep(moment_s)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_kills_lose_nothing_and_what_was_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    in_all = len(backfill(tmp_path / "undisturbed"))
    expected = contents(tmp_path / "undisturbed")
    began = time.monotonic()
    backfill(tmp_path / "timed")
    whole_s = time.monotonic() - began
    chance = random.Random(19)  # noqa: S311 - moments, not secrets
    killed = interrupted = 0
    while killed < KILLS:
        folder = tmp_path / f"killed-{killed}"
        for _ in range(chance.choice((1, 1, 2, 3))):
            killed += killed_at(chance.uniform(0, whole_s), folder)
            interrupted += not (folder / "guidance.json").exists()
        there = len(list(folder.glob("*/*/20*.parquet")))
        assert len(backfill(folder)) == in_all - there
        assert contents(folder) == expected
    assert interrupted > KILLS / 2
    raw = read_raw(folder)
    assert raw is not None
    assert set(raw["station"]) == set(STATIONS)
