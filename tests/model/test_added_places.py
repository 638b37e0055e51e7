"""Places that were added: they are fitted and checked, and a refresh forecasts them beside the
others."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unit.forecasting.synthetic import history, place, two_stations
from unit.serving.refresh_fakes import hour, params, raw, refresh, source
from wearcast.config import Params, Station
from wearcast.errors import (
    ConfigError,
    ModelError,
    RefusedError,
    SourceError,
)
from wearcast.forecasting import place_file
from wearcast.serving.places.addition import PlaceAddition
from wearcast.serving.places.fitted_places import FittedPlaces
from wearcast.serving.places.newer_hours import ARCHIVE_D, with_newer
from wearcast.serving.places.place_facts import place_facts
from wearcast.serving.places.registry import PlaceLimits, PlaceRegistry
from wearcast.serving.refresh import history_file
from wearcast.serving.refresh.exit_codes import ExitCode
from wearcast.serving.refresh.history_file import Kept
from wearcast.weather import partition_file
from wearcast.weather.observations import concatenate
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import origin

END = hour("2013-07-20T04")
LATE = timedelta(hours=1)
LIMITS = PlaceLimits(places=5, a_day=5)
CCC = place("CCC", longitude=-73.0)


def with_third(days: int = 360):
    """The source of the tests' model, and a third station that it was not trained at."""
    given = source()
    return replace(given, rows=concatenate([given.rows, raw(history("CCC", days=days, seed=5))]))


@pytest.fixture(scope="module")
def given():
    return with_third()


def addition(model, folder, given, **changed) -> PlaceAddition:
    usual = {
        "source": given,
        "source_name": "files",
        "forecaster": model.forecaster,
        "registry": PlaceRegistry(folder / "history"),
        "limits": LIMITS,
        "known": {"AAA", "BBB"},
        "fill_h": 3,
        "oldest": timedelta(hours=12),
        "now": lambda: END + LATE,
    }
    return PlaceAddition(**(usual | changed))


@pytest.fixture(scope="module")
def folder(model, given, tmp_path_factory):
    """A folder with a place in it."""
    made = tmp_path_factory.mktemp("added")
    addition(model, made, given).add(CCC)
    return made


def own(folder, tmp_path):
    """The same place in a folder of its own."""
    kept = PlaceRegistry(folder / "history")
    registry = PlaceRegistry(tmp_path / "history")
    fits = {model: kept.fit("CCC", model) for model in [place_of(kept).model]}
    registry.add(kept.place("CCC"), kept.archive("CCC"), fits, LIMITS)
    return registry


def place_of(registry):
    return place_file.from_bytes(registry.newest_fit("CCC"))


def files(**changed) -> Params:
    return params("files").model_copy(update=changed)


def refreshed(folder, given, model, now=END + LATE):
    """A refresh as `Refresh.open` makes it, of these observations."""
    made = refresh(folder, given, name="files", now=now)
    places = FittedPlaces.read(made.settings.history, made.params, model.forecaster)
    return replace(made, places=places, forecaster=places.known_to(model.forecaster))


def facts(made):
    """By station, what is told of it beside the snapshot."""
    return made.store.live_verification(made.store.pointer().latest)


def test_what_is_fitted_is_kept_and_read_by_the_next_refresh(model, folder):
    registry = PlaceRegistry(folder / "history")
    kept = registry.fit("CCC", model.manifest.version)
    places = FittedPlaces.read(folder / "history", files(), model.forecaster)
    assert place_file.to_bytes(places.fits["CCC"]) == kept
    assert places.without == {}
    assert registry.place("CCC").source == "files"
    assert registry.place("CCC").added_at == END + LATE


def test_a_refresh_forecasts_it_and_says_what_to_expect(model, folder, given, tmp_path):
    own(folder, tmp_path)
    made = refreshed(tmp_path, given, model)
    outcome = made.run()
    assert (outcome.exit, outcome.left_out) == (ExitCode.DONE, {})
    assert list(outcome.issued_at) == ["AAA", "BBB", "CCC"]
    snapshot = made.store.snapshot(made.store.pointer().latest)
    assert snapshot.stations[2] == CCC
    assert snapshot.origin.model == model.manifest.version
    told = facts(made)
    assert "place" not in told["AAA"] | told["BBB"]
    assert told["CCC"]["place"] == place_facts(made.places.fits["CCC"])
    assert told["CCC"]["place"]["mae_c"]["1-24"] > 0
    assert told["CCC"]["input_drift"]
    json.dumps(told, allow_nan=False)


