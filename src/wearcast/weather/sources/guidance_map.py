"""A person's own table of numerical forecasts, read with the map of columns and units in
params.yaml.

Its rows say how old a forecast is in one of three ways: the start of its run (`issued_at`), the
hours from there (`lead_h`), or Open-Meteo's age in days (`previous_day`). An age of N days is of
the newest run that started at least 24 N hours before, and at most 12 hours more, as some models
run twice a day.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from wearcast.config import GuidanceFiles, ModelName
from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.sources import station_ids
from wearcast.weather.sources.column_map import check_units
from wearcast.weather.sources.kma import short_term_issues
from wearcast.weather.sources.quantities import read_quantity
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.time_stamps import times_utc, with_times
from wearcast.weather.sources.unit_names import known_unit

GROUP: Final = "ingest.guidance.files"
"""The settings that say where a person's own forecasts are."""

AGES: Final = ("issued_at", "lead_h", "previous_day")

_LABELS: Final = ("station", "model", "valid_at", *AGES, "available_at")
_HOUR: Final = pd.Timedelta(hours=1)
_BETWEEN_RUNS: Final = 12 * _HOUR
_LONGEST_LEAD_H: Final = 24 * 366
"""That of seasonal forecasts."""
_LOG: Final = logging.getLogger(__name__)
_MODEL: Final[TypeAdapter[str]] = TypeAdapter(ModelName)


def check_map(settings: GuidanceFiles, station: str | None) -> None:
    """Refuse a map that can't be meant; `station` is the one that all rows belong to where no
    column says so.

    Raises:
        SourceError: a column isn't ours, a unit isn't known or belongs to no column, or the valid
            time, the age, the station, the model or any quantity is missing.
    """
    columns = settings.columns
    ours = (*_LABELS, *guidance.VALUES)
    for key in columns:
        if key not in ours:
            raise SourceError(
                f"{GROUP}.columns: {key!r} is none of our columns, which are {', '.join(ours)}."
            )
    if "valid_at" not in columns:
        raise SourceError(
            f"{GROUP}.columns: valid_at is missing; say which column is the time that a forecast is"
            " about, as `valid_at: <its name>`."
        )
    _require_one_age(columns)
    mapped = [key for key in columns if key in guidance.VALUES]
    if not mapped:
        raise SourceError(
            f"{GROUP}.columns names no quantity, such as `temp_c: <its name>`; known are"
            f" {', '.join(guidance.VALUES)}."
        )
    if "station" not in columns and station is None:
        raise SourceError(
            f"no column says the station, and ingest.stations has several: set {GROUP}.station to"
            " the one all rows belong to, or columns.station."
        )
    if "model" not in columns and settings.model is None:
        raise SourceError(
            f"no column says the model: set {GROUP}.model to the one all rows are of, such as"
            " gfs_seamless, or columns.model."
        )
    check_units(settings.units, mapped, GROUP)


def read_mapped(sheet: Sheet, settings: GuidanceFiles, station: str | None) -> pd.DataFrame:
    """The sheet's forecasts as a raw table: those that could be had before their hour, with a value
    at least. Rows that could be had only later are no forecasts; they are logged, and what people
    should know of columns goes into the sheet's notes.

    Raises:
        SourceError: a mapped column is missing, a value can't be read, a column's values can't be
            in the unit they were read in, or an age is none.
    """
    columns = settings.value_columns
    for names in settings.time_columns.values():
        sheet = with_times(sheet, names)
    index = sheet.columns.index
    frame = pd.DataFrame({"source": "files"}, index=index)
    fixed = {"station": station, "model": settings.model}
    for label, everywhere in fixed.items():
        if label in columns:
            frame[label] = sheet.text(columns[label])
        else:
            frame[label] = pd.Series(everywhere, index=index, dtype="str")
    frame["station"] = station_ids.of_rows(frame["station"])
    _require_model_names(sheet, columns, frame["model"])
    frame["valid_at"] = _times(sheet, settings, "valid_at", frame["station"])
    hours = frame["valid_at"].dt.floor("h")
    time = settings.time_columns["valid_at"][-1]
    sheet.refuse(frame["valid_at"] != hours, time, "is not a whole hour")
    frame = frame.assign(**_runs(sheet, settings, frame))
    for ours, theirs in columns.items():
        if ours in guidance.VALUES:
            frame[ours] = _quantity(sheet, ours, theirs, settings)
    if "wind_dir_deg" in frame:
        frame["wind_dir_deg"] = _direction(frame)
    return guidance.conform(_forecasts(sheet, frame))


