"""How much longer ingest and preprocess take than in another revision of the project.

    python tests/bench/ingest.py [BASE]    default: the commit before people's own files were read
                                           by text_tables; fails where a ratio is over 1.1

BASE is checked out beside the working tree. Both run the same records in turn, each run a process
of its own that begins with nothing, for several rounds; the median of each counts. The records are
the bundled sample, ten years of a station as a table and as a parquet file, with a file a year, and
as an export of the Korean portal; with WEARCAST_TEST_DATA also the portal's files of Seoul.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[2]
READER = "src/wearcast/weather/sources/text_tables.py"
BAR = 1.1
ROUNDS = 5
YEARS = range(2014, 2024)
SEED = 2013
TABLE = {
    "valid_at": "time",
    "temp_c": "TMP",
    "dewpoint_c": "DEW",
    "rh_pct": "RH",
    "wind_ms": "WIND",
    "wind_dir_deg": "DIR",
    "precip_mm": "RAIN",
    "pressure_hpa": "SLP",
    "cloud_pct": "CLOUD",
}
PORTAL = {
    "station": "지점",
    "time": "일시",
    "TMP": "기온(°C)",
    "RAIN": "강수량(mm)",
    "WIND": "풍속(m/s)",
    "DIR": "풍향(16방위)",
    "RH": "습도(%)",
    "DEW": "이슬점온도(°C)",
    "SLP": "해면기압(hPa)",
    "CLOUD": "전운량(10분위)",
}
"""The columns of the table, and what the portal calls them."""

Seconds = dict[str, list[float]]


@dataclass(frozen=True)
class Record:
    """Files, and the group `ingest` that reads them; its paths start at `root`."""

    name: str
    settings: Mapping[str, Any]
    root: Path


def main(base: str) -> None:
    """Time both, print the table, and fail over the bar."""
    with tempfile.TemporaryDirectory(prefix="wearcast-ingest-") as temporary:
        folder = Path(temporary)
        records = list(made_records(folder))
        with checked_out(base, folder / "base") as other:
            took = {record.name: timed(record, other, folder / "raw") for record in records}
    ratios = table(base, took)
    over = [name for name, ratio in ratios.items() if ratio > BAR]
    if over:
        sys.exit(f"more than {BAR:g} times as long: {', '.join(over)}")


def commit_before_the_reader() -> str:
    """The parent of the commit that added `READER`."""
    log = ["log", "--diff-filter=A", "--format=%H", "--", READER]
    added = git(*log).split()
    if not added:
        sys.exit(f"git's history here doesn't reach back to when {READER} came: name BASE=revision")
    return f"{added[-1]}~1"


def git(*arguments: str) -> str:
    """What git prints."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def checked_out(base: str, folder: Path) -> Iterator[Path]:
    """The project as it was at `base`, in the folder."""
    git("worktree", "add", "--detach", str(folder), base)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


def made_records(folder: Path) -> Iterator[Record]:
    """The sample and what is made here, then what WEARCAST_TEST_DATA has."""
    yield Record("sample", ingest("sample", ["EWR", "JFK", "LGA"]), ROOT)
    years = {year: hours(year) for year in YEARS}
    for year, rows in years.items():
        written(folder / f"table/{year}.csv", rows)
        written(folder / f"portal/{year}.csv", as_portal(rows), encoding="cp949")
        path = folder / f"parquet/{year}.parquet"
        path.parent.mkdir(exist_ok=True)
        rows.to_parquet(path)
    own = {"columns": TABLE, "time_zone": "Asia/Seoul", "station": "108"}
    yield Record("table, 10 years", ingest("files", ["108"], path="table", **own), folder)
    yield Record("parquet, 10 years", ingest("files", ["108"], path="parquet", **own), folder)
    yield Record("portal, 10 years", ingest("files", ["108"], path="portal"), folder)
    data = os.environ.get("WEARCAST_TEST_DATA")
    if data:
        real = ingest("files", ["108"], path="kma-asos-seoul")
        yield Record("Seoul, 5 years", real, Path(data))


def ingest(source: str, stations: list[str], path: str = "none", **files: Any) -> dict[str, Any]:
    """The group `ingest`."""
    return {
        "source": source,
        "stations": stations,
        "start": None,
        "end": None,
        "files": {"path": path, **files},
    }


