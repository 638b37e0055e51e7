"""The contract of the observations table: what this room gives to forecasting.

One row a station and hour, with the columns `COLUMNS`; NaN where nothing was observed. Two levels:

raw        what a source gives (`validate_raw`): these columns and types, whole hours, none twice.
           Hours may be missing, and values may be absurd.
controlled what quality control makes of it (`validate`): raw, and every hour from a station's first
to
           its last is there, and every value is possible.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pandera.errors import SchemaErrors

from wearcast.artifacts import open_atomically
from wearcast.errors import ObservationsError
from wearcast.variables import ORDERS, VARIABLES, Order

VALUES: Final = tuple(VARIABLES)
"""The observed quantities, each a float64 column in the unit of its variable."""

COLUMNS: Final = ("station", "valid_at", *VALUES, "trace", "filled")
"""All columns in their order; `trace`: precipitation seen, under 0.1 mm; `filled`: the columns
quality control filled, comma-joined."""

_PORTION: Final = 128
"""Files that are read before their rows are put together."""

_TYPES: Final = {
    "station": pa.Column(str, pa.Check.str_length(min_value=1)),
    "valid_at": pa.Column(
        pd.DatetimeTZDtype("ns", "UTC"),
        pa.Check(lambda at: at == at.dt.floor("h"), error="is not a whole hour"),
    ),
}
_FLAGS: Final = {"trace": pa.Column(bool), "filled": pa.Column(str)}


def _possible(column: str) -> pa.Check:
    variable = VARIABLES[column]
    bracket = "(" if variable.above_low else "["
    return pa.Check.in_range(
        variable.low,
        variable.high,
        include_min=not variable.above_low,
        error=f"is outside {bracket}{variable.low:g}, {variable.high:g}]",
    )


RAW_SCHEMA: Final = pa.DataFrameSchema(
    {**_TYPES, **{column: pa.Column(float, nullable=True) for column in VALUES}, **_FLAGS},
    unique=["station", "valid_at"],
    strict=True,
    ordered=True,
)
SCHEMA: Final = pa.DataFrameSchema(
    {
        **_TYPES,
        **{column: pa.Column(float, _possible(column), nullable=True) for column in VALUES},
        **_FLAGS,
    },
    unique=["station", "valid_at"],
    strict=True,
    ordered=True,
)


def conform(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with all of `COLUMNS` in order and typed, sorted by station and hour; columns it
    lacks are NaN, False or ""."""
    if not _is_typed(frame):
        frame = _typed(frame)
    return (
        frame.reset_index(drop=True)
        if _in_order(frame)
        else frame.sort_values(["station", "valid_at"], kind="stable", ignore_index=True)
    )


def _is_typed(frame: pd.DataFrame) -> bool:
    """Whether the frame has all columns in order and typed: most have been conformed before."""
    return list(frame.columns) == list(COLUMNS) and list(frame.dtypes) == _types()


@functools.cache
def _types() -> list[Any]:
    nothing = pd.DataFrame({"station": [], "valid_at": []})
    return list(_typed(nothing).dtypes)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    absent: dict[str, Any] = {**dict.fromkeys(VALUES, np.nan), "trace": False, "filled": ""}
    frame = frame.assign(
        **{column: value for column, value in absent.items() if column not in frame}
    )
    frame = frame.loc[:, list(COLUMNS)].astype(
        {**dict.fromkeys(VALUES, "float64"), "station": "str", "trace": "bool", "filled": "str"}
    )
    frame["valid_at"] = pd.to_datetime(frame["valid_at"], utc=True).astype("datetime64[ns, UTC]")
    return frame


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["station", "valid_at"], kind="stable", ignore_index=True)


def _in_order(frame: pd.DataFrame) -> bool:
    """Whether the rows are sorted by station and hour, so that no other copy of them is needed."""
    hours = in_utc(frame["valid_at"])
    if _is_of_one_station(frame):
        return bool((hours[1:] >= hours[:-1]).all())
    before = frame[["station", "valid_at"]].shift()
    station_before = before["station"]
    hour_before = before["valid_at"]
    same_station = frame["station"] == station_before
    not_earlier = frame["valid_at"] >= hour_before
    next_station = frame["station"] > station_before
    follows = (same_station & not_earlier) | next_station
    # Nothing stands before the first row.
    return bool(follows.iloc[1:].all())


