"""Drift of the observations: what alarms falsely in real weather, and how soon real errors do.

    python tests/bench/drift.py FOLDER

FOLDER holds kma-asos-seoul (the Korean portal's exports of station 108), kma-asos-nine-cities
(hourly observations of nine stations) and numerical-forecasts (Budva, with archived forecasts).
Limits come from the years before, and are judged on later hours; each error is planted every few
days: in Seoul alone, in Seoul, Incheon and Suwon beside each other, in Budva beside guidance.

What is compared, and how, was chosen on Seoul in 2018 to 2020, on 2021 and 2022 of the three
cities, on Gangneung, Daejeon, Jeonju and Gwangju, and on Budva before March 2025; only the one
harmonic of the relation's slopes was decided by false alarms of Seoul in 2023.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from wearcast.config import Station
from wearcast.forecasting.guidance_inputs import newest_mean, usual_offsets
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.neighbour_inputs import Difference
from wearcast.forecasting.station_inputs import Scores
from wearcast.serving.refresh.guidance_cache import KEPT_D
from wearcast.weather import humidity

YEAR_H, DAY_H = 400 * 24, 24
MODELS = ("gfs_seamless", "gem_global", "knmi_seamless")
AVAILABLE_H = 18
"""Before its hour, what an archive keeps as a day old could be had."""

PLACES = {"108": (37.57, 126.97), "112": (37.48, 126.62), "119": (37.26, 126.98)}
COLUMNS = {
    "기온(°C)": "temp_c",
    "이슬점온도(°C)": "dewpoint_c",
    "풍속(m/s)": "wind_ms",
    "해면기압(hPa)": "pressure_hpa",
}
Change = Callable[[np.ndarray], np.ndarray]


class Case(NamedTuple):
    """A variable, what is wrong with it, the days in which that is to be found, every how many days
    it is planted, and whether the dew point is derived from the wrong temperature and a right
    humidity."""

    variable: str
    change: Change
    days: int
    every_d: int = 61
    is_derived: bool = False


class Site(NamedTuple):
    """Stations, what guidance says of them, where errors are planted, and which.

    Attributes:
        where: for the tables.
        inputs: by station.
        said: by station.
        targets: the stations with errors.
        cases: by name.
        until: the end of the training hours.
    """

    where: str
    inputs: Mapping[str, InputHours]
    said: Mapping[str, InputHours]
    targets: Sequence[str]
    cases: Mapping[str, Case]
    until: str


def hung(values: np.ndarray) -> np.ndarray:
    """The first known value for ever."""
    return np.full_like(values, values[np.isfinite(values)][0])


ALONE = {
    "wind in km/h": Case("wind_ms", lambda ms: 3.6 * ms, 2),
    "temperature in °F": Case("temp_c", lambda c: 1.8 * c + 32, 2),
    "dew point in °F": Case("dewpoint_c", lambda c: 1.8 * c + 32, 2),
    "pressure in inHg": Case("pressure_hpa", lambda hpa: hpa / 33.864, 2),
    "temperature hangs": Case("temp_c", hung, 2),
    "wind hangs": Case("wind_ms", lambda ms: np.full_like(ms, 2.3), 2),
    "+3 °C": Case("temp_c", lambda c: c + 3, 60, 15),
    "-3 °C": Case("temp_c", lambda c: c - 3, 60, 15),
    "+3 °C, dew point with it": Case("temp_c", lambda c: c + 3, 60, 15, is_derived=True),
    "-3 °C, dew point with it": Case("temp_c", lambda c: c - 3, 60, 15, is_derived=True),
    "cloud in tenths": Case("cloud_pct", lambda pct: pct / 10, 60),
}
TOGETHER = {
    "+3 °C": Case("temp_c", lambda c: c + 3, 2, 6),
    "-3 °C": Case("temp_c", lambda c: c - 3, 2, 6),
    "wind in km/h": Case("wind_ms", lambda ms: 3.6 * ms, 2),
}
GUIDED = {
    f"{sign:+d} °C within {days}": Case("temp_c", lambda c, sign=sign: c + sign, days, 2)
    for days in (2, 14)
    for sign in (3, -3)
}


def seoul(folder: Path) -> InputHours:
    """All years of the exports."""
    files = sorted(folder.glob("*.csv"))
    table = pd.concat([pd.read_csv(file, encoding="cp949") for file in files])
    at = pd.to_datetime(table["일시"]) - pd.Timedelta(hours=9)
    columns = table[list(COLUMNS)].rename(columns=COLUMNS)
    return as_inputs(columns.assign(cloud_pct=10 * table["전운량(10분위)"]), at)


def city(rows: pd.DataFrame) -> InputHours:
    """A station of the nine."""
    temp_c = rows["temp_c"].to_numpy(dtype=np.float64)
    rh_pct = rows["humidity_pct"].to_numpy(dtype=np.float64)
    columns = rows[["temp_c", "wind_ms"]].assign(
        dewpoint_c=humidity.dewpoint_c(temp_c, rh_pct), cloud_pct=10 * rows["cloud_tenths"]
    )
    return as_inputs(columns, rows["valid_at_utc"])


def as_inputs(columns: pd.DataFrame, at: pd.Series) -> InputHours:
    """Hours in a row."""
    rows = columns.set_index(pd.DatetimeIndex(at))
    rows = rows[~rows.index.duplicated()]
    axis = pd.date_range(rows.index.min(), rows.index.max(), freq="h")
    hourly = rows.reindex(axis)
    values = {name: hourly[name].to_numpy(dtype=np.float64) for name in hourly}
    return InputHours(axis.to_numpy().astype("datetime64[h]"), values)


def budva(folder: Path) -> tuple[InputHours, InputHours]:
    """The garden's observations, and what guidance of a day before said on average."""
    observed = pd.read_parquet(folder / "budva_observations.parquet").reset_index()
    names = ["temp_c", "dewpoint_c", "wind_ms", "pressure_hpa", "precip_mm"]
    rows = pd.read_parquet(folder / "budva_previous_runs.parquet")
    rows = rows[(rows["previous_day"] == 1) & rows["model"].isin(MODELS)]
    valid_at = rows["valid_at_utc"].to_numpy().astype("datetime64[h]")
    nothing = np.full(len(rows), np.nan)
    values = {
        **dict.fromkeys(("gust_ms", "wind_ms", "cloud_pct", "pressure_hpa", "precip_mm"), nothing),
        "temp_c": rows["temperature_2m"].to_numpy(dtype=np.float64),
        "dewpoint_c": rows["dew_point_2m"].to_numpy(dtype=np.float64),
    }
    model = rows["model"].map({name: i for i, name in enumerate(MODELS)}).to_numpy(dtype=np.int64)
    ages = np.full(len(rows), float(AVAILABLE_H))
    runs = np.stack([valid_at - np.timedelta64(24, "h")] * 2, axis=1).astype("datetime64[m]")
    record = GuidanceRecord.of_rows(MODELS, model, valid_at, ages, values, runs, "open_meteo")
    mean = newest_mean(record, usual_offsets(record)).astype(np.float64)
    said = InputHours(record.valid_at, dict(zip(VARIABLES, mean.T, strict=True)))
    return as_inputs(observed[names], observed["valid_at_utc"]), said


