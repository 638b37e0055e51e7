"""The forecast snapshot: everything a reader of a forecast needs, in one file that is the same
bytes for the same forecast."""

import hashlib
import io
import json
import operator
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError, some_of
from wearcast.forecasting.array_types import Floats, Floats32, Hours
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.forecaster import Marginals, StationForecast
from wearcast.forecasting.guidance_used import GuidanceUsed
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot_checks import require_servable
from wearcast.forecasting.snapshot_file import Content, SnapshotFile
from wearcast.forecasting.trajectories import shared_ranks
from wearcast.forecasting.trajectory_basis import BASIS_FLOATS, TrajectoryBasis
from wearcast.variables import FORECAST
from wearcast.vocabulary import MAX_HORIZON_H, MIN_HORIZON_H, is_horizon

SCHEMA = 2
"""The newest form of the file that this release reads and writes; deploy/build notes it on the
images.

1: every variable of `_SCHEMA_1_VARIABLES` has its arrays, and no other.
2: a variable that no station reports has none; `readable_from` says from which schema on a release
can read the file; `guidance`, where any station has some, says what its forecast is made from; in
the place of trajectories stands what they are drawn from, a sixth of their bytes.

A release reads its own schema and the one before, and any later one whose `readable_from` it
reaches; a variable or a field that it doesn't know is nothing to it. So a new variable raises
nothing, since it is there only where something is known of it; a new field raises `SCHEMA` alone,
and what older releases could not do without raises `READABLE_FROM` too. A field added to a form
that no release has written yet raises nothing: the rollout refuses to go on by two forms at once.
"""
READABLE_FROM = 2
PREVIOUS_SCHEMA = SCHEMA - 1
"""The oldest form that is still read, and written where a release that knows no other has to read
it."""

_SCHEMA_1_VARIABLES = (*TARGETS, "precip_mm")
_MOST_DRAWN = 4
"""The stations whose trajectories are kept, those asked for last: 0.2 MB each."""

OBSERVED_H = 48
"""Observed hours that a snapshot keeps, so that the whole issue day can be shown."""

_UNKNOWN = np.float32(np.nan)

_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
    zipfile.BadZipFile,
)
"""What reading a file that was cut off, damaged or made by something else raises: RuntimeError
where it seems encrypted or is nested too deeply, MemoryError where the description of an array
is."""

_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00Z", re.ASCII)


