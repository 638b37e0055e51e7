"""The contract of guidance: numerical forecasts as they were issued, for the place of a station.

One row a station, source, model, valid hour and run, with the columns `COLUMNS`; NaN where the
model gives nothing. Two levels, as of observations:

raw        what a source gives (`validate_raw`): these columns and types, whole hours, no row twice,
           and none that could be had only when its hour had come.
controlled what quality control makes of it (`validate`): raw, and every value is possible.

`available_at` is what keeps training honest: a value may be used at an issue time if it could be
had by then, and not before. A forecast that could be had only at its valid hour or later is none:
it is nearly an analysis, and to train on it and serve another day is the classic leak. Such a row
breaks the contract.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq
from pandera.errors import SchemaErrors

from wearcast.errors import GuidanceError
from wearcast.variables import VARIABLES
from wearcast.weather import observations

VALUES: Final = (
    "temp_c",
    "dewpoint_c",
    "rh_pct",
    "wind_ms",
    "gust_ms",
    "wind_dir_deg",
    "precip_mm",
    "pressure_hpa",
    "cloud_pct",
    "solar_wm2",
    "rain_chance_pct",
)
"""The quantities forecast, each a float64 column; all but the last as `variables` has them.
`rain_chance_pct` is a service's own chance of rain, at least 0.1 mm, in the hour before."""

OF_HOUR_BEFORE: Final = (
    *(name for name in VALUES if name in VARIABLES and VARIABLES[name].period_h),
    "rain_chance_pct",
)
"""Those that are sums, means or maxima of the hour that ends at `valid_at`; the others are of the
moment."""

TIMES: Final = ("issued_from", "issued_until", "available_at", "valid_at")
"""Bounds of the start of the run, alike where it is known; from when on it could be had; the hour
that it is about. All UTC."""

COLUMNS: Final = ("station", "source", "model", *TIMES, *VALUES)
"""All columns in their order."""

KEY: Final = ["station", "source", "model", "valid_at", "issued_until"]
"""What tells one row from another, in the table's order."""

DELAY_H: Final = 6
"""Hours after its start until a run of a global model can be had, where nothing tells exactly."""

_TEXT: Final = pa.Column(str, pa.Check.str_length(min_value=1))
_TIME: Final = pa.Column(pd.DatetimeTZDtype("ns", "UTC"))
_HOUR: Final = pa.Column(
    pd.DatetimeTZDtype("ns", "UTC"),
    pa.Check(lambda at: at == at.dt.floor("h"), error="is not a whole hour"),
)
_LABELS: Final = {
    "station": _TEXT,
    "source": _TEXT,
    "model": _TEXT,
    "issued_from": _TIME,
    "issued_until": _TIME,
    "available_at": _TIME,
    "valid_at": _HOUR,
}


def value_range(name: str) -> tuple[float, float]:
    """What one of `VALUES` can be, both ends included."""
    if name == "rain_chance_pct":
        return 0.0, 100.0
    variable = VARIABLES[name]
    return variable.low, variable.high


def _possible(name: str) -> pa.Check:
    low, high = value_range(name)
    return pa.Check.in_range(low, high, error=f"is outside [{low:g}, {high:g}]")


RAW_SCHEMA: Final = pa.DataFrameSchema(
    {**_LABELS, **{name: pa.Column(float, nullable=True) for name in VALUES}},
    unique=KEY,
    strict=True,
    ordered=True,
)
SCHEMA: Final = pa.DataFrameSchema(
    {**_LABELS, **{name: pa.Column(float, _possible(name), nullable=True) for name in VALUES}},
    unique=KEY,
    strict=True,
    ordered=True,
)