def fitted(site: Site) -> InputReference:
    """What the hours before were."""
    stations, training = [], {}
    for id, of_station in site.inputs.items():
        latitude, longitude = PLACES.get(id, (0.0, 10.0 * len(stations)))
        name = {"id": id, "name_en": id, "name_ko": id, "time_zone": "Asia/Seoul"}
        where = {"latitude": latitude, "longitude": longitude, "elevation_m": 50}
        stations.append(Station.model_validate({**name, **where}))
        known = of_station.valid_at < np.datetime64(site.until)
        values = {key: np.where(known, x, np.nan) for key, x in of_station.values.items()}
        training[id] = InputHours(of_station.valid_at, values)
    return InputReference.fit(stations, training, annual=2, said=site.said)


def scored(
    reference: InputReference,
    inputs: Mapping[str, InputHours],
    site: Site,
    target: str,
    since: int,
) -> Scores:
    """The scores of a station's hours from the hour `since` on."""
    found = reference.scores(target, inputs)
    if target in site.said:
        for name, difference in reference.guidance[target].items():
            found[name, "guidance"] = beside_guidance(
                difference, name, inputs[target], site.said[target], since
            )
    return found


def beside_guidance(
    difference: Difference, name: str, own: InputHours, said: InputHours, since: int
) -> dict[int, np.ndarray]:
    """By the windows' length, the scores from the hour `since` on, (n,), day by day, each with the
    weeks of guidance that a refresh has."""
    total = len(own.valid_at)
    found: dict[int, np.ndarray] = {}
    for start in range(since, total, DAY_H):
        end = min(start + DAY_H, total)
        kept = slice(max(0, end - KEPT_D * DAY_H), end)
        recent = InputHours(own.valid_at[kept], {name: own.values[name][kept]})
        means = difference.means(name, recent, {difference.other: said})
        for hours, scores in difference.scores(name, recent.valid_at, means).items():
            found.setdefault(hours, np.full(total, np.nan))[start:end] = scores[start - end :]
    return found


