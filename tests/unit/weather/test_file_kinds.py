"""Files as people have them: compressed, in archives, in workbooks, in folders, and no tables at
all."""

import bz2
import contextlib
import errno
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as pq
import pytest

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.sources import (
    FilesSource,
    file_contents,
    file_search,
    table_files,
    workbooks,
)
from wearcast.weather.sources.headings import Headings

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
MAP = {"valid_at": "time", "temp_c": "temp"}
TABLE = "time,temp\n2021-06-01 00:00,20.5\n2021-06-01 01:00,21.5\n"

Read = Callable[..., list[float]]


@pytest.fixture
def read(tmp_path: Path, seoul: Station) -> Read:
    """Write files (name=content) and read the temperatures; `settings` are those of the files."""

    def temperatures(files: dict[str, str | bytes], **settings: Any) -> list[float]:
        for name, content in files.items():
            path = tmp_path / "own" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"path": Path("own"), "columns": MAP, "station": "108", **settings}
        source = FilesSource(Files(**given), tmp_path)
        values: list[float] = source.fetch(seoul, *EVER)["temp_c"].tolist()
        return values

    return temperatures


def zipped(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return stream.getvalue()


def tarred(text: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        entry = tarfile.TarInfo("year/a.csv")
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(TABLE.encode(), mtime=0)),
        ("a.csv.bz2", bz2.compress(TABLE.encode())),
        ("a.csv.xz", lzma.compress(TABLE.encode())),
        ("a.zip", zipped(a__csv=TABLE)),
        ("a.tgz", tarred(TABLE)),
        ("a.csv", gzip.compress(TABLE.encode(), mtime=0)),
        ("a.txt", TABLE.encode()),
        ("station.2021", TABLE.encode()),
        ("2021/june/a.csv", TABLE.encode()),
    ],
)
def test_a_table_is_read_however_it_is_packed_and_named(
    read: Read, name: str, content: bytes
) -> None:
    assert read({name: content}) == [20.5, 21.5]


