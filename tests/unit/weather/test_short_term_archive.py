"""The portal's archive of the KMA's short-term forecast, a file an element."""

import gzip
import io
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Files, Guidance, GuidanceFiles, Ingest, Station
from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.sources.files import SAMPLE
from wearcast.weather.sources.guidance_files import FilesGuidance

Archive = Callable[..., FilesGuidance]
MODEL = "kma_short_term"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
OLDER = " format: day,hour,forecast,value location:60_127 Start : 20250101"
NEWER = (
    " format: day(UTC),hour(UTC),forecast,value,day(KST),hour(KST) location:60_127 Start : 20260401"
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Write files of elements (name=lines) as the portal does, and open them."""

    def opened(
        stations: tuple[str, ...] = ("108",), encoding: str = "utf-8", **elements: list[str]
    ) -> FilesGuidance:
        folder = tmp_path / "archive"
        folder.mkdir()
        for element, rows in elements.items():
            text = "\r\n".join(rows) + "\r\n"
            path = folder / f"교남동_{element}_20250101_20251231.csv"
            path.write_bytes(text.encode(encoding))
        files = GuidanceFiles(path=Path("archive"))
        ingest = Ingest(
            source="sample",
            stations=list(stations),
            start=None,
            end=None,
            files=Files(path=SAMPLE),
            guidance=Guidance(source="files", files=files),
        )
        return FilesGuidance(ingest, tmp_path)

    return opened


def fetch(source: FilesGuidance, station: Station) -> pd.DataFrame:
    return guidance.validate(source.fetch(station, MODEL, *EVER))


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_days_and_hours_are_utc_and_start_says_the_month(archive: Archive, seoul: Station) -> None:
    rows = [
        OLDER,
        " 1,0200,+6,-3.000000",
        " 1,0200,+7, -2.000000 ",
        "Start : 20250102",
        "2,0500,+6,1.000000",
        "Start : 20250201",
        "1,2300,+30,4.000000",
        "",
    ]
    source = archive(**{"1시간기온": rows})
    found = fetch(source, seoul)
    assert found["temp_c"].tolist() == [-3.0, -2.0, 1.0, 4.0]
    assert found["issued_until"].tolist() == [
        at("2025-01-01T02:00"),
        at("2025-01-01T02:00"),
        at("2025-01-02T05:00"),
        at("2025-02-01T23:00"),
    ]
    assert found["valid_at"].tolist() == [
        at("2025-01-01T08:00"),
        at("2025-01-01T09:00"),
        at("2025-01-02T11:00"),
        at("2025-02-03T05:00"),
    ]
    assert found["issued_from"].equals(found["issued_until"])
    assert (found["available_at"] - found["issued_until"] == pd.Timedelta(minutes=10)).all()
    labels = found[["station", "source", "model"]].drop_duplicates()
    assert labels.to_numpy().tolist() == [["108", "files", MODEL]]
    assert source.models == (MODEL,)


def test_the_newer_format_is_read_too(archive: Archive, seoul: Station) -> None:
    rows = [NEWER, "1,1700,+6,11.0,2,0200", "Start : 20260430", "30,2000,+8,12.0,1,0500"]
    found = fetch(archive(**{"1시간기온": rows}), seoul)
    assert found["issued_until"].tolist() == [at("2026-04-01T17:00"), at("2026-04-30T20:00")]
    assert found["valid_at"].tolist() == [at("2026-04-01T23:00"), at("2026-05-01T04:00")]


def test_elements_come_together_by_issue_and_hour(archive: Archive, seoul: Station) -> None:
    def element(*values: str) -> list[str]:
        return [OLDER, *(f"1,0200,+{6 + lead},{value}" for lead, value in enumerate(values))]

    source = archive(
        **{
            "1시간기온": element("-3.0", "-2.0", "-999.9"),
            "습도": element("60.0", "-999.900000"),
            "풍속": element("2.3", "1.0"),
            "풍향": element("0.0", "270.0"),
            "1시간강수량": element("0.0", "2.0"),
            "하늘상태": element("1.0", "4.0"),
            "강수확률": element("30.0", "60.0"),
            "강수형태": element("0.0", "1.0"),
            "일최고기온": element("9.0", "9.0"),
        }
    )
    found = fetch(source, seoul)
    names = [
        "temp_c",
        "rh_pct",
        "wind_ms",
        "wind_dir_deg",
        "precip_mm",
        "cloud_pct",
        "rain_chance_pct",
    ]
    np.testing.assert_array_equal(
        found[names],
        [[-3.0, 60.0, 2.3, 360.0, 0.0, 25.0, 30.0], [-2.0, np.nan, 1.0, 270.0, 2.0, 95.0, 60.0]],
    )


def test_on_the_last_day_rain_and_wind_are_classes_since_the_fifth_day_came(
    archive: Archive, seoul: Station
) -> None:
    # The issue of 11 h in Korea: its last day begins 61 h later.
    coarse = ["1,0200,+61,2.0", "1,0200,+64,2.0"]
    before = ["Start : 20240101", *coarse]
    source = archive(**{"1시간강수량": [OLDER, *coarse, *before], "풍속": [OLDER, *coarse]})
    found = fetch(source, seoul).set_index("valid_at")
    assert found.loc[at("2025-01-03T15:00"), "precip_mm"] == 2.0
    assert found.loc[at("2025-01-03T18:00"), "precip_mm"] == 9.0
    assert found.loc[at("2024-01-03T18:00"), "precip_mm"] == 2.0
    assert found.loc[at("2025-01-03T15:00"), "wind_ms"] == 2.0
    assert np.isnan(found.loc[at("2025-01-03T18:00"), "wind_ms"])


def test_garbage_is_left_out_counted_and_logged(
    archive: Archive, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    garbage = [
        "-971917344,0200,+6,1.0",  # no day
        "32,0200,+6,1.0",
        "1,0300,+6,1.0",  # no hour of an issue
        "1,9999,+6,1.0",
        "1,0200,+0,1.0",  # no lead
        "1,0200,+999,1.0",
        "1,0200,+6",
        "1,0200,+6,warm",
    ]
    found = fetch(archive(**{"1시간기온": [OLDER, *garbage, "1,0200,+7,3.0"]}), seoul)
    assert found["temp_c"].tolist() == [3.0]
    assert "8 rows are garbage (no such day, issue or lead), and are left out; 1 are read" in (
        caplog.text
    )


def test_a_row_whose_korean_time_contradicts_is_garbage(archive: Archive, seoul: Station) -> None:
    rows = [NEWER, "1,1700,+6,11.0,1,1700", "1,1700,+7,12.0,2,0200"]
    assert fetch(archive(**{"1시간기온": rows}), seoul)["temp_c"].tolist() == [12.0]


def test_nothing_but_garbage_is_refused(archive: Archive, seoul: Station) -> None:
    source = archive(**{"1시간기온": [OLDER, "-971917344,0200,+6,1.0"]})
    with pytest.raises(SourceError, match="has no row that can be read"):
        fetch(source, seoul)


def test_a_year_that_is_there_twice_counts_once(
    archive: Archive, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    year = ["1,0200,+6,1.0", "1,0200,+7,2.0"]
    found = fetch(archive(**{"1시간기온": [OLDER, *year, OLDER, *year]}), seoul)
    assert found["temp_c"].tolist() == [1.0, 2.0]
    assert not caplog.records


def test_of_two_values_of_one_hour_neither_is_taken_and_that_is_logged(
    archive: Archive, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [OLDER, "1,0200,+6,1.0", "1,0200,+7,2.0", "Start : 20250101", "1,0200,+6,1.5"]
    assert fetch(archive(**{"1시간기온": rows}), seoul)["temp_c"].tolist() == [2.0]
    assert "several values of temp_c for 1 hours, such as that of 2025-01-01T08:00Z" in caplog.text


def test_a_missing_value_beside_a_known_one_is_no_contradiction(
    archive: Archive, seoul: Station
) -> None:
    rows = [OLDER, "1,0200,+6,-999.900000", "Start : 20250101", "1,0200,+6,1.5"]
    assert fetch(archive(**{"1시간기온": rows}), seoul)["temp_c"].tolist() == [1.5]


def test_names_in_pieces_and_files_in_cp949_are_read(
    archive: Archive, seoul: Station, tmp_path: Path
) -> None:
    source = archive(encoding="cp949", **{"1시간기온": [OLDER, "1,0200,+6,1.0"]})
    path = next((tmp_path / "archive").iterdir())
    path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    assert fetch(source, seoul)["temp_c"].tolist() == [1.0]


def zipped_in_korean_windows(name: str, text: str) -> bytes:
    """A zip whose names are in EUC-KR, which nothing in it says."""
    stream = io.BytesIO()
    raw = name.encode("euc_kr")
    stand_in = "x" * len(raw)
    with zipfile.ZipFile(stream, "w") as whole:
        whole.writestr(stand_in, text)
    return stream.getvalue().replace(stand_in.encode(), raw)


def test_a_zip_made_in_korean_windows_is_read_with_other_texts_told(
    archive: Archive, seoul: Station, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = archive()
    folder = tmp_path / "archive"
    name = "교남동_1시간기온_20250101_20251231.csv"
    text = "\r\n".join([OLDER, "1,0200,+6,1.0"])
    (folder / "2025.zip").write_bytes(zipped_in_korean_windows(name, text))
    humidity = unicodedata.normalize("NFC", "교남동_습도_20250101_20251231.csv.gz")
    (folder / humidity).write_bytes(gzip.compress(text.replace("1.0", "55.0").encode()))
    (folder / "README.txt").write_text("The portal's format: as it comes.")
    found = fetch(source, seoul)
    assert found[["temp_c", "rh_pct"]].to_numpy().tolist() == [[1.0, 55.0]]
    assert "README.txt is not read: it is none of the archive's files" in caplog.text


def test_files_of_two_places_are_refused(archive: Archive, seoul: Station) -> None:
    row = "1,0200,+6,1.0"
    source = archive(**{"1시간기온": [OLDER, row], "습도": [OLDER.replace("60_", "61_"), row]})
    with pytest.raises(SourceError, match="several cells of the KMA's grid, 60_127, 61_127; keep"):
        fetch(source, seoul)


@pytest.mark.parametrize(
    ("elements", "settings", "what"),
    [
        (
            {"기압": [OLDER, "1,0200,+6,1.0"]},
            {},
            r"its name says no element, as in 교남동_1시간기온",
        ),
        (
            {"강수형태": [OLDER, "1,0200,+6,1.0"]},
            {},
            "none of the archive's files is of an element",
        ),
        (
            {"1시간기온": ["time,TMP", "2025-01-01,1"]},
            {},
            r"is no archive of the KMA's short-term forecast .*guidance\.files\.columns is empty",
        ),
        (
            {"1시간기온": [OLDER.replace("day,hour", "hour,day"), "0200,1,+6,1.0"]},
            {},
            "its first line is none that is known",
        ),
        (
            {"1시간기온": [OLDER, "1,0200,+6,1.0"]},
            {"stations": ("108", "112")},
            r"ingest\.stations has several: set ingest\.guidance\.files\.station",
        ),
    ],
    ids=["unknown element", "no element that is read", "another file", "heading", "two stations"],
)
def test_files_that_can_t_be_meant_are_refused(
    archive: Archive,
    seoul: Station,
    elements: dict[str, list[str]],
    settings: dict[str, Any],
    what: str,
) -> None:
    source = archive(**settings, **elements)
    with pytest.raises(SourceError, match=what):
        fetch(source, seoul)
