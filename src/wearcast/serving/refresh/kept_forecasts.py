"""What the ledger keeps of a snapshot until all its hours have come."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats, Floats32, Hours
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_parts import parts_of
from wearcast.serving.refresh.observed_hours import was_wet
from wearcast.serving.refresh.realised_scores import KEPT_LEVELS, PastForecasts

_OF_EACH: Final = ("issued_at", "quantiles", "rain_chance", "last")
_ARRAYS: Final = ("stations", *_OF_EACH)
_BROKEN: Final = (ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True)
class KeptForecasts:
    """Forecasts of several stations and issue times, R of them.

    Attributes:
        stations: their ids, (R,).
        issued_at, quantiles, rain_chance, last: as in `PastForecasts`.
    """

    stations: NDArray[np.str_]
    issued_at: Hours
    quantiles: Floats32
    rain_chance: Floats32
    last: Floats32

    @classmethod
    def of(cls, snapshot: Snapshot) -> "KeptForecasts":
        """Those of a snapshot."""
        return cls._joined([cls._of_part(part) for part in parts_of(snapshot)])

    @classmethod
    def _joined(cls, parts: Sequence["KeptForecasts"]) -> "KeptForecasts":
        arrays = {}
        for name in _ARRAYS:
            arrays[name] = np.concatenate([getattr(part, name) for part in parts])
        return cls(**arrays)

    @classmethod
    def _of_part(cls, snapshot: Snapshot) -> "KeptForecasts":
        quantiles = []
        last: list[Floats | Floats32] = []
        for name in TARGETS:
            levels = snapshot.quantiles[name]
            quantiles.append(levels[..., list(KEPT_LEVELS)])
            last.append(snapshot.observed[name][:, -1])
        last_mm = snapshot.observed["precip_mm"][:, -1].astype(np.float64)
        last.append(was_wet(last_mm))
        ids = [station.id for station in snapshot.stations]
        return cls(
            stations=np.array(ids),
            issued_at=snapshot.issued_at,
            quantiles=np.stack(quantiles, axis=1),
            rain_chance=snapshot.hourly_rain_chance,
            last=np.stack(last, axis=1).astype(np.float32),
        )

    def to_bytes(self) -> bytes:
        """An npz without pickles."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, horizon_h: int) -> "KeptForecasts":
        """Those that `to_bytes` wrote.

        Raises:
            ValueError: they are something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                kept = cls(**{name: file[name] for name in _ARRAYS})
        except _BROKEN as error:
            raise ValueError(f"it isn't what was written: {error!r}") from error
        if not kept._is_whole(horizon_h):
            raise ValueError("it holds something else than forecasts")
        return kept

    def _is_whole(self, horizon_h: int) -> bool:
        count = len(self.stations)
        variables = len(TARGETS)
        return (
            self.issued_at.shape == (count,)
            and self.issued_at.dtype == np.dtype("datetime64[h]")
            and self.quantiles.shape == (count, variables, horizon_h, len(KEPT_LEVELS))
            and self.rain_chance.shape == (count, horizon_h)
            and self.last.shape == (count, variables + 1)
        )


def past_of_station(parts: Sequence[KeptForecasts], station: str) -> PastForecasts:
    """A station's of several; of two of the same issue time, that of the last part."""
    columns: dict[str, list[Any]] = {name: [] for name in _OF_EACH}
    for part in parts:
        rows = part.stations == station
        for name, values in columns.items():
            array = getattr(part, name)
            values.append(array[rows])
    issued_at = np.concatenate(columns["issued_at"])
    _, newest_first = np.unique(issued_at[::-1], return_index=True)
    last = len(issued_at) - 1
    kept = last - newest_first
    arrays = {}
    for name, values in columns.items():
        array = np.concatenate(values)
        arrays[name] = array[kept]
    return PastForecasts(**arrays)