def test_the_others_are_forecast_as_without_it(model, folder, given, tmp_path):
    own(folder, tmp_path / "with")
    snapshots = []
    for name in ("with", "without"):
        made = refreshed(tmp_path / name, given, model)
        made.run()
        snapshots.append(made.store.snapshot(made.store.pointer().latest))
    one, other = snapshots
    for name in ("temp_c", "wind_ms", "precip_mm"):
        np.testing.assert_array_equal(one.quantiles[name][:2], other.quantiles[name])


def test_a_place_that_was_removed_is_forecast_no_more(model, folder, given, tmp_path):
    registry = own(folder, tmp_path)
    refreshed(tmp_path, given, model).run()
    registry.remove("CCC")
    outcome = refreshed(tmp_path, given, model).run()
    assert list(outcome.issued_at) == ["AAA", "BBB"]


def test_a_place_of_another_model_is_fitted_anew_from_what_is_kept(model, folder, tmp_path):
    kept = PlaceRegistry(folder / "history")
    registry = PlaceRegistry(tmp_path / "history")
    old = {"000000000000": b"of the model before"}
    registry.add(kept.place("CCC"), kept.archive("CCC"), old, LIMITS)
    places = FittedPlaces.read(tmp_path / "history", files(), model.forecaster)
    assert places.fits["CCC"].model == model.manifest.version
    # The same observations and the same model give the same fit.
    version = model.manifest.version
    assert registry.fit("CCC", version) == kept.fit("CCC", version)
    assert registry.fit("CCC", "000000000000") == b"of the model before"


def refit(folder, tmp_path, model, hours, source="files", broken=False):
    """What the place is fitted to anew once refreshes have fetched these hours of it."""
    kept = PlaceRegistry(folder / "history")
    registry = PlaceRegistry(tmp_path / "history")
    registry.add(kept.place("CCC"), kept.archive("CCC"), {}, LIMITS)
    first, last = hours["valid_at"].iloc[[0, -1]]
    end = last + pd.Timedelta(hours=1)
    path = tmp_path / "history" / "CCC" / "observations.parquet"
    metadata = PartitionMetadata(origin(f"{source} hash", CCC), first, end, settled=end)
    partition_file.write(path, hours, metadata)
    if broken:
        path.write_bytes(path.read_bytes()[:-100])
    places = FittedPlaces.read(tmp_path / "history", files(), model.forecaster)
    return places.fits["CCC"]


def later_hours():
    """Those of the place after the ones that it was added with, and some of the last before."""
    longer = raw(history("CCC", days=400, seed=5))
    return longer[longer["valid_at"] >= END - timedelta(days=60)].reset_index(drop=True)


def test_a_fit_made_anew_is_from_the_hours_since_too(model, folder, tmp_path):
    place = refit(folder, tmp_path, model, later_hours())
    added = place_of(PlaceRegistry(folder / "history"))
    assert place.record.first == added.record.first
    assert place.record.days > added.record.days + 20
    again = refit(folder, tmp_path / "again", model, later_hours())
    assert place_file.to_bytes(again) == place_file.to_bytes(place)


@pytest.mark.parametrize("changed", [{"source": "open_meteo"}, {"broken": True}])
def test_hours_of_another_source_and_broken_ones_are_not_used(
    model, folder, tmp_path, changed, caplog
):
    place = refit(folder, tmp_path, model, later_hours(), **changed)
    assert place.record == place_of(PlaceRegistry(folder / "history")).record
    assert ("was broken" in caplog.text) == ("broken" in changed)


def test_a_place_that_is_removed_meanwhile_takes_no_other_with_it(model, folder, given, tmp_path):
    registry = own(folder, tmp_path)
    made = refreshed(tmp_path, given, model)
    registry.remove("CCC")
    outcome = made.run()
    assert list(outcome.issued_at) == ["AAA", "BBB"]
    assert "the place CCC was removed" in outcome.left_out["CCC"]


def test_another_fit_is_not_taken_for_the_one_that_was_read(model, folder, tmp_path):
    registry = own(folder, tmp_path)
    places = FittedPlaces.read(tmp_path / "history", files(), model.forecaster)
    place = place_of(registry)
    other = replace(place, record=replace(place.record, nearest_km=1.0))
    registry.keep_fit("CCC", place.model, place_file.to_bytes(other))
    with pytest.raises(ModelError, match="CCC was changed"):
        places.fits["CCC"]
    assert places.place("CCC") is None


