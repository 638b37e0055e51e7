"""How refreshes ended can be scraped from the service, also of one that failed."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pydantic import ValidationError

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from service.in_process_service import serving
from unit.forecasting.synthetic import built, two_stations
from unit.serving.guided_refresh import HASTY, GuidedRefresh, guided_forecaster, places
from unit.serving.refresh_fakes import FailingStorage
from wearcast.errors import (
    BusyError,
    ModelError,
    RefusedError,
    SourceError,
    StoreError,
)
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.serving.refresh import forecast_files, observation_cache
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.refresh.refresh_log import RefreshLog
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.refresh_totals import RefreshTotals
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.weather.sources.open_meteo import OpenMeteoSource

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PREFIXES = ("wearcast_refresh", "wearcast_source_", "wearcast_guidance_failures")
OUTCOMES = {"published", "unchanged", "busy", "conflict", "refused", "failed"}


@dataclass
class Outage:
    """A service that answers 503 to every query with this text in it, to none where it is None."""

    service: FakeOpenMeteo
    queries: str | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        if self.queries is None or self.queries not in query:
            await self.service(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@dataclass
class Site:
    """A machine that refreshes a store over two stations, and whoever scrapes its service."""

    folder: Path
    outage: Outage
    url: str
    now: datetime = NOW
    uses_guidance: bool = False
    most_s: float = 20.0
    store: SnapshotStore = field(init=False)

    def __post_init__(self) -> None:
        self.outage.service.now = lambda: self.now
        self.store = SnapshotStore(FolderStorage(self.folder / "store"), keep=10)

    @property
    def log(self) -> RefreshLog:
        """As the next process makes it."""
        return RefreshLog(self.folder / "history", self.store, lambda: self.now)

    def refresh(self, **changes: Any) -> None:
        self.log.run(lambda: replace(self.made(), **changes))

    def made(self) -> Refresh:
        guided = GuidedRefresh(
            self.outage.service,
            self.url,
            self.folder,
            places(2),
            self.uses_guidance,
            self.most_s,
        )
        made = guided.made()
        addresses = made.params.ingest.open_meteo.model_copy(
            update={
                "archive_url": f"{self.url}/v1/archive",
                "forecast_url": f"{self.url}/v1/forecast",
            }
        )
        source = OpenMeteoSource(addresses, {}, now=lambda: self.now, retry_policy=HASTY)
        return replace(made, source=source)

    def scraped(self) -> dict[tuple[str, ...], float]:
        """The samples of refreshes by name and the values of the labels in alphabetical order."""
        samples = {}
        for sample in self.page():
            if sample.name.startswith(PREFIXES):
                values = [value for _, value in sorted(sample.labels.items())]
                samples[sample.name, *values] = sample.value
        return samples

    def page(self) -> list[Sample]:
        """All samples."""
        with serving(self.folder) as service:
            families = text_string_to_metric_families(service.get("/metrics").text)
        return [sample for family in families for sample in family.samples]

    def ended(self) -> dict[str, float]:
        """How many refreshes ended in which way."""
        counts = {}
        for (name, *values), count in self.scraped().items():
            if name == "wearcast_refreshes_total":
                counts[values[0]] = count
        assert set(counts) == OUTCOMES
        return {outcome: count for outcome, count in counts.items() if count}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    outage = Outage(FakeOpenMeteo())
    with served(outage) as url:
        yield Site(tmp_path, outage, url)


def test_before_any_refresh_nothing_is_said_of_them(site):
    assert site.scraped() == {}


def test_a_source_that_fails_and_recovers_is_counted_while_it_fails(site):
    site.outage.queries = ""
    for _ in range(2):
        with pytest.raises(SourceError):
            site.refresh()
    failing = site.scraped()
    assert site.ended() == {"failed": 2}
    assert failing["wearcast_refresh_errors_total", "SourceError"] == 2
    assert failing["wearcast_source_failures_total", "PassingError", "open_meteo"] == 4
    assert failing["wearcast_refresh_last_end_timestamp_seconds",] == NOW.timestamp()
    assert failing["wearcast_refresh_last_duration_seconds",] > 0
    assert ("wearcast_refresh_last_success_timestamp_seconds",) not in failing

    site.outage.queries = None
    site.now = NOW + HOUR
    site.refresh()
    site.refresh()
    well = site.scraped()
    assert site.ended() == {"failed": 2, "published": 1, "unchanged": 1}
    assert well["wearcast_source_failures_total", "PassingError", "open_meteo"] == 4
    succeeded = well["wearcast_refresh_last_success_timestamp_seconds",]
    assert succeeded == (NOW + HOUR).timestamp()

    site.outage.queries = ""
    site.now = NOW + 2 * HOUR
    with pytest.raises(SourceError):
        site.refresh()
    again = site.scraped()
    assert again["wearcast_refresh_last_success_timestamp_seconds",] == succeeded
    assert again["wearcast_refresh_last_end_timestamp_seconds",] == site.now.timestamp()


def test_a_station_without_observations_is_told_of_a_refresh_that_succeeded(site):
    second = site.made().params.ingest.stations[1]
    site.outage.queries = f"longitude={second.longitude}"
    site.refresh()
    told = site.scraped()
    assert site.ended() == {"published": 1}
    assert told["wearcast_refresh_left_out_stations",] == 1
    assert told["wearcast_source_failures_total", "PassingError", "open_meteo"] == 1


def test_numerical_forecasts_that_can_not_be_had_are_counted_and_fail_no_refresh(site):
    site.uses_guidance = True
    site.outage.queries = "models="
    site.refresh()
    assert site.ended() == {"published": 1}
    failures = ("wearcast_guidance_failures_total", "PassingError", "open_meteo")
    assert site.scraped()[failures] == 1
    assert not [key for key in site.scraped() if key[0] == "wearcast_source_failures_total"]

    site.outage.queries = None
    site.now = NOW + HOUR
    site.refresh()
    assert site.ended() == {"published": 2}
    assert site.scraped()[failures] == 1


def test_numerical_forecasts_that_come_too_late_are_counted(site):
    site.uses_guidance = True
    site.most_s = 0.0
    site.refresh()
    assert site.scraped()["wearcast_guidance_failures_total", "late", "open_meteo"] >= 1


def test_a_refresh_that_finds_another_running_is_no_run(site):
    with exclusive_lock(site.folder / "history"), pytest.raises(BusyError):
        site.refresh()
    assert site.ended() == {"busy": 1}
    assert ("wearcast_refresh_last_end_timestamp_seconds",) not in site.scraped()


def test_a_model_that_can_not_be_opened_and_a_mistake_in_the_program_are_told_apart(site):
    def without_model():
        raise ModelError("there is no model")

    def mistaken():
        raise ZeroDivisionError

    with pytest.raises(ModelError):
        site.log.run(without_model)
    with pytest.raises(ZeroDivisionError):
        site.log.run(mistaken)
    told = site.scraped()
    assert site.ended() == {"failed": 2}
    assert told["wearcast_refresh_errors_total", "ModelError"] == 1
    assert told["wearcast_refresh_errors_total", "unexpected"] == 1


def test_scores_that_can_not_be_made_are_left_out_and_counted(site, caplog):
    folder = site.folder / "history/.verification"
    folder.parent.mkdir()
    folder.write_bytes(b"")
    site.refresh()
    latest = site.store.pointer().latest
    told = site.store.live_verification(latest)
    assert ["last_days" in scores for scores in told.values()] == [False, False]
    assert ["last_days_advice" in scores for scores in told.values()] == [True, True]
    assert site.ended() == {"published": 1}
    assert "last_days is left out" in caplog.text
    assert "Traceback" in caplog.text

    folder.unlink()
    site.now = NOW + HOUR
    site.refresh()
    told = site.store.live_verification(site.store.pointer().latest)
    assert ["last_days" in scores for scores in told.values()] == [True, True]
    failures = [sample for sample in site.page() if sample.name == "wearcast_score_failures_total"]
    counts = {sample.labels["scores"]: sample.value for sample in failures}
    assert counts == {
        "last_days": 1,
        **dict.fromkeys(("last_days_advice", "last_days_rain", "input_drift"), 0),
    }


def drift_of(site: Site) -> list[Any]:
    """By station, the drift that was published last; None where there is none."""
    told = site.store.live_verification(site.store.pointer().latest)
    return [scores.get("input_drift") for scores in told.values()]


def with_reference(made: Refresh, reference: InputReference | None) -> Forecaster:
    """The forecaster, with another reference in its manifest."""
    forecaster = copy.copy(made.forecaster)
    manifest = forecaster.manifest
    forecaster.manifest = replace(manifest, inputs=reference).known_as(manifest.version)
    return forecaster


def test_a_refresh_tells_the_drift_of_what_was_observed(site):
    made = site.made()
    stations = made.forecaster.manifest.stations
    histories = two_stations().histories.values()
    training = {
        station.id: InputHours.of(history)
        for station, history in zip(stations, histories, strict=True)
    }
    reference = InputReference.fit(stations, training, annual=1)
    site.refresh(forecaster=with_reference(made, reference))
    for found in drift_of(site):
        assert found["temp_c"]["level"]["score"] >= 0
    variables = {
        sample.labels["variable"]
        for sample in site.page()
        if sample.name == "wearcast_input_drift_score"
    }
    assert "temp_c" in variables


def test_a_variant_repeats_no_alarm_of_the_champion_s_inputs(site, caplog, monkeypatch):
    made = site.made()
    stations = made.forecaster.manifest.stations
    history = two_stations().histories["AAA"]
    training = {station.id: InputHours.of(history) for station in stations}
    reference = InputReference.fit(stations, training, annual=1)
    drifted = {"temp_c": {"level": {"score": 2.0, "window_h": 48}}}
    monkeypatch.setattr(InputReference, "drift", lambda *_: drifted)
    champion = replace(made, forecaster=with_reference(made, reference))
    inputs = champion.run().inputs
    assert caplog.text.count("isn't what it was in the training years, by level") == len(stations)

    caplog.clear()
    own = {"history": site.folder / "variant"}
    store = SnapshotStore(FolderStorage(site.folder / "variant-store"), keep=10)
    settings = champion.settings.model_copy(update=own)
    assert replace(champion, settings=settings, store=store, inputs=inputs).run().is_new
    told = store.live_verification(store.pointer().latest)
    for scores in told.values():
        assert scores["input_drift"]["temp_c"]["level"]["score"] >= 1
    assert "isn't what it was" not in caplog.text


@pytest.mark.parametrize("uses_guidance", [False, True])
def test_a_refresh_compares_with_guidance_where_it_has_some(site, uses_guidance):
    site.uses_guidance = uses_guidance
    made = site.made()
    stations = made.forecaster.manifest.stations
    history = two_stations().histories["AAA"]
    training = {station.id: InputHours.of(history) for station in stations}
    errors = np.random.default_rng(2).normal(size=len(history))
    said = InputHours(history.valid_at, {"temp_c": history.column("temp_c") + errors})
    reference = InputReference.fit(stations, training, 1, {stations[0].id: said})
    site.refresh(forecaster=with_reference(made, reference))
    first, second = drift_of(site)
    assert ("guidance" in first["temp_c"]) == uses_guidance
    assert "guidance" not in second["temp_c"]


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_model_without_a_reference_or_with_a_broken_one_stops_no_refresh(site, is_broken):
    made = site.made()
    stations = {station.id: None for station in made.forecaster.manifest.stations}
    broken = InputReference(stations, {}) if is_broken else None
    site.refresh(forecaster=with_reference(made, broken))
    assert site.ended() == {"published": 1}
    assert drift_of(site) == [None, None]
    failures = {
        sample.labels["scores"]: sample.value
        for sample in site.page()
        if sample.name == "wearcast_score_failures_total"
    }
    assert failures["input_drift"] == is_broken


def test_rows_of_which_no_drift_can_be_made_cost_the_drift_alone(site, monkeypatch):
    monkeypatch.setattr(observation_cache, "hours_as_given", lambda raw: raw["no column"])
    made = site.made()
    reference = InputReference(
        {station.id: None for station in made.forecaster.manifest.stations}, {}
    )
    site.refresh(forecaster=with_reference(made, reference))
    assert site.ended() == {"published": 1}
    assert site.store.refresh_totals().score_failures["input_drift"] == 1


def test_past_forecasts_that_can_not_be_read_keep_no_forecast_from_being_published(
    site, monkeypatch
):
    def refused(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(forecast_files.ForecastFiles, "read", refused)
    site.refresh()
    assert site.ended() == {"published": 1}
    assert site.store.refresh_totals().score_failures["last_days"] >= 1


def test_refused_forecasts_are_an_outcome_of_their_own(site):
    made = site.made()
    settings = made.settings.model_copy(update={"oldest_observation": timedelta(0)})
    with pytest.raises(RefusedError):
        site.refresh(settings=settings)
    assert site.ended() == {"refused": 1}


def test_what_ends_while_the_store_is_gone_is_told_afterwards(site):
    gone = SnapshotStore(FailingStorage(site.folder / "store", fails_at=0), keep=10)
    log = replace(site.log, store=gone)
    with pytest.raises(StoreError):
        log.run(lambda: replace(site.made(), store=gone))
    assert site.scraped() == {}
    site.refresh()
    assert site.ended() == {"failed": 1, "published": 1}
    assert site.scraped()["wearcast_refresh_errors_total", "StoreError"] == 1


@pytest.mark.parametrize("content", [None, b"{", b'{"outcomes": {"failed": -1}}'])
def test_without_its_file_the_log_goes_on_from_the_store(site, content):
    site.refresh()
    path = site.folder / "history/.refreshes.json"
    path.unlink()
    if content:
        path.write_bytes(content)
    site.refresh()
    assert site.ended() == {"published": 1, "unchanged": 1}


@pytest.mark.parametrize(("has_guidance", "told"), [(True, "yes"), (False, "no")])
def test_the_model_is_told_also_where_nothing_could_be_published(site, has_guidance, told):
    site.outage.queries = ""
    forecaster = guided_forecaster(2) if has_guidance else built().forecaster
    with pytest.raises(SourceError):
        site.refresh(forecaster=forecaster)
    [labels] = [sample.labels for sample in site.page() if sample.name == "wearcast_model_info"]
    manifest = forecaster.manifest
    until = manifest.origin["trained_on"]["until"]
    assert labels == {"version": manifest.version, "trained_until": until, "guidance": told}


def test_a_broken_file_in_the_store_hides_no_forecast(site):
    site.refresh()
    (site.folder / "store/refreshes.json").write_bytes(b"[]")
    with serving(site.folder) as service:
        assert service.get("/health/ready").json()["store"] == ""
    assert site.scraped() == {}


def test_totals_that_hold_anything_make_no_more_labels_than_are_known(site):
    site.refresh()
    path = site.folder / "store/refreshes.json"
    totals = json.loads(path.read_bytes())
    many = {f"Error{i}": 1 for i in range(1000)}
    totals["errors"] = many | {"SourceError": 3}
    totals["source_failures"] = {"open_meteo": many, "elsewhere": {"SourceError": 1}}
    path.write_text(json.dumps(totals))
    told = site.scraped()
    assert told["wearcast_refresh_errors_total", "SourceError"] == 3
    assert len(told) < 20


@pytest.mark.parametrize("last_s", ["1" + "0" * 400, "Infinity", "NaN"])
@pytest.mark.parametrize("field", ["last_s", "left_out"])
def test_totals_that_are_no_finite_numbers_are_not_read(field, last_s):
    with pytest.raises(ValidationError):
        RefreshTotals.model_validate_json(f'{{"{field}": {last_s}}}')


def test_two_machines_that_refresh_one_store_never_let_a_total_fall(tmp_path):
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=10)
    logs = [RefreshLog(tmp_path / name, store, lambda: NOW) for name in ("one", "other")]

    def failing():
        raise ModelError("there is no model")

    totals = []
    for machine in (0, 0, 0, 1, 0, 1, 1):
        with pytest.raises(ModelError):
            logs[machine].run(failing)
        totals.append(store.refresh_totals().outcomes["failed"])
    assert totals == [1, 2, 3, 4, 5, 6, 7]