def hours(year: int) -> pd.DataFrame:
    """A year like Seoul's, in local time: seasons, days, spells, dry hours and a few gaps."""
    rng = np.random.default_rng([SEED, year])
    time = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left")
    count = len(time)
    season = -np.cos(2 * np.pi * (time.day_of_year - 20) / 365.25)
    day = -np.cos(2 * np.pi * (time.hour - 3) / 24)
    temps = 12.5 + 14 * season + 3.5 * day + spells(rng, count, 3)
    rh = np.clip(62 + 10 * season - 12 * day + spells(rng, count, 12), 12, 100)
    dewpoints = temps - (100 - rh) / 5
    is_wet = spells(rng, count, 1) > 1.5
    wind = np.abs(2.3 + 0.6 * day + spells(rng, count, 1))
    rows = pd.DataFrame(
        {
            "time": time.strftime("%Y-%m-%d %H:%M"),
            "TMP": temps.round(1),
            "DEW": dewpoints.round(1),
            "RH": rh.round(),
            "WIND": wind.round(1),
            "DIR": 10.0 * rng.integers(1, 37, count),
            "RAIN": np.where(is_wet, rng.exponential(1.5, count), 0.0).round(1),
            "SLP": (1016 - 8 * season + spells(rng, count, 4)).round(1),
            "CLOUD": 10.0 * rng.integers(0, 11, count),
        }
    )
    is_gap = rng.random((count, 8)) < 0.001
    return rows.mask(np.column_stack([np.zeros(count, dtype=bool), is_gap]))


def spells(rng: np.random.Generator, count: int, spread: float) -> np.ndarray:
    """What stays for some hours: noise of a standard deviation of `spread`, smoothed over a day."""
    hours_long = 24
    noise = rng.normal(size=count + hours_long - 1)
    smooth = np.convolve(noise, np.ones(hours_long), mode="valid")
    return spread * smooth / np.sqrt(hours_long)


def as_portal(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as the portal exports them."""
    codes = np.array([20, 50, 70, 90, 110, 140, 160, 180, 200, 230, 250, 270, 290, 320, 340, 360])
    points = (rows["DIR"].fillna(360) / 22.5).round().astype(int)
    changed = rows.assign(
        station="108",
        DIR=codes[points.clip(lower=1) - 1],
        CLOUD=rows["CLOUD"] / 10,
        RAIN=rows["RAIN"].where(rows["RAIN"] > 0),
    )
    return changed[list(PORTAL)].rename(columns=PORTAL)


def written(path: Path, rows: pd.DataFrame, encoding: str = "utf-8") -> None:
    """Put the rows at the path as CSV."""
    path.parent.mkdir(exist_ok=True)
    rows.to_csv(path, index=False, encoding=encoding)


def timed(record: Record, other: Path, raw: Path) -> dict[Path, Seconds]:
    """For the other checkout and this one the processor seconds of each stage in each round."""
    took: dict[Path, Seconds] = {other: {}, ROOT: {}}
    hours_of = {}
    for number in range(ROUNDS):
        # Neither always has the caches that the other left.
        order = [other, ROOT] if number % 2 else [ROOT, other]
        for project in order:
            with tempfile.TemporaryDirectory(dir=raw.parent, prefix=raw.name) as folder:
                told = one_run(record, project, Path(folder))
            hours_of[project] = told.pop("hours")
            for stage, seconds in told.items():
                took[project].setdefault(stage, []).append(seconds)
    if hours_of[other] != hours_of[ROOT]:
        print(f"{record.name}: {hours_of[other]} hours there, {hours_of[ROOT]} here")
    return took


def one_run(record: Record, project: Path, raw: Path) -> dict[str, Any]:
    """What one run of the project's code tells."""
    script = Path(__file__).with_name("timed_ingest.py")
    command = [sys.executable, script, json.dumps(record.settings), record.root, raw]
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{record.name} with the code in {project}:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    package = Path(told.pop("package"))
    if not package.is_relative_to(project):
        sys.exit(f"{package} was measured instead of the code in {project}")
    return told


def table(base: str, took: Mapping[str, Mapping[Path, Seconds]]) -> dict[str, float]:
    """Print the table; for each record the ratio of its two stages together, which is the median of
    the rounds' ratios: the machine may be slower in one round than in another."""
    print(f"processor seconds, median of {ROUNDS} runs in turn: {git('rev-parse', base)[:12]}, now")
    print(f"  {'':20s} {'ingest':>13s} {'preprocess':>13s} {'both':>13s} {'ratio':>6s}")
    ratios = {}
    for name, by_project in took.items():
        there, here = by_project.values()
        for seconds in (there, here):
            seconds["both"] = list(np.add(seconds["ingest"], seconds["preprocess"]))
        cells = []
        for stage in ("ingest", "preprocess", "both"):
            cells.append(f"{np.median(there[stage]):6.2f} {np.median(here[stage]):6.2f}")
        ratios[name] = float(np.median(np.divide(here["both"], there["both"])))
        print(f"  {name:20s} {' '.join(cells)} {ratios[name]:6.2f}")
    return ratios


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else commit_before_the_reader())
