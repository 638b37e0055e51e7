"""A station's own history: brought up to the newest hour, mended where it broke, and known only as
it was known at the issue time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unit.forecasting.synthetic import place, two_stations
from unit.serving.refresh_fakes import FakeSource, hour, source
from unit.serving.test_object_storage import files_up_to
from wearcast.config import Station
from wearcast.errors import ArtifactError, ObservationsError, SourceError, WearcastError
from wearcast.forecasting.history import History
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.history_file import FILE
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.serving.refresh.replay import SourceAsOf
from wearcast.weather.fetching import Fetcher
from wearcast.weather.observations import conform
from wearcast.weather.sources import SampleSource, Source
from wearcast.weather.stations import resolve


def hours(start: str, temp_c: list[float], **more: list[float]) -> FakeSource:
    """A source of a few hours of AAA."""
    valid_at = pd.date_range(start, periods=len(temp_c), freq="h", tz="UTC")
    return FakeSource(
        conform(pd.DataFrame({"station": "AAA", "valid_at": valid_at, "temp_c": temp_c, **more}))
    )


def observed(given: Source, station: Station, history: Path) -> Observed:
    """All that is known of a station after a refresh."""
    [(id, found)] = observation_cache.update(Fetcher(given), [station], history, fill_h=3)
    assert id == station.id
    if isinstance(found, WearcastError):
        raise found
    return found


def update(given: Source, station: Station, history: Path) -> History:
    """What a forecast is made from."""
    return observed(given, station, history).history


def measured(given: FakeSource, history: Path) -> History:
    """What forecasts are verified against."""
    return observed(given, place("AAA"), history).measured


def test_what_was_filled_is_not_measured_and_all_else_of_its_hour_is(tmp_path):
    temp_c = [10.0, np.nan, 12.0, 13.0]
    pressure_hpa = [1000.0, 1001.0, np.nan, 1003.0]
    given = hours("2013-01-01", temp_c, pressure_hpa=pressure_hpa)
    found = measured(given, tmp_path)
    np.testing.assert_array_equal(found.column("temp_c"), temp_c)
    np.testing.assert_array_equal(found.column("pressure_hpa"), pressure_hpa)
    assert found.filled is None
    made_from = update(given, place("AAA"), tmp_path)
    assert made_from.column("temp_c")[1] == 11.0
    assert made_from.filled.tolist() == [False, True, True, False]


def test_a_dew_point_is_measured_where_it_follows_from_its_own_hour_s_humidity(tmp_path):
    given = hours("2013-01-01", [10.0, 11.0, 12.0, 13.0], rh_pct=[80.0, np.nan, 80.0, 80.0])
    found = measured(given, tmp_path).column("dewpoint_c")
    assert np.isfinite(found).tolist() == [True, False, True, True]


def test_it_is_what_the_source_has_after_quality_control(tmp_path):
    history = update(source(), place("AAA"), tmp_path)
    original = two_stations().histories["AAA"]
    same = np.isfinite(original.column("temp_c")) & np.isfinite(history.column("temp_c"))
    np.testing.assert_array_equal(history.valid_at, original.valid_at)
    np.testing.assert_array_equal(history.column("temp_c")[same], original.column("temp_c")[same])
    assert same.mean() > 0.99


def test_it_reaches_back_whole_months_and_the_model_s_year(tmp_path):
    given = hours("2012-01-01", [10 + i % 24 / 3 for i in range(24 * 731)])
    history = update(given, place("AAA"), tmp_path)
    assert (str(history.valid_at[0]), str(history.valid_at[-1])) == (
        "2012-11-01T00",
        "2013-12-31T23",
    )


def test_only_hours_that_are_new_are_fetched(tmp_path):
    given = source()
    update(SourceAsOf(given, hour("2013-06-20T05")), place("AAA"), tmp_path)
    first, given.asked = given.asked, []
    update(SourceAsOf(given, hour("2013-06-20T06")), place("AAA"), tmp_path)
    assert len(first) == 1
    assert [(start, end) for _, start, end in given.asked] == [
        (hour("2013-06-20T06"), hour("2013-06-20T07"))
    ]


def test_it_ends_with_the_last_temperature_and_has_no_later_hours(tmp_path):
    temp_c, wind_ms = [10.0, 11.0, 12.0, 13.0, np.nan, np.nan], [3.0, 4.0, 3.0, np.nan, 4.0, 3.0]
    history = update(hours("2013-01-01", temp_c, wind_ms=wind_ms), place("AAA"), tmp_path)
    assert str(history.valid_at[-1]) == "2013-01-01T03"
    assert np.isnan(history.column("wind_ms")[-1])
    assert not history.filled[-1]


def test_a_last_temperature_that_quality_control_removes_is_none(tmp_path):
    history = update(hours("2013-01-01", [10.0, 11.0, 999.0, 998.0]), place("AAA"), tmp_path)
    assert history.column("temp_c").tolist() == [10.0, 11.0]


def test_without_any_temperature_it_is_empty_of_them(tmp_path):
    history = update(hours("2013-01-01", [999.0, 999.0]), place("AAA"), tmp_path)
    assert np.isnan(history.column("temp_c")).all()


def test_a_corrupt_file_is_fetched_again(tmp_path, caplog):
    source, jfk = SourceAsOf(SampleSource(), hour("2013-03-11T23")), resolve(["JFK"])[0]
    whole = update(source, jfk, tmp_path)
    broken = tmp_path / "JFK" / FILE
    content = broken.read_bytes()
    broken.write_bytes(content[:100])
    again = update(source, jfk, tmp_path)
    assert caplog.messages == [f"{broken} was broken, and is fetched again"]
    assert broken.read_bytes() == content
    np.testing.assert_array_equal(again.column("temp_c"), whole.column("temp_c"))


def test_data_that_break_the_contract_are_an_error_and_what_is_kept_stays(tmp_path):
    given = source()
    update(SourceAsOf(given, hour("2013-06-20T05")), place("AAA"), tmp_path)
    before = (tmp_path / "AAA" / FILE).read_bytes()
    late = given.rows["valid_at"] == hour("2013-06-20T06")
    given.rows = pd.concat([given.rows, given.rows[late].assign(temp_c=0.0)])
    with pytest.raises(
        ObservationsError,
        match="station AAA, 2013-06-20T06:00Z, column valid_at: the hour is there more than once",
    ):
        update(SourceAsOf(given, hour("2013-06-20T06")), place("AAA"), tmp_path)
    assert (tmp_path / "AAA" / FILE).read_bytes() == before


def test_a_station_that_the_source_lacks_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="there is no station ZZZ"):
        update(source(), place("ZZZ"), tmp_path)


def test_a_full_disk_is_reported(tmp_path):
    with (
        files_up_to(100),
        pytest.raises(ArtifactError, match="File too large; nothing was left behind"),
    ):
        update(source(), place("AAA"), tmp_path)


def test_an_unusable_folder_is_reported(tmp_path):
    (tmp_path / "AAA" / FILE).mkdir(parents=True)
    with pytest.raises(
        ArtifactError, match=f"could not write {tmp_path / 'AAA' / FILE}: Is a directory"
    ):
        update(source(), place("AAA"), tmp_path)


def test_what_quality_control_removes_is_still_among_what_was_given(tmp_path):
    stuck = [10.0] * 40 + [11.0, 12.0]
    rh_pct = [80.0] * 41 + [np.nan]
    found = observed(hours("2013-01-01", stuck, rh_pct=rh_pct), place("AAA"), tmp_path)
    assert np.isnan(found.measured.column("temp_c")[:40]).all()
    np.testing.assert_array_equal(found.given.column("temp_c"), stuck)
    dewpoint_c = found.given.column("dewpoint_c")
    assert dewpoint_c[0] == pytest.approx(6.7, abs=0.05)
    assert np.isfinite(dewpoint_c).tolist() == [True] * 41 + [False]