def test_other_texts_in_an_archive_are_passed_over_and_told(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    stations = "station;from;to;name\n108;2000;2023;Seoul\n"
    archive = zipped(data__txt=TABLE, Metadaten__txt=stations, page__html="<html></html>")
    assert read({"a.zip": archive}) == [20.5, 21.5]
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    (note,) = source.notes()
    assert "own: not read: a.zip/Metadaten.txt (it has none of the columns' headings)" in note
    assert ", a.zip/page.html (" in note


def test_what_is_not_read_in_a_folder_is_told_and_what_systems_leave_isn_t(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    files = {
        "a.csv": TABLE,
        "._a.csv": b"\x00\x05\x16\x07",
        ".DS_Store": b"\x00",
        "~$a.xlsx": b"lock",
        "README.txt": "What time the temp was taken.",
        "a.pdf": b"%PDF-1.7",
    }
    assert read(files) == [20.5, 21.5]
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    (note,) = source.notes()
    assert "README.txt (it has none of the columns' headings)" in note
    assert "a.pdf (a PDF" in note
    assert note.endswith(", ._a.csv (macOS's notes on the file of that name).")


def test_a_station_that_no_file_has_is_told_with_what_is_not_read(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    read({"a.csv": TABLE, "b.pdf": b"%PDF-1.7"})
    source = FilesSource(Files(path=Path("own"), columns=MAP, station="112"), tmp_path)
    with pytest.raises(SourceError, match=r"no rows of station 108.* own: not read: b.pdf \(a PDF"):
        source.span(seoul)


def test_all_that_is_not_read_is_one_note(read: Read, tmp_path: Path, seoul: Station) -> None:
    info = workbook(("Data", [["time", "temp"], ["2021-06-01 02:00", 22.5]]), ("Info", [["x"]]))
    others = {name: "What time the temp was taken." for name in ("a.md", "b.rst", "README.txt")}
    read({"a.csv": TABLE, "._a.csv": b"\x00\x05\x16\x07", "b.xlsx": info, **others})
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    assert source.notes() == [
        "own: not read: a.md (a text), b.rst (its ending .rst is none of a table), README.txt (it"
        " has none of the columns' headings) and 2 more."
    ]


def test_a_folder_of_tables_alone_has_no_such_note(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    read({"a.csv": TABLE, ".DS_Store": b"\x00", "~$a.xlsx": b"lock"})
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    assert source.notes() == []


def test_a_system_s_twin_of_a_table_is_told_last(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    read({"a.csv": TABLE, "._a.csv": b"\x00\x05\x16\x07", "b.md": "x"})
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    twin = "._a.csv (macOS's notes on the file of that name)"
    assert source.notes() == [f"own: not read: b.md (a text), {twin}."]


def test_linked_folders_are_read_once_each(read: Read, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.csv").write_text(TABLE.replace("-01 0", "-02 0"))
    own = tmp_path / "own"
    own.mkdir()
    (own / "2022").symlink_to(elsewhere)
    (elsewhere / "again").symlink_to(own)
    assert read({"a.csv": TABLE}) == [20.5, 21.5] * 2


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_the_sheets_of_a_workbook_are_read_below_what_stands_above_them(
    read: Read, tmp_path: Path, seoul: Station
) -> None:
    first = [
        ["My station"],
        [],
        ["time", "temp", None],
        [datetime(2021, 6, 1, 0), 20.5],
        [datetime(2021, 6, 1, 0, 59, 59, 999_990), None],
    ]
    second = [["time", "temp"], ["2021-06-01 02:00", 22]]
    notes = [["remarks"], ["moved in May"]]
    book = workbook(("2021", first), ("2022", second), ("notes", notes))
    temperatures = read({"a.xlsx": book})
    assert temperatures[0] == 20.5
    assert pd.isna(temperatures[1])
    assert temperatures[2] == 22.0
    source = FilesSource(Files(path=Path("own"), columns=MAP, station=seoul.id), tmp_path)
    (note,) = source.notes()
    assert "own: not read: a.xlsx/notes (a sheet that has none of the columns" in note


def test_a_note_far_to_the_right_does_not_widen_the_other_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["time", "temp"], *([f"2021-06-{day:02} 00:00", 20.5] for day in range(1, 29))]:
        book.active.append(row)
    book.active["XFD3"] = "replaced"
    path = tmp_path / "a.xlsx"
    book.save(path)
    [sheet] = workbooks.read(path, path.read_bytes(), Headings(("time",), ("temp",)), {})
    assert sheet.columns.shape == (28, 2)


def read_or_refused(read: Read, name: str, content: bytes) -> str:
    """What the file is refused with, nothing where it is read."""
    try:
        read({name: content})
    except SourceError as error:
        return str(error)
    return ""


HOURLY: list[list[Any]] = [["time", "temp"], ["2021-06-01 00:00", 20.5], [datetime(2021, 6, 1, 1)]]


def test_a_workbook_with_bytes_flipped_anywhere_is_read_or_refused(read: Read) -> None:
    book = workbook(("2021", HOURLY))
    refused = 0
    for at in range(0, len(book), len(book) // 150):
        damaged = bytearray(book)
        damaged[at] ^= 0xFF
        refused += "a.xlsx" in read_or_refused(read, "a.xlsx", bytes(damaged))
    assert refused > 50


def test_a_workbook_with_any_part_damaged_within_is_read_or_refused(read: Read) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(("2021", HOURLY)))) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    for name, part in parts.items():
        for at in range(0, len(part), len(part) // 3):
            damaged = bytearray(part)
            damaged[at] ^= 0x05
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w") as archive:
                for other, content in parts.items():
                    archive.writestr(other, damaged if other == name else content)
            read_or_refused(read, "a.xlsx", stream.getvalue())


def test_a_workbook_of_more_than_fits_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_contents, "MOST_BYTES", 4_000)
    with pytest.raises(SourceError, match=r"a\.xlsx.* can't be unpacked: all of a\.xlsx makes"):
        read({"a.xlsx": workbook(("2021", HOURLY))})


def test_a_row_beyond_those_of_any_workbook_is_refused_at_once(read: Read) -> None:
    book = workbook(("2021", HOURLY))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as whole, zipfile.ZipFile(stream, "w") as archive:
        for name in whole.namelist():
            part = whole.read(name).replace(b'<row r="3"', b'<row r="3000000000"')
            archive.writestr(name, part)
    with pytest.raises(SourceError, match=r"a\.xlsx is a workbook \(\.xlsx\) that can't be read"):
        read({"a.xlsx": stream.getvalue()})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_workbook_in_an_archive_is_read_however_it_is_stored(read: Read, method: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("2021/a.xlsx", workbook(("2021", HOURLY[:2])))
        archive.writestr("2021/[Content_Types].xml.csv", TABLE.replace("01 0", "02 0"))
    assert read({"a.zip": stream.getvalue()}) == [20.5, 20.5, 21.5]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", zipped(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "a workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls), or one with a"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls), or one with a"),
        ("a.csv", zipped(**{"[Content_Types]__xml": "", "word/a__xml": ""}), "a workbook or"),
        ("a.csv", zipped(mimetype="", content__xml=""), "a workbook or document that"),
        ("a.csv", b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "a web page (HTML)"),
        ("a.csv", b'{"hourly": {"time": []}}', "JSON. Get the table as CSV"),
        ("a.csv", b"%PDF-1.4", "a PDF"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS's pointer"),
        ("a.csv", b"outs:\n- md5: 0\n  size: 1\n  path: a.csv\n", "DVC's pointer, not the data"),
        ("a.csv", TABLE.encode() + b"<<<<<<< HEAD\n", "in conflict: line 4 is a mark that git"),
        ("a.csv", b"CDF\x01", "netCDF"),
        ("a.csv", b"\x00\x01\x02\xff" * 20, "no text (byte 0x00 at position 0)"),
    ],
)
def test_what_is_no_table_is_said_to_be_what_it_is(
    read: Read, name: str, content: bytes, says: str
) -> None:
    with pytest.raises(SourceError) as raised:
        read({name: content})
    assert f"{name} is {says}" in str(raised.value)
    assert "encoding" not in str(raised.value)


@pytest.mark.parametrize("column", ["time", "temp"])
@pytest.mark.parametrize("cell", ["1" * 5_000, "2021-06-01" + " " * 5_000 + "07:00", "9," * 2_000])
@pytest.mark.parametrize("kind", ["a.csv", "a.parquet"])
def test_a_cell_far_too_long_is_named_with_its_row(
    read: Read, column: str, cell: str, kind: str
) -> None:
    table = pd.read_csv(io.StringIO(TABLE), dtype=str)
    table.loc[1, column] = cell
    stream = io.BytesIO()
    if kind == "a.csv":
        table.to_csv(stream, index=False)
    else:
        table.to_parquet(stream)
    row = 3 if kind == "a.csv" else 2
    with pytest.raises(SourceError) as raised:
        read({kind: stream.getvalue()})
    assert f"{kind}, row {row}, column {column!r}: a cell of " in str(raised.value)
    assert len(str(raised.value)) < 400


def test_an_archive_that_is_cut_off_is_named(read: Read) -> None:
    with pytest.raises(SourceError, match=r"a\.csv\.gz can't be unpacked"):
        read({"a.csv.gz": gzip.compress(TABLE.encode(), mtime=0)[:-12]})


MUCH = TABLE.encode() + b" " * 50_000


def sparse() -> bytes:
    """A tar with a file whose hole is larger than the archive."""
    entry = tarfile.TarInfo("a.csv")
    entry.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (50_000, 0)
    header[483:495] = b"%011o\0" % 50_000
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(10_240 - len(header))


def zipped_small(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
        archive.writestr("b.csv", content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("a.csv.gz", gzip.compress(MUCH, mtime=0), "a.csv.gz"),
        ("a.csv.bz2", bz2.compress(MUCH), "a.csv.bz2"),
        ("a.csv.xz", lzma.compress(MUCH), "a.csv.xz"),
        ("a.gz", gzip.compress(gzip.compress(MUCH), mtime=0), "a.gz"),
        ("a.zip", zipped_small(MUCH[:30_000]), "a.zip/b.csv"),
        ("a.tar", sparse(), "a.tar/a.csv"),
    ],
)
def test_what_unpacks_to_more_than_fits_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, place: str
) -> None:
    monkeypatch.setattr(file_contents, "MOST_BYTES", 40_000)
    monkeypatch.setattr(file_contents, "_CHUNK_BYTES", 1000)
    with pytest.raises(SourceError, match=r"makes more than 4e-05 GB\. Unpack it") as raised:
        read({name: content})
    assert f"{place} can't be unpacked" in str(raised.value)


def test_one_file_of_an_archive_is_unpacked_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_contents, "MOST_BYTES", 40_000)
    path = tmp_path / "a.zip"
    path.write_bytes(zipped_small(MUCH[:30_000]))
    found = file_contents.members(path)
    assert next(found).path == path / "a.csv"
    with pytest.raises(SourceError):
        next(found)


