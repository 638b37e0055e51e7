"""A snapshot of many stations."""

from dataclasses import replace

import numpy as np

from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.trajectory_basis import BASIS_FLOATS, TrajectoryBasis


def copied(content: bytes, count: int) -> bytes:
    """A snapshot with its first station again and again, under other names."""
    one = Snapshot.from_bytes(content)
    [first] = one.stations[:1]
    copies = [first.model_copy(update={"id": f"S{number}"}) for number in range(1, count)]
    many = replace(
        one,
        stations=(first, *copies),
        issued_at=np.repeat(one.issued_at[:1], count),
        quantiles=_repeated(one.quantiles, count),
        hourly_rain_chance=np.repeat(one.hourly_rain_chance[:1], count, axis=0),
        trajectories=one.trajectories and _repeated(one.trajectories, count),
        observed=_repeated(one.observed, count),
        filled=one.filled[:1] * count,
        trailing_year_h=one.trailing_year_h[:1] * count,
        guidance=one.guidance[:1] * count,
        basis=one.basis and _repeated_basis(one.basis, count),
    )
    return many.to_bytes()


def _repeated(arrays, count):
    return {name: np.repeat(values[:1], count, axis=0) for name, values in arrays.items()}


def _repeated_basis(basis: TrajectoryBasis, count: int) -> TrajectoryBasis:
    arrays = {name: getattr(basis, name) for name in BASIS_FLOATS}
    return replace(basis, **_repeated(arrays, count))
