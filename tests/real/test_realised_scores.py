"""What refresh says that past forecasts were worth is what plain arithmetic gives of the published
snapshots and the bundled observations, however often it was killed on the way."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from real.forked_refreshes import Refreshes
from real.processes import deployed
from real.small_project import STATION
from wearcast.config import Params, checked, read_groups
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore
from wearcast.weather.sources import open_source
from wearcast.weather.stations import resolve

pytestmark = pytest.mark.real

HOURS = 60
"""Of the replay, from 23 UTC on: they touch four days, the last of them for 11 hours."""
RANGES = {"1-6": (1, 6), "7-24": (7, 24), "25-48": (25, 48), "49-96": (49, 96), "all": (1, 168)}
P10, P50, P90 = 1, 4, 7


def bundled(root: Path) -> dict[str, dict[np.datetime64, float]]:
    """By variable and hour what the sample says, as it comes."""
    params = checked(Params, read_groups(root / "params.yaml"), where="the test")
    source = open_source(params.ingest, root)
    (station,) = resolve(params.ingest.stations)
    first, last = source.span(station)
    rows = source.fetch(station, first, last + timedelta(hours=1))
    hours = rows["valid_at"].dt.tz_localize(None).to_numpy().astype("datetime64[h]")
    names = ("temp_c", "dewpoint_c", "wind_ms", "precip_mm")
    return {name: dict(zip(hours, rows[name].to_numpy(), strict=True)) for name in names}


def replayed(root: Path, folder: Path, kills: int) -> tuple[list[Snapshot], dict[str, Any]]:
    """The snapshots of `HOURS` refreshes, the last one last, and the scores published with it;
    `kills` more refreshes were killed at some moment."""
    settings = deployed(root, str(folder / "store"), HISTORY=str(folder / "history"))
    store = SnapshotStore(open_storage(str(folder / "store"), timedelta(seconds=5)), 1_000)
    refreshes = Refreshes(root, folder / "refresh.log", settings)
    rng = random.Random(11)  # noqa: S311 - moments, no secrets
    try:
        ran = refreshes.run()
        kill_after = set(rng.sample(range(HOURS - 1), kills))
        while len(store.read_state().history) < HOURS:
            if len(store.read_state().history) in kill_after:
                kill_after.remove(len(store.read_state().history))
                refreshes.run({"since": "start", "after_s": rng.uniform(0.3, 1) * ran.ran_s})
            elif (done := refreshes.run()).code != 0:
                pytest.fail(f"{done}: {refreshes.log.read_text()[-2_000:]}")
    finally:
        refreshes.close()
    records: list[SnapshotRecord] = list(reversed(store.read_state().history))
    scores = store.live_verification(records[-1])
    assert scores is not None
    return [store.snapshot(record) for record in records], scores[STATION]


def pairs(
    snapshots: list[Snapshot], observed: dict[str, dict[np.datetime64, float]], name: str, days: int
) -> np.ndarray:
    """Issue time, lead, p10, p50, p90, last value and observation of every pair of the days."""
    now = snapshots[-1].issued_at[0]
    first = now.astype("datetime64[D]") - np.timedelta64(days - 1, "D")
    found = []
    for snapshot in snapshots[:-1]:
        issued_at = snapshot.issued_at[0]
        for lead in range(1, 169):
            valid_at = issued_at + lead
            value = observed[name].get(valid_at, np.nan)
            if not first <= valid_at <= now or np.isnan(value):
                continue
            quantiles = snapshot.quantiles[name][0, lead - 1].astype(float)
            row = [valid_at.astype(int), lead, *quantiles[[P10, P50, P90]]]
            found.append([*row, observed[name][issued_at], value])
    return np.array(found)


@pytest.mark.parametrize("kills", [pytest.param(0, marks=pytest.mark.full), 15])
def test_errors_and_coverage_are_those_of_plain_arithmetic(small_project, tmp_path, kills):
    snapshots, scores = replayed(small_project, tmp_path, kills)
    told = scores["last_days"]
    # Two local days have come as a whole.
    assert scores["last_days_advice"]["14"]["days"] == len(scores["advice_by_day"]) == 2
    assert len({snapshot.issued_at[0] for snapshot in snapshots}) == HOURS
    observed = bundled(small_project)
    climate = Forecaster.load(small_project / "models/forecaster").manifest.standardization
    usual = climate.climatologies[STATION]
    for days in (2, 14):
        for name in ("temp_c", "dewpoint_c", "wind_ms"):
            rows = pairs(snapshots, observed, name, days)
            rows = rows[np.isfinite(rows).all(axis=1)]
            hours, lead, p10, p50, p90, last, value = rows.T
            expected = usual.at(hours.astype("datetime64[h]"))[:, CHANNELS.index(name)]
            for leads, (from_h, until_h) in RANGES.items():
                of = (lead >= from_h) & (lead <= until_h)
                assert told[str(days)][name][leads] == pytest.approx(
                    {
                        "pairs": of.sum(),
                        "mae": np.abs(p50 - value)[of].mean(),
                        "persistence_mae": np.abs(last - value)[of].mean(),
                        "climatology_mae": np.abs(expected - value)[of].mean(),
                        "bias": (p50 - value)[of].mean(),
                        "coverage_80": ((p10 <= value) & (value <= p90))[of].mean(),
                    },
                    abs=1e-4,
                )
        check_rain(snapshots, observed["precip_mm"], told[str(days)]["rain"], days)


def check_rain(
    snapshots: list[Snapshot],
    observed_mm: dict[np.datetime64, float],
    told: dict[str, dict[str, float]],
    days: int,
) -> None:
    """The Brier scores of the chance of rain and of persistence."""
    now = snapshots[-1].issued_at[0]
    first = now.astype("datetime64[D]") - np.timedelta64(days - 1, "D")
    squared: dict[str, list[tuple[float, float]]] = {leads: [] for leads in RANGES}
    for snapshot in snapshots[:-1]:
        issued_at = snapshot.issued_at[0]
        for lead in range(1, 169):
            valid_at = issued_at + lead
            amounts = observed_mm.get(valid_at, np.nan), observed_mm[issued_at]
            if not first <= valid_at <= now or np.isnan(amounts).any():
                continue
            wet, was_wet = (float(amount >= 0.1) for amount in amounts)
            chance = float(snapshot.hourly_rain_chance[0, lead - 1])
            for leads, (from_h, until_h) in RANGES.items():
                if from_h <= lead <= until_h:
                    squared[leads].append(((chance - wet) ** 2, (was_wet - wet) ** 2))
    for leads, errors in squared.items():
        brier, persistence = np.mean(errors, axis=0)
        assert told[leads]["pairs"] == len(errors)
        assert told[leads]["brier"] == pytest.approx(brier, abs=1e-4)
        assert told[leads]["persistence_brier"] == pytest.approx(persistence, abs=1e-4)