def test_a_tar_whose_entry_has_less_than_no_bytes_is_refused(read: Read) -> None:
    header = bytearray(tarfile.TarInfo(".a.csv").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(SourceError, match=r"a\.tar can't be unpacked"):
        read({"a.tar": bytes(header) + bytes(10_240)})


def test_an_archive_with_nothing_in_it_is_named(read: Read) -> None:
    with pytest.raises(SourceError, match=r"a\.zip is an archive with nothing in it"):
        read({"a.zip": zipped()})


def test_a_folder_with_a_pointer_alone_says_so(read: Read) -> None:
    with pytest.raises(SourceError, match=r"a\.csv\.dvc is DVC's pointer .*`dvc pull`"):
        read({"a.csv.dvc": "outs:\n- md5: 0\n"})


def parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


HOURS = pd.date_range("2021-06-01", periods=2, freq="h")


@pytest.mark.parametrize("count", [3, 48])
def test_infinite_numbers_of_parquet_are_missing_as_in_text(read: Read, count: int) -> None:
    times = pd.date_range("2021-06-01", periods=count, freq="h")
    temps = [20.0 + hour % 5 for hour in range(count)]
    temps[1] = float("-inf")
    temps[2] = float("inf")
    frame = pd.DataFrame({"time": times, "temp": temps})
    found = read({"a.parquet": parquet(frame)})
    assert pd.isna(found[1:3]).all()
    assert found[:1] + found[3:] == temps[:1] + temps[3:]


def test_a_number_beyond_all_numbers_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match=r"row 3, column 'temp': '1e999' is not a number"):
        read({"a.csv": TABLE.replace("21.5", "1e999")})


