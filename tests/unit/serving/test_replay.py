"""The sample is replayed hour by hour through its test period: as it was then, over and over, and
never standing still."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import BLOCKS, built, records, two_stations
from unit.serving.refresh_fakes import hour, params, record, snapshot, source
from wearcast.config import Ingest, Periods, Station, checked, read_groups
from wearcast.errors import ConfigError, ModelError, SourceError
from wearcast.forecasting.split import Split
from wearcast.serving.refresh import replay
from wearcast.serving.refresh.replay import SourceAsOf
from wearcast.weather.raw_data import sync
from wearcast.weather.sources import SampleSource
from wearcast.weather.stations import resolve

JFK = resolve(["JFK"])
BEFORE = record(snapshot())


def segments(*starts_and_lengths: tuple[int, int]) -> Split:
    """A split whose test segments begin at these hours and are so long."""
    at = [np.datetime64(start, "h") for start, _ in starts_and_lengths]
    return Split(
        (),
        (),
        tuple(
            (start, start + length)
            for start, (_, length) in zip(at, starts_and_lengths, strict=True)
        ),
    )


def test_hours_after_the_replayed_one_are_missing():
    then = SourceAsOf(SampleSource(), hour("2013-03-11T23"))
    rows = then.fetch(JFK[0], hour("2013-03-11T20"), hour("2013-03-12T05"))
    assert (
        rows["valid_at"].tolist()
        == pd.date_range("2013-03-11T20Z", "2013-03-11T23Z", freq="h").tolist()
    )
    assert then.fetch(JFK[0], hour("2013-03-12T00"), hour("2013-03-13T00")).empty
    assert then.span(JFK[0]) == (SampleSource().span(JFK[0])[0], hour("2013-03-11T23"))


def test_after_the_samples_end_it_is_complete():
    assert SourceAsOf(SampleSource(), hour("2020-01-01T00")).span(JFK[0]) == SampleSource().span(
        JFK[0]
    )


def test_before_the_sample_begins_there_is_nothing():
    with pytest.raises(
        SourceError,
        match=(
            "station JFK: the source begins at 2013-01-01T07Z, nothing was observed at"
            " 2012-12-31T00Z"
        ),
    ):
        SourceAsOf(SampleSource(), hour("2012-12-31T00")).span(JFK[0])


class Asked(SampleSource):
    """The sample, and for which hours it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.hours: list[str] = []

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        self.hours.append(f"{start:%m-%dT%H} to {end:%m-%dT%H}")
        return super().fetch(station, start, end)


@pytest.mark.parametrize(
    ("until", "asked"),
    [
        ("2013-03-30T23", ["03-30T23 to 03-31T00"]),
        ("2013-04-01T00", ["03-30T23 to 04-01T00", "04-01T00 to 04-01T01"]),
        ("2013-03-12T05", []),
    ],
)
def test_only_hours_that_are_new_are_fetched_and_the_folder_is_as_if_it_were_made_at_once(
    tmp_path, until, asked
):
    source = Asked()
    sync(SourceAsOf(source, hour("2013-03-30T22")), JFK, None, None, tmp_path / "kept")
    source.hours.clear()
    sync(SourceAsOf(source, hour(until)), JFK, None, None, tmp_path / "kept")
    assert source.hours == asked
    sync(SourceAsOf(SampleSource(), hour(until)), JFK, None, None, tmp_path / "new")
    kept, new = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (tmp_path / "kept", tmp_path / "new")
    )
    assert kept == new


def test_the_hours_are_those_whose_week_ahead_is_tested_and_no_others():
    split = two_stations().split
    hours = replay.issue_times(split, HORIZON_H)
    first, last = split.test[0][0], split.test[-1][1]
    for at in np.arange(first - HORIZON_H, last + 1):
        ahead = at + np.arange(1, HORIZON_H + 1)
        in_one = any(((ahead >= start) & (ahead < stop)).all() for start, stop in split.test)
        assert (at in hours) == in_one
    assert (np.diff(hours) > np.timedelta64(0)).all()


def test_two_segments_side_by_side_are_no_longer_one():
    hours = replay.issue_times(segments((1000, 170), (1170, 170)), HORIZON_H)
    assert hours.astype(int).tolist() == [999, 1000, 1001, 1169, 1170, 1171]


def test_the_split_is_that_of_the_stage_preprocess():
    assert replay.replay_split(source(), two_stations().stations, params()) == two_stations().split


def test_the_split_is_cut_as_the_stage_ingest_cuts_it():
    shorter = params().model_copy(
        update={
            "ingest": (
                params().ingest.model_copy(
                    update={"start": date(2012, 8, 4), "end": date(2013, 7, 1)}
                )
            )
        }
    )
    cut = [
        history.until(np.datetime64("2013-06-30T23"))
        for history in two_stations().histories.values()
    ]
    late = [
        type(h)(h.station, h.valid_at[235:], {n: v[235:] for n, v in h.values.items()}) for h in cut
    ]
    assert late[0].valid_at[0] == np.datetime64("2012-08-04T00")
    assert replay.replay_split(source(), two_stations().stations, shorter) == records(*late).split


