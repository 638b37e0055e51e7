"""A short record's climatology: its own where the record tells it, its neighbours' elsewhere."""

import numpy as np
import pytest

from unit.forecasting.synthetic import START, history, with_values
from wearcast.forecasting import place_climatology
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.history import History
from wearcast.forecasting.station_climatology import StationClimatology

TEMP = CHANNELS.index("temp_c")
YEAR = np.datetime64("2013-01-01T00", "h") + np.arange(365 * 24)


def fit(known: History, neighbours: StationClimatology | None = None, **options):
    return place_climatology.fit(known, 0.6, 2, 2, neighbours, **options)


@pytest.fixture(scope="module")
def neighbours() -> StationClimatology:
    return fit(history(days=1100, seed=3))


def part(days: int, warmer_c: float = 0.0) -> History:
    known = history(days=days, seed=4)
    return with_values(known, temp_c=known.column("temp_c") + warmer_c)


def error_c(found: StationClimatology, warmer_c: float = 0.0) -> float:
    """From what the made-up weather is around."""
    hours = YEAR.astype(np.int64)
    season = -10 * np.cos(2 * np.pi * hours / (365.25 * 24))
    usual = 12 + season - 4 * np.cos(2 * np.pi * (hours - 9) / 24) + warmer_c
    return float(np.abs(found.at(YEAR)[:, TEMP] - usual).mean())


def test_half_a_year_alone_says_nothing_of_the_other_half(neighbours):
    half = part(185)
    assert error_c(fit(half)) > 3 * error_c(fit(half, neighbours))
    assert error_c(fit(half, neighbours)) < 1.0


def test_what_a_long_record_says_counts_more_than_the_neighbours(neighbours):
    warmer_c = 6.0
    errors = [error_c(fit(part(days, warmer_c), neighbours), warmer_c) for days in (30, 185, 1100)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.6


def test_where_nothing_is_known_the_neighbours_alone_are(neighbours):
    known = part(185)
    nothing = with_values(known, temp_c=np.full(len(known), np.nan))
    found = fit(with_values(nothing, temp_c=np.where(np.arange(len(known)) < 1, 12.0, np.nan)))
    assert np.isfinite(found.at(YEAR)).all()
    few = with_values(
        known, temp_c=np.where(np.arange(len(known)) < 3, known.column("temp_c"), np.nan)
    )
    near = fit(few, neighbours)
    np.testing.assert_allclose(near.at(YEAR)[:, TEMP], neighbours.at(YEAR)[:, TEMP], atol=0.7)
    assert near.scale[TEMP] == pytest.approx(neighbours.scale[TEMP], rel=0.01)


def test_a_hidden_channel_is_not_reported(neighbours):
    found = fit(part(185), neighbours, hidden=("cloud_pct",))
    assert "cloud_pct" not in found.reported
    assert "temp_c" in found.reported


def test_what_several_have_in_common_is_between_them(neighbours):
    other = fit(with_values(history(days=1100, seed=8), cloud_pct=np.full(24 * 1100, np.nan)))
    together = place_climatology.in_common([neighbours, other], np.array([0.75, 0.25]))
    assert "cloud_pct" not in together.reported
    expected = 0.75 * neighbours.at(YEAR) + 0.25 * other.at(YEAR)
    np.testing.assert_allclose(together.at(YEAR)[:, TEMP], expected[:, TEMP])
    np.testing.assert_allclose(
        together.scale, 0.75 * neighbours.scale + 0.25 * other.scale, rtol=1e-9
    )


def test_the_start_of_the_record_does_not_matter(neighbours):
    later = history(days=185, seed=4, start=START + 24 * 120)
    assert error_c(fit(later, neighbours)) < 1.0
