"""Quality control of guidance: on made-up models whose errors are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wearcast.artifacts import read_json
from wearcast.weather import guidance
from wearcast.weather.guidance_ages import age_days, by_model
from wearcast.weather.guidance_bias import bias_by_hour, day_old, error_by_age
from wearcast.weather.guidance_quality import (
    as_table,
    control_guidance,
    for_json,
    write_controlled,
)
from wearcast.weather.guidance_values import control_values
from wearcast.weather.observations import conform

Frame = pd.DataFrame
START, DAYS = pd.Timestamp("2024-01-01T00Z"), 220
HOURS = pd.date_range(START, periods=24 * DAYS, freq="h")
HOUR = pd.Timedelta(hours=1)


def truth() -> Frame:
    """A station's observations: a year's and a day's wave, and days that differ."""
    chance = np.random.default_rng(4)
    days = chance.normal(0, 3, DAYS).repeat(24)
    day_of_year = HOURS.day_of_year.to_numpy()
    seasons = -10 * np.cos(2 * np.pi * day_of_year / 365)
    temps = 12 + seasons + 4 * np.sin(2 * np.pi * HOURS.hour.to_numpy() / 24) + days
    rain = chance.gamma(0.3, 1.0, len(HOURS)) * (chance.random(len(HOURS)) < 0.1)
    return conform(
        pd.DataFrame(
            {
                "station": "here",
                "valid_at": HOURS,
                "temp_c": temps,
                "rh_pct": 70.0,
                "wind_ms": 3 + chance.random(len(HOURS)),
                "gust_ms": 6 + chance.random(len(HOURS)),
                "precip_mm": rain,
            }
        )
    )


def model(name: str, observed: Frame, seed: int, ages: tuple[int, ...] = (1, 2, 3)) -> Frame:
    """A model that is half a degree too warm, with an error of every day."""
    chance = np.random.default_rng(seed)
    parts = []
    for age in ages:
        issued = HOURS - pd.Timedelta(days=age)
        errors = chance.normal(0.5, 0.7, DAYS).repeat(24)
        columns = {
            "station": "here",
            "source": "made up",
            "model": name,
            "issued_from": issued,
            "issued_until": issued,
            "available_at": issued + 6 * HOUR,
            "valid_at": HOURS,
            "temp_c": observed["temp_c"].to_numpy() + errors,
            "rh_pct": 72.0,
            "wind_ms": observed["wind_ms"].to_numpy() * 1.2,
            "gust_ms": observed["gust_ms"].to_numpy() * 1.1,
            "precip_mm": observed["precip_mm"].to_numpy(),
        }
        parts.append(pd.DataFrame(columns))
    return guidance.concatenate(parts)


@pytest.fixture(scope="module")
def observed() -> Frame:
    return truth()


@pytest.fixture(scope="module")
def sound(observed: Frame) -> Frame:
    return guidance.concatenate([model(name, observed, n) for n, name in enumerate("abc")])


@pytest.fixture
def changed(sound: Frame) -> Callable[..., Frame]:
    """The models, with one of them changed from a day on."""

    def change(name: str, day: str, column: str, how: Callable[[Any], Any]) -> Frame:
        frame = sound.copy()
        where = (frame["model"] == name) & (frame["valid_at"] >= pd.Timestamp(day, tz="UTC"))
        frame.loc[where, column] = how(frame.loc[where, column])
        return frame

    return change


def one(**values: Any) -> Frame:
    """A single forecast."""
    times = {
        "issued_from": START,
        "issued_until": START,
        "available_at": START + 6 * HOUR,
        "valid_at": START + 24 * HOUR,
    }
    labels = {"station": "here", "source": "made up", "model": "a"}
    return guidance.conform(pd.DataFrame([{**labels, **times, **values}]))


@pytest.mark.parametrize(
    ("ahead_h", "age"), [(1, 0), (17, 0), (18, 1), (41, 1), (42, 2), (162, 7), (300, 7)]
)
def test_the_age_is_the_days_that_a_forecast_could_be_had_ahead(ahead_h: int, age: int) -> None:
    frame = one(available_at=START, valid_at=START + ahead_h * HOUR)
    assert age_days(frame).tolist() == [age]


@pytest.mark.parametrize(
    ("column", "given", "kept", "kind"),
    [
        ("rh_pct", 104.9, 100.0, "rounded"),
        ("rh_pct", 107.0, np.nan, "impossible"),
        ("cloud_pct", -1.0, 0.0, "rounded"),
        ("cloud_pct", 130.0, np.nan, "impossible"),
        ("gust_ms", 358.0, np.nan, "impossible"),
        ("temp_c", 61.0, np.nan, "impossible"),
        ("rain_chance_pct", 101.0, np.nan, "impossible"),
    ],
)
def test_what_is_a_little_outside_is_rounded_and_the_rest_removed(
    column: str, given: float, kept: float, kind: str
) -> None:
    controlled, marks = control_values(one(**{column: given}))
    np.testing.assert_equal(controlled[column].to_numpy(), [kept])
    assert marks[kind][column].tolist() == [True]
    guidance.validate(controlled)


