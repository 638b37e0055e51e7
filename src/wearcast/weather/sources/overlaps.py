"""Rows of several files as one table, where files overlap or hold different quantities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.observations import VALUES, concatenate, conform
from wearcast.weather.sources.notes import Note

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy

_KEY: Final = ["station", "valid_at"]
_ENOUGH: Final = 24
"""Hours in common that show that one file rounds what another has finer."""

_FINEST: Final = 6


@dataclass(frozen=True)
class Part:
    """A file's rows.

    Attributes:
        steps: for each quantity, in our unit, what its values are rounded to, where that shows.
        lacks: the quantities that the settings name and the file has no column of.
    """

    path: Path
    rows: pd.DataFrame
    steps: Mapping[str, float] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)


def merged(parts: Sequence[Part], notes: list[Note]) -> pd.DataFrame:
    """One table of all files: where they overlap, each hour once, with every value that one of them
    has. Of values that differ by rounding alone the finer ones are kept, which goes into `notes`.

    Raises:
        SourceError: two rows of the same hour have different values; naming station, time, column
            and files.
    """
    rows = concatenate([part.rows for part in parts])
    overlap = rows.duplicated(_KEY, keep=False)
    if not overlap.any():
        return rows
    hours = rows[overlap].groupby(_KEY, sort=True)
    different = hours[list(VALUES)].nunique() > 1
    if different.to_numpy().any():
        finer = _finer(parts, different, notes)
        return concatenate([rows[~overlap], finer])
    first_known = dict.fromkeys(VALUES, "first")
    once = hours.agg({**first_known, "trace": "any"}).reset_index()
    return concatenate([rows[~overlap], conform(once)])


def require_joined(parts: Sequence[Part]) -> None:
    """Refuse a file that lacks a quantity which others have, but not for its hours: its column has
    another name there, most likely.

    Raises:
        SourceError: so it is; naming file and column.
    """
    for part in parts:
        for name, theirs in part.lacks.items():
            others = [other for other in parts if name not in other.lacks]
            if not _share_hours(part, others):
                raise SourceError(
                    f"{part.path}: there is no column {theirs!r}, and no other file has it for"
                    " these hours. Give the column that name, add the file that has it, or leave"
                    f" {name} out of ingest.files.columns."
                )


def are_two_stations(known: Sequence[Part], others: Sequence[Part]) -> bool:
    """Whether `others`, whose station is spelled otherwise, can't be of the same station: most of
    their hours are `known` too, in the same file or with other values."""
    for part in others:
        beside = [one for one in known if one.path == part.path]
        if _share_hours(part, beside):
            return True
    if not any(_share_hours(part, known) for part in others):
        return False
    try:
        merged([*known, *others], notes=[])
    except SourceError:
        return True
    return False


def _share_hours(part: Part, others: Sequence[Part]) -> bool:
    """Whether half of the hours of `part`, or half of those of the others, are in both."""
    hours = pd.Index(part.rows["valid_at"])
    theirs = pd.Index([])
    for other in others:
        theirs = theirs.union(pd.Index(other.rows["valid_at"]))
    fewer = min(len(hours), len(theirs))
    return len(hours.intersection(theirs)) * 2 >= fewer > 0


def decimals(text: pd.Series) -> int:
    """How many decimals the numbers of a column have, at most."""
    _, _, behind = zip(*(str(value).partition(".") for value in text.unique()), strict=True)
    lengths = [len(digits) for digits in behind if digits.isdigit()]
    return min(max(lengths, default=0), _FINEST)


def _finer(parts: Sequence[Part], different: pd.DataFrame, notes: list[Note]) -> pd.DataFrame:
    """The hours of `different` once each, from the file that has each quantity finest."""
    merged_columns = {}
    for name in VALUES:
        unequal = different.index[different[name]]
        if len(unequal):
            notes += _rounding_notes(parts, name, unequal)
        by_step = _finest_first(parts, name)
        values = pd.concat([_values(part, name) for part in by_step])
        by_hour = _of_hours(values, different.index)
        merged_columns[name] = by_hour.first()
    traces = pd.concat([part.rows.set_index(_KEY)["trace"] for part in parts])
    merged_columns["trace"] = _of_hours(traces, different.index).any()
    once = pd.DataFrame(merged_columns)
    return conform(once.reset_index())


def _finest_first(parts: Sequence[Part], name: str) -> list[Part]:
    return sorted(parts, key=lambda part: part.steps.get(name, np.inf))


def _of_hours(values: pd.Series, hours: pd.Index) -> "SeriesGroupBy[Any, Any]":
    """The values of these hours, by the hour."""
    is_wanted = values.index.isin(hours)
    return values[is_wanted].groupby(level=_KEY)


def _values(part: Part, name: str) -> pd.Series:
    known = part.rows[[*_KEY, name]].dropna()
    values: pd.Series = known.drop_duplicates().set_index(_KEY)[name]
    return values


def _rounding_notes(parts: Sequence[Part], name: str, unequal: pd.Index) -> list[Note]:
    """What is told of values of two files that differ by the rounding of the coarser one.

    Raises:
        SourceError: they differ by more.
    """
    holders = [part for part in parts if _values(part, name).index.isin(unequal).any()]
    if len(holders) < 2 or any(_values(part, name).index.has_duplicates for part in holders):
        raise SourceError(_contradiction(parts, name, unequal))
    finest, *others = _finest_first(holders, name)
    notes = []
    for other in others:
        both = [_values(finest, name), _values(other, name)]
        together = pd.concat(both, axis=1, join="inner")
        difference = together.iloc[:, 0] - together.iloc[:, 1]
        apart = difference.abs()
        if not _is_rounding(apart, finest.steps.get(name), other.steps.get(name)):
            raise SourceError(_contradiction(parts, name, unequal))
        is_apart = apart > 0
        note = Note(
            other.path.name,
            "",
            f"{name} differs by rounding from that of other files, whose finer values are kept",
            int(is_apart.sum()),
            "hours",
            example=f"by up to {apart.max():.3g} from {finest.path.name}",
        )
        notes.append(note)
    return notes


def _is_rounding(apart: pd.Series, fine: float | None, coarse: float | None) -> bool:
    if fine is None or coarse is None or fine >= coarse:
        return False
    # Half a step is rounded either way; in a few hours it shows nothing.
    slack = 1e-6 if len(apart) >= _ENOUGH else -1e-6
    return bool(apart.max() <= coarse * (0.5 + slack))


def _contradiction(parts: Sequence[Part], name: str, unequal: pd.Index) -> str:
    station, valid_at = unequal[0]
    found = []
    for part in parts:
        rows = part.rows.set_index(_KEY)[name].dropna()
        found += [f"{value:g} in {part.path.name}" for value in rows[rows.index == unequal[0]]]
    values = pd.concat([_values(part, name) for part in parts])
    by_hour = _of_hours(values, unequal)
    apart = by_hour.max() - by_hour.min()
    more = ""
    remedy = "Remove the wrong row."
    if len(unequal) > 1:
        more = f" (so in {len(unequal)} hours, by up to {apart.max():.3g})"
        remedy = "Remove the wrong rows or file."
    return (
        f"station {station}, {valid_at:%Y-%m-%dT%H:%MZ}, column {name}: the hour is there"
        f" {len(found)} times with different values, {', '.join(found)}{more}. {remedy}"
    )
