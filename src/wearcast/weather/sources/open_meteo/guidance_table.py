"""The table of numerical forecasts in a response of Open-Meteo, once it is known to be what was
asked for.

Of its archive, a value is asked for by its age in days, never as it is: a variable's plain name
gives the newest run's value, which is nearly an analysis of the hour. `ARCHIVED_UNITS` has all
names that the archive is asked for, and each is made by `aged`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pandas as pd

from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.guidance import DELAY_H
from wearcast.weather.sources.open_meteo import model_runs, response_table
from wearcast.weather.sources.open_meteo.model_runs import LONGEST_SPACING_H, DataSet, Run

SOURCE: Final = "open_meteo"
AGES_D: Final = range(1, 8)
"""The ages, in days, at which the archive keeps a forecast."""


def aged(variable: str, age_d: int) -> str:
    """The archive's name for what the newest run `age_d` days or more before an hour said of it.

    Raises:
        ValueError: there is no such age. Of age 0 is what could be had only when the hour had
            come.
    """
    if age_d not in AGES_D:
        raise ValueError(f"no forecast {age_d} days old is kept, only of 1 to 7 days")
    return f"{variable}{_suffix(age_d)}"


def _suffix(age_d: int) -> str:
    return f"_previous_day{age_d}"


ARCHIVED_UNITS: Final = {
    aged(variable, age_d): unit
    for age_d in AGES_D
    for variable, unit in response_table.UNITS.items()
}
"""The names that the archive is asked for, each with its unit."""


def read_archive(
    content: Any, station: Station, model: str, first: date, last: date
) -> pd.DataFrame:
    """What the archive says of whole days from `first` to `last`, one row an hour and age; those
    without any value are left out.

    Raises:
        SourceError: the answer is for another place, hours or units, or lacks a column.
    """
    if isinstance(content, list):
        raise SourceError(
            f"Open-Meteo answered for {len(content)} places instead of 1; nothing of it was kept."
        )
    hours = response_table.hours_of(first, last)
    found = response_table.values(content, station, hours, ARCHIVED_UNITS, model)
    parts = []
    for age_d in AGES_D:
        columns = response_table.our_columns(found, _suffix(age_d))
        values = pd.DataFrame({"valid_at": hours, **columns})
        with_any = values.dropna(subset=list(columns), how="all")
        parts.append(_with_bounds(with_any, age_d))
    return _labelled(pd.concat(parts), model).assign(station=station.id).pipe(guidance.conform)


def read_newest(
    content: Any, stations: Sequence[Station], model: str, run: Run, first: date, last: date
) -> pd.DataFrame:
    """What the newest run says of the stations' whole days from `first` to `last`; hours without
    any value are left out.

    Raises:
        SourceError: the answer is for other places, hours or units, or lacks a column.
    """
    rows = response_table.rows(content, stations, first, last, model)
    with_run = rows.assign(
        issued_from=_issued_from(rows["valid_at"], run, model_runs.data_set(model)),
        issued_until=run.issued_until,
        available_at=run.available_at,
    )
    return guidance.conform(_labelled(with_run, model))


def _issued_from(valid_at: pd.Series, run: Run, of: DataSet) -> pd.Series:
    """When the run started at the earliest: hours that a short one doesn't reach are of the one
    before."""
    issued_from = pd.Series(pd.Timestamp(run.issued_from), index=valid_at.index)
    if of.short_reach_h is None or run.is_long:
        return issued_from
    reach = pd.Timedelta(hours=of.short_reach_h)
    is_reached = pd.to_datetime(valid_at, utc=True) <= issued_from + reach
    return issued_from.where(is_reached, issued_from - pd.Timedelta(hours=of.spacing_h))


def _with_bounds(values: pd.DataFrame, age_d: int) -> pd.DataFrame:
    """`values` with the bounds of the run that they are from.

    A run writes its steps from `age_d` days on, and a newer one replaces them, so what stays is of
    the newest run that started so long before the hour; that is at most one spacing earlier.
    """
    issued_until = values["valid_at"] - pd.Timedelta(days=age_d)
    return values.assign(
        issued_from=issued_until - pd.Timedelta(hours=LONGEST_SPACING_H),
        issued_until=issued_until,
        available_at=issued_until + pd.Timedelta(hours=DELAY_H),
    )


def _labelled(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    return rows.assign(source=SOURCE, model=model)
