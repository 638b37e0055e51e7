"""How past snapshots fared is told from what was observed, by hand-computable numbers, and from few
enough of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import built, place, two_stations
from unit.serving.refresh_fakes import record, snapshot
from wearcast.artifacts import to_json
from wearcast.forecasting import snapshot_creation, verification
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh import live_verification
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.vocabulary import WET_MM

LATEST = record(snapshot("2013-03-20T00"))
NOTHING = {
    "hours": 0,
    "mae_c": None,
    "bias_c": None,
    "coverage_80": None,
    "persistence_mae_c": None,
    "rain_hours": 0,
    "rain_brier": None,
}


def verify(
    snapshots: list[Snapshot], histories: dict[str, History], horizon_h: int = HORIZON_H
) -> dict[str, Any]:
    forecasts = [KeptForecasts.of(one) for one in snapshots]
    return live_verification.verify(forecasts, histories, horizon_h)


def came(
    start: str, temp_c: list[float], filled: list[bool] | None = None, **more: list[float]
) -> dict[str, History]:
    """What was observed at AAA from an hour on."""
    valid_at = np.datetime64(start, "h") + np.arange(len(temp_c))
    values = {
        name: np.array(column, dtype=float) for name, column in {"temp_c": temp_c, **more}.items()
    }
    return {"AAA": History("AAA", valid_at, values, None if filled is None else np.array(filled))}


def scores(
    snapshots: list[Snapshot], histories: dict[str, History], leads: str = "1-24"
) -> dict[str, object]:
    return verify(snapshots, histories)["AAA"]["leads"][leads]


def at(hours_before: int, **changes: object) -> SnapshotRecord:
    """A record of a snapshot issued so many hours before the latest."""
    return LATEST.model_copy(
        update={"issued_at": LATEST.issued_at - timedelta(hours=hours_before), **changes}
    )


def test_scores_are_of_the_median_against_what_was_observed():
    # The forecast is 10 °C, its 80 % interval 9.92 … 10.08 °C.
    found = scores([snapshot("2013-03-12T00")], came("2013-03-12T01", [12.0, 10.0, 9.0, 10.05]))
    assert found == NOTHING | {
        "hours": 4,
        "mae_c": pytest.approx(3.05 / 4),
        "bias_c": pytest.approx(-1.05 / 4),
        "coverage_80": 0.5,
        "persistence_mae_c": pytest.approx(3.05 / 4),
    }


def test_each_hour_counts_in_its_range_of_leads():
    made, histories = snapshot("2013-03-12T00"), came("2013-03-12T01", [10.0] * 100)
    hours = {
        name: scores["hours"] for name, scores in verify([made], histories)["AAA"]["leads"].items()
    }
    assert hours == {"1-24": 24, "25-72": 48, "73-168": 28, "all": 100}


def test_a_shorter_forecast_has_fewer_ranges_of_leads():
    made = snapshot("2013-03-12T00", horizon_h=72)
    found = verify([made], came("2013-03-12T01", [10.0] * 100), horizon_h=72)
    hours = {name: scores["hours"] for name, scores in found["AAA"]["leads"].items()}
    assert hours == {"1-24": 24, "25-72": 48, "all": 72}


def test_persistence_is_the_last_temperature_of_the_snapshot():
    made = snapshot("2013-03-12T00")
    observed = {**made.observed, "temp_c": made.observed["temp_c"] - 4}
    found = scores([replace(made, observed=observed)], came("2013-03-12T01", [11.0]))
    assert (found["mae_c"], found["persistence_mae_c"]) == (1.0, 5.0)


def test_rain_is_judged_where_it_was_measured():
    rain = [0.0, WET_MM, np.nan, 5.0]
    found = scores([snapshot("2013-03-12T00")], came("2013-03-12T01", [10.0] * 4, precip_mm=rain))
    assert (found["rain_hours"], found["rain_brier"]) == (
        3,
        pytest.approx((0.25**2 + 2 * 0.75**2) / 3, abs=1e-4),
    )


def test_hours_filled_by_quality_control_are_not_scored():
    found = verify(
        [snapshot("2013-03-12T00")],
        came("2013-03-12T01", [10.0, 99.0 - 50, 10.0], filled=[False, True, False]),
    )["AAA"]
    assert (found["leads"]["1-24"]["hours"], found["leads"]["1-24"]["mae_c"]) == (2, 0.0)
    assert [hour["observed_c"] for hour in found["series"]] == [10.0, None, 10.0]


def test_without_observations_scores_are_none_not_nan():
    found = verify([], came("2013-03-12T01", [10.0]))["AAA"]
    assert (found["forecasts"], found["from"], found["until"]) == (0, None, None)
    assert set(map(str, found["leads"].values())) == {str(NOTHING)}
    assert found["series"] == [
        {
            "valid_at": "2013-03-12T01:00Z",
            "observed_c": 10.0,
            "lead_h": None,
            "p10_c": None,
            "p50_c": None,
            "p90_c": None,
        }
    ]
    assert to_json(found)


def test_the_same_issue_time_twice_counts_once_and_the_first_given_wins():
    warm, cold = snapshot("2013-03-12T00", temp_c=20.0), snapshot("2013-03-12T00", temp_c=0.0)
    found = verify([warm, cold], came("2013-03-12T01", [10.0]))["AAA"]
    assert (
        found["forecasts"],
        found["leads"]["all"]["hours"],
        found["leads"]["all"]["bias_c"],
    ) == (1, 1, 10.0)


def test_stations_are_told_apart_and_a_snapshot_may_lack_one():
    both = snapshot("2013-03-12T00", stations=(place("BBB"), place("AAA")))
    histories = came("2013-03-12T01", [10.0] * 3)
    found = verify(
        [snapshot("2013-03-12T01"), both],
        histories | {"BBB": histories["AAA"], "CCC": histories["AAA"]},
    )
    assert {station: scores["forecasts"] for station, scores in found.items()} == {
        "AAA": 2,
        "BBB": 1,
        "CCC": 0,
    }
    assert (found["AAA"]["from"], found["AAA"]["until"]) == (
        "2013-03-12T00:00Z",
        "2013-03-12T01:00Z",
    )


def test_the_series_shows_the_last_week_beside_the_forecast_of_about_a_day_before():
    made = [snapshot(f"2013-03-{day:02}T00", temp_c=float(day)) for day in range(1, 20)]
    series = verify(made, came("2013-03-01T00", [10.0] * 24 * 19))["AAA"]["series"]
    assert (len(series), series[0]["valid_at"], series[-1]["valid_at"]) == (
        168,
        "2013-03-13T00:00Z",
        "2013-03-19T23:00Z",
    )
    by_hour = {hour["valid_at"]: hour for hour in series}
    assert [
        by_hour[f"2013-03-15T{h}:00Z"]["lead_h"] for h in ("00", "06", "11", "12", "13", "23")
    ] == [24, 30, 35, 12, 13, 23]
    assert by_hour["2013-03-15T12:00Z"] == {
        "valid_at": "2013-03-15T12:00Z",
        "observed_c": 10.0,
        "lead_h": 12,
        "p10_c": 14.92,
        "p50_c": 15.0,
        "p90_c": 15.08,
    }


def test_an_hour_that_was_not_forecast_has_no_forecast_in_the_series():
    series = verify([snapshot("2013-03-12T02")], came("2013-03-12T00", [10.0] * 5))["AAA"]["series"]
    assert [hour["lead_h"] for hour in series] == [None, None, None, 1, 2]


def test_the_numbers_are_those_of_the_verification():
    known = two_stations()
    hours = [np.datetime64("2013-06-01T00") + 12 * i for i in range(10)]
    made = [snapshot_creation.issue(known, built().forecaster, h.item()) for h in hours]
    scores, _ = verify(made, known.histories).values()
    rows = (np.array(hours) - known.histories["AAA"].valid_at[0]).astype(int)[:, None] + np.arange(
        1, 169
    )
    observed = known.histories["AAA"].column("temp_c")[rows]
    quantiles = np.stack([snapshot.quantiles["temp_c"][0] for snapshot in made])
    expected = verification.mean_by_lead_range(verification.mae(quantiles[..., 4], observed))
    within = verification.mean_by_lead_range(verification.interval_coverage(quantiles, observed))
    for leads in verification.verified_ranges(HORIZON_H):
        assert scores["leads"][leads]["mae_c"] == pytest.approx(expected[leads], abs=1e-4)
        assert scores["leads"][leads]["coverage_80"] == pytest.approx(within[leads], abs=1e-4)


def test_a_store_with_few_hours_is_read_whole_one_with_many_every_six_hours():
    for hours, every_h in (
        (10, 1),
        (56, 1),
        (57, 2),
        (112, 2),
        (113, 3),
        (168, 3),
        (169, 6),
        (500, 6),
    ):
        found = live_verification.records_to_verify([at(h) for h in range(1, hours + 1)], LATEST)
        before = [int((LATEST.issued_at - r.issued_at) / timedelta(hours=1)) for r in found]
        assert (
            before[:-1]
            == [h for h in range(1, min(hours, 336) + 1) if h % every_h == 0][: len(before) - 1]
        )
        assert len(found) == min(-(-hours // every_h), 56)


@given(st.lists(st.integers(1, 400), unique=True))
def test_there_are_never_too_many_records_and_some_if_there_are_any(hours):
    found = live_verification.records_to_verify([at(h) for h in hours], LATEST)
    assert len(found) <= live_verification.MAX_SNAPSHOTS
    assert bool(found) == any(h <= 336 for h in hours)
    assert found == sorted(found, key=lambda r: r.issued_at, reverse=True)


@pytest.mark.parametrize("other", [{"model": "another"}, {"source": "files"}, {"replay": False}])
def test_only_snapshots_of_the_same_kind_count(other):
    assert live_verification.records_to_verify([at(5, **other), at(6)], LATEST) == [at(6)]


def test_the_latest_published_per_issue_time_counts():
    old, new = at(5), at(5, version="f" * 64)
    assert live_verification.records_to_verify([new, old], LATEST) == [new]


def test_later_issue_times_of_an_earlier_replay_round_are_left_out():
    assert live_verification.records_to_verify(
        [at(0), at(-5), at(14 * 24), at(14 * 24 + 1)], LATEST
    ) == [at(14 * 24)]


def hourly(hours: int, **fields: object) -> list[SnapshotRecord]:
    return [at(h, **fields) for h in range(1, hours + 1)]


@pytest.mark.parametrize(
    ("stations", "fields", "every_h"),
    [(1, {}, 1), (10, {}, 1), (11, {}, 6), (1, {"is_sharded": True}, 6)],
)
def test_a_ledger_keeps_every_hour_and_of_many_stations_the_first_of_every_six(
    stations, fields, every_h
):
    period = timedelta(days=9)
    kept = live_verification.records_of_ledger(hourly(300, **fields), LATEST, period, stations)
    assert kept == [at(h, **fields) for h in range(every_h, 9 * 24 + 1, every_h)]