@dataclass(frozen=True)
class Origin:
    """Where a snapshot comes from: the model's version, the weather source, and whether it replays
    the past."""

    model: str
    source: str
    replay: bool


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Forecasts of several stations. Two are the same if their bytes are; in memory, each is only
    itself.

    Attributes:
        stations: S of them.
        issued_at: UTC, shape (S,): the last observation's time, never the wall clock.
        quantiles: for each of `FORECAST` an array (S, horizon_h, Q) in its unit, NaN where the
            station doesn't report it.
        hourly_rain_chance: of at least 0.1 mm in the hour, (S, horizon_h).
        trajectories: for each of `FORECAST` an array (S, M, horizon_h): coherent over time and
            variables; None where they are drawn from `basis`. Readers ask `trajectories_of`.
        observed: for each of `FORECAST` the last observed hours up to the issue time, (S,
            OBSERVED_H).
        filled: the share of the observed hours with a value that quality control filled, per
            station.
        trailing_year_h: hours of the past year behind each station's trailing-year anomaly.
        origin: where it comes from.
        guidance: the numerical forecasts behind each station's, None where there are none.
        basis: what the trajectories are drawn from; None where there are arrays of them.
    """

    stations: tuple[Station, ...]
    issued_at: Hours
    quantiles: Mapping[str, Floats32]
    hourly_rain_chance: Floats32
    trajectories: Mapping[str, Floats32] | None
    observed: Mapping[str, Floats32]
    filled: tuple[float, ...]
    trailing_year_h: tuple[int, ...]
    origin: Origin
    guidance: tuple[GuidanceUsed | None, ...]
    basis: TrajectoryBasis | None = None
    _drawn: dict[int, dict[str, Floats32]] = field(init=False, repr=False, default_factory=dict)

    @classmethod
    def of(
        cls,
        stations: Sequence[Station],
        forecasts: Sequence[StationForecast],
        histories: Sequence[History],
        filled: Sequence[float],
        origin: Origin,
    ) -> "Snapshot":
        """Gather the forecasts of several stations, each with the history it was made from."""
        marginals = [forecast.marginals for forecast in forecasts]
        quantiles, observed = {}, {}
        for name in FORECAST:
            levels = [_quantiles(m, name) for m in marginals]
            quantiles[name] = np.concatenate(levels, dtype=np.float32)
            observed[name] = np.stack([_last_observed(history, name) for history in histories])
        chances = np.concatenate([m.hourly_rain_chance for m in marginals])
        return cls(
            stations=tuple(stations),
            issued_at=_hours(forecast.issued_at for forecast in forecasts),
            quantiles=quantiles,
            hourly_rain_chance=chances.astype(np.float32),
            trajectories=None,
            observed=observed,
            filled=tuple(float(share) for share in filled),
            trailing_year_h=tuple(forecast.trailing_year_h for forecast in forecasts),
            origin=origin,
            guidance=tuple(forecast.guidance for forecast in forecasts),
            basis=TrajectoryBasis.joined([forecast.basis for forecast in forecasts]),
        )

    @classmethod
    def joined(cls, parts: Sequence["Snapshot"]) -> "Snapshot":
        """One of all stations of several, which have the same origin and horizon."""
        bases = [part.basis for part in parts if part.basis]
        are_drawn = len(bases) == len(parts)
        if not are_drawn:
            parts = [part.with_arrays() for part in parts]
        return cls(
            stations=of_all(parts, "stations"),
            issued_at=np.concatenate([part.issued_at for part in parts]),
            hourly_rain_chance=np.concatenate([part.hourly_rain_chance for part in parts]),
            filled=of_all(parts, "filled"),
            trailing_year_h=of_all(parts, "trailing_year_h"),
            origin=parts[0].origin,
            guidance=of_all(parts, "guidance"),
            quantiles=_arrays_of_all(parts, "quantiles"),
            trajectories=None if are_drawn else _arrays_of_all(parts, "trajectories"),
            observed=_arrays_of_all(parts, "observed"),
            basis=TrajectoryBasis.joined(bases) if are_drawn else None,
        )

    @property
    def horizon_h(self) -> int:
        """How many hours ahead the forecasts reach."""
        horizon_h: int = self.hourly_rain_chance.shape[1]
        return horizon_h

    def index(self, station: str) -> int:
        """Where a station stands in the arrays.

        Raises:
            ModelError: it isn't in the snapshot.
        """
        index = self._indices.get(station)
        if index is None:
            known = some_of(self._indices)
            raise ModelError(f"no forecast for station {station!r}. There is one for: {known}.")
        return index

    @cached_property
    def _indices(self) -> Mapping[str, int]:
        """Where each station stands, by its id."""
        return {station.id: index for index, station in enumerate(self.stations)}

    def valid_at(self, station: int) -> Hours:
        """The hours forecast for the station with this index, UTC, shape (horizon_h,)."""
        leads = np.arange(1, self.horizon_h + 1)
        hours: Hours = self.issued_at[station] + leads
        return hours

    def observed_at(self, station: int) -> Hours:
        """The observed hours kept for the station with this index, UTC, shape (OBSERVED_H,)."""
        leads = np.arange(1 - OBSERVED_H, 1)
        hours: Hours = self.issued_at[station] + leads
        return hours

    @property
    def members(self) -> int:
        """How many trajectories each station has."""
        if self.basis:
            return len(self.basis.ranks.order)
        members: int = self._given_trajectories["temp_c"].shape[1]
        return members

    def trajectories_of(self, station: int) -> Mapping[str, Floats32]:
        """The trajectories of the station with this index: for each of `FORECAST` an array (M,
        horizon_h)."""
        drawn = self._drawn.get(station)
        if drawn is None:
            drawn = self._drawn_anew(station)
            self._drawn[station] = drawn
            for oldest in list(self._drawn)[:-_MOST_DRAWN]:
                self._drawn.pop(oldest, None)
        return drawn

    def _drawn_anew(self, station: int) -> dict[str, Floats32]:
        if self.basis is None:
            return {name: values[station] for name, values in self._given_trajectories.items()}
        quantiles = {name: self.quantiles[name][station] for name in TARGETS}
        return self.basis.drawn(station, quantiles, self.hourly_rain_chance[station])

    def with_arrays(self) -> "Snapshot":
        """The same with arrays of all trajectories, as releases before have them."""
        if self.basis is None:
            return self
        of_stations = [self.trajectories_of(s) for s in range(len(self.stations))]
        arrays = {name: np.stack([drawn[name] for drawn in of_stations]) for name in FORECAST}
        return replace(self, trajectories=arrays, basis=None)

    @property
    def _given_trajectories(self) -> Mapping[str, Floats32]:
        return self.trajectories or {}

    def to_bytes(self, schema: int = SCHEMA) -> bytes:
        """The file's content: an uncompressed npz without pickles, a JSON header among its arrays.

        Args:
            schema: the form of the file, `PREVIOUS_SCHEMA` or `SCHEMA`.

        Raises:
            ModelError: this release can't write that form.
        """
        if schema not in (PREVIOUS_SCHEMA, SCHEMA):
            raise ModelError(
                f"snapshots of schema {schema} can't be written; this release writes"
                f" {PREVIOUS_SCHEMA} and {SCHEMA}."
            )
        if schema == PREVIOUS_SCHEMA:
            return self.with_arrays()._written(schema)
        return self._written(schema)

    def _written(self, schema: int) -> bytes:
        names = self._names(schema)
        text = json.dumps(self._header(schema, names), ensure_ascii=False)
        header = np.frombuffer(text.encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(
            buffer,
            header=header,
            rain_chance=self.hourly_rain_chance,
            **self._arrays(names),
        )
        return buffer.getvalue()

    def _header(self, schema: int, names: list[str]) -> dict[str, Any]:
        form = {"schema": schema}
        if schema != PREVIOUS_SCHEMA:
            form["readable_from"] = READABLE_FROM
        return {
            **form,
            "stations": [station.model_dump() for station in self.stations],
            "issued_at": [f"{at}:00Z" for at in self.issued_at],
            "horizon_h": self.horizon_h,
            "levels": LEVELS.tolist(),
            "variables": names,
            "filled": list(self.filled),
            "drift_h": list(self.trailing_year_h),
            "model": self.origin.model,
            "source": self.origin.source,
            "replay": self.origin.replay,
            **self._guidance_json(schema),
            **({"targets": list(self.basis.targets)} if self.basis else {}),
        }

    def _guidance_json(self, schema: int) -> dict[str, Any]:
        """What the header says of guidance: nothing where no station has any."""
        if schema == PREVIOUS_SCHEMA or not any(self.guidance):
            return {}
        return {"guidance": [used.to_json() if used else None for used in self.guidance]}

    def _arrays(self, names: Sequence[str]) -> dict[str, Any]:
        """The arrays by their names in the file, such as `quantiles.temp_c`."""
        found: dict[str, Any] = {}
        for kind, arrays in self._kinds.items():
            for name in names:
                found[f"{kind}.{name}"] = arrays[name]
        if self.basis:
            found["ranks"] = self.basis.ranks.order
            for name in BASIS_FLOATS:
                found[name] = getattr(self.basis, name)
        return found

    @property
    def _kinds(self) -> dict[str, Mapping[str, Floats32]]:
        """The arrays that each variable has."""
        if self.trajectories is None:
            return {"quantiles": self.quantiles, "observed": self.observed}
        return {
            "quantiles": self.quantiles,
            "trajectories": self.trajectories,
            "observed": self.observed,
        }

    def _names(self, schema: int) -> list[str]:
        """The variables in a file of a schema: of the newest, the temperature, and those of which
        anything is known at any station."""
        if schema == PREVIOUS_SCHEMA:
            return list(_SCHEMA_1_VARIABLES)
        others = [name for name in FORECAST if name != "temp_c" and self._is_known(name)]
        return ["temp_c", *others]

    def _is_known(self, name: str) -> bool:
        return any(np.isfinite(arrays[name]).any() for arrays in self._kinds.values())

    @classmethod
    def from_bytes(cls, content: Content, *, was_checked: bool = False) -> "Snapshot":
        """The snapshot that `to_bytes` wrote, in this release or one whose form this one can read.

        Args:
            content: the file's bytes, or a map of it.
            was_checked: whether its values are known to be servable.

        Raises:
            ModelError: the bytes are not a whole snapshot, too many, of a schema that this release
                can't read, or hold values that can't be served.
        """
        try:
            file = SnapshotFile(content)
            header = file.header()
            _require_readable(header)
            snapshot = cls._parse(header, file)._checked(header["horizon_h"])
            if not was_checked:
                require_servable(snapshot)
            return snapshot
        except _BROKEN as error:
            raise ModelError(
                f"not a whole snapshot: {error!r}. Make it anew: `dvc repro`."
            ) from error

    @classmethod
    def _parse(cls, header: dict[str, Any], file: SnapshotFile) -> "Snapshot":
        def kind(of: str) -> dict[str, Floats32]:
            temp_c = file.floats(f"{of}.temp_c")
            nothing = np.broadcast_to(_UNKNOWN, temp_c.shape)
            found = {}
            for name in FORECAST:
                is_there = name in header["variables"]
                found[name] = file.floats(f"{of}.{name}") if is_there else nothing
            return {**found, "temp_c": temp_c}

        are_drawn = not file.has("trajectories.temp_c")
        return cls(
            stations=tuple(Station.known(station) for station in header["stations"]),
            issued_at=_hours(_written_hour(at) for at in header["issued_at"]),
            quantiles=kind("quantiles"),
            hourly_rain_chance=file.floats("rain_chance"),
            trajectories=None if are_drawn else kind("trajectories"),
            observed=kind("observed"),
            filled=tuple(header["filled"]),
            trailing_year_h=tuple(operator.index(hours) for hours in header["drift_h"]),
            origin=Origin(header["model"], header["source"], header["replay"]),
            guidance=_guidance(header),
            basis=_basis(header, file) if are_drawn else None,
        )

    def _checked(self, horizon_h: int) -> "Snapshot":
        """Itself, if every array has the shape that the header promises."""
        s = len(self.stations)
        shapes = {
            "quantiles": (s, horizon_h, len(LEVELS)),
            "trajectories": (s, self.members, horizon_h),
            "observed": (s, OBSERVED_H),
        }
        wrong = []
        for kind, arrays in self._kinds.items():
            shape = shapes[kind]
            wrong += [f"{kind}.{name}" for name in FORECAST if arrays[name].shape != shape]
        if self.basis:
            wrong += self.basis.wrong_shapes(s, horizon_h)
        per_station = {
            len(self.issued_at),
            len(self.filled),
            len(self.trailing_year_h),
            len(self.guidance),
        }
        if wrong or per_station != {s} or self.hourly_rain_chance.shape != (s, horizon_h):
            names = ", ".join(wrong) or "one per station is missing"
            raise ValueError(f"arrays of a wrong shape: {names}")
        return self


def version(content: Content) -> str:
    """The version of a snapshot: the sha256 of its bytes."""
    return hashlib.sha256(content).hexdigest()


def _require_readable(header: Mapping[str, Any]) -> None:
    """Refuse a form that this release doesn't know, a horizon that it can't serve, and quantile
    levels that aren't its own.

    Raises:
        ModelError: saying what it is and what can be read.
    """
    schema = int(header["schema"])
    readable_from = int(header.get("readable_from", schema))
    if schema < PREVIOUS_SCHEMA or readable_from > SCHEMA:
        raise ModelError(
            f"the snapshot has schema {schema}, for releases that read {readable_from} or later;"
            f" this one reads {PREVIOUS_SCHEMA} and {SCHEMA}. Publish one that it can read"
            " (WEARCAST_SNAPSHOT_SCHEMA), or make it anew: `dvc repro`."
        )
    if not is_horizon(header["horizon_h"]):
        raise ModelError(
            f"the snapshot has a horizon of {header['horizon_h']!r} h; this release reads whole"
            f" days from {MIN_HORIZON_H} to {MAX_HORIZON_H} h. Make it anew: `dvc repro`."
        )
    if header["levels"] != LEVELS.tolist():
        raise ModelError(
            "the snapshot has other quantile levels than this release. Make it anew: `dvc repro`."
        )


def _written_hour(text: str) -> str:
    """The hour as NumPy reads it, which would take words such as `now` for one, too."""
    if not _HOUR.fullmatch(text):
        raise ValueError(f"{text!r} is no hour such as 2013-07-20T04:00Z")
    return text.removesuffix(":00Z")


def of_all(parts: Sequence[Snapshot], field: str) -> tuple[Any, ...]:
    """A field that has an entry a station, of all stations."""
    entries = [getattr(part, field) for part in parts]
    return tuple(chain.from_iterable(entries))


def _arrays_of_all(parts: Sequence[Snapshot], kind: str) -> dict[str, Floats32]:
    """The arrays of a kind, of all stations."""
    arrays = {}
    for name in FORECAST:
        arrays[name] = np.concatenate([getattr(part, kind)[name] for part in parts])
    return arrays


def _basis(header: Mapping[str, Any], file: SnapshotFile) -> TrajectoryBasis:
    """What the file's trajectories are drawn from."""
    floats = {name: file.floats(name) for name in BASIS_FLOATS}
    return TrajectoryBasis(
        ranks=shared_ranks(file.small_integers("ranks")),
        targets=tuple(header["targets"]),
        **floats,
    )


def _guidance(header: Mapping[str, Any]) -> tuple[GuidanceUsed | None, ...]:
    """Of each station; none where the header says nothing of it."""
    found = header.get("guidance")
    if found is None:
        return (None,) * len(header["stations"])
    return tuple(None if used is None else GuidanceUsed.from_json(used) for used in found)


def _quantiles(marginals: Marginals, name: str) -> Floats:
    if name == "precip_mm":
        return marginals.rain_mm()
    return marginals.quantiles[name]


def _hours(hours: Iterable[np.datetime64 | str]) -> Hours:
    return np.array(list(hours), dtype="datetime64[h]")


def _last_observed(history: History, name: str) -> Floats32:
    """The last observed hours, NaN before the first one of the history: (OBSERVED_H,)."""
    values = history.column(name)[-OBSERVED_H:]
    missing = OBSERVED_H - len(values)
    before = np.full(missing, np.nan)
    hours = np.concatenate([before, values])
    return hours.astype(np.float32)
