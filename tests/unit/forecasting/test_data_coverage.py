"""Training hours that leave out a part of the year or of the day: refused, or of other variables
than temperature, not forecast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import TINY, records, weather, with_values
from wearcast.config import read_groups
from wearcast.errors import ModelError
from wearcast.forecasting import model_assembly
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.data_coverage import longest_bridged, uncovered
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Split
from wearcast.forecasting.window_dataset import build_dataset

YEAR = np.datetime64("2013-01-01T00", "h") + np.arange(24 * 365)
WHOLE = Split(train=((YEAR[0], YEAR[-1] + 1),), validation=(), test=())


def known_in(hours: np.ndarray) -> np.ndarray:
    """A variable of the year that is known in the hours given alone."""
    return np.where(hours, 1.0, np.nan)


def without(first: str, stop: str) -> np.ndarray:
    return (np.datetime64(first) > YEAR) | (np.datetime64(stop) <= YEAR)


def test_half_a_year_beside_whole_ones_is_refused_with_the_part_that_is_missing():
    whole = History("AAA", YEAR, weather(YEAR, 0))
    half = History("BBB", YEAR, {**weather(YEAR, 1)})
    half = with_values(
        half, temp_c=np.where(without("2013-07-02", "2013-12-30"), half.column("temp_c"), np.nan)
    )
    with pytest.raises(
        ModelError,
        match=r"BBB has no temp_c in the training hours from 2 Jul to 29 Dec \(181 days\)",
    ) as refusal:
        model_assembly.fit_standardization(records(whole, half, split=WHOLE), TINY)
    assert "train.annual_harmonics = 1 bridges 90 days at most." in str(refusal.value)
    assert (
        "Fetch more (an earlier ingest.start), choose another split (preprocess), set"
        " train.annual_harmonics to auto, or leave out the station." in str(refusal.value)
    )


def test_so_are_temperatures_that_leave_out_hours_of_the_day():
    at_night = np.isin(YEAR.astype(int) % 24, range(3, 10))
    given = History("AAA", YEAR, weather(YEAR, 0))
    partly = with_values(given, temp_c=np.where(at_night, np.nan, given.column("temp_c")))
    with pytest.raises(
        ModelError,
        match=r"AAA has no temp_c in the training hours from 03 h to 09 h UTC \(7 hours\)",
    ):
        model_assembly.fit_standardization(records(partly, split=WHOLE), TINY)


def test_another_variable_that_leaves_out_hours_is_listed_and_not_forecast():
    """As clouds that nobody observes by night: the station stays, and its nights get no made-up
    clouds."""
    at_night = np.isin(YEAR.astype(int) % 24, range(3, 10))
    given = History("AAA", YEAR, weather(YEAR, 0))
    partly = with_values(given, cloud_pct=np.where(at_night, np.nan, given.column("cloud_pct")))
    standardization = model_assembly.fit_standardization(records(partly, split=WHOLE), TINY)
    never = model_assembly.fit_standardization(
        records(with_values(given, cloud_pct=np.full(len(YEAR), np.nan)), split=WHOLE), TINY
    )
    assert "cloud_pct" not in standardization.climatologies["AAA"].reported
    assert standardization.climatologies["AAA"].to_json() == never.climatologies["AAA"].to_json()
    clouds = CHANNELS.index("cloud_pct")
    assert not standardization.series(partly).observed[:, clouds].any()
    assert not standardization.series(partly).anomalies[:, clouds].any()
    [said] = model_assembly.uncovered_variables(records(partly, split=WHOLE), TINY)
    assert said.startswith(
        "AAA has no cloud_pct in the training hours from 03 h to 09 h UTC (7 hours)"
    )
    assert said.endswith("It is not forecast there.")
    assert model_assembly.uncovered_variables(records(given, split=WHOLE), TINY) == []


def test_rain_that_leaves_out_a_season_teaches_nothing():
    """It has no climatology there, against which its chance is learnt and judged."""
    given = History("AAA", YEAR, weather(YEAR, 0))
    half = with_values(
        given,
        precip_mm=np.where(without("2013-06-01", "2013-12-30"), given.column("precip_mm"), np.nan),
    )
    for history, taught in ((given, True), (half, False)):
        standardization = model_assembly.fit_standardization(records(history, split=WHOLE), TINY)
        assert ("log_rain" in standardization.climatologies["AAA"].reported) == taught
        wet = build_dataset([history], standardization, WHOLE, "train").wet
        assert np.isfinite(wet).any() == taught


def test_a_few_reports_a_day_cover_the_year_where_the_harmonics_of_the_day_are_few():
    six_hourly = known_in(YEAR.astype(int) % 6 == 0)
    assert uncovered(YEAR, six_hourly, 1, 1) is None
    assert uncovered(YEAR, six_hourly, 1, 3).length == "5 hours"


@given(first=st.integers(0, 364), annual=st.integers(1, 4))
def test_a_gap_is_found_wherever_it_lies_in_the_year_and_only_if_it_is_too_long(first, annual):
    bridged = longest_bridged(365, annual)
    day = np.arange(24 * 365) // 24
    for length, refused in ((bridged, False), (bridged + 1, True)):
        gap = uncovered(YEAR, known_in((day - first) % 365 >= length), annual, 3)
        assert (gap is not None) == refused
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    date = (YEAR[0].astype("datetime64[D]") + first).item()
    assert gap.first == f"{date.day} {month[date.month - 1]}"


def test_another_year_fills_the_gap_and_a_stray_report_does_not():
    two = np.concatenate([YEAR, YEAR + 24 * 365])
    halves = np.concatenate(
        [without("2013-07-02", "2013-12-30"), ~without("2013-07-02", "2013-12-30")]
    )
    assert uncovered(two, known_in(halves), 1, 3) is None
    stray = without("2013-07-02", "2013-12-30") | (np.datetime64("2013-10-01T12") == YEAR)
    assert uncovered(YEAR, known_in(stray), 1, 3).length == "181 days"


@pytest.mark.parametrize(
    ("step_h", "diurnal", "accepted"),
    [(1, 6, True), (3, 3, True), (3, 6, False), (6, 3, False), (24, 1, False)],
)
def test_reports_every_few_hours_are_enough_where_the_harmonics_are_few(step_h, diurnal, accepted):
    gap = uncovered(YEAR, known_in(YEAR.astype(int) % step_h == 0), 1, diurnal)
    assert (gap is None) == accepted


@pytest.mark.parametrize("annual", [1, 2, 3, 4])
def test_within_the_longest_gap_accepted_the_climatology_is_no_more_than_a_few_degrees_off(annual):
    year = 2 * np.pi * np.arange(24 * 365) / (24 * 365)
    climatology = 12 - 10 * np.cos(year) - 4 * np.cos(365 * year)
    noise = np.repeat(np.random.default_rng(annual).normal(0, 4, 365 // 3 + 1), 72)[: len(YEAR)]

    def error(gap_d: int) -> float:
        missing = np.zeros(len(YEAR), dtype=bool)
        missing[24 * 60 : 24 * (60 + gap_d)] = True
        fitted = Climatology.fit(YEAR, np.where(missing, np.nan, climatology + noise), annual, 3)
        return float(np.sqrt(np.mean((fitted.at(YEAR) - climatology)[missing] ** 2)))

    assert error(longest_bridged(365, annual)) < 4


def test_the_sample_and_its_split_pass_with_up_to_four_harmonics(repository):
    """The blocks held out leave gaps of seven weeks."""
    blocks = read_groups(repository / "params.yaml")["preprocess"]["blocks"]
    day = np.arange(24 * 365) // 24
    trains = (
        day % blocks["cycle_d"] < blocks["cycle_d"] - blocks["validation_d"] - blocks["test_d"] - 21
    )
    for annual in (1, 2, 3, 4):
        assert uncovered(YEAR, known_in(trains), annual, 3) is None