@pytest.mark.parametrize("cell", ["1" * 100_000, "1 " + "a" * 100_000])
def test_a_cell_as_long_as_a_file_is_refused_at_once(read: Read, cell: str) -> None:
    long = r"a cell of 100,00\d characters, '1.*'…"
    with pytest.raises(SourceError, match=f"row 3, column 'temp': {long}"):
        read({"a.csv": TABLE.replace("21.5", cell)})
    with pytest.raises(SourceError, match=f"row 3, column 'time': {long}"):
        read({"a.csv": TABLE.replace("2021-06-01 01:00", cell)})


def test_a_table_whose_only_row_has_no_time_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match=r"a\.csv, row 2, column 'time': '' is not a time"):
        read({"a.csv": "time,temp\n,20.5\n"})


def test_a_quote_that_is_not_closed_shows_no_more_than_a_line(read: Read) -> None:
    rows = [f"2021-06-{day:02} 00:00,20.5" for day in range(1, 29)]
    text = "\n".join(["time,temp", *rows]).replace("20.5", '"20.5', 1)
    with pytest.raises(SourceError, match=r"'\"?20\.5\\n2021") as raised:
        read({"a.csv": text})
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"temp": [20.5, 21.5]}, index=HOURS.rename("time")),
        pd.DataFrame({"temp": [20.5, 21.5]}, index=HOURS),
        pd.DataFrame({"time": HOURS, "temp": [20.5, 21.5]}).iloc[::-1],
        pd.DataFrame({"time": HOURS, "temp": ["20.5", "21.5"]}),
        pd.DataFrame({"time": HOURS, "temp": [Decimal("20.5"), Decimal("21.5")]}),
        pd.DataFrame({"time": HOURS, "temp": pd.array([20.5, 21.5], dtype="Float64")}),
        pd.DataFrame({("time", ""): HOURS, ("temp", ""): [20.5, 21.5]}),
        pd.DataFrame({"Time": HOURS, "TEMP ": [20.5, 21.5]}),
    ],
)
def test_parquet_is_read_as_pandas_writes_it(read: Read, frame: pd.DataFrame) -> None:
    assert read({"a.parquet": parquet(frame)}) == [20.5, 21.5]


def parquet_of(*columns: tuple[str, list[Any]]) -> bytes:
    stream = io.BytesIO()
    names = [name for name, _ in columns]
    arrays = [arrow.array(values) for _, values in columns]
    pq.write_table(arrow.Table.from_arrays(arrays, names=names), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"time": [f"{row}".zfill(30_000) for row in range(9)], "temp": 20.5}),
        # Equal values take next to nothing in the file, and as much as others in memory.
        pd.DataFrame({"time": "2021-06-01 00:00", "temp": 20.5}, index=range(100_000)),
    ],
    ids=["long", "many"],
)
def test_parquet_that_makes_more_than_fits_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame
) -> None:
    monkeypatch.setattr(table_files, "MOST_BYTES", 200_000)
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    with pytest.raises(SourceError, match=r"a\.parquet is too large: it makes .* GB"):
        read({"a.parquet": stream.getvalue()})


