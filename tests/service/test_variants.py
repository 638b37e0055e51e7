"""Several models served side by side: a client always gets the same one, every answer says which,
nobody gets another's from a cache, and without variants nothing is different."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.in_process_service import StoreFolder, serving
from service.own_wardrobe import MINE
from service.service_process import Process, served
from service.synthetic_snapshots import two_cities
from service.test_supervisor import until
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api import served_models
from wearcast.serving.experiment.assignment import Assignment
from wearcast.serving.experiment.variants import CHAMPION, Variant
from wearcast.serving.store.refresh_totals import OUTCOMES
from wearcast.serving.store.snapshot_reader import SnapshotReader

VARIANTS = "b=no/b@50,c=no/c@shadow"
ASSIGNMENT = Assignment("1", (Variant("b", Path("b"), 50.0), Variant("c", Path("c"), None)))
VERSIONS = {CHAMPION: "champion0000", "b": "variantb0000", "c": "shadowc00000"}
ERRORS_C = {CHAMPION: [1.0, 2.0, 3.0], "b": [0.9, 2.0, 3.0], "c": [1.4, 2.0, 3.0]}
"""Of past forecasts: the model's own, persistence's, climatology's."""
PATHS = (
    "/forecast/latest?station=108",
    "/forecast/latest?station=108&format=records",
    "/forecast/latest.csv?station=108",
    "/recommendation/by_day?station=108",
    "/stations",
    "/verification/recent?station=108",
)
CLIENTS = {name: ASSIGNMENT.example_client(name) for name in (CHAMPION, "b")}


def made(name: str, seed: int) -> Snapshot:
    """A snapshot of a model, of a replay, whose age counts from its publication."""
    snapshot = two_cities(seed, 9.0 + seed)
    origin = replace(snapshot.origin, model=VERSIONS[name], replay=True)
    return replace(snapshot, origin=origin)


def scores(name: str) -> bytes:
    """What a refresh told of a model's past forecasts."""
    error_c, *others_c = ERRORS_C[name]
    names = ("mae", "persistence_mae", "climatology_mae")
    errors = dict(zip(names, (error_c, *others_c), strict=True))
    told = {"pairs": 10, "bias": 0.0, "coverage_80": 0.8, **errors}
    return json.dumps({"108": {"last_days": {"14": {"temp_c": {"all": told}}}}}).encode()


def publish(root: Path, at: datetime | None = None) -> None:
    store = root / "store"
    StoreFolder(store).publish(made(CHAMPION, 1), recent=scores(CHAMPION))
    StoreFolder(store / "variants/b").publish(made("b", 5), at, recent=scores("b"))
    StoreFolder(store / "variants/c").publish(made("c", 9), recent=scores("c"))


