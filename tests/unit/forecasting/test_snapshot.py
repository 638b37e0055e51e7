"""A snapshot is one file: the same bytes for the same forecast, and nothing but numbers and text in
it."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.forecasting.synthetic import built, two_stations
from wearcast.errors import ModelError
from wearcast.forecasting import snapshot_creation
from wearcast.forecasting.guidance_used import GuidanceUsed
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Snapshot, version
from wearcast.forecasting.trajectories import Ranks
from wearcast.variables import FORECAST


@pytest.fixture(scope="module")
def snapshot():
    return snapshot_creation.issue(two_stations(), built().forecaster)


@pytest.fixture(scope="module")
def content(snapshot):
    return snapshot.to_bytes()


def shortened(snapshot: Snapshot, horizon_h: int) -> Snapshot:
    """The same forecast, cut off at a horizon."""
    return replace(
        snapshot,
        quantiles={name: values[:, :horizon_h] for name, values in snapshot.quantiles.items()},
        hourly_rain_chance=snapshot.hourly_rain_chance[:, :horizon_h],
        basis=replace(
            snapshot.basis,
            ranks=Ranks(snapshot.basis.ranks.order[:, :horizon_h]),
            rain_log_mm=snapshot.basis.rain_log_mm[:, :horizon_h],
        ),
    )


def test_it_comes_back_as_it_went(snapshot, content):
    again = Snapshot.from_bytes(content)
    for name in ("stations", "filled", "trailing_year_h", "origin"):
        assert getattr(again, name) == getattr(snapshot, name)
    np.testing.assert_array_equal(again.issued_at, snapshot.issued_at)
    np.testing.assert_array_equal(again.hourly_rain_chance, snapshot.hourly_rain_chance)
    assert again.trajectories is snapshot.trajectories is None
    for kind in ("quantiles", "observed"):
        for variable in FORECAST:
            ours, theirs = getattr(again, kind)[variable], getattr(snapshot, kind)[variable]
            assert ours.dtype == np.float32
            np.testing.assert_array_equal(ours, theirs)


def test_who_reads_it_draws_the_same_trajectories(snapshot, content):
    """To the byte, from the file as from the forecast, and as the form before has them."""
    again = Snapshot.from_bytes(content)
    before = Snapshot.from_bytes(snapshot.to_bytes(schema=1))
    for s in range(len(snapshot.stations)):
        drawn = snapshot.trajectories_of(s)
        assert list(drawn) == list(FORECAST)
        for other in (again.trajectories_of(s), before.trajectories_of(s)):
            for name, values in drawn.items():
                assert values.dtype == np.float32
                assert values.shape == (snapshot.members, snapshot.horizon_h)
                np.testing.assert_array_equal(other[name], values)


def test_what_they_are_drawn_from_takes_less_room_than_a_dozen_members(snapshot, content):
    """A model has 50 of them."""
    assert snapshot.members == 12
    assert len(content) < 0.65 * len(snapshot.to_bytes(schema=1))


def test_the_same_forecast_is_the_same_bytes_and_has_the_same_version(content):
    again = snapshot_creation.issue(two_stations(), built().forecaster).to_bytes()
    assert again == content
    assert Snapshot.from_bytes(content).to_bytes() == content
    assert version(again) == version(content) != version(content + b"\0")


def test_it_is_an_npz_that_needs_no_pickle_and_tells_its_schema_first(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        header = json.loads(file["header"].tobytes())
        assert all(file[name].dtype.kind in "fu" for name in file.files)
    assert header["schema"] == 2
    assert header["readable_from"] == 2
    assert header["issued_at"] == ["2013-07-20T04:00Z", "2013-07-20T04:00Z"]
    assert header["levels"] == LEVELS.tolist()
    assert header["model"] == built().manifest.version
    assert header["replay"] is True
    assert [station["id"] for station in header["stations"]] == ["AAA", "BBB"]


def test_what_a_station_does_not_report_is_nan_and_never_a_number(snapshot):
    arrays = snapshot.with_arrays().trajectories
    for kind in (snapshot.quantiles, arrays, snapshot.observed):
        for name in ("cloud_pct", "precip_mm"):
            assert np.isfinite(kind[name][0]).all()
            assert np.isnan(kind[name][1]).all()
        assert np.isfinite(kind["temp_c"]).all()
    assert np.isfinite(snapshot.hourly_rain_chance[0]).all()
    assert np.isnan(snapshot.hourly_rain_chance[1]).all()


def test_its_hours_are_the_last_observed_and_the_next_week(snapshot):
    assert snapshot.observed_at(0)[[0, -1]].tolist() == [
        snapshot.issued_at[0] - OBSERVED_H + 1,
        snapshot.issued_at[0],
    ]
    assert snapshot.valid_at(1)[[0, -1]].tolist() == [
        snapshot.issued_at[1] + 1,
        snapshot.issued_at[1] + 168,
    ]
    last = two_stations().histories["AAA"].column("temp_c")[-OBSERVED_H:]
    np.testing.assert_array_equal(snapshot.observed["temp_c"][0], last.astype(np.float32))


def rewritten(content: bytes, **changed: object) -> bytes:
    """The same snapshot with another header."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    header = {**json.loads(arrays["header"].tobytes()), **changed}
    arrays["header"] = np.frombuffer(
        json.dumps({k: v for k, v in header.items() if v is not None}).encode(), dtype=np.uint8
    )
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(("schema", "readable_from"), [(0, None), (3, 3), (3, None), (9, 4)])
def test_a_schema_that_this_release_cannot_read_is_named(content, schema, readable_from):
    said = (
        rf"the snapshot has schema {schema}, for releases that read {readable_from or schema} or"
        r" later; this one reads 1 and 2"
    )
    with pytest.raises(ModelError, match=said):
        Snapshot.from_bytes(rewritten(content, schema=schema, readable_from=readable_from))