def test_a_gust_beside_a_breeze_is_no_gale() -> None:
    calm, _ = control_values(one(wind_ms=3.0, gust_ms=36.0))
    storm, _ = control_values(one(wind_ms=20.0, gust_ms=36.0))
    assert (calm["gust_ms"].isna().all(), storm["gust_ms"].tolist()) == (True, [36.0])


def test_dew_point_and_humidity_follow_from_each_other() -> None:
    from_rh, marks = control_values(one(temp_c=25.0, rh_pct=60.0))
    from_dewpoint, _ = control_values(one(temp_c=25.0, dewpoint_c=16.7))
    assert from_rh["dewpoint_c"].tolist() == [16.7]
    assert from_dewpoint["rh_pct"].tolist() == pytest.approx([60.0], abs=0.2)
    assert marks["derived"].sum().sum() == 1


def test_a_dew_point_above_the_temperature_comes_from_the_humidity() -> None:
    controlled, marks = control_values(one(temp_c=25.0, rh_pct=60.0, dewpoint_c=28.0))
    assert controlled["dewpoint_c"].tolist() == [16.7]
    assert marks["impossible"]["dewpoint_c"].tolist() == [True]


def test_sound_models_stay_as_they_are_and_their_bias_is_told(
    sound: Frame, observed: Frame
) -> None:
    controlled, report = control_guidance(sound, observed, ["here"])
    found = report["here"]
    assert (found["left_out"], found["removed"]) == ({}, [])
    pd.testing.assert_series_equal(controlled["temp_c"], sound["temp_c"])
    temps = found["models"]["a"]["variables"]["temp_c"]
    assert list(temps["bias_by_age"]) == ["1", "2", "3"]
    assert temps["bias_by_age"]["1"] == pytest.approx(0.5, abs=0.15)
    assert temps["bias_by_month"]["2024-03"] == pytest.approx(0.5, abs=0.3)
    assert temps["steps"] == []
    assert "pressure_hpa" in found["models"]["a"]["never_reported"]
    rows = by_model(sound).loc[("here", "a")]
    assert rows[["youngest_d", "oldest_d", "rows"]].tolist() == [1, 3, 3 * len(HOURS)]


@pytest.mark.parametrize("step_c", [1.5, -1.5])
def test_a_step_long_ago_is_told_and_the_model_stays(
    changed: Callable[..., Frame], observed: Frame, step_c: float
) -> None:
    frame = changed("b", "2024-04-01", "temp_c", lambda temps: temps + step_c)
    controlled, report = control_guidance(frame, observed, ["here"])
    models = report["here"]["models"]
    (step,) = models["b"]["variables"]["temp_c"]["steps"]
    assert abs(pd.Timestamp(step["day"]) - pd.Timestamp("2024-04-01")) <= pd.Timedelta(days=5)
    assert step["size"] == pytest.approx(step_c, abs=0.4)
    assert all(not models[name]["variables"]["temp_c"]["steps"] for name in "ac")
    assert report["here"]["left_out"] == {}
    assert len(controlled) == len(frame)


def test_a_model_that_has_just_jumped_is_left_out(
    changed: Callable[..., Frame], observed: Frame
) -> None:
    frame = changed("b", "2024-07-18", "temp_c", lambda temps: temps + 3.0)
    controlled, report = control_guidance(frame, observed, ["here"])
    fault = report["here"]["left_out"]["b"]
    assert fault["reason"].startswith("its temperature jumped by +")
    since = pd.Timestamp(fault["since"], tz="UTC")
    assert abs(since - pd.Timestamp("2024-07-18", tz="UTC")) <= pd.Timedelta(days=10)
    is_after = controlled["valid_at"] >= since
    assert set(controlled.loc[is_after, "model"]) == {"a", "c"}
    # What was before is as good as ever.
    assert set(controlled.loc[~is_after, "model"]) == {"a", "b", "c"}
    # The others, of which the median moves with it, are not.
    assert list(report["here"]["left_out"]) == ["b"]


def test_gusts_that_have_just_halved_are_removed_and_the_rest_of_the_model_stays(
    changed: Callable[..., Frame], observed: Frame
) -> None:
    frame = changed("c", "2024-07-18", "gust_ms", lambda gusts: gusts / 2)
    controlled, report = control_guidance(frame, observed, ["here"])
    (removed,) = report["here"]["removed"]
    assert (removed["model"], removed["variable"], removed["ages"]) == ("c", "gust_ms", [])
    assert removed["reason"].startswith("it jumped to 0.5")
    of_c = controlled[controlled["model"] == "c"]
    is_after = of_c["valid_at"] >= pd.Timestamp(removed["since"], tz="UTC")
    assert of_c.loc[is_after, "gust_ms"].isna().all()
    assert of_c.loc[~is_after, "gust_ms"].notna().any()
    assert of_c["wind_ms"].notna().all()


