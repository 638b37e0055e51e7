"""The OpenAPI document is true: schemathesis finds nothing against it, and a client generated from
it works."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest
import yaml

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served as answering
from full import repeated
from service.in_process_service import StoreFolder
from service.service_process import Process, served
from service.synthetic_snapshots import joined, varied, without
from unit.forecasting.synthetic import built, place, two_stations
from unit.serving.refresh_fakes import params
from wearcast.forecasting import model_assembly

pytestmark = pytest.mark.real

SEED = "20240409"
EXAMPLES = str(repeated(40, 120))
"""Of schemathesis for each operation, beside those of its phases `examples` and `coverage`."""
GENERATOR = "openapi-python-client==0.29.1"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose params.yaml says that the names of places are a made-up Open-Meteo's."""
    folder = tmp_path_factory.mktemp("served")
    content = params("open_meteo").model_dump(mode="json")
    with answering(FakeOpenMeteo()) as url:
        content["ingest"]["open_meteo"]["geocoding_url"] = f"{url}/v1/search"
        (folder / "params.yaml").write_text(yaml.safe_dump(content))
        yield folder


@pytest.fixture(scope="module")
def service(root: Path, verification: Any) -> Iterator[Process]:  # noqa: ARG001 - served, too
    """The service with a small trained model, and a forecast of its stations: one reports neither
    cloud nor rain."""
    model = built()
    model_assembly.save(root / "forecaster", model.onnx, model.manifest)
    one, other = (
        varied(place(name, zone), "2024-04-09T19")
        for name, zone in (("AAA", "America/New_York"), ("BBB", "Asia/Seoul"))
    )
    StoreFolder(root / "store").publish(joined(one, without(other, "cloud_pct", "precip_mm")))
    reports = Path(__file__).parents[2] / "reports"
    with served(
        root,
        STORE=str(root / "store"),
        MODEL=str(root / "forecaster"),
        REPORTS=str(reports),
        FEEDBACK=f"sqlite:///{root}/votes.db",
        PLACE_REQUESTS="anyone",
        PLACE_QUEUE=str(root / "queue"),
    ) as process:
        yield process


def requests(service: Process) -> Counter[tuple[str, int]]:
    """How many requests had which answers."""
    lines = map(json.loads, service.log.read_text().splitlines())
    return Counter(
        (line["message"], line["status"]) for line in lines if line["logger"] == "wearcast.access"
    )


def test_schemathesis_finds_nothing(service, tmp_path):
    hooks = Path(__file__).with_name("openapi_hooks.py")
    program = Path(sys.executable).with_name("st")
    command = [
        program,
        "run",
        f"{service.url}/openapi.json",
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing,stateful",
    ]
    command += [
        "--max-examples",
        EXAMPLES,
        "--seed",
        SEED,
        "--request-timeout",
        "30",
        "--generation-database",
        "none",
    ]
    command += ["--continue-on-failure", "--no-color"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(hooks)}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )
    print(done.stdout[done.stdout.find("= SUMMARY") :])  # noqa: T201
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    assert re.search(r"Selected: (\d+)/\1\n", done.stdout)
    # It asked for what can be answered, not only for what can't.
    answered = requests(service)
    for operation in (
        "GET /forecast/latest",
        "GET /forecast/latest.csv",
        "GET /recommendation/by_day",
        "GET /recommendation/by_hour",
        "GET /stations",
        "GET /model",
    ):
        assert answered[operation, 200] > 2, operation
    for operation in (
        "POST /forecast",
        "POST /recommendation/by_day",
        "POST /recommendation/by_hour",
    ):
        assert answered[operation, 200] > 9, operation
        assert answered[operation, 422] > 9, operation
    assert answered["POST /places", 202]
    # Until it has read its snapshot, it says that it isn't ready; and of names of places it looks
    # up so many and no more.
    failed = {found for found in answered if found[1] >= 500}
    assert failed <= {("GET /health/ready", 503), ("GET /places", 503), ("POST /places", 503)}


