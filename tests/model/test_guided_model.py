"""A model with guidance: better with it, as good without it, and blind to what it may not see."""

import os
import re
import shutil
import subprocess
import sys
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import yaml

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from full import repeated
from unit.forecasting.synthetic import TINY, built, history, place, two_stations
from unit.forecasting.synthetic_guidance import (
    AGES_D,
    DELAY_H,
    MODELS,
    SPACING_H,
    guidance_of,
    with_guidance,
)
from unit.serving.refresh_fakes import params
from wearcast import artifacts
from wearcast.clothing.hindcast_cases import StationHindcasts
from wearcast.config import Evaluate, Params, checked, read_groups
from wearcast.errors import ModelError
from wearcast.forecasting import (
    guided_windows,
    held_out_forecasts,
    model_assembly,
    onnx_export,
    place_file,
)
from wearcast.forecasting.evaluation import Evaluation
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_file import GUIDANCE
from wearcast.forecasting.guidance_record import STALE_H
from wearcast.forecasting.hindcasts import MODELS_MEAN, NETWORK, PAST, hindcast
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.left_out_years import (
    archive_splits,
    forecast_left_out_guidance,
    with_usable_guidance,
)
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.place_fit import fit_place
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.refit import fit_on_known_years
from wearcast.forecasting.snapshot_creation import issue
from wearcast.forecasting.verification import inside_80
from wearcast.retraining.drift_check import drift_check
from wearcast.retraining.judging_period import last_days
from wearcast.serving.places import carried_out
from wearcast.serving.places.carried_out import carry_out
from wearcast.serving.places.fitted_places import FittedPlaces
from wearcast.serving.places.place_facts import place_facts
from wearcast.serving.places.place_requests import PlaceQueue, PlaceRequest, RequestLimits
from wearcast.serving.places.registry import PlaceRegistry
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.vocabulary import WET_MM

EVALUATE = Evaluate(period="test", every_h=5, bootstrap=100, seed=1)


def built_with(known):
    """The stage `train` with guidance, as its notebook runs it: onnx, manifest, what was made of
    guidance."""
    left_out = forecast_left_out_guidance(known, 2, TINY)
    judged, standard, fitted = fit_on_known_years(known, 2, TINY)
    guided = model_assembly.guided(fitted.guidance, left_out, TINY)
    none = MedianShare.none(TINY.horizon_h)
    network = fitted.network.with_median_share(none.by_lead(), guided.median.by_lead())
    onnx = onnx_export.export(network, TINY.history_h)
    assert onnx_export.parity(network, onnx, TINY.history_h) < onnx_export.PARITY
    validation = held_out_forecasts.forecast(built().trained, built().validation_set)
    manifest = model_assembly.build(
        onnx, judged, standard, validation, (), none, TINY, model_assembly.origin(known, []), guided
    )
    return onnx, manifest, guided


