"""How much longer a refresh of many stations takes with numerical forecasts, beside one without.

python tests/bench/refresh_guidance.py [STATIONS]    default: 50; fails where it takes 50 ms of
processor time a station more

The service is the fake Open-Meteo in a process of its own, so its work isn't counted. Both kinds
refresh the same hours in turn, each from its own cache; the first one, which fills them, is told
apart. The archive fills the cache with as many forecasts as weeks of refreshes would.
"""

import multiprocessing
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.apart import apart
from fakes.open_meteo import FakeOpenMeteo
from unit.serving.guided_refresh import MODELS, GuidedRefresh, places
from wearcast.serving.refresh.guidance_files import FOLDER

BAR_MS = 50.0
HOURS = 8
FIRST_FILLS_S = 600.0
START = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)


@dataclass
class Timed:
    """What the refreshes of one kind took.

    Attributes:
        cpu_s, wall_s: of each.
    """

    one: GuidedRefresh
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)

    def run(self) -> None:
        """A refresh more."""
        made = self.one.made()
        began_cpu_s, began_s = time.process_time(), time.perf_counter()
        outcome = made.run()
        self.cpu_s.append(time.process_time() - began_cpu_s)
        self.wall_s.append(time.perf_counter() - began_s)
        assert outcome.is_new
        assert not outcome.left_out
        assert outcome.made_from.startswith("ECMWF, GFS and ICON") is self.one.uses_guidance

    def ms_a_station(self, seconds: list[float]) -> float:
        """The median of those after the first, in milliseconds a station."""
        return 1000 * float(np.median(seconds[1:])) / len(self.one.stations)


def main(count: int) -> None:
    """Time it, print the table, and fail over the bar."""
    hours = multiprocessing.Value("d", 0.0)

    def now() -> datetime:
        return START + timedelta(hours=hours.value)

    fake = FakeOpenMeteo(now=now)
    stations = places(count)
    with apart(fake) as (url, _), tempfile.TemporaryDirectory() as folder:
        plain = Timed(GuidedRefresh(fake, url, Path(folder, "plain"), stations, False))
        plain.run()
        guided_folder = Path(folder, "guided")
        shutil.copytree(plain.one.folder / "history", guided_folder / "history")
        guided = Timed(
            GuidedRefresh(fake, url, guided_folder, stations, True, most_s=FIRST_FILLS_S)
        )
        guided.run()
        for hour in range(1, HOURS + 1):
            hours.value = hour
            plain.run()
            guided.run()
        files = list((guided_folder / "history").glob(f"*/{FOLDER}/*.parquet"))
        size_mb = sum(path.stat().st_size for path in files) / 1e6
    told(plain, guided)
    print(f"cache: {len(files)} files, {size_mb:.1f} MB; filled in {guided.wall_s[0]:.0f} s")
    more_ms = guided.ms_a_station(guided.cpu_s) - plain.ms_a_station(plain.cpu_s)
    if more_ms >= BAR_MS:
        sys.exit(f"{more_ms:.1f} ms a station more isn't under {BAR_MS:g}")


def told(plain: Timed, guided: Timed) -> None:
    """The table."""
    count = len(plain.one.stations)
    print(f"{count} stations, {len(MODELS)} models, median of {HOURS} refreshes, ms a station")
    print(f"  {'':10s} {'without':>8s} {'with':>8s} {'more':>8s} {'ratio':>6s}")
    for name in ("cpu_s", "wall_s"):
        without_ms = plain.ms_a_station(getattr(plain, name))
        with_ms = guided.ms_a_station(getattr(guided, name))
        label = {"cpu_s": "processor", "wall_s": "wall clock"}[name]
        print(
            f"  {label:10s} {without_ms:8.1f} {with_ms:8.1f} {with_ms - without_ms:8.1f}"
            f" {with_ms / without_ms:6.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
