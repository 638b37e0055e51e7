"""A value is used at an issue time if it could be had by then, and not before."""

from dataclasses import replace

import numpy as np
import pytest

from unit.forecasting.synthetic import two_stations
from unit.forecasting.synthetic_guidance import AGES_D, DELAY_H, MODELS, guidance_of
from wearcast.errors import ModelError
from wearcast.forecasting.guidance_record import STALE_H, VARIABLES, GuidanceRecord

T0 = np.datetime64("2024-03-01T00", "h")


def rows(*given: tuple[int, int, float, float]) -> GuidanceRecord:
    """Rows of (model, hour, age in hours, temperature)."""
    model, hour, age_h, temp_c = (np.array(column) for column in zip(*given, strict=True))
    nothing = np.full(len(hour), np.nan)
    values = {name: nothing for name in (*VARIABLES[1:-1], "precip_mm")}
    valid_at = T0 + hour
    issued_at = valid_at - age_h.astype("timedelta64[h]")
    return GuidanceRecord.of_rows(
        ("one", "two"),
        model,
        valid_at,
        age_h.astype(float),
        {**values, "temp_c": temp_c},
        issued=np.stack([issued_at, issued_at], axis=1),
        source="made_up",
    )


def temps(record: GuidanceRecord, lead_h: float) -> list[list[float]]:
    return record.known_before(lead_h)[..., 0].tolist()


def test_the_newest_that_could_be_had_in_time_is_taken():
    record = rows((0, 0, 42.0, 2.0), (0, 0, 18.0, 1.0), (0, 0, 66.0, 3.0))
    assert temps(record, 1)[0] == [1.0]
    assert temps(record, 18)[0] == [1.0]
    assert temps(record, 19)[0] == [2.0]
    assert temps(record, 66)[0] == [3.0]
    assert np.isnan(temps(record, 67)[0][0])


def test_one_that_is_older_than_usual_by_a_day_is_not():
    record = rows((0, 0, 60.0, 1.0))
    assert temps(record, 60 - STALE_H + 1)[0] == [1.0]
    assert np.isnan(temps(record, 60 - STALE_H)[0][0])


@pytest.mark.parametrize(("lead_h", "age_d"), [(1, 1), (18, 1), (19, 2), (42, 2), (43, 3), (66, 3)])
def test_the_age_in_days_covers_the_lead_and_the_delay(lead_h, age_d):
    record = two_stations().histories["AAA"]
    found = guidance_of(record).known_before(lead_h)[0, :, 0]
    said = guidance_of(record).values[0, AGES_D.index(age_d), :, 0]
    assert 24 * age_d >= lead_h + DELAY_H
    np.testing.assert_array_equal(found, said)


def test_models_and_hours_stay_apart():
    record = rows((0, 0, 18.0, 1.0), (1, 0, 18.0, 2.0), (1, 3, 18.0, 4.0))
    assert len(record) == 4
    known = np.array(temps(record, 6))
    np.testing.assert_array_equal(known[:, 0], [1.0, 2.0])
    assert np.isnan(known[:, 1:3]).all()
    assert np.isnan(known[0, 3])
    assert known[1, 3] == 4.0


def test_a_model_it_lacks_says_nothing():
    record = guidance_of(two_stations().histories["AAA"]).only(("two", "three"))
    known = record.known_before(1)
    assert np.isfinite(known[0, :, 0]).any()
    assert np.isnan(known[1]).all()
    assert record.models == ("two", "three")


@pytest.mark.parametrize("age_h", [0.0, -6.0])
def test_what_could_be_had_only_at_its_own_hour_is_refused(age_h):
    with pytest.raises(ModelError, match=r"2024-03-01T05 UTC could be had only at that hour"):
        rows((0, 0, 18.0, 1.0), (0, 5, age_h, 2.0))


def test_hidden_hours_say_nothing():
    record = guidance_of(two_stations().histories["AAA"])
    shown = np.arange(len(record)) < 100
    hidden = record.visible(shown)
    assert np.isnan(hidden.known_before(1)[:, 100:]).all()
    np.testing.assert_array_equal(hidden.known_before(1)[:, :100], record.known_before(1)[:, :100])


def test_what_later_runs_say_changes_nothing_that_could_be_had_before():
    """Every value that could be had only after an issue time may be anything."""
    record = guidance_of(two_stations().histories["AAA"])
    at = 2000
    leads = np.arange(1, 49)
    ahead = at + leads
    poisoned = record.values.copy()
    for row, lead in zip(ahead, leads, strict=True):
        for model in range(len(MODELS)):
            too_late = record.ages_h[model, :, row] < lead
            poisoned[model, too_late, row] = 99.0
    before = record.known_at(ahead[None], leads)
    after = replace(record, values=poisoned).known_at(ahead[None], leads)
    np.testing.assert_array_equal(before, after)
    assert (poisoned == 99.0).any()


def test_a_forecast_made_later_uses_what_came_in_between():
    """Observations end at 10 h; a run that could be had at 12 h is used for the hours after 10 h,
    and one of the hours before still is what it was."""
    record = rows((0, 9, 18.0, 1.0), (0, 15, 27.0, 2.0), (0, 15, 3.0, 3.0))
    issued_at = T0 + 10
    hours = np.array([[15]])
    assert record.known_at(hours - 9, np.array([5]))[0, 0, 0, 0] == 2.0
    later = record.made_later(issued_at)
    assert later.known_at(hours - 9, np.array([5]))[0, 0, 0, 0] == 3.0
    np.testing.assert_array_equal(later.ages_h[:, :, 0], record.ages_h[:, :, 0])
