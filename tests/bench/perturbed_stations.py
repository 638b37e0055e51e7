"""A snapshot of very many stations, no two of them alike."""

import sys
from dataclasses import replace

import numpy as np

from wearcast.forecasting.array_types import Floats32
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.forecasting.trajectory_basis import BASIS_FLOATS
from wearcast.serving.store.shard_manifest import MAX_STATIONS

_SPREAD_C = 0.5


def perturbed(content: bytes, count: int, seed: int) -> Snapshot:
    """The stations of a snapshot's file, and again and again the same under other names, each a
    little warmer or colder; in parts where there are many.

    Args:
        content: the file's bytes, of a form without arrays of trajectories.
        count: how many stations.
        seed: of the differences.
    """
    one = Snapshot.from_bytes(content)
    if one.basis is None:
        sys.exit("the pipeline's snapshot is of an older form: make it anew, `dvc repro`")
    warmer_c = np.random.default_rng(seed).normal(0, _SPREAD_C, count).astype(np.float32)
    parts = []
    for first in range(0, count, MAX_STATIONS):
        numbers = np.arange(first, min(first + MAX_STATIONS, count))
        parts.append(_part(one, numbers, warmer_c[numbers]))
    return parts[0] if len(parts) == 1 else SnapshotInParts.of_parts(parts)


def _part(one: Snapshot, numbers: np.ndarray, warmer_c: Floats32) -> Snapshot:
    rows = numbers % len(one.stations)
    stations = []
    for number, row in zip(numbers.tolist(), rows.tolist(), strict=True):
        names = {"id": f"S{number}", "name_en": f"Place {number}", "name_ko": f"곳 {number}"}
        is_copy = number >= len(one.stations)
        stations.append(one.stations[row].model_copy(update=names if is_copy else {}))
    assert one.basis
    of_basis = {name: getattr(one.basis, name)[rows] for name in BASIS_FLOATS}
    quantiles = {name: values[rows] for name, values in one.quantiles.items()}
    quantiles["temp_c"] = quantiles["temp_c"] + warmer_c[:, None, None]
    quantiles["dewpoint_c"] = quantiles["dewpoint_c"] + warmer_c[:, None, None]
    observed = {name: values[rows] for name, values in one.observed.items()}
    observed["temp_c"] = observed["temp_c"] + warmer_c[:, None]
    return replace(
        one,
        stations=tuple(stations),
        issued_at=one.issued_at[rows],
        quantiles=quantiles,
        hourly_rain_chance=one.hourly_rain_chance[rows],
        observed=observed,
        filled=tuple(one.filled[row] for row in rows),
        trailing_year_h=tuple(one.trailing_year_h[row] for row in rows),
        guidance=tuple(one.guidance[row] for row in rows),
        basis=replace(one.basis, **of_basis),
    )