def test_without_a_test_period_there_is_nothing_to_replay():
    periods = Periods(
        train=[(date(2013, 1, 1), date(2013, 3, 1))],
        validation=[(date(2013, 3, 1), date(2013, 5, 1))],
    )
    untested = params().model_copy(
        update={"preprocess": BLOCKS.model_copy(update={"scheme": "periods", "periods": periods})}
    )
    with pytest.raises(
        ConfigError,
        match=r"preprocess\.scheme = periods leaves no test hours, so there is nothing to replay",
    ):
        replay.replay_split(source(), two_stations().stations, untested)


def test_the_bundled_sample_can_be_issued_at_each_of_its_hours(repository):
    groups = read_groups(repository / "params.yaml")
    stations = resolve(checked(Ingest, groups["ingest"], where="params.yaml").stations)
    hours = replay.issue_times(
        replay.replay_split(
            SampleSource(),
            stations,
            params().model_copy(
                update={
                    "ingest": checked(Ingest, groups["ingest"], where="params.yaml"),
                    "preprocess": type(BLOCKS).model_validate(groups["preprocess"]),
                }
            ),
        ),
        HORIZON_H,
    )
    assert (len(hours), str(hours[0]), str(hours[-1])) == (
        4 * 169,
        "2013-03-11T23",
        "2013-12-16T23",
    )
    observed = {
        station.id: set(
            SampleSource()
            .fetch(station, hour("2013-01-01T00"), hour("2014-01-01T00"))
            .dropna(subset="temp_c")["valid_at"]
        )
        for station in stations
    }
    assert all(pd.Timestamp(at, tz="UTC") in known for at in hours for known in observed.values())


def test_it_starts_at_the_first_hour():
    hours = replay.issue_times(two_stations().split, HORIZON_H)
    assert next(replay.next_issue_times(hours, [], "sample")) == hours[0].item().replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "other", [snapshot(source="files"), snapshot("2013-03-11T22", source="own")]
)
def test_records_other_than_replays_of_this_source_are_ignored(other):
    hours = replay.issue_times(two_stations().split, HORIZON_H)
    assert next(replay.next_issue_times(hours, [record(other)], "sample")) == hours[
        0
    ].item().replace(tzinfo=UTC)


def test_it_continues_after_the_latest_replay_and_wraps_around():
    hours = replay.issue_times(two_stations().split, HORIZON_H)
    for i, following in ((0, 1), (5, 6), (len(hours) - 1, 0)):
        latest, older = record(snapshot(str(hours[i]))), record(snapshot(str(hours[3])))
        tried = list(
            replay.next_issue_times(
                hours, [record(snapshot(source="files")), latest, older], "sample"
            )
        )
        assert tried[0] == hours[following].item().replace(tzinfo=UTC)
        assert tried[-1] == hours[i].item().replace(tzinfo=UTC)
        assert len(set(tried)) == len(tried) == len(hours)


@given(st.lists(st.booleans(), min_size=6, max_size=6).filter(any), st.integers(990, 1200))
def test_whatever_is_missing_it_visits_every_issuable_hour_in_turn(usable, began):
    hours = replay.issue_times(segments((1000, 170), (1170, 170)), HORIZON_H)
    can = {at.item().replace(tzinfo=UTC) for at, yes in zip(hours, usable, strict=True) if yes}
    latest, visited = np.datetime64(began, "h").item().replace(tzinfo=UTC), []
    for _ in range(2 * len(can)):
        of = BEFORE.model_copy(update={"issued_at": latest})
        # What Refresh does: the first hour whose snapshot is issued at that hour itself.
        latest = next(at for at in replay.next_issue_times(hours, [of], "sample") if at in can)
        visited.append(latest)
    assert visited[: len(can)] == visited[len(can) :]
    assert set(visited) == can


def test_an_hour_was_observed_if_any_station_has_a_temperature():
    given_to = source()
    given_to.rows.loc[
        (given_to.rows["station"] == "AAA") & (given_to.rows["valid_at"] == hour("2013-06-01T12")),
        "temp_c",
    ] = np.nan
    stations = two_stations().stations
    assert replay.was_observed(given_to, stations, hour("2013-06-01T12"))
    assert not replay.was_observed(given_to, stations[:1], hour("2013-06-01T12"))
    assert not replay.was_observed(given_to, stations, hour("2020-06-01T12"))


def test_the_model_of_this_split_may_replay_it():
    replay.require_unseen(built().manifest, two_stations().split, "sample")


def test_a_model_that_may_have_seen_what_is_replayed_is_refused():
    split = two_stations().split
    later = Split(
        ((split.train[0][0] + 24, split.train[0][1]), *split.train[1:]),
        split.validation,
        split.test,
    )
    fewer = Split(split.train[1:], split.validation, split.test)
    for other, name in ((later, "sample"), (fewer, "sample"), (split, "files")):
        with pytest.raises(
            ModelError,
            match=(
                rf"model {built().manifest.version} was trained on .* may not be new to it\. Run"
                r" `dvc repro`"
            ),
        ):
            replay.require_unseen(built().manifest, other, name)


def test_a_horizon_that_no_test_segment_holds_is_refused():
    with pytest.raises(ConfigError, match=r"no test segment holds the 240 hours"):
        replay.issue_times(segments((1000, 170), (1170, 170)), 240)