def test_a_column_that_parquet_has_twice_is_named_if_it_is_looked_for(read: Read) -> None:
    time = ("time", list(HOURS))
    temp = ("temp", [20.5, 21.5])
    note = ("note", ["a", "b"])
    with pytest.raises(SourceError, match=r"a\.parquet: the heading names 'temp' twice"):
        read({"a.parquet": parquet_of(time, temp, temp)})
    assert read({"a.parquet": parquet_of(time, note, temp, note)}) == [20.5, 21.5]


def test_parquet_with_bytes_flipped_anywhere_is_read_or_refused(read: Read) -> None:
    table = parquet(pd.DataFrame({"temp": [20.5, 21.5]}, index=HOURS.rename("time")))
    refused = 0
    for at in range(0, len(table), len(table) // 150):
        damaged = bytearray(table)
        damaged[at] ^= 0x85
        refused += "a.parquet" in read_or_refused(read, "a.parquet", bytes(damaged))
    assert refused > 50


DIGITS = "9" * 4400
HEADING = "time,temp\n"

ODD: dict[str, str | bytes] = {
    "nothing.csv": "",
    "blanks.csv": "  \n\n\t\n",
    "heading.csv": HEADING,
    "commas.csv": ",,,\n,,,\n",
    "comments.csv": "#\n#,,\n",
    "line.csv": "x" * 1_000_000,
    "nul.csv": b"\x00" * 100,
    "nul_in_row.csv": HEADING + "2021-06-01 00:00,2\x000\n",
    "mark.csv": b"\xff\xfe\x00",
    "half_mark.csv": b"\xff\xfet",
    "bytes.csv": bytes(range(256)) * 10,
    "quote.csv": HEADING + '"2021-06-01 00:00,20\n',
    "quotes.txt": 'time temp\n"" ""\n"\n',
    "ragged.csv": HEADING + "".join("," * at + "\n" for at in range(80)),
    "columns.csv": HEADING.strip() + ",x" * 400 + "\n2021-06-01 00:00,20" + ",1" * 400,
    "digits.csv": f"{HEADING}2021-06-01 00:00,{DIGITS}\n",
    "stamps.csv": f"{HEADING}{DIGITS},20\n",
    "counted.csv": f"{HEADING}{DIGITS},2021-06-01 00:00,20\n",
    "raised.csv": HEADING + "²,2021-06-01 00:00,20\n",
    "meteostat.csv": "2021-06-01,²" + ",1" * 11,
    "isd.txt": "2021 06 01 00 1 1 1 1 1 1 1 " + DIGITS,
    "year.csv": HEADING + "0000-00-00 00:00,1\n9999-12-31 23:00,1\n",
    "magic.parquet": b"PAR1PAR1",
    "bytes.parquet": parquet_of(("time", list(HOURS)), ("temp", [b"\xff", b"1"])),
    "stations.parquet": parquet_of(
        ("time", list(HOURS)), ("temp", [1.0, 2.0]), ("id", ["108", None])
    ),
    "index.parquet": parquet(
        pd.DataFrame({"time": HOURS, "temp": 1.0, "index": 1, "level_0": 2}, index=["a", "b"])
    ),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("columns", [MAP, {**MAP, "station": "id"}, {}])
def test_odd_files_are_read_or_refused(
    tmp_path: Path, seoul: Station, name: str, columns: dict[str, str]
) -> None:
    content = ODD[name]
    whole = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(whole)
    station = None if "station" in columns or not columns else "108"
    source = FilesSource(Files(path=Path(name), columns=columns, station=station), tmp_path)
    with contextlib.suppress(SourceError):
        source.fetch(seoul, *EVER)


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8"), (" ", "utf-16")]
)
def test_a_table_with_bytes_changed_anywhere_is_read_or_refused(
    read: Read, separator: str, encoding: str
) -> None:
    whole = TABLE.replace(",", separator).encode(encoding)
    for at in range(0, len(whole), 11):
        for other in (b"", b"\x00", b'"', b"\n", b"\xff"):
            read_or_refused(read, "a.csv", whole[:at] + other + whole[at + 1 :])


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.csv").write_text("time,temp\n")
    scandir = os.scandir

    def refuse(folder: Any) -> Any:
        if Path(folder).name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    told = r"locked can't be read: Permission denied\. Set data\.path"
    with pytest.raises(SourceError, match=told):
        file_search.find(tmp_path, "data")


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="x can't be read: File name too long"):
        file_search.find(tmp_path / ("x" * 300), "data")
