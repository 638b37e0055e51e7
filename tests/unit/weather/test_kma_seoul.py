"""Seoul's real hours through the fakes of both services, and through the portal's files that they
come from."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from fakes import kma as fake
from wearcast.config import Files, Station
from wearcast.weather.sources import FilesSource, asos_values
from wearcast.weather.sources.kma import apihub, datago
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.periods import KST, months

FOLDER = "kma-asos-seoul"


@pytest.mark.parametrize(
    ("year", "month", "says"),
    [
        (2021, 7, "a summer"),
        (2021, 1, "a winter, with a temperature of -9.0 °C"),
        (2019, 8, "humidities with decimals"),
        (2023, 12, "37 hours without wind"),
    ],
)
def test_a_month_of_seoul_is_the_same_through_kma_and_through_files(
    services: fake.Korea, seoul: Station, test_data: Path, year: int, month: int, says: str
) -> None:
    path = next((test_data / FOLDER).glob(f"*_HR_{year}_*.csv"))
    korea = services.begin(fake.read_exports(path.parent, path.name), datetime(year + 1, 3, 1))
    start = datetime(year, month, 1, 1, tzinfo=KST)
    window = start, start + timedelta(days=30)
    found = korea.source().fetch(seoul, *window)
    pd.testing.assert_frame_equal(
        found, FilesSource(Files(path=Path(path.name)), path.parent).fetch(seoul, *window)
    )
    assert len(found) == 720
    assert {
        "a summer": found["precip_3h_mm"].isna().all() and found["precip_mm"].sum() > 100,
        "a winter, with a temperature of -9.0 °C": found["precip_mm"].isna().all()
        and (found["temp_c"] == -9).any(),
        "humidities with decimals": (found["rh_pct"] % 1 > 0).any(),
        "37 hours without wind": found["wind_ms"].isna().sum() == 37,
    }[says]


@pytest.mark.real
def test_five_years_of_seoul_are_the_same_by_every_route(
    services: fake.Korea, seoul: Station, test_data: Path
) -> None:
    korea = services.begin(fake.read_exports(test_data / FOLDER), datetime(2024, 3, 1))
    access = Access.of(korea.settings, korea.keys)
    first, last = datetime(2018, 1, 1, 1, tzinfo=KST), datetime(2023, 12, 31, 23, tzinfo=KST)
    files = FilesSource(Files(path=Path(FOLDER)), test_data).fetch(
        seoul, first, last + timedelta(hours=1)
    )
    asked = [(begin, min(end, last)) for begin, end in months(first, last)]
    published = [datago.hours(korea.web, access, seoul.id, *month) for month in asked]
    reported = [apihub.hours(korea.web, access, seoul.id, *month) for month in asked]
    for route in (published, reported):
        rows = pd.concat(
            [rows for rows in route if rows is not None and len(rows)], ignore_index=True
        )
        pd.testing.assert_frame_equal(asos_values.observations(rows), files)
    # What apihub writes as it writes a missing value, or as it writes none at all.
    doubtful = [int((files[column] == -9.0).sum()) for column in ("temp_c", "dewpoint_c")]
    assert (len(files), doubtful, files["temp_c"].isna().sum()) == (43_823, [11, 83], 2)
    assert files["precip_3h_mm"].sum() == pytest.approx(1024.1)
