"""Numerical models are scored on the hours and issue times of our own forecasts, by the newest run
that could be had then."""

from pathlib import Path

import numpy as np
import pytest

from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.serving.refresh.guidance_days import GuidanceDays
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.realised_guidance import daily_sums
from wearcast.serving.refresh.realised_scores import KEPT_LEVELS, PastForecasts

HORIZON_H = 48
FIRST = np.datetime64("2013-03-10T00", "h")
DAYS = np.arange(np.datetime64("2013-03-10"), np.datetime64("2013-03-14"))
RANGES = ("1-6", "7-24", "25-48")


def observed(hours: int = 96) -> History:
    rng = np.random.default_rng(1)
    valid_at = FIRST + np.arange(hours)
    return History("AAA", valid_at, {"temp_c": rng.normal(10, 5, hours)})


def ours(*after_h: int) -> KeptForecasts:
    """Forecasts of 10 °C, issued so many hours after `FIRST`."""
    count = len(after_h)
    quantiles = np.full((count, len(TARGETS), HORIZON_H, len(KEPT_LEVELS)), 10.0)
    return KeptForecasts(
        stations=np.array(["AAA"] * count),
        issued_at=FIRST + np.array(after_h),
        quantiles=quantiles.astype(np.float32),
        rain_chance=np.zeros((count, HORIZON_H), np.float32),
        last=np.zeros((count, len(TARGETS) + 1), np.float32),
    )


def past(kept: KeptForecasts) -> PastForecasts:
    return PastForecasts(kept.issued_at, kept.quantiles, kept.rain_chance, kept.last)


def archived(hours: int = 96, seed: int = 2) -> GuidanceRecord:
    """A model of which each hour has the run that could be had 18 hours before, and the one that
    could 42 before."""
    rng = np.random.default_rng(seed)
    record = GuidanceRecord.empty(
        ("m",), FIRST + np.arange(hours), 2, np.zeros((1, 2), "datetime64[m]"), "open_meteo"
    )
    record.ages_h[0] = np.array([[18.0], [42.0]])
    record.values[0, ..., VARIABLES.index("temp_c")] = rng.normal(10, 5, (2, hours))
    return record


def by_hand(record: GuidanceRecord, history: History, after_h: tuple[int, ...]) -> np.ndarray:
    """The same sums, pair by pair."""
    sums = np.zeros((len(DAYS), len(RANGES), 3))
    for issued in after_h:
        for lead in range(1, HORIZON_H + 1):
            hour = issued + lead
            slot = {True: 0, False: 1}[lead <= 18]
            age = (18, 42)[slot]
            if hour >= len(history) or not lead <= age <= lead + 12:
                continue
            came = history.column("temp_c")[hour]
            said = float(record.values[0, slot, hour, 0])
            of = [first <= lead <= last for first, last in ((1, 6), (7, 24), (25, 48))].index(True)
            sums[hour // 24, of] += 1, abs(said - came), abs(10 - came)
    return sums


def test_a_pair_is_of_the_newest_run_that_could_be_had():
    issued = (0, 7, 30)
    record, history = archived(), observed()
    found = daily_sums(past(ours(*issued)), history, record, DAYS)
    np.testing.assert_allclose(found["m"], by_hand(record, history, issued), rtol=1e-5)
    # Up to five hours ahead the archive's newest run is too old: six is left, of two of them.
    assert found["m"][0, 0, 0] == 2


def test_hours_that_nobody_measured_or_the_model_left_out_do_not_count():
    record, history = archived(), observed()
    history.column("temp_c")[:24] = np.nan
    record.values[0, :, 24:48] = np.nan
    found = daily_sums(past(ours(0)), history, record, DAYS)
    assert found["m"].sum() == 0


@pytest.fixture
def days(tmp_path: Path) -> GuidanceDays:
    return GuidanceDays(tmp_path, kept_d=14, horizon_h=HORIZON_H)


def test_kept_days_are_told_when_the_archive_has_forgotten_them(days):
    first = days.update([ours(0)], {"AAA": observed()}, {"AAA": archived()}, DAYS, True)
    assert first["AAA"]["m"]["7-24"]["pairs"] == 12
    assert set(first["AAA"]["m"]["7-24"]) == {"pairs", "mae", "our_mae"}
    assert days.update([ours(0)], {"AAA": observed()}, {}, DAYS, True) == first


def test_before_there_are_forecasts_there_is_nothing_to_score(days):
    found = days.update([], {"AAA": observed()}, {"AAA": archived()}, DAYS, True)
    assert found == {"AAA": {}}


def test_a_day_made_anew_counts_once(days):
    arguments = ([ours(0)], {"AAA": observed()}, {"AAA": archived()}, DAYS, True)
    assert days.update(*arguments) == days.update(*arguments)


def test_nothing_is_written_while_forecasts_are_still_to_be_read(days):
    days.update([ours(0)], {"AAA": observed()}, {"AAA": archived()}, DAYS, False)
    assert list(days.folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"AAA": {"m": [[1, 2]]}}', b'{"AAA": 3}'])
def test_a_broken_file_is_dropped(days, content, caplog):
    arguments = ([ours(0)], {"AAA": observed()}, {"AAA": archived()}, DAYS, True)
    first = days.update(*arguments)
    for path in days.folder.iterdir():
        path.write_bytes(content)
    assert days.update(*arguments) == first
    assert "is dropped" in caplog.text


def test_days_that_are_over_for_long_or_to_come_again_are_deleted(days):
    days.update([ours(0)], {"AAA": observed()}, {"AAA": archived()}, DAYS, True)
    later = np.array([np.datetime64("2013-04-10")])
    assert days.update([ours(0)], {"AAA": observed()}, {}, later, True) == {"AAA": {}}
    assert list(days.folder.iterdir()) == []
