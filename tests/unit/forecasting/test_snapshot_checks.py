"""What is read of a snapshot is bounded, and a snapshot whose values can't be served is refused."""

import contextlib
import io
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.synthetic_snapshots import two_cities
from unit.forecasting.test_snapshot import rewritten
from wearcast.errors import ModelError
from wearcast.forecasting import snapshot_file
from wearcast.forecasting.snapshot import Snapshot
from wearcast.variables import FORECAST

KINDS = ("quantiles", "trajectories", "observed")
NAN, INF = float("nan"), float("inf")
SNAPSHOT = two_cities()
CONTENT = SNAPSHOT.to_bytes()


def changed(kind: str, name: str, value: object, at: tuple[object, ...] = (1, 5)) -> Snapshot:
    """The snapshot with a value in one of its arrays."""
    array = getattr(SNAPSHOT, kind)[name].copy()
    array[at] = value
    return replace(SNAPSHOT, **{kind: {**getattr(SNAPSHOT, kind), name: array}})


def refused(snapshot: Snapshot, match: str) -> None:
    """Assert that a snapshot is refused for a reason."""
    with pytest.raises(ModelError, match=match):
        Snapshot.from_bytes(snapshot.to_bytes())


@pytest.mark.parametrize("hour", ["NaT", "9999-01-01T00", "1000-01-01T00"])
def test_an_issue_time_that_no_forecast_has_is_refused(hour):
    issued_at = SNAPSHOT.issued_at.copy()
    issued_at[1] = np.datetime64(hour, "h")
    refused(replace(SNAPSHOT, issued_at=issued_at), "issued at|is no hour")


@pytest.mark.parametrize("text", ["now", "today", "2024-04-09", "2024-04-09T21:30Z", "x" * 99])
def test_an_issue_time_that_is_no_hour_is_refused(text):
    with pytest.raises(ModelError, match="is no hour such as 2013-07-20T04:00Z"):
        Snapshot.from_bytes(rewritten(CONTENT, issued_at=[text, text]))