def test_no_more_than_three_years_are_fitted_to():
    old = raw(history("CCC", days=1_090, seed=5))
    newer = old.assign(valid_at=old["valid_at"] + pd.Timedelta(days=200))
    assert len(newest(old, newer)) == ARCHIVE_D * 24


def newest(old, newer):
    kept = Kept(newer, PartitionMetadata(origin("hash", CCC), END, END, END), is_in_file=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_file, "read", lambda _: kept)
        return with_newer(old, CCC, "files", Path("anywhere"))


def test_a_fit_that_is_broken_is_made_anew(model, folder, tmp_path):
    registry = own(folder, tmp_path)
    version = model.manifest.version
    whole = registry.fit("CCC", version)
    registry.keep_fit("CCC", version, b"no fit")
    places = FittedPlaces.read(tmp_path / "history", files(), model.forecaster)
    assert list(places.fits) == ["CCC"]
    assert registry.fit("CCC", version) == whole


def test_a_place_that_can_not_be_forecast_keeps_no_other_from_it(model, folder, given, tmp_path):
    registry = own(folder, tmp_path)
    elsewhere = replace(registry.place("CCC"), source="open_meteo", station=place("DDD"))
    registry.add(elsewhere, registry.archive("CCC"), {}, LIMITS)
    short = registry.archive("CCC").tail(24 * 60).assign(station="EEE")
    too_short = replace(registry.place("CCC"), station=place("EEE", longitude=-73.5))
    registry.add(too_short, short, {}, LIMITS)
    outcome = refreshed(tmp_path, given, model).run()
    assert list(outcome.issued_at) == ["AAA", "BBB", "CCC"]
    assert outcome.exit == ExitCode.PARTLY
    assert outcome.left_out["DDD"].startswith("it was added with observations of open_meteo, and")
    assert "EEE has" in outcome.left_out["EEE"]


def test_a_place_that_params_names_by_now_is_forecast_by_its_fit_until_the_model_knows_it(
    model, folder
):
    history = folder / "history"
    named = params("files", [*two_stations().stations, CCC])
    places = FittedPlaces.read(history, named, model.forecaster)
    assert set(places.fits) == {"CCC"}
    trained_there = model.forecaster.with_places(places.fits)
    assert FittedPlaces.read(history, named, trained_there) == FittedPlaces()


def test_what_the_model_is_trained_at_or_params_names_needs_no_adding(model, tmp_path):
    given = with_third()
    adding = addition(model, tmp_path, given, known={"CCC"})
    with pytest.raises(ConfigError, match=r"CCC is a station of params\.yaml"):
        adding.add(CCC)
    with pytest.raises(ConfigError, match="the model was trained at a station AAA"):
        adding.add(place("AAA"))
    replayed = addition(model, tmp_path, given, source_name="sample")
    with pytest.raises(ConfigError, match="WEARCAST_SOURCE=open_meteo"):
        replayed.add(CCC)
    assert not (tmp_path / "history").exists()
    assert given.asked == []


def refused(model, folder, given, error, message, station: Station = CCC, **changed):
    adding = addition(model, folder, given, **changed)
    with pytest.raises(error, match=message):
        adding.add(station)
    assert adding.registry.ids() == []


def test_what_can_not_be_added_leaves_nothing(model, given, tmp_path):
    refused(model, tmp_path, given, SourceError, "there is no station DDD", place("DDD"))
    short = with_third(days=100)
    refused(model, tmp_path, short, ModelError, "CCC has 1?[0-9]{2} days")
    late = {"now": lambda: END + timedelta(days=30)}
    refused(model, tmp_path, given, RefusedError, "the last observation is of", **late)
    none = {"limits": PlaceLimits(0, 9)}
    refused(model, tmp_path, given, ConfigError, "WEARCAST_PLACES allows 0", **none)


def test_no_more_hours_are_asked_for_than_three_years(model, tmp_path):
    given = with_third()
    long_ago = given.rows["valid_at"].min() - pd.Timedelta(days=3_000)
    first = given.rows[given.rows["station"] == "CCC"].head(1).assign(valid_at=long_ago)
    given.rows = concatenate([first, given.rows])
    addition(model, tmp_path, given).add(CCC)
    [(_, start, end)] = given.asked
    assert timedelta(days=3 * 365) <= end - start < timedelta(days=3 * 365 + 2)