def conform(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with all of `COLUMNS` in order and typed, sorted by `KEY`; values it lacks are
    NaN."""
    absent: dict[str, Any] = {}
    for name in VALUES:
        if name not in frame:
            absent[name] = np.nan
    whole = frame.assign(**absent)
    types = {
        **dict.fromkeys(VALUES, "float64"),
        **dict.fromkeys(KEY[:3], "str"),
    }
    ordered = whole.loc[:, list(COLUMNS)]
    frame = ordered.astype(types)
    for name in TIMES:
        in_utc = pd.to_datetime(frame[name], utc=True)
        frame[name] = in_utc.astype("datetime64[ns, UTC]")
    return frame.sort_values(KEY, kind="stable", ignore_index=True)


def concatenate(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all `frames`, conformed; no frames give an empty table."""
    parts = [conform(frame) for frame in frames]
    parts = [part for part in parts if len(part)] or [
        conform(pd.DataFrame({name: [] for name in COLUMNS}))
    ]
    return conform(pd.concat(parts, ignore_index=True))


def validate_raw(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame`, known to be what a source may give.

    Raises:
        GuidanceError: a column or type is wrong, a time is no whole hour, a row is there twice, or
            one could be had only when its hour had come.
    """
    return _checked(RAW_SCHEMA, frame)


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame`, known to keep the whole contract.

    Raises:
        GuidanceError: naming station, model, hour and column of what breaks it.
    """
    return _checked(SCHEMA, frame)


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Put `frame` at `path`, the same bytes for the same rows."""
    observations.write_parquet(path, frame)


def read_parquet(path: Path) -> pd.DataFrame:
    """The table that `write_parquet` put at `path`.

    Raises:
        GuidanceError: the file is missing or isn't such a table.
    """
    return read_parquets([path])


def read_parquets(paths: Iterable[Path]) -> pd.DataFrame:
    """The rows of the tables that `write_parquet` put at `paths`; no paths give an empty table.

    Raises:
        GuidanceError: a file is missing or isn't such a table.
    """
    return concatenate(_rows(path) for path in paths)


def _rows(path: Path) -> pd.DataFrame:
    try:
        # ParquetFile, because read_table takes the names of the folders above for columns.
        with pq.ParquetFile(path) as file:
            return conform(file.read().to_pandas())
    except (OSError, arrow.ArrowException, KeyError, ValueError) as error:
        raise GuidanceError(
            f"{path} can't be read as a table of numerical forecasts ({error}). Delete"
            " it, and run the stage that makes it again."
        ) from error


def _checked(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    try:
        checked = schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as error:
        raise GuidanceError(_message(frame, error.failure_cases)) from error
    _require_order_of_times(checked)
    return checked


def _require_order_of_times(frame: pd.DataFrame) -> None:
    """Refuse a run that starts before its bounds allow, one that could be had before it started,
    and a forecast that could be had only when its hour had come."""
    _refuse(
        frame,
        frame["issued_from"] > frame["issued_until"],
        "issued_from {issued_from} is after issued_until {issued_until}",
    )
    _refuse(
        frame,
        frame["available_at"] < frame["issued_until"],
        "available_at {available_at} is before the run's start, {issued_until}",
    )
    _refuse(
        frame,
        frame["available_at"] >= frame["valid_at"],
        "it could be had at {available_at} only, which is no forecast of its hour any more; take"
        " values of a fixed age (such as temperature_2m_previous_day1), not the newest ones",
    )


def _refuse(frame: pd.DataFrame, wrong: pd.Series, reason: str) -> None:
    if not wrong.any():
        return
    row = frame[wrong].iloc[0]
    times = {name: f"{row[name]:%Y-%m-%dT%H:%MZ}" for name in TIMES}
    count = int(wrong.sum())
    more = f" ({count} rows in all)" if count > 1 else ""
    raise GuidanceError(f"{_place(row)}: {reason.format(**times)}{more}.")


def _message(frame: pd.DataFrame, cases: pd.DataFrame) -> str:
    case = cases.iloc[0]
    if pd.isna(case["index"]):
        return (
            "the table of guidance breaks its contract: column"
            f" {case['column']}, {case['check']}: {case['failure_case']}. Its columns are"
            f" {', '.join(COLUMNS)}."
        )
    place = _place(frame.loc[case["index"]])
    if "unique" in str(case["check"]):
        return f"{place}: the same run is there more than once for this hour"
    return f"{place}, column {case['column']}: {case['failure_case']} {case['check']}"


def _place(row: pd.Series) -> str:
    return f"station {row['station']}, model {row['model']}, {row['valid_at']:%Y-%m-%dT%H:%MZ}"