@pytest.fixture(scope="module", autouse=True)
def few_windows():
    """Guidance learns from the windows that the network learns from, a fifth of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guided_windows, "_MOST_WINDOWS", 500)
        yield


@pytest.fixture(scope="module")
def known():
    return with_guidance()


@pytest.fixture(scope="module")
def made(known):
    return built_with(known)


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guided") / "forecaster"
    onnx, manifest, guided = made
    model_assembly.save(folder, onnx, manifest, guided)
    return folder


@pytest.fixture(scope="module")
def forecaster(folder):
    return Forecaster.load(folder)


def test_it_is_far_better_with_guidance(known, forecaster):
    one = replace(known, stations=known.stations[:1])
    cases = hindcast(one, forecaster, {}, "test", 5)
    error = {
        name: np.nanmean(np.abs(cases.medians[name] - cases.observed["temp_c"]))
        for name in (NETWORK, PAST)
    }
    assert error[NETWORK] < 0.75 * error[PAST]


def test_what_fitting_gains_is_told_by_day_over_the_hours_that_the_models_reach(known, forecaster):
    cases = hindcast(known, forecaster, {}, "test", 5)
    evaluation = Evaluation(cases, cases, EVALUATE)
    table = evaluation.error_by_day_with_guidance()
    said = np.isfinite(cases.hourly.of_models[MODELS_MEAN])
    reach_d = -(-np.flatnonzero(said.any(axis=0)).max() // 24)
    assert table["day"].tolist() == list(range(1, reach_d + 1))
    observed = cases.hourly.observed["temp_c"][:, :24]
    error = np.abs(cases.hourly.medians[NETWORK][:, :24] - observed)
    of_reached = error[said[:, :24] & np.isfinite(error)]
    assert table["as forecast"][0] == pytest.approx(of_reached.mean(), abs=6e-4)
    assert table["hours"][0] == len(of_reached)
    assert table["without its bias"][0] < table["the models' mean"][0]
    assert table["as forecast"][0] < table["from the past alone"][0]


def test_the_advice_is_judged_as_it_is_served(known, forecaster):
    station = known.stations[0]
    history = known.histories[station.id]
    guidance = known.guidance[station.id]
    with_it, alone = (
        next(StationHindcasts(station, history, known.split, forecaster, one).evenings("test"))
        for one in (guidance, None)
    )
    assert with_it.issued_at == alone.issued_at
    observed_c = with_it.observed[0].members["temp_c"][0]
    errors_c = []
    for evening in (with_it, alone):
        members_c = evening.forecasts[0]["network"].members["temp_c"]
        errors_c.append(np.abs(members_c.mean(axis=0) - observed_c).mean())
    assert errors_c[0] < 0.75 * errors_c[1]


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_stations_with_guidance_and_without_are_judged_together(known, forecaster, order):
    cases = hindcast(replace(known, stations=known.stations[order]), forecaster, {}, "test", 23)
    assert cases.medians[PAST].shape == cases.medians[NETWORK].shape
    differs = (cases.medians[PAST] != cases.medians[NETWORK]).any(axis=1)
    assert differs.any()
    assert not differs.all()
    np.testing.assert_array_equal(cases.quantiles[PAST][..., MEDIAN], cases.medians[PAST])


def test_a_station_without_any_is_forecast_from_its_past(known, forecaster):
    record = known.histories["BBB"]
    guidance = guidance_of(known.histories["AAA"])
    plain = forecaster.predict(record).marginals
    ignored = forecaster.predict(record, guidance).marginals
    np.testing.assert_array_equal(plain.quantiles["temp_c"], ignored.quantiles["temp_c"])


def test_guidance_that_says_nothing_changes_nothing(known, forecaster):
    record = known.histories["AAA"]
    nothing = guidance_of(record).only(("another",))
    plain = forecaster.predict(record).marginals
    ignored = forecaster.predict(record, nothing).marginals
    np.testing.assert_array_equal(plain.quantiles["temp_c"], ignored.quantiles["temp_c"])


def test_its_intervals_are_narrower_with_guidance(known, forecaster):
    record = known.histories["AAA"].until(known.histories["AAA"].valid_at[-200])
    guidance = guidance_of(known.histories["AAA"])
    with_it = forecaster.predict(record, guidance).marginals.quantiles["temp_c"]
    without = forecaster.predict(record).marginals.quantiles["temp_c"]
    widths = [np.diff(one[..., [1, 7]]).mean() for one in (with_it, without)]
    assert widths[0] < widths[1]


def test_trajectories_agree_with_the_chances_of_hours_and_days(known, forecaster):
    record = known.histories["AAA"].until(known.histories["AAA"].valid_at[-200])
    with_it = forecaster.predict(record, guidance_of(known.histories["AAA"]))
    alone = forecaster.predict(record)
    for forecast in (with_it, alone):
        wet = forecast.trajectories["precip_mm"] >= WET_MM
        apart = wet.mean(axis=0) - forecast.marginals.hourly_rain_chance[0]
        assert np.abs(apart).max() <= 1 / len(wet)
    days = with_it.marginals.wet_days
    assert np.isfinite(days.chance).any()
    wet = with_it.trajectories["precip_mm"] >= WET_MM
    hourly = with_it.marginals.hourly_rain_chance[0]
    for first, stop, chance in zip(days.first[0], days.stop[0], days.chance[0], strict=True):
        if not np.isfinite(chance):
            continue
        likeliest = hourly[first:stop].max()
        reachable = np.clip(chance, likeliest, hourly[first:stop].sum())
        of_day = wet[:, first:stop].any(axis=1).mean()
        assert abs(of_day - reachable) <= 2 / len(wet)
    assert alone.marginals.wet_days is None


def test_the_snapshot_uses_it(known, forecaster):
    at = np.datetime64("2013-06-01T00", "h").item()
    ours = issue(known, forecaster, at).quantiles["temp_c"]
    theirs = issue(replace(known, guidance={}), forecaster, at).quantiles["temp_c"]
    assert not np.array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])
    made_from = issue(known, forecaster, at).guidance
    assert made_from[0].source == "made_up"
    assert made_from[1] is None


def test_it_says_which_runs_it_was_made_from(known, forecaster):
    record = known.histories["AAA"]
    guidance = guidance_of(record)
    at = record.valid_at[-200]
    used = forecaster.predict(record.until(at), guidance).guidance
    newest = at.item().replace(tzinfo=UTC) - timedelta(hours=DELAY_H)
    assert [run.model for run in used.runs] == list(MODELS)
    for run in used.runs:
        assert run.issued_until == newest
        assert run.issued_from == newest - timedelta(hours=SPACING_H)
    assert used.source == "made_up"
    assert used.missing == ()
    assert used.reach_h == 24 * AGES_D[-1] - DELAY_H


def test_a_model_that_is_gone_is_missing_and_its_runs_are_not_named(known, forecaster):
    record = known.histories["AAA"]
    guidance = guidance_of(record).only(("two",))
    used = forecaster.predict(record.until(record.valid_at[-200]), guidance).guidance
    assert [run.model for run in used.runs] == ["two"]
    assert used.missing == ("one",)


def test_a_run_that_is_a_day_older_is_named_where_there_is_no_newer_one(known, forecaster):
    record = known.histories["AAA"]
    guidance = guidance_of(record)
    at = record.valid_at[-200]
    reach_h = 24 - DELAY_H
    soon = guidance.visible(guidance.valid_at <= at + np.timedelta64(reach_h, "h"))
    older = replace(soon, ages_h=soon.ages_h[:, 1:], values=soon.values[:, 1:], run=soon.run[:, 1:])
    used = forecaster.predict(record.until(at), older).guidance
    assert used.reach_h == reach_h
    a_day_older = at.item().replace(tzinfo=UTC) - timedelta(hours=DELAY_H + STALE_H)
    assert [run.issued_until for run in used.runs] == [a_day_older, a_day_older]


def test_without_usable_guidance_it_says_that_it_is_made_from_the_past(known, forecaster):
    record = known.histories["AAA"]
    gone = guidance_of(record).only(("another",))
    assert forecaster.predict(record, gone).guidance is None
    assert forecaster.predict(record).guidance is None
    of_other = guidance_of(record)
    assert forecaster.predict(known.histories["BBB"], of_other).guidance is None


def test_what_may_not_be_seen_changes_no_byte(known, made):
    """Test hours of the guidance, and values that nobody could have had, may be anything."""
    guidance = known.guidance["AAA"]
    of_test = known.split.belongs(guidance.valid_at, "test")
    values = np.where(of_test[:, None], np.float32(55), guidance.values)
    poisoned = replace(known, guidance={"AAA": replace(guidance, values=values)})
    onnx, manifest, _ = built_with(poisoned)
    assert onnx == made[0]
    assert artifacts.to_json(manifest.to_json()) == artifacts.to_json(made[1].to_json())
    assert (values == 55).any()


def test_a_whole_folder_is_needed(folder, tmp_path):
    copy = tmp_path / "forecaster"
    shutil.copytree(folder, copy)
    (copy / GUIDANCE).write_bytes(b"half")
    with pytest.raises(ModelError, match=r"guidance.npz is not the one of its manifest"):
        Forecaster.load(copy)
    (copy / GUIDANCE).unlink()
    with pytest.raises(ModelError, match=r"lacks guidance.npz"):
        Forecaster.load(copy)


def test_the_release_before_refuses_it_and_reads_one_without(made):
    _, manifest, _ = made
    assert manifest.to_json()["readable_from"] == 2
    assert built().manifest.to_json()["readable_from"] == 1


def test_spans_of_the_archive_are_left_out_one_after_the_other(known):
    splits = archive_splits(known, TINY)
    assert len(splits) >= 2
    for split in splits:
        for start, stop in split.validation:
            for first, end in split.train:
                margin = np.timedelta64(TINY.horizon_h, "h")
                assert end <= start - margin or first >= stop + margin or end <= start


def test_an_archive_of_a_few_days_is_not_used(known):
    last = len(two_stations().histories["AAA"]) // 24 - 12
    assert with_usable_guidance(known, TINY).guidance
    assert not with_usable_guidance(with_guidance(first_day=last), TINY).guidance


@pytest.fixture
def knowing_guidance(known, forecaster):
    """The forecaster, with a reference from the whole record: its training hours are too few to
    say how guidance differs in every season."""
    observed = {id: InputHours.of(history) for id, history in known.histories.items()}
    station = known.stations[0].id
    said = forecaster.station_guidance[station].newest(known.guidance[station])
    reference = InputReference.fit(known.stations, observed, 1, {station: said})
    champion = copy(forecaster)
    champion.manifest = replace(forecaster.manifest, inputs=reference)
    return champion


def test_the_gate_finds_what_guidance_alone_tells(known, knowing_guidance):
    station = known.stations[0].id
    history = known.histories[station]
    temp_c = history.values["temp_c"].copy()
    temp_c[-24 * 10 :] += 4
    wrong = replace(
        known, histories={station: replace(history, values={**history.values, "temp_c": temp_c})}
    )
    period = last_days(wrong.histories.values(), 28)
    told = drift_check(wrong, period, knowing_guidance).found
    assert f"temp_c of {station} since" in told
    assert "guidance over" in told
    without = drift_check(replace(wrong, guidance={}), period, knowing_guidance).found
    assert f"temp_c of {station} since" not in without


def test_guided_and_plain_forecasts_made_together_are_those_made_alone(known, forecaster):
    records, guidance = [], []
    for hours_before in range(repeated(20, 60)):
        for station in ("AAA", "BBB"):
            history = known.histories[station]
            records.append(history.until(history.valid_at[-200 - hours_before]))
            said = guidance_of(known.histories["AAA"]) if hours_before % 3 else None
            guidance.append(said)
    together = forecaster.predict_many(records, guidance)
    for record, said, found in zip(records, guidance, together, strict=True):
        expected = forecaster.predict(record, said)
        assert found.guidance == expected.guidance
        for name, values in expected.marginals.quantiles.items():
            np.testing.assert_array_equal(found.marginals.quantiles[name], values)
        for name, values in expected.trajectories.items():
            np.testing.assert_array_equal(found.trajectories[name], values)


def test_a_place_nobody_trained_on_is_far_better_with_guidance_too(forecaster):
    known = history("CCC", seed=5)
    record = guidance_of(known, seed=6)
    fitted = fit_place(place("CCC", longitude=-73.0), known, forecaster, record)
    content = place_file.to_bytes(fitted)
    knowing = forecaster.with_places({"CCC": place_file.from_bytes(content)})
    assert place_file.to_bytes(knowing.places["CCC"]) == content
    later = history("CCC", seed=8)
    inputs = knowing.guidance_inputs(later, guidance_of(later, seed=9))
    series = knowing.manifest.standardization.series(later)
    at = np.arange(1000, len(later) - 100, 41)
    rows = at[:, None] + np.arange(1, 49)
    observed = later.column("temp_c")[rows]
    errors = []
    for seen in (inputs, None):
        quantiles = knowing.run("CCC", series, at, seen).quantiles["temp_c"][:, :48]
        errors.append(np.nanmean(np.abs(quantiles[..., MEDIAN] - observed)))
        assert 0.7 < np.nanmean(inside_80(quantiles, observed)) < 0.93
    assert errors[0] < 0.75 * errors[1]
    then = later.until(later.valid_at[-200])
    assert knowing.predict(then, guidance_of(later, seed=9)).guidance


@pytest.fixture
def project(tmp_path):
    """A project whose observations and numerical forecasts come from a made-up Open-Meteo."""
    fake = FakeOpenMeteo(now=lambda: datetime.now(UTC))
    content = params("open_meteo").model_dump(mode="json")
    content["ingest"]["guidance"]["source"] = "open_meteo"
    with served(fake) as url:
        content["ingest"]["open_meteo"] |= {
            "archive_url": f"{url}/v1/archive",
            "forecast_url": f"{url}/v1/forecast",
            "geocoding_url": f"{url}/v1/search",
            "previous_runs_url": f"{url}/v1/previous-runs",
            "metadata_url": f"{url}/data",
        }
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
        yield tmp_path, fake


def wearcast(root, folder, *arguments):
    """The command, in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEARCAST_")}
    own = {"WEARCAST_STORE": str(root / "store"), "WEARCAST_MODEL": str(folder), "COLUMNS": "150"}
    done = subprocess.run(
        [sys.executable, "-m", "wearcast", *arguments],
        cwd=root,
        env=clean | own,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_place_that_is_added_is_forecast_from_numerical_forecasts_too(project, folder):
    root, fake = project
    told = wearcast(root, folder, "stations", "add", "강릉")
    assert re.search(r"With 3\d\d days of numerical forecasts: In its own past, temper", told)
    asked = fake.asked_of("previous-runs")
    assert len({one.query["models"] for one in asked}) == 3
    assert fake.spent < 600
    [history] = root.rglob(".places")
    registry = PlaceRegistry(history.parent)
    place = place_file.from_bytes(registry.newest_fit("gangneung"))
    guided = place.record.guided
    assert guided.mae_c["1-24"] > 0
    assert 0.6 < guided.coverage_80["all"] < 0.95
    assert place_facts(place)["guided"]["days"] == guided.days
    # The release before reads the record, too, which knows nothing of this.
    assert "guided" not in place.record.to_json()
    assert place.guided_calibration
    # A refit needs no network: what was fetched is kept, and gives the same.
    kept = registry.fit("gangneung", place.model)
    (history / "gangneung" / f"{place.model}.npz").unlink()
    before = len(fake.log)
    forecaster = Forecaster.load(folder)
    fits = FittedPlaces.read(history.parent, params("open_meteo"), forecaster).fits
    assert len(fake.log) == before
    assert place_file.to_bytes(fits["gangneung"]) == kept
    said = wearcast(root, folder, "refresh")
    assert "gangneung" in said
    store = SnapshotStore(FolderStorage(root / "store"), 10)
    snapshot = store.snapshot(store.pointer().latest)
    at = [station.id for station in snapshot.stations].index("gangneung")
    assert snapshot.guidance[at].source == "open_meteo"
    assert snapshot.guidance[at].reach_h > 100
    # Without them it is fitted from its past, and a broken file is told.
    (history / "gangneung" / "guidance.parquet").write_bytes(b"broken")
    (history / "gangneung" / f"{place.model}.npz").unlink()
    without = FittedPlaces.read(history.parent, params("open_meteo"), forecaster).fits["gangneung"]
    assert without.guidance is None
    assert without.record.guided is None


def test_a_place_that_was_asked_for_gets_a_shorter_archive_of_them(project, folder, monkeypatch):
    root, fake = project
    settings = Deployment.model_validate(
        {
            "place_requests": "anyone",
            "place_queue": str(root / "queue"),
            "history": root / "history",
            "model": folder,
        }
    )
    queue = PlaceQueue(FolderStorage(root / "queue"))
    station = place("near", longitude=-73.0)
    asked = PlaceRequest(station=station, has_elevation=True, asked_at=datetime.now(UTC))
    queue.ask(asked, RequestLimits(places=9, a_day=9), "other")
    known = checked(Params, read_groups(root / "params.yaml"), where="the test")
    monkeypatch.setattr(carried_out, "_GUIDANCE_S", 120.0)
    carry_out(settings, known)
    assert [one.state for one in queue.read().requests] == ["added"]
    registry = PlaceRegistry(root / "history")
    fitted = place_file.from_bytes(registry.newest_fit("near"))
    assert 80 <= fitted.record.guided.days <= 92
    assert fake.spent < 300


def test_a_place_is_added_without_an_archive_that_fails_and_says_so(project, folder):
    root, _ = project
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["guidance"]["models"] = ["nonsense"]
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    told = wearcast(root, folder, "stations", "add", "강릉")
    assert "from its past alone, without numerical forecasts: nonsense: " in told


def test_a_place_is_added_without_an_archive_that_can_not_be_opened(project, folder):
    root, fake = project
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["guidance"]["source"] = "files"
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    told = wearcast(root, folder, "stations", "add", "강릉")
    assert "Places are added without numerical forecasts: ingest.guidance.source is files" in told
    assert "The next `wearcast refresh` forecasts it as gangneung" in told
    assert not fake.asked_of("previous-runs")


@pytest.mark.full
def test_for_a_model_that_knows_no_guidance_a_place_has_none():
    known = history("CCC", seed=5)
    record = guidance_of(known, seed=6)
    fitted = fit_place(place("CCC", longitude=-73.0), known, built().forecaster, record)
    assert fitted.guidance is None