def test_other_levels_are_refused(content):
    with pytest.raises(
        ModelError, match="the snapshot has other quantile levels than this release"
    ):
        Snapshot.from_bytes(rewritten(content, levels=[0.5]))


@pytest.mark.parametrize("horizon_h", [0, 24, 100, 360, 72.0, "72"])
def test_a_horizon_that_cannot_be_served_is_refused(content, horizon_h):
    said = rf"the snapshot has a horizon of {horizon_h!r} h; this release reads whole days from 48"
    with pytest.raises(ModelError, match=said):
        Snapshot.from_bytes(rewritten(content, horizon_h=horizon_h))


def test_arrays_of_another_length_than_the_horizon_are_refused(content):
    with pytest.raises(ModelError, match=r"arrays of a wrong shape: quantiles\.temp_c"):
        Snapshot.from_bytes(rewritten(content, horizon_h=72))


def test_a_snapshot_of_three_days_is_read_as_such(snapshot):
    short = shortened(snapshot, 72)
    read = Snapshot.from_bytes(short.to_bytes())
    assert (read.horizon_h, len(read.valid_at(0))) == (72, 72)
    assert read.to_bytes() == short.to_bytes()


def test_the_form_of_the_release_before_holds_the_same(snapshot, content):
    before = snapshot.to_bytes(schema=1)
    assert before != content
    assert Snapshot.from_bytes(before).to_bytes() == snapshot.with_arrays().to_bytes()
    assert Snapshot.from_bytes(before).to_bytes(schema=1) == before
    assert Snapshot.from_bytes(content).to_bytes(schema=1) == before


def test_a_form_that_nobody_reads_any_more_is_not_written(snapshot):
    with pytest.raises(
        ModelError, match="snapshots of schema 3 can't be written; this release writes 1 and 2"
    ):
        snapshot.to_bytes(schema=3)


def test_a_variable_that_no_station_reports_takes_no_room(snapshot):
    only = replace(
        snapshot,
        **{
            kind: {
                n: v if n != "cloud_pct" else np.full_like(v, np.nan)
                for n, v in getattr(snapshot, kind).items()
            }
            for kind in ("quantiles", "observed")
        },
    )
    without = only.to_bytes()
    taken = [snapshot.quantiles["cloud_pct"].nbytes, snapshot.observed["cloud_pct"].nbytes]
    assert len(without) < len(snapshot.to_bytes()) - sum(taken)
    assert Snapshot.from_bytes(without).to_bytes(schema=1) == only.to_bytes(schema=1)


def test_gusts_are_written_where_they_are_known_and_never_in_the_first_schema(snapshot, content):
    snapshot = snapshot.with_arrays()
    kinds = ("quantiles", "trajectories", "observed")
    gusty = {
        kind: {**getattr(snapshot, kind), "gust_ms": 2 * getattr(snapshot, kind)["wind_ms"]}
        for kind in kinds
    }
    written = replace(snapshot, **gusty).to_bytes()
    again = Snapshot.from_bytes(written)
    for kind in kinds:
        np.testing.assert_array_equal(getattr(again, kind)["gust_ms"], gusty[kind]["gust_ms"])
        without = Snapshot.from_bytes(content).with_arrays()
        assert np.isnan(getattr(without, kind)["gust_ms"]).all()
    assert again.to_bytes(schema=1) == snapshot.to_bytes(schema=1)


RUN = {
    "model": "ecmwf_ifs025",
    "issued_from": "2013-07-19T18:00Z",
    "issued_until": "2013-07-20T00:00Z",
}
USED = {
    "source": "open_meteo",
    "runs": [RUN],
    "missing": ["icon_seamless"],
    "reach_h": 150,
    "rain_reach_h": 140,
}


def test_it_says_what_a_forecast_is_made_from(snapshot):
    made = replace(snapshot, guidance=(GuidanceUsed.from_json(USED), None))
    written = made.to_bytes()
    with np.load(io.BytesIO(written), allow_pickle=False) as file:
        header = json.loads(file["header"].tobytes())
    assert header["guidance"] == [USED, None]
    again = Snapshot.from_bytes(written)
    assert again.guidance == made.guidance
    assert again.to_bytes() == written
    assert again.guidance[0].runs[0].issued_until == datetime(2013, 7, 20, tzinfo=UTC)