def false_alarms(reference: InputReference, site: Site) -> dict[str, tuple[int, int, float, str]]:
    """By station, the hours judged, those in alarm, the highest score, and what has it."""
    found = {}
    for id, of_station in site.inputs.items():
        judged = of_station.valid_at >= np.datetime64(site.until)
        by_check = {}
        since = int(np.argmax(judged))
        for (name, check), by_hours in scored(reference, site.inputs, site, id, since).items():
            for scores in by_hours.values():
                before = by_check.get(f"{name}, {check}", 0.0)
                by_check[f"{name}, {check}"] = np.fmax(before, np.nan_to_num(scores[judged]))
        worst = max(by_check, key=lambda check: by_check[check].max())
        scores = np.max(list(by_check.values()), axis=0)
        found[id] = (int(judged.sum()), int((scores >= 1).sum()), float(scores.max()), worst)
    return found


def days_to_alarm(
    reference: InputReference, site: Site, target: str, case: Case
) -> list[tuple[float, str]]:
    """Of each time that it is planted, how many days it takes, inf where longer than it may, and
    the check that finds it."""
    own = site.inputs[target]
    first = int(np.searchsorted(own.valid_at, np.datetime64(site.until)))
    took = []
    for start in range(first, len(own.valid_at) - case.days * DAY_H, case.every_d * DAY_H):
        begin = max(0, start - YEAR_H)
        hours = slice(begin, start + case.days * DAY_H)
        values = {name: column[hours].copy() for name, column in own.values.items()}
        if np.isfinite(values[case.variable][start - begin :]).mean() < 0.9:
            continue
        plant(values, case, start - begin)
        known = {**site.inputs, target: InputHours(own.valid_at[hours], values)}
        took.append(first_alarm(reference, known, site, target, case.variable, start - begin))
    return took


def plant(values: dict[str, np.ndarray], case: Case, start: int) -> None:
    """Make the variable wrong from an hour on."""
    right_c = values["temp_c"][start:].copy()
    changed = case.change(values[case.variable][start:])
    if case.is_derived:
        rh_pct = humidity.rh_pct(right_c, values["dewpoint_c"][start:])
        values["dewpoint_c"][start:] = humidity.dewpoint_c(changed, rh_pct)
    values[case.variable][start:] = changed


def first_alarm(
    reference: InputReference,
    inputs: Mapping[str, InputHours],
    site: Site,
    target: str,
    variable: str,
    start: int,
) -> tuple[float, str]:
    """Days from the hour `start` on to the first alarm of the variable, and its check."""
    found = [(np.inf, "")]
    for (name, check), by_hours in scored(reference, inputs, site, target, start).items():
        if name == variable or variable == "dewpoint_c":
            for scores in by_hours.values():
                alarms = np.flatnonzero(np.nan_to_num(scores[start:]) >= 1)
                found += [((alarms[0] + 1) / DAY_H, check)] if len(alarms) else []
    return min(found)


def sites(folder: Path) -> list[Site]:
    """What is judged."""
    table = pd.read_parquet(folder / "kma-asos-nine-cities/asos_hourly_2021_2023.parquet")
    cities = {str(id): city(rows) for id, rows in table.groupby("station")}
    alone = {"108": seoul(folder / "kma-asos-seoul")}
    garden, said = budva(folder / "numerical-forecasts")
    since = np.datetime64("2024-01-01")
    recent = garden.last(int((garden.valid_at >= since).sum()))
    return [
        *(Site("alone", alone, {}, ["108"], ALONE, f"{year}-01-01") for year in (2021, 2022)),
        Site("beside two", cities, {}, list(PLACES), TOGETHER, "2023-01-01"),
        Site("alone", {"budva": garden}, {}, ["budva"], ALONE, "2024-01-01"),
        Site("guidance", {"budva": recent}, {"budva": said}, ["budva"], GUIDED, "2025-03-01"),
    ]


def main() -> None:
    """Print the tables."""
    console = Console(width=120)
    quiet = Table(
        "trained until", "station", "judged hours", "hours in alarm", "highest score", "of"
    )
    found = Table("trained until", "error", "planted", "within", "found", "median, days", "by")
    for site in sites(Path(sys.argv[1])):
        reference = fitted(site)
        for id, (judged, hours, highest, check) in false_alarms(reference, site).items():
            quiet.add_row(site.until, id, str(judged), str(hours), f"{highest:.2f}", check)
        for target in site.targets:
            for name, case in site.cases.items():
                if not np.isfinite(site.inputs[target].column(case.variable)).any():
                    continue
                took = days_to_alarm(reference, site, target, case)
                days = np.array([one for one, _ in took])
                checks = Counter(check for _, check in took if check)
                told = ", ".join(f"{check} {count}" for check, count in checks.most_common())
                row = (f"{name}, {target} {site.where}", str(len(took)), f"{case.days} days")
                share = f"{np.isfinite(days).mean():.0%}"
                found.add_row(site.until, *row, share, f"{np.median(days):.1f}", told)
    console.print(quiet, found)


if __name__ == "__main__":
    main()