@pytest.fixture(scope="module")
def generated(
    service: Process,
    tmp_path_factory: pytest.TempPathFactory,
    real_part: Callable[[str, object], None],
) -> ModuleType:
    """The client that openapi-python-client makes of the document; the generator lives in an
    environment of its own."""
    folder = tmp_path_factory.mktemp("client")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    generator = [str(uv), "tool", "run", "--quiet", "--from", GENERATOR, "openapi-python-client"]
    there = subprocess.run([*generator, "--version"], capture_output=True, timeout=240, check=False)
    real_part(f"{GENERATOR}, from the package registry", there.returncode == 0)
    command = [
        *generator,
        "generate",
        "--url",
        f"{service.url}/openapi.json",
        "--meta",
        "none",
        "--output-path",
        "wearcast_client",
    ]
    done = subprocess.run(
        [*command, "--fail-on-warning"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    spec = importlib.util.spec_from_file_location(
        "wearcast_client", folder / "wearcast_client/__init__.py"
    )
    assert spec
    assert spec.loader
    package = importlib.util.module_from_spec(spec)
    sys.modules["wearcast_client"] = package
    spec.loader.exec_module(package)
    return package


@pytest.fixture
def client(generated: ModuleType, service: Process) -> Iterator[Any]:
    """A generated client that takes no answer which isn't documented."""
    with generated.Client(base_url=service.url, raise_on_unexpected_status=True) as client:
        yield client


def part(name: str) -> ModuleType:
    """A module of the generated package."""
    return importlib.import_module(f"wearcast_client.{name}")


def test_its_forecast_is_typed_and_whole(client):
    models = part("models")
    forecast = part("api.forecast.forecast_latest").sync(client=client, station="BBB")
    assert isinstance(forecast, models.Forecast)
    assert len(forecast.hours) == 168
    assert isinstance(forecast.hours[0].temp_c, models.Quantiles)
    assert forecast.hours[0].precip_mm is None
    assert forecast.hours[0].valid_at == datetime(2024, 4, 9, 20, tzinfo=UTC)
    assert forecast.station.time_zone == "Asia/Seoul"
    assert forecast.forecast.stale is True
    assert not forecast.additional_properties


def test_its_forecast_comes_in_imperial_units_and_as_records(client):
    models, latest = part("models"), part("api.forecast.forecast_latest")
    forecast = latest.sync(client=client, units=models.ForecastLatestUnits.IMPERIAL)
    assert isinstance(forecast, models.ForecastImperial)
    assert isinstance(forecast.hours[0].wind_mph, models.Quantiles)
    records = latest.sync(client=client, format_=models.ForecastLatestFormat.RECORDS)
    assert {type(record) for record in records} == {models.PlainHour}
    assert records[0].date == "2024-04-09"


def test_its_table_is_text(client):
    table = part("api.forecast.forecast_latest_csv").sync_detailed(
        client=client, station="BBB", hours=3, variables="temp_c", quantiles="p50"
    )
    [heading, *rows] = table.parsed.splitlines()
    assert heading == "valid_at,local_time,lead_h,temp_c_p50,station,issued_at,attribution"
    assert len(rows) == 3


def test_a_part_of_its_forecast_leaves_the_rest_unset(client):
    forecast = part("api.forecast.forecast_latest").sync(
        client=client, hours=2, variables="temp_c", quantiles="p10,p90"
    )
    assert len(forecast.hours) == 2
    unset = part("types").UNSET
    hour = forecast.hours[0]
    assert (hour.wind_ms, hour.temp_c.p50) == (unset, unset)
    assert hour.temp_c.p10 < hour.temp_c.p90


def test_its_recommendation_is_typed_down_to_the_pieces(client):
    models = part("models")
    told = part("api.recommendation.recommendation_by_day").sync(
        client=client,
        target_date=date(2024, 4, 12),
        activity=models.Activity.CYCLING,
        lang=models.RecommendationByDayLang.KO,
    )
    assert isinstance(told, models.Recommendation)
    assert told.target_date == date(2024, 4, 12)
    assert isinstance(told.outfit.pieces[0], models.Piece)
    assert isinstance(told.weather_summary.avg_temp, float)
    assert set(told.recommendations.styles.additional_properties) == set(models.Style)
    assert told.person.language == "ko"
    assert told.timeline[0].at.utcoffset() == timedelta(hours=-4)
    assert not told.additional_properties


def test_its_stations_are_typed(client):
    stations = part("api.forecast.stations").sync(client=client).stations
    assert [(station.id, len(station.days)) for station in stations] == [("AAA", 7), ("BBB", 7)]
    assert stations[0].days[0] == date(2024, 4, 9)


def test_its_problem_is_typed(client):
    answer = part("api.recommendation.recommendation_by_day").sync_detailed(
        client=client, target_date=date(1999, 1, 1)
    )
    assert answer.status_code == 404
    assert isinstance(answer.parsed, part("models").Problem)
    assert "there is one for 2024-04-09" in answer.parsed.detail
    assert answer.parsed.request_id == answer.headers["x-request-id"]


def test_the_generated_client_gets_a_forecast_of_its_own_history(client):
    models, history = part("models"), two_stations().histories["AAA"]
    temps = [None if np.isnan(value) else float(value) for value in history.column("temp_c")[-200:]]
    first = history.valid_at[-200].astype("datetime64[s]").item().replace(tzinfo=UTC)
    body = models.OwnHistory(
        station="AAA", first=first, hours=[models.OwnHour(temp_c=value) for value in temps]
    )
    forecast = part("api.forecast.forecast_own").sync(client=client, body=body)
    assert isinstance(forecast, models.Forecast)
    assert forecast.forecast.issued_at == first + timedelta(hours=199)
    assert forecast.drift_h == 200
    wrong = models.OwnHistory(station="ZZZ", first=first, hours=[models.OwnHour(temp_c=1.0)] * 168)
    problem = part("api.forecast.forecast_own").sync(client=client, body=wrong)
    assert isinstance(problem, models.Problem)
    assert problem.errors[0].field == "body.station"


def test_the_generated_client_gets_advice_from_its_own_wardrobe(client):
    models = part("models")
    coat = models.OwnGarment(
        name_en="my coat", name_ko="내 코트", layer=models.Layer.OUTER, clo=0.5
    )
    garments = models.OwnWardrobeGarments.from_dict({"mine": coat.to_dict()})
    body = models.OwnWardrobe(own=["tshirt", "jeans", "canvas_sneakers"], garments=garments)
    told = part("api.recommendation.recommendation_by_hour_own").sync(
        client=client, body=body, hour=6
    )
    assert isinstance(told, models.Recommendation)
    assert "my coat" in [piece.name for piece in told.outfit.pieces]


@pytest.mark.usefixtures("service")
def test_behind_a_proxy_that_strips_a_prefix_all_links_have_the_prefix(root, tmp_path):
    with served(
        tmp_path,
        STORE=str(root / "store"),
        MODEL=str(root / "forecaster"),
        REPORTS=str(root),
        ROOT_PATH="/api",
    ) as process:
        assert process.get("/openapi.json").json()["servers"] == [{"url": "/api"}]
        page = process.get("/docs").text
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page) + re.findall(
            r"url: '([^']+)'", page
        )
        assert len(addresses) >= 4
        for address in addresses:
            assert address.startswith("/api/")
            # As the proxy hands it on.
            assert process.get(address.removeprefix("/api")).status_code == 200
        tag = process.get("/forecast/latest").headers["etag"]
        assert process.get("/forecast/latest", headers={"If-None-Match": tag}).status_code == 304
        assert httpx.head(f"{process.url}/recommendation/by_day").status_code == 200
        assert 'path="/forecast/latest",status="304"' in process.get("/metrics").text
