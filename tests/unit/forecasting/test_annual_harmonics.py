"""How many harmonics of the year a climatology has, where the record decides."""

import numpy as np
import pytest

from unit.forecasting.synthetic import BLOCKS, TINY, records, with_values
from wearcast.config import Blocks
from wearcast.forecasting import model_assembly
from wearcast.forecasting.annual_harmonics import annual_harmonics
from wearcast.forecasting.history import History
from wearcast.forecasting.record_years import days_with_temperatures
from wearcast.forecasting.split import Split, plan

AUTO = TINY.model_copy(update={"annual_harmonics": "auto"})
FIRST = np.datetime64("2015-01-01T00", "h")
SCHEME = BLOCKS.model_copy(
    update={"scheme": "auto", "blocks": Blocks(cycle_d=91, validation_d=14, test_d=14)}
)


def station(days: int, name: str = "AAA") -> History:
    """Temperatures alone, as regular as can be."""
    valid_at = FIRST + np.arange(24 * days)
    hours = valid_at.astype(np.int64)
    year = 10 * np.cos(2 * np.pi * hours / (365.25 * 24))
    return History(name, valid_at, {"temp_c": year + np.cos(2 * np.pi * hours / 24)})


def split_of(*histories: History) -> Split:
    days = [days_with_temperatures(h.valid_at, h.column("temp_c")) for h in histories]
    first = min(h.valid_at[0] for h in histories)
    last = max(h.valid_at[-1] for h in histories)
    return plan(first, last, SCHEME, days)


def chosen(*histories: History, split: Split | None = None) -> int:
    known = {history.station: history for history in histories}
    return annual_harmonics(known, split or split_of(*histories), AUTO)


@pytest.mark.parametrize(
    ("days", "harmonics"),
    [(365, 1), (722, 1), (724, 2), (1087, 2), (1090, 3), (1453, 3), (3000, 3)],
)
def test_they_are_one_a_whole_year_and_three_at_most(days, harmonics):
    assert chosen(station(days)) == harmonics


def test_the_shortest_record_decides_for_all():
    assert chosen(station(2000), station(740, "BBB")) == 2
    assert chosen(station(1500), station(1453, "BBB")) == 3


def test_a_single_year_of_training_holds_one_whatever_the_record():
    year = Split(train=((FIRST, FIRST + 24 * 365),), validation=(), test=())
    assert chosen(station(1500), split=year) == 1


def test_they_are_no_more_than_bridge_the_training_hours_gaps():
    whole = station(2000)
    hours = whole.valid_at
    day = (hours - hours.astype("datetime64[Y]")).astype("timedelta64[D]").astype(int)
    without_two_months = np.where(day < 65, np.nan, whole.column("temp_c"))
    assert chosen(with_values(whole, temp_c=without_two_months)) == 2
    without_three_months = np.where(day < 80, np.nan, whole.column("temp_c"))
    assert chosen(with_values(whole, temp_c=without_three_months)) == 1


def test_a_number_in_the_settings_stands():
    whole = station(2000)
    four = TINY.model_copy(update={"annual_harmonics": 4})
    assert annual_harmonics({"AAA": whole}, split_of(whole), four) == 4


def test_the_climatology_has_as_many_and_the_manifest_says_so():
    whole = station(1500)
    known = records(whole, split=split_of(whole))
    fitted = model_assembly.fit_standardization(known, AUTO)
    assert model_assembly.chosen_settings(known.split, fitted) == {
        "scheme": "years",
        "cycle_d": None,
        "annual_harmonics": 3,
    }