def test_with_one_model_a_step_is_seen_against_the_observations_alone(observed: Frame) -> None:
    alone = model("a", observed, 0)
    late = alone["valid_at"] >= pd.Timestamp("2024-04-01T00Z")
    alone.loc[late, "temp_c"] += 3.0
    _, report = control_guidance(alone, observed, ["here"])
    (step,) = report["here"]["models"]["a"]["variables"]["temp_c"]["steps"]
    assert step["size"] == pytest.approx(3.0, abs=0.5)


def test_a_model_gone_null_overnight_is_left_out(
    changed: Callable[..., Frame], observed: Frame
) -> None:
    frame = changed("a", "2024-08-04T12", "temp_c", lambda temps: temps * np.nan)
    controlled, report = control_guidance(frame, observed, ["here"])
    assert report["here"]["left_out"] == {
        "a": {"reason": "it has stopped: nothing after 2024-08-04T11Z", "since": "2024-08-05"}
    }
    is_after = controlled["valid_at"] >= pd.Timestamp("2024-08-05", tz="UTC")
    assert set(controlled.loc[is_after, "model"]) == {"b", "c"}
    variables = report["here"]["models"]["a"]["variables"]
    assert variables["temp_c"]["silent_since"] == "2024-08-04T11Z"
    assert variables["wind_ms"]["silent_since"] is None


def test_models_that_end_together_have_not_stopped(sound: Frame, observed: Frame) -> None:
    ended = sound[sound["valid_at"] < pd.Timestamp("2024-07-20T00Z")]
    _, report = control_guidance(ended, observed, ["here"])
    assert report["here"]["left_out"] == {}


def test_an_age_whose_mean_is_not_alike_is_removed_and_the_others_stay(
    sound: Frame, observed: Frame
) -> None:
    frame = sound.copy()
    third_day = (frame["model"] == "a") & (age_days(frame) == 3)
    frame.loc[third_day, "precip_mm"] *= 0.5
    # The newest runs know more ages, of a few hours.
    newest = frame[frame["model"] == "a"].tail(48).assign(available_at=HOURS[-1] - 170 * HOUR)
    newest = newest.assign(issued_from=newest["available_at"], issued_until=newest["available_at"])
    frame = guidance.concatenate([frame, newest.drop_duplicates(guidance.KEY)])
    controlled, report = control_guidance(frame, observed, ["here"])
    assert report["here"]["removed"] == [
        {
            "model": "a",
            "variable": "precip_mm",
            "ages": [3],
            "reason": "its mean is not that of the other ages: times 0.5",
            "since": "",
        }
    ]
    is_known = controlled["precip_mm"].notna()
    lost = controlled[~is_known]
    assert set(zip(lost["model"], age_days(lost), strict=True)) == {("a", 3)}
    assert controlled["temp_c"].notna().all()


def test_a_station_with_newest_runs_only_has_no_figures_and_all_its_models(
    observed: Frame,
) -> None:
    ahead = model("a", observed, 0).tail(72)
    before = observed[observed["valid_at"] < ahead["valid_at"].min()]
    controlled, report = control_guidance(ahead, before, ["here", "elsewhere"])
    assert len(controlled) == 72
    assert list(report) == ["here"]
    assert report["here"]["left_out"] == {}
    assert report["here"]["models"]["a"]["variables"]["temp_c"]["bias_by_age"] == {}


def test_the_report_is_a_table_and_plain_json(
    tmp_path: Path, sound: Frame, observed: Frame
) -> None:
    controlled, report = control_guidance(sound, observed, ["here"])
    table = as_table(report)
    assert table.loc[("here", "a", "temp_c"), "missing"] == 0
    assert list(for_json(report)) == ["guidance"]
    assert for_json({}) == {}
    write_controlled(tmp_path, controlled, {"source": "made up"})
    assert read_json(tmp_path / "guidance.json") == {"source": "made up"}
    pd.testing.assert_frame_equal(
        guidance.validate(guidance.read_parquet(tmp_path / "guidance.parquet")), controlled
    )
    write_controlled(tmp_path, None, None)
    assert list(tmp_path.iterdir()) == []


def test_the_bias_by_hour_and_by_age_is_what_was_put_in(observed: Frame) -> None:
    frame = model("a", observed, 0)
    evenings = frame["valid_at"].dt.hour == 18
    frame.loc[evenings, "temp_c"] += 4.0
    came = observed.set_index("valid_at")["temp_c"]
    said = day_old(frame, "here", "temp_c", came.index)
    bias = bias_by_hour(said, came, pd.Timestamp("2024-01-01", tz="Asia/Seoul").tz)
    assert bias["a"].idxmax() == 3
    assert bias["a"].max() - bias["a"].drop(3).mean() == pytest.approx(4.0, abs=0.01)
    table = error_by_age(frame, observed, "temp_c")
    assert table["bias"].columns.tolist() == [1, 2, 3]
    assert table.loc[("here", "a"), ("bias", 1)] == pytest.approx(0.5 + 4 / 24, abs=0.15)