def test_without_guidance_it_says_nothing_of_it(snapshot, content):
    """As a release writes it that knows none, or the first form, in which there is none."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        assert "guidance" not in json.loads(file["header"].tobytes())
    assert snapshot.guidance == Snapshot.from_bytes(content).guidance == (None, None)
    made = replace(snapshot, guidance=(GuidanceUsed.from_json(USED), None))
    assert made.to_bytes(schema=1) == snapshot.to_bytes(schema=1)


@pytest.mark.parametrize(
    "broken",
    [
        "ecmwf_ifs025",
        [USED],
        [USED, None, None],
        [USED, 3],
        [{**USED, "source": ""}, None],
        [{**USED, "runs": [{**RUN, "issued_until": "today"}]}, None],
        [{**USED, "runs": [{**RUN, "issued_from": "2013-07-20T00:01Z"}]}, None],
        [{**USED, "runs": {}}, None],
        [{**USED, "missing": [None]}, None],
        [{**USED, "reach_h": 1.5}, None],
        [{**USED, "reach_h": -1}, None],
        [{"source": "open_meteo"}, None],
    ],
)
def test_a_broken_account_of_guidance_is_refused(content, broken):
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(rewritten(content, guidance=broken))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reach_h": 169}, "guidance of station AAA reaches 169 h ahead, outside 1 to 168"),
        ({"reach_h": 0, "rain_reach_h": 0}, "guidance of station AAA reaches 0 h ahead"),
        ({"runs": []}, "guidance of station AAA is of no model"),
        ({"missing": ["x" * 201]}, "guidance of station AAA names too many or too long models"),
    ],
)
def test_an_impossible_account_of_guidance_is_refused(content, changed, said):
    with pytest.raises(ModelError, match=f"the snapshot can't be served: {said}"):
        Snapshot.from_bytes(rewritten(content, guidance=[{**USED, **changed}, None]))


def test_what_a_later_release_adds_is_left_out(content):
    """A variable, a field of the header and one of a station, in a form that releases from this one
    on can read."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes())
    header |= {
        "schema": 3,
        "readable_from": 2,
        "sea_c": [21.5, 22.0],
        "variables": [*header["variables"], "visibility_m"],
    }
    header["stations"] = [{**station, "coast_km": 4.0} for station in header["stations"]]
    arrays |= {
        f"{kind}.visibility_m": arrays[f"{kind}.wind_ms"] for kind in ("quantiles", "observed")
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    assert Snapshot.from_bytes(buffer.getvalue()).to_bytes() == content


@pytest.mark.parametrize(
    "changed",
    [
        {"stations": None},
        {"issued_at": [3]},
        {"stations": [{"id": "x"}]},
        {"model": None},
        {"filled": []},
    ],
)
def test_a_header_that_lacks_something_is_refused(content, changed):
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(rewritten(content, **changed))


def test_half_a_snapshot_is_refused(content):
    for length in (*range(0, len(content), 997), *range(len(content) - 60, len(content))):
        with pytest.raises(ModelError, match="not a whole snapshot"):
            Snapshot.from_bytes(content[:length])


@settings(deadline=None, max_examples=100)
@given(
    garbage=st.binary(max_size=300),
    magic=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY\x01\x00"]),
)
def test_garbage_is_refused(garbage, magic):
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(magic + garbage)


def test_a_flipped_bit_is_refused_or_harms_nothing(content):
    rng = np.random.default_rng(0)
    marks = np.array([i for i in range(len(content) - 4) if content[i : i + 2] == b"PK"])
    near_marks = rng.choice(marks, 400) + rng.integers(0, 200, 400)
    refused = 0
    for place in (*near_marks.clip(max=len(content) - 1), *rng.integers(0, len(content), 200)):
        broken = bytearray(content)
        broken[place] ^= 1 << rng.integers(0, 8)
        try:
            again = Snapshot.from_bytes(bytes(broken))
        except ModelError:
            refused += 1
        else:
            # Some bits of a zip, of its dates and permissions say, mean nothing.
            assert again.to_bytes() == content
    assert refused > 400


def test_a_pickle_in_it_is_never_loaded(content):
    buffer = io.BytesIO()
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(
        buffer,
        **{**arrays, "rain_chance": np.array([{"any": "object"}], dtype=object)},
        allow_pickle=True,
    )
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(buffer.getvalue())


def test_an_archive_of_something_else_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(buffer.getvalue())


def test_arrays_of_another_shape_are_refused(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    buffer = io.BytesIO()
    np.savez(buffer, **{**arrays, "quantiles.temp_c": arrays["quantiles.temp_c"][:1]})
    with pytest.raises(ModelError, match="not a whole snapshot"):
        Snapshot.from_bytes(buffer.getvalue())
