"""Ten years of twenty stations at once: within the free limits, in little memory, and no slower
than the server."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fakes.apart import apart
from fakes.open_meteo import LIMITS, FakeOpenMeteo
from wearcast.config import OpenMeteo
from wearcast.weather.raw_data import read_raw, sync
from wearcast.weather.sources.open_meteo import OpenMeteoSource
from wearcast.weather.sources.open_meteo.service import FREE
from wearcast.weather.sources.rate_limit import RateLimiter
from wearcast.weather.stations import CATALOGUE

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")]

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
START = date(2016, 8, 20)


class Clock:
    """The real time, and on top of it what was slept: pauses that take no time, but are seen to be
    there."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def ticks_s(self) -> float:
        return time.monotonic() + self.slept_s

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


def memory_mb(name: str) -> float:
    """Of this process, as the kernel tells it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1000


@pytest.mark.full
def test_twenty_stations_by_ten_years(tmp_path: Path) -> None:
    stations = [station for id, station in CATALOGUE.items() if id not in ("EWR", "JFK", "LGA")][
        :20
    ]
    clock = Clock()
    spent: list[tuple[float, float]] = []

    class Noted(RateLimiter):
        def count(self, weight: float) -> None:
            spent.append((clock.ticks_s(), weight))
            super().count(weight)

    limiter = Noted("Open-Meteo", FREE, ticks_s=clock.ticks_s, sleep_s=clock.sleep)
    with apart(FakeOpenMeteo(now=lambda: NOW)) as (url, log):
        settings = OpenMeteo(archive_url=f"{url}/v1/archive", forecast_url=f"{url}/v1/forecast")
        source = OpenMeteoSource(settings, {}, now=lambda: NOW, limiter=limiter)
        # Of the largest size that this process has had, forget what was before.
        Path("/proc/self/clear_refs").write_text("5")
        before_mb = memory_mb("VmRSS")
        began_s, cpu_s = time.monotonic(), time.process_time()
        summary = sync(source, stations, START, None, tmp_path)
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
        asked = [line.split() for line in log.read_text().splitlines()]
    assert summary["hours"].tolist() == [(date(2026, 8, 20) - START).days * 24 + 10] * 20
    assert len(read_raw(tmp_path)[0]) == summary["hours"].sum()
    grown_mb = memory_mb("VmHWM") - before_mb
    weight = sum(float(line[1]) for line in asked)
    # What the real service would have taken at least: it allows 600 in a minute.
    paced_s = clock.slept_s + took_s
    print(  # noqa: T201 - for whoever runs it with -s
        f"{len(asked)} requests weighing {weight:,.0f}, the heaviest"
        f" {max(float(line[1]) for line in asked):.1f}; {took_s:.0f} s, of them {cpu_s:.0f} s of"
        f" computing; {paced_s / 60:.1f} min at the pace of the free service; {grown_mb:.0f} MB"
        " more than before"
    )
    assert {line[0] for line in asked} == {"200"}
    assert weight == pytest.approx(sum(weight for _, weight in spent), abs=0.1)
    assert weight < 5_000
    for _, within_s, most, _ in LIMITS:
        for at_s, _ in spent:
            assert (
                sum(weight for when_s, weight in spent if at_s - within_s < when_s <= at_s) <= most
            )
    assert grown_mb < 800
    assert cpu_s < paced_s / 4
    assert timedelta(seconds=paced_s) < timedelta(minutes=15)
    assert os.path.getsize(tmp_path / "source.json") < 1_000_000