def _require_one_age(columns: Mapping[str, object]) -> None:
    given = [age for age in AGES if age in columns]
    if not given:
        raise SourceError(
            f"{GROUP}.columns: nothing says how old a forecast is. Say which column is the start of"
            " its run (issued_at), the hours since (lead_h), or Open-Meteo's age in days"
            " (previous_day; the N of …_previous_dayN). Open-Meteo's values without an age are of"
            " the newest run, nearly an analysis: what trains on them knows the weather before it"
            " could be had, and fails when it serves."
        )
    if len(given) > 1:
        raise SourceError(
            f"{GROUP}.columns: {' and '.join(given)} both say how old a forecast is; keep one of"
            " them."
        )


def _require_model_names(sheet: Sheet, columns: Mapping[str, str], models: pd.Series) -> None:
    for name in models.unique():
        try:
            _MODEL.validate_python(name)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            sheet.refuse(models == name, columns["model"], f"is not taken: {reason}")


def _times(sheet: Sheet, settings: GuidanceFiles, ours: str, station: pd.Series) -> pd.Series:
    names = settings.time_columns[ours]
    return times_utc(sheet, names, "UTC", station, settings.time_format, ours=ours, group=GROUP)


def _runs(sheet: Sheet, settings: GuidanceFiles, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """When each row's run started, at the earliest and latest, and from when on it could be had."""
    columns = settings.value_columns
    valid_at = frame["valid_at"]
    station = frame["station"]
    spacing = pd.Timedelta(0)
    if "issued_at" in settings.columns:
        issued_at = _times(sheet, settings, "issued_at", station)
    elif "lead_h" in columns:
        issued_at = valid_at - _hours(_leads(sheet, columns["lead_h"]))
    else:
        issued_at = valid_at - _hours(24 * _ages(sheet, columns["previous_day"]))
        spacing = _BETWEEN_RUNS
    runs = {"issued_from": issued_at - spacing, "issued_until": issued_at}
    if "available_at" in settings.columns:
        return runs | {"available_at": _times(sheet, settings, "available_at", station)}
    delay = pd.Series(guidance.DELAY_H * _HOUR, index=frame.index)
    is_kma = frame["model"] == short_term_issues.MODEL
    delay = delay.mask(is_kma, pd.Timedelta(short_term_issues.DELAY))
    return runs | {"available_at": issued_at + delay}


def _hours(count: pd.Series) -> pd.Series:
    hours: pd.Series = pd.to_timedelta(count, unit="h")
    return hours


def _leads(sheet: Sheet, name: str) -> pd.Series:
    leads = _numbers(sheet, name)
    sheet.refuse(~leads.between(0, _LONGEST_LEAD_H), name, "is no lead in hours")
    return leads


def _ages(sheet: Sheet, name: str) -> pd.Series:
    ages = _numbers(sheet, name)
    is_whole = ages == ages.round()
    is_age = is_whole & ages.between(0, _LONGEST_LEAD_H / 24)
    sheet.refuse(~is_age, name, "is no age in whole days")
    sheet.refuse(
        ages == 0,
        name,
        "is the newest run's, nearly an analysis: what trains on it knows the weather before it"
        " could be had, and fails when it serves. Leave those rows out",
    )
    return ages


def _numbers(sheet: Sheet, name: str) -> pd.Series:
    return pd.Series(sheet.numbers(name), index=sheet.columns.index)


def _quantity(
    sheet: Sheet, ours: str, theirs: str, settings: GuidanceFiles
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column in our unit, where the file tells its unit itself by that one."""
    units: Mapping[str, str] = settings.units
    told = sheet.units.get(theirs)
    if told is not None:
        told = known_unit(ours, told) or told
        given = units.get(ours, told)
        if given != told:
            raise SourceError(
                f"{sheet.path}, column {theirs!r} is in {told}, as the file says; {GROUP}.units"
                f" says {given}. Remove {ours} from there."
            )
        units = {ours: told}
    read = read_quantity(sheet, ours, theirs, units, GROUP, settings.missing)
    sheet.notes.extend(read.notes)
    return read.values


def _direction(frame: pd.DataFrame) -> pd.Series:
    """North is 360 in our contract; calm has no direction."""
    degrees = frame["wind_dir_deg"].replace(0.0, 360.0)
    if "wind_ms" not in frame:
        return degrees
    return degrees.mask(frame["wind_ms"] == 0)


def _forecasts(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    is_late = frame["available_at"] >= frame["valid_at"]
    if is_late.any():
        _LOG.warning(
            "%s: %d of %d rows could be had only at their hour or later (a run of a model is there"
            " about %d h after its start), which is no forecast any more; they are left out.",
            sheet.path,
            is_late.sum(),
            len(frame),
            guidance.DELAY_H,
        )
    given = [name for name in guidance.VALUES if name in frame]
    has_value = frame[given].notna().any(axis="columns")
    return frame[~is_late & has_value]