def settings(root: Path) -> dict[str, str]:
    return {
        "STORE": str(root / "store"),
        "LAST_GOOD": str(root / "last-good"),
        "MODEL": str(root / "no"),
        "REPORTS": str(root / "no"),
        "VARIANTS": VARIANTS,
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("several")
    publish(root)
    return root


@pytest.fixture(scope="module")
def service(root) -> Iterator[Process]:
    with served(root, **settings(root)) as process:
        yield process


def as_client(name: str) -> dict[str, str]:
    return {"Wearcast-Client": CLIENTS[name]}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", CLIENTS)
def test_every_answer_names_its_model(service, path, model):
    answer = service.get(path, headers=as_client(model))
    assert answer.status_code == 200
    assert answer.headers["Wearcast-Variant"] == model
    assert answer.headers["Wearcast-Model"] == VERSIONS[model]
    assert f"-{model}" in answer.headers["ETag"]


@pytest.mark.parametrize("path", PATHS)
def test_what_depends_on_the_client_is_kept_by_no_shared_cache(service, path):
    for model in CLIENTS:
        answer = service.get(path, headers=as_client(model))
        assert answer.headers["Cache-Control"].startswith("private, max-age=")
        varies = {one.strip() for one in answer.headers["Vary"].split(",")}
        assert {"Wearcast-Client", "Wearcast-Variant", "Cookie"} <= varies


@pytest.mark.parametrize("path", PATHS)
def test_a_client_without_an_id_gets_the_champion_and_no_cookie(service, path):
    for headers in ({}, {"Cookie": "wearcast-choices=x"}, {"Wearcast-Client": "too short"}):
        answer = service.get(path, headers=headers)
        assert answer.headers["Wearcast-Variant"] == CHAMPION
        assert answer.headers["Cache-Control"].startswith("public, max-age=")
        assert "Cookie" in answer.headers["Vary"]
        assert "Set-Cookie" not in answer.headers


def test_the_cookie_counts_as_the_header_does_and_the_header_first(service):
    cookie = {"Cookie": f"a=b; wearcast-client={CLIENTS['b']}; c=d"}
    assert service.get(PATHS[0], headers=cookie).headers["Wearcast-Variant"] == "b"
    both = cookie | as_client(CHAMPION)
    assert service.get(PATHS[0], headers=both).headers["Wearcast-Variant"] == CHAMPION


def test_an_etag_is_of_one_model(service):
    tags = {
        model: service.get(PATHS[0], headers=as_client(model)).headers["ETag"] for model in CLIENTS
    }
    assert len(set(tags.values())) == 2
    for model in CLIENTS:
        for of, tag in tags.items():
            asked = {**as_client(model), "If-None-Match": tag}
            answer = service.get(PATHS[0], headers=asked)
            assert answer.status_code == (304 if of == model else 200)
            assert answer.headers["Cache-Control"].startswith("private")


def test_a_tester_may_ask_for_a_model_by_name(service):
    for path in PATHS:
        added = "&" if "?" in path else "?"
        by_query = service.get(f"{path}{added}model=b")
        by_header = service.get(path, headers={"Wearcast-Variant": "b"})
        for answer in (by_query, by_header):
            assert answer.headers["Wearcast-Variant"] == "b"
            assert answer.headers["Cache-Control"].startswith("public")
        champion = service.get(f"{path}{added}model=champion", headers=as_client("b"))
        assert champion.headers["Wearcast-Variant"] == CHAMPION


@pytest.mark.parametrize("name", ["c", "d", "", "b%20", "B"])
def test_a_shadow_or_unknown_model_is_refused_as_a_problem(service, name):
    answer = service.get(f"{PATHS[0]}&model={name}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "there are: champion, b." in answer.json()["detail"]
    assert "Vary" not in answer.headers or answer.headers["Cache-Control"] == "no-store"


def test_own_garments_are_judged_by_the_clients_model(service):
    url = "/recommendation/by_day?station=108"
    told = {}
    for model in CLIENTS:
        answer = service.ask("POST", url, json=MINE, headers=as_client(model))
        assert answer.status_code == 200
        assert answer.headers["Wearcast-Variant"] == model
        assert answer.headers["Cache-Control"] == "no-store"
        told[model] = answer.json()["forecast"]["model"]
    assert told == {model: VERSIONS[model] for model in CLIENTS}


@pytest.mark.full
def test_clients_keep_their_models_over_restarts_and_replicas(service, root):
    clients = [f"somebody-{number:08d}" for number in range(100)]

    def found(process: Process) -> list[str]:
        told = []
        with httpx.Client(base_url=process.url) as connection:
            for client in clients:
                answer = connection.get("/stations", headers={"Wearcast-Client": client})
                told.append(answer.headers["Wearcast-Variant"])
        return told

    here = found(service)
    assert here == [ASSIGNMENT.model_of(client) for client in clients]
    with served(root, **settings(root)) as replica:
        assert found(replica) == here
        replica.kill()
    with served(root, **settings(root)) as again:
        assert found(again) == here


def samples(told: str) -> dict[tuple[str, str], list[float]]:
    """By name and variant, empty of the champion's."""
    found: dict[tuple[str, str], list[float]] = {}
    for family in text_string_to_metric_families(told):
        for sample in family.samples:
            key = sample.name, sample.labels.get("variant", "")
            found.setdefault(key, []).append(sample.value)
    return found


@pytest.mark.parametrize("name", ["b", "c"])
def test_age_refreshes_and_scores_are_told_of_shadows_too_and_by_names_of_their_own(service, name):
    told = samples(service.get("/metrics").text)
    [age_s] = told["wearcast_variant_forecast_age_seconds", name]
    assert 0 <= age_s < 600
    assert told["wearcast_variant_refreshes_total", name] == [0.0] * len(OUTCOMES)
    assert told["wearcast_variant_forecast_absolute_error_celsius", name] == ERRORS_C[name]
    assert told["wearcast_forecast_absolute_error_celsius", ""] == ERRORS_C[CHAMPION]
    of_variants = {metric for metric, variant in told if variant}
    assert all(metric.startswith("wearcast_variant_") for metric in of_variants)


def test_no_id_is_in_the_log(service):
    service.get(PATHS[0], headers=as_client("b"))
    assert CLIENTS["b"] not in service.log.read_text()


def in_process(root: Path, **more: object):
    return serving(root, made(CHAMPION, 1), variants=VARIANTS, last_good=root / "last-good", **more)


def test_where_a_variant_has_no_forecast_its_clients_get_the_champions(tmp_path):
    with in_process(tmp_path) as service:
        answer = service.ask("GET", PATHS[0], headers=as_client("b"))
        assert answer.headers["Wearcast-Variant"] == CHAMPION
        assert answer.headers["Wearcast-Model"] == VERSIONS[CHAMPION]
        assert answer.headers["Cache-Control"].startswith("private")
        assert service.ask("GET", f"{PATHS[0]}&model=b").headers["Wearcast-Variant"] == CHAMPION


def test_an_unforeseen_error_at_a_variants_store_keeps_no_champion_from_its_clients(
    tmp_path, monkeypatch
):
    failing = []

    class Failing(SnapshotReader):
        def poll(self) -> None:
            failing.append(self)
            raise KeyError("nobody foresaw this")

    monkeypatch.setattr(served_models, "SnapshotReader", Failing)
    with in_process(tmp_path) as service:
        service.run(until(lambda: failing and failing[0].failures))
        assert service.ask("GET", "/health/ready").status_code == 200


def test_where_a_variants_forecast_is_stale_its_clients_get_the_champions(tmp_path):
    publish(tmp_path, at=datetime.now(UTC) - timedelta(hours=4))
    with in_process(tmp_path) as service:
        answer = service.ask("GET", PATHS[0], headers=as_client("b"))
        assert answer.headers["Wearcast-Variant"] == CHAMPION


def test_without_variants_an_id_or_a_name_changes_nothing(tmp_path):
    with serving(tmp_path, made(CHAMPION, 1)) as service:
        plain = service.ask("GET", PATHS[0])
        given = service.ask("GET", PATHS[0], headers={**as_client("b"), "Wearcast-Variant": "b"})
        for answer in (plain, given):
            del answer.headers["X-Request-ID"]
        assert plain.headers == given.headers
        assert plain.content == given.content
        assert "Wearcast-Variant" not in plain.headers
        assert "Cookie" not in plain.headers["Vary"]
        assert service.ask("GET", f"{PATHS[0]}&model=b").status_code == 422