def validate_raw(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame`, known to be what a source may give.

    Raises:
        ObservationsError: a column or type is wrong, a time is no whole hour, or an hour is there
            twice.
    """
    return frame if _is_sound(frame) else _checked(RAW_SCHEMA, frame)


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame`, known to keep the whole contract.

    Raises:
        ObservationsError: naming station, time and column of what breaks it.
    """
    is_sound = _is_sound(frame) and _is_possible(frame)
    frame = frame if is_sound else _checked(SCHEMA, frame)
    for order in ORDERS:
        _require_order(frame, order)
    for _, rows in frame.groupby("station", sort=False):
        _require_complete_axis(rows)
    return frame


def stations_in(frame: pd.DataFrame) -> list[str]:
    """The ids of the stations that have rows, in the table's order."""
    stations = frame["station"].unique()
    return [str(station) for station in stations]


def station_arrays(
    frame: pd.DataFrame, station: str
) -> tuple[NDArray[np.datetime64], dict[str, NDArray[np.float64]]]:
    """One station's hours as datetime64[h] in UTC, shape [hours], and each of `VALUES` as float64
    of the same shape.

    Raises:
        ObservationsError: the table has no rows of that station.
    """
    rows = frame[frame["station"] == station]
    if rows.empty:
        raise ObservationsError(
            f"no observations of station {station}; the table holds"
            f" {', '.join(stations_in(frame)) or 'none'}."
        )
    valid_at = in_utc(rows["valid_at"]).astype("datetime64[h]")
    return valid_at, {
        column: rows[column].to_numpy(dtype=np.float64, copy=True) for column in VALUES
    }


def in_utc(times: pd.Series) -> NDArray[np.datetime64]:
    """A column of times as they stand in UTC, in its own unit, not to be written to."""
    # The accessor .dt takes ten times as long.
    index = pd.DatetimeIndex(times)
    return index.asi8.view(f"datetime64[{index.unit}]")


def write_parquet(path: Path, frame: pd.DataFrame, note: Mapping[str, str] | None = None) -> None:
    """Put `frame` at `path`, the same bytes for the same rows and the same `note`, which goes into
    the file's footer."""
    with open_atomically(path) as file:
        dump(frame, file, note)


def dump(frame: pd.DataFrame, file: IO[bytes], note: Mapping[str, str] | None = None) -> None:
    """Write `frame` into an open file as parquet."""
    # Without pandas' own metadata the bytes don't depend on its version.
    table = arrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with pq.ParquetWriter(file, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        if note:
            writer.add_key_value_metadata(dict(note))


def read_parquet(path: Path) -> pd.DataFrame:
    """The table that `write_parquet` put at `path`.

    Raises:
        ObservationsError: the file is missing or isn't such a table.
    """
    return read_parquets([path])


def read_parquets(paths: Sequence[Path]) -> pd.DataFrame:
    """The rows of the tables that `write_parquet` put at `paths`, of which there is at least one,
    sorted by station and hour.

    Raises:
        ObservationsError: a file is missing or isn't such a table.
    """
    # In portions, because thousands of small tables take several times the memory of one.
    frames = [_joined(paths[first : first + _PORTION]) for first in range(0, len(paths), _PORTION)]
    if len(frames) == 1:
        return frames[0]
    whole = pd.concat(frames, ignore_index=True)
    frames.clear()
    return whole if _in_order(whole) else _sorted(whole)


def _joined(paths: Sequence[Path]) -> pd.DataFrame:
    tables = []
    for path in paths:
        try:
            # ParquetFile, because read_table takes the names of the folders above for columns.
            with pq.ParquetFile(path) as file:
                tables.append(file.read())
        except (OSError, arrow.ArrowException, KeyError, ValueError) as error:
            raise _unreadable(path, error) from error
    try:
        return conform(arrow.concat_tables(tables, promote_options="default").to_pandas())
    except (arrow.ArrowException, KeyError, ValueError) as error:
        raise _unreadable(paths[0], error) from error


def _unreadable(path: Path, error: Exception) -> ObservationsError:
    return ObservationsError(
        f"{path} can't be read as a table of observations ({error}). Run the stage that makes it"
        " again."
    )


def concatenate(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all `frames`, sorted by station and hour; no frames give an empty table."""
    # An all-NaN column or an empty frame must not decide a type, so every part is conformed first.
    parts = [conform(frame) for frame in frames]
    parts = [part for part in parts if len(part)] or [
        conform(pd.DataFrame({"station": [], "valid_at": []}))
    ]
    return conform(pd.concat(parts, ignore_index=True))


def _require_order(frame: pd.DataFrame, order: Order) -> None:
    is_crossed = order.crossed(frame[order.lower], frame[order.upper])
    if is_crossed.any():
        crossed = frame[is_crossed]
        row = crossed.iloc[0]
        name, side, other = order.lower, "above", order.upper
        if order.doubtful == order.upper:
            name, side, other = order.upper, "below", order.lower
        raise ObservationsError(
            f"{_place(row)}, column {name}: {row[name]} is {side} {other}, {row[other]}"
            f"{_more(crossed)}"
        )


def _require_complete_axis(rows: pd.DataFrame) -> None:
    steps = rows["valid_at"].diff().iloc[1:]
    wrong = steps[steps != pd.Timedelta(hours=1)]
    if len(wrong):
        raise ObservationsError(
            f"{_place(rows.loc[wrong.index[0]])}, column valid_at: {wrong.iloc[0]} after the row"
            f" before; the hours must be complete and in order{_more(wrong)}. Run quality control"
            " first."
        )


def _is_sound(frame: pd.DataFrame) -> bool:
    """Whether the frame keeps the raw level for certain, which is soon seen of rows that are in
    order; of any other, the schema says whether and where not."""
    if not len(frame) or not _is_typed(frame):
        return False
    if frame["station"].hasnans or frame["filled"].hasnans:
        return False
    hours = in_utc(frame["valid_at"])
    is_later = hours[1:] > hours[:-1]
    if not _is_of_one_station(frame):
        stations = frame["station"].to_numpy(dtype=object)
        is_same = stations[1:] == stations[:-1]
        is_later = (stations[1:] > stations[:-1]) | (is_same & is_later)
    is_whole = hours == hours.astype("datetime64[h]")
    has_name = bool(frame["station"].iloc[0])
    return has_name and bool(is_later.all()) and bool(is_whole.all())


def _is_of_one_station(frame: pd.DataFrame) -> bool:
    station = frame["station"]
    return not len(frame) or bool((station == station.iloc[0]).all())


def _is_possible(frame: pd.DataFrame) -> bool:
    """Whether no value is outside its range."""
    for name in VALUES:
        values = frame[name].to_numpy()
        if VARIABLES[name].impossible(values).any():
            return False
    return True


def _checked(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    try:
        # In place, because otherwise all rows are copied first; the checks change nothing.
        return schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as error:
        raise ObservationsError(_message(frame, error.failure_cases)) from error


def _message(frame: pd.DataFrame, cases: pd.DataFrame) -> str:
    case = cases.iloc[0]
    if pd.isna(case["index"]):
        return f"the table of observations breaks its contract: {_structural(case)}"
    row = frame.loc[case["index"]]
    if "unique" in str(case["check"]):
        return f"{_place(row)}, column valid_at: the hour is there more than once"
    return (
        f"{_place(row)}, column {case['column']}: {case['failure_case']}"
        f" {case['check']}{_more(cases)}"
    )


def _structural(case: pd.Series) -> str:
    match case["check"]:
        case "column_in_dataframe":
            return f"column {case['failure_case']} is missing"
        case "column_in_schema":
            return f"column {case['failure_case']} is none of {', '.join(COLUMNS)}"
        case "column_ordered":
            return (
                f"column {case['failure_case']} is not in its place; the order is"
                f" {', '.join(COLUMNS)}"
            )
        case check:
            return f"column {case['column']}: {check} is needed, not {case['failure_case']}"


def _place(row: pd.Series) -> str:
    station = row["station"]
    valid_at = row["valid_at"]
    return f"station {station}, {valid_at:%Y-%m-%dT%H:%MZ}"


def _more(cases: pd.DataFrame | pd.Series) -> str:
    count = len(cases)
    if count > 1:
        return f" ({count} cases in all)"
    return ""
