"""What preprocess found: what quality control removed and filled, what is missing still, and who
may see which hours."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown

from wearcast.forecasting.split import ROLES, Split
from wearcast.notebook.findings.phrases import (
    as_list,
    counted,
    hour_utc,
    label,
    listed,
    percent,
    plain,
    unit,
)

_REASONS = {"impossible": "impossible", "spikes": "spikes", "stuck": "of a stuck sensor"}
"""Of the report's counts, in words."""


def findings(report: Mapping[str, Any], removed: pd.DataFrame, split: Split) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(report, removed, split))


def sentences(report: Mapping[str, Any], removed: pd.DataFrame, split: Split) -> list[str]:
    """What was found.

    Args:
        report: as `quality.control` makes it.
        removed: every value it removed, as `summary.changes` lists them.
        split: which hours train, validate and test.
    """
    return [_removed(report, removed), _filled(report), _missing(report), _roles(split)]


def _removed(report: Mapping[str, Any], removed: pd.DataFrame) -> str:
    observed = _sum(report, "observed")
    if removed.empty:
        return f"None of {observed:,} values was removed."
    reasons = []
    for kind, words in _REASONS.items():
        count = _sum(report, kind)
        if count:
            reasons.append(f"{count} {words}")
    first = removed.iloc[0]
    column = first["column"]
    value = plain(first["was"], unit(column))
    when = hour_utc(first["valid_at"])
    values = counted(len(removed), "value")
    return (
        f"{values} of {observed:,} removed ({listed(reasons)}). The first: {label(column)} {value}"
        f" at {first['station']}, {when}."
    )


def _filled(report: Mapping[str, Any]) -> str:
    interpolated, derived = _sum(report, "interpolated"), _sum(report, "derived")
    sentence = f"{counted(interpolated, 'value')} in short gaps interpolated"
    if derived:
        sentence += f", {derived:,} derived from humidity or dew point"
    return f"{sentence}; each is named in its row."


def _missing(report: Mapping[str, Any]) -> str:
    """How complete the temperature is, and which quantity has most gaps."""
    worst = max(report, key=lambda id: _column(report, id)["share_missing"])
    temps = _column(report, worst)
    gaps = []
    for id, found in report.items():
        for name, counts in found["columns"].items():
            gaps.append((counts["share_missing"], id, name, counts["longest_gap_h"]))
    share, station, name, gap_h = max(gaps)
    return (
        f"The temperature is missing in at most {percent(temps['share_missing'], 1)} of a"
        f" station's hours ({worst}, longest gap {temps['longest_gap_h']} h). Most is missing of"
        f" the {label(name)} at {station}: {percent(share, 1)} of the hours, up to {gap_h} h in a"
        " row."
    )


def _column(report: Mapping[str, Any], id: str, name: str = "temp_c") -> Mapping[str, Any]:
    column: Mapping[str, Any] = report[id]["columns"][name]
    return column


def _sum(report: Mapping[str, Any], kind: str) -> int:
    """A count over all stations and columns."""
    total = 0
    for found in report.values():
        for counts in found["columns"].values():
            total += counts[kind]
    return total


def _roles(split: Split) -> str:
    parts = []
    for role in ROLES:
        segments = split.segments(role)
        hours = sum((end - start) // np.timedelta64(1, "h") for start, end in segments)
        parts.append(
            f"{hours / 24:.0f} days {_PURPOSE[role]} in {counted(len(segments), 'period')}"
        )
    days = f"{listed(parts)}; the days between them are margin."
    if split.chosen:
        return f"{days} The scheme is {split.chosen.scheme}. {split.chosen.because}"
    return days


_PURPOSE = {"train": "train", "validation": "validate", "test": "test"}
