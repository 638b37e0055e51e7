"""Drift of the observations: what alarms falsely in real weather, and how soon real errors do.

    python tests/bench/drift.py FOLDER

FOLDER holds kma-asos-seoul (the Korean portal's exports of station 108) and kma-asos-nine-cities
(hourly observations of nine stations). Limits come from the training years, and are judged on later
ones; each error is planted every `STEP_D` days. Seoul alone, and beside Incheon and Suwon.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from wearcast.config import Station
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.weather import humidity

STEP_D = 61
YEAR_H, DAY_H = 400 * 24, 24
PLACES = {"108": (37.57, 126.97), "112": (37.48, 126.62), "119": (37.26, 126.98)}
COLUMNS = {
    "기온(°C)": "temp_c",
    "이슬점온도(°C)": "dewpoint_c",
    "풍속(m/s)": "wind_ms",
    "해면기압(hPa)": "pressure_hpa",
}
Change = Callable[[np.ndarray], np.ndarray]


class Case(NamedTuple):
    """A variable, what is wrong with it, and the days in which that is to be found."""

    variable: str
    change: Change
    days: int


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
    "+3 °C": Case("temp_c", lambda c: c + 3, 60),
    "-3 °C": Case("temp_c", lambda c: c - 3, 60),
    "cloud in tenths": Case("cloud_pct", lambda pct: pct / 10, 60),
}
TOGETHER = {
    "+3 °C": Case("temp_c", lambda c: c + 3, 2),
    "-3 °C": Case("temp_c", lambda c: c - 3, 2),
    "wind in km/h": Case("wind_ms", lambda ms: 3.6 * ms, 2),
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


def fitted(inputs: Mapping[str, InputHours], until: str) -> InputReference:
    """What the hours before were."""
    stations, training = [], {}
    for id, of_station in inputs.items():
        latitude, longitude = PLACES.get(id, (0.0, 10.0 * len(stations)))
        name = {"id": id, "name_en": id, "name_ko": id, "time_zone": "Asia/Seoul"}
        where = {"latitude": latitude, "longitude": longitude, "elevation_m": 50}
        stations.append(Station.model_validate({**name, **where}))
        known = of_station.valid_at < np.datetime64(until)
        values = {key: np.where(known, x, np.nan) for key, x in of_station.values.items()}
        training[id] = InputHours(of_station.valid_at, values)
    return InputReference.fit(stations, training, annual=2)


def false_alarms(
    reference: InputReference, inputs: Mapping[str, InputHours], since: str
) -> dict[str, tuple[int, float]]:
    """By station, the hours in alarm since then, and the highest score."""
    found = {}
    for id, of_station in inputs.items():
        judged = of_station.valid_at >= np.datetime64(since)
        rows = []
        for by_hours in reference.scores(id, inputs).values():
            rows += [scores[judged] for scores in by_hours.values()]
        worst = np.fmax.reduce(np.nan_to_num(rows))
        found[id] = (int((worst >= 1).sum()), float(worst.max()))
    return found


def days_to_alarm(
    reference: InputReference, inputs: Mapping[str, InputHours], case: Case, since: str
) -> list[float]:
    """Of each time that it is planted in Seoul, how many days it takes; inf where longer than it
    may."""
    own = inputs["108"]
    first = int(np.searchsorted(own.valid_at, np.datetime64(since)))
    took = []
    for start in range(first, len(own.valid_at) - case.days * DAY_H, STEP_D * DAY_H):
        begin = max(0, start - YEAR_H)
        hours = slice(begin, start + case.days * DAY_H)
        values = {name: column[hours].copy() for name, column in own.values.items()}
        changed = values[case.variable][start - begin :]
        if np.isfinite(changed).mean() < 0.9:
            continue
        values[case.variable][start - begin :] = case.change(changed)
        known = {**inputs, "108": InputHours(own.valid_at[hours], values)}
        took.append(first_alarm(reference, known, case.variable, start - begin))
    return took


def first_alarm(
    reference: InputReference, inputs: Mapping[str, InputHours], variable: str, start: int
) -> float:
    """Days from the hour `start` on to the first alarm of the variable."""
    hours = [np.inf]
    for (name, _), by_hours in reference.scores("108", inputs).items():
        if name == variable or variable == "dewpoint_c":
            for scores in by_hours.values():
                alarms = np.flatnonzero(np.nan_to_num(scores[start:]) >= 1)
                hours += [alarms[0] + 1.0] if len(alarms) else []
    return min(hours) / DAY_H


def main() -> None:
    """Print the tables."""
    folder = Path(sys.argv[1])
    table = pd.read_parquet(folder / "kma-asos-nine-cities/asos_hourly_2021_2023.parquet")
    cities = {str(id): city(rows) for id, rows in table.groupby("station")}
    alone = {"108": seoul(folder / "kma-asos-seoul")}
    console = Console(width=110)
    quiet = Table("trained until", "station", "judged hours", "hours in alarm", "highest score")
    found = Table("trained until", "error", "planted", "within", "found", "median, days")
    for until, inputs, cases in (
        ("2020-01-01", alone, ALONE),
        ("2021-01-01", alone, ALONE),
        ("2022-01-01", alone, ALONE),
        ("2023-01-01", cities, TOGETHER),
    ):
        reference = fitted(inputs, until)
        for id, (hours, highest) in false_alarms(reference, inputs, until).items():
            judged = int((inputs[id].valid_at >= np.datetime64(until)).sum())
            quiet.add_row(until, id, str(judged), str(hours), f"{highest:.2f}")
        for name, case in cases.items():
            took = np.array(days_to_alarm(reference, inputs, case, until))
            share = np.isfinite(took).mean()
            where = "beside two" if cases is TOGETHER else "alone"
            row = (f"{name}, {where}", str(len(took)), f"{case.days} days", f"{share:.0%}")
            found.add_row(until, *row, f"{np.median(took):.1f}")
    console.print(quiet, found)


if __name__ == "__main__":
    main()