@pytest.mark.parametrize("chance", [7.0, -0.5, INF, -INF])
def test_a_chance_that_is_none_is_refused(chance):
    chances = SNAPSHOT.hourly_rain_chance.copy()
    chances[1, 3] = chance
    refused(
        replace(SNAPSHOT, hourly_rain_chance=chances),
        rf"rain_chance of station 108, at \[3\], is outside 0 to 1: {chance:g}",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("temp_c", 80.0), ("temp_c", -INF), ("wind_ms", -3.0), ("gust_ms", INF), ("cloud_pct", 400)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_is_not_possible_is_refused(kind, name, value):
    refused(changed(kind, name, value), rf"{kind}\.{name} of station 108, at \[5.*is outside")


@pytest.mark.parametrize("kind", ["quantiles", "trajectories"])
def test_a_station_without_a_forecast_of_temperature_is_refused(kind):
    refused(changed(kind, "temp_c", NAN, (0,)), rf"{kind}\.temp_c of station EWR.*is missing")


def test_observed_temperatures_and_other_variables_may_be_missing():
    for snapshot in (
        changed("observed", "temp_c", NAN, (0,)),
        changed("quantiles", "wind_ms", NAN, (0,)),
        changed("trajectories", "dewpoint_c", NAN, (1, 2)),
    ):
        assert Snapshot.from_bytes(snapshot.to_bytes()).to_bytes() == snapshot.to_bytes()


def test_quantiles_that_decrease_are_refused():
    values = SNAPSHOT.quantiles["temp_c"][1, 5, ::-1]
    refused(changed("quantiles", "temp_c", values), r"quantiles\.temp_c .* is below that of the")


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"filled": [0.0, 1.5]}, "filled of station 108 is 1.5"),
        ({"filled": [NAN, 0.0]}, "filled of station EWR is nan"),
        ({"filled": ["a", 0.0]}, "not a whole snapshot"),
        ({"drift_h": [0, -1]}, "drift_h of station 108 is -1"),
        ({"drift_h": [0, 10**30]}, "drift_h of station 108"),
        ({"drift_h": [0.5, 1]}, "not a whole snapshot"),
        ({"model": ""}, "its model isn't a text"),
        ({"model": "a\r\nSet-Cookie: b"}, "its model 'a.* holds other than printable ASCII"),
        ({"model": "모델"}, "its model '모델' holds other than printable ASCII"),
        ({"source": 3}, "its source isn't a text"),
        ({"source": "x" * 300}, "its source isn't a text"),
        ({"replay": "no"}, "its replay is neither"),
        ({"schema": INF}, "not a whole snapshot"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(fields, match):
    with pytest.raises(ModelError, match=match):
        Snapshot.from_bytes(rewritten(CONTENT, **fields))


def test_a_station_that_is_there_twice_is_refused():
    first = SNAPSHOT.stations[0]
    refused(replace(SNAPSHOT, stations=(first, first)), "two of its stations have the same id")


def none_of(axis: int, *kinds: str) -> Snapshot:
    """The snapshot with nothing along an axis of all arrays of some kinds."""

    def cut(array):
        return array.take([], axis=axis)

    return replace(
        SNAPSHOT,
        **{k: {n: cut(array) for n, array in getattr(SNAPSHOT, k).items()} for k in kinds},
    )


def test_a_snapshot_without_stations_or_trajectories_is_refused():
    refused(none_of(1, "trajectories"), "it has no trajectories")
    empty = replace(
        none_of(0, *KINDS),
        stations=(),
        issued_at=SNAPSHOT.issued_at[:0],
        hourly_rain_chance=SNAPSHOT.hourly_rain_chance[:0],
        filled=(),
        trailing_year_h=(),
        guidance=(),
    )
    refused(empty, "it has no station")


@settings(deadline=None, max_examples=50)
@given(
    kind=st.sampled_from(KINDS),
    name=st.sampled_from(FORECAST),
    value=st.one_of(st.sampled_from([NAN, INF, -INF, 0.0]), st.floats(-1e9, 1e9, width=32)),
    every=st.booleans(),
    station=st.integers(0, 1),
)
def test_any_array_is_read_as_it_is_or_refused(kind, name, value, every, station):
    written = changed(kind, name, value, (station,) if every else (station, 5)).to_bytes()
    with contextlib.suppress(ModelError):
        assert Snapshot.from_bytes(written).to_bytes() == written


def members() -> dict[str, bytes]:
    """The files in the snapshot."""
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archived(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(descr: str, shape: str, content: bytes = b"") -> bytes:
    """An array whose description may be wrong."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


def most_bytes_while_refused(content: bytes, match: str) -> int:
    """The most memory, in bytes, that refusing some content takes."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=match):
            Snapshot.from_bytes(content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_inflates_is_not_inflated():
    bomb = archived({**members(), "rain_chance.npy": bytes(10**8)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 10**6
    assert most_bytes_while_refused(bomb, "is compressed; snapshots aren't") < 10**6


def test_more_than_may_be_read_is_refused_unread(monkeypatch):
    most = len(CONTENT) - 1
    monkeypatch.setattr(snapshot_file, "MAX_BYTES", most)
    assert most_bytes_while_refused(CONTENT, f"at most {most:,} are read") < 10**6


def test_two_arrays_of_one_name_are_refused():
    with pytest.raises(ModelError, match="two of its arrays have the same name"):
        Snapshot.from_bytes(CONTENT.replace(b"observed.gust_ms", b"observed.wind_ms"))


def test_an_archive_of_many_members_is_refused_uncounted():
    many = archived({f"{number}.npy": b"" for number in range(5_000)})
    assert most_bytes_while_refused(many, "the list of its arrays would be") < 10**6


@pytest.mark.parametrize(
    "array",
    [
        npy("<f4", "(10000000000, 168)"),
        npy("<f4", "(-1, 168)", bytes(3)),
        npy("|O", "(2, 168)", bytes(8 * 2 * 168)),
        npy("<f8", "(2, 168)", bytes(8 * 2 * 168)),
        npy("<f4", "(" * 4_000 + ")" * 4_000),
        npy("<f4", "-" * 9_000 + "1"),
        b"\x93NUMPY\x09\x00",
        b"",
    ],
)
def test_an_array_that_is_not_what_it_says_is_refused_without_memory_for_it(array):
    content = archived({**members(), "rain_chance.npy": array})
    assert most_bytes_while_refused(content, "not a whole snapshot") < 10**7


@pytest.mark.parametrize("text", [b"[" * 200_000, b"\xff", b"[]", b"null", bytes(2_000_000)])
def test_a_header_that_is_none_is_refused(text):
    header = npy("|u1", f"({len(text)},)", text)
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(archived({**members(), "header.npy": header}))
