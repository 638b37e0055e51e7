"""A snapshot of many stations in parts, whose arrays are never put into one."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Self, cast

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats32
from wearcast.forecasting.snapshot import SCHEMA, Snapshot, of_all
from wearcast.variables import FORECAST


class StationRows:
    """An array's rows by the station's index among all, of parts that have some of them each.

    Attributes:
        shape: of all parts together.
    """

    def __init__(self, parts: Sequence[Floats32]) -> None:
        self._parts = parts
        self._stops = list(accumulate(len(part) for part in parts))
        self.shape = (self._stops[-1], *parts[0].shape[1:])

    def __getitem__(self, index: int | tuple[Any, ...]) -> Any:
        """A station's row, or what an index of a station and further axes finds in it."""
        station, *further = index if isinstance(index, tuple) else (index,)
        part = bisect_right(self._stops, station)
        values = self._parts[part]
        first = self._stops[part] - len(values)
        return values[(station - first, *further)]


@dataclass(frozen=True, eq=False)
class SnapshotInParts(Snapshot):
    """A snapshot whose stations' arrays are found in its parts; only what is asked of a station is
    there, and arrays of all aren't.

    Attributes:
        parts: snapshots of the same origin and horizon.
    """

    parts: tuple[Snapshot, ...] = ()

    @classmethod
    def of_parts(cls, parts: Sequence[Snapshot], **fields: Any) -> Self:
        """The snapshot of all their stations, in this order; with the fields of a subclass.

        Raises:
            ModelError: they aren't of one origin and horizon, or have a station twice.
        """
        kinds = {(part.origin, part.horizon_h) for part in parts}
        stations = of_all(parts, "stations")
        if len(kinds) != 1:
            raise ModelError("the parts of the snapshot aren't of one model, source and horizon.")
        if len({station.id for station in stations}) < len(stations):
            raise ModelError("two parts of the snapshot have a station of the same id.")
        return cls(
            stations=stations,
            issued_at=np.concatenate([part.issued_at for part in parts]),
            quantiles=_rows(parts, "quantiles"),
            hourly_rain_chance=_joined([part.hourly_rain_chance for part in parts]),
            trajectories=None,
            observed=_rows(parts, "observed"),
            filled=of_all(parts, "filled"),
            trailing_year_h=of_all(parts, "trailing_year_h"),
            origin=parts[0].origin,
            guidance=of_all(parts, "guidance"),
            parts=tuple(parts),
            **fields,
        )

    @property
    def members(self) -> int:
        """How many trajectories each station has."""
        return self.parts[0].members

    def _drawn_anew(self, station: int) -> dict[str, Floats32]:
        # Those drawn last are kept of the whole: of each part they would be 40 times as many.
        part = bisect_right(self._stops, station)
        first = self._stops[part] - len(self.parts[part].stations)
        return self.parts[part]._drawn_anew(station - first)

    def with_arrays(self) -> Snapshot:
        """One snapshot of all stations, with arrays of all trajectories."""
        return Snapshot.joined(self.parts).with_arrays()

    def to_bytes(self, schema: int = SCHEMA) -> bytes:
        """One file of all stations, as releases that know no parts read it.

        Raises:
            ModelError: this release can't write that form.
        """
        return Snapshot.joined(self.parts).to_bytes(schema)

    @cached_property
    def _stops(self) -> list[int]:
        return list(accumulate(len(part.stations) for part in self.parts))


def parts_of(snapshot: Snapshot) -> tuple[Snapshot, ...]:
    """The snapshots that hold the arrays of a snapshot's stations, in their order."""
    return snapshot.parts if isinstance(snapshot, SnapshotInParts) else (snapshot,)


def _rows(parts: Sequence[Snapshot], kind: str) -> dict[str, Floats32]:
    rows = {}
    for name in FORECAST:
        rows[name] = _joined([getattr(part, kind)[name] for part in parts])
    return rows


def _joined(arrays: Sequence[Floats32]) -> Floats32:
    """What readers of single stations ask as they ask one array."""
    return cast("Floats32", StationRows(arrays))
