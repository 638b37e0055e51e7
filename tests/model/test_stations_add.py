"""`wearcast stations add`: from a place's name to the page that shows it, with a made-up Open-Meteo
over HTTP, and without training anything."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from service.in_process_service import serving
from unit.serving.dashboard.read_page import Read
from unit.serving.refresh_fakes import params
from wearcast.cli.app import app
from wearcast.errors import WearcastError
from wearcast.forecasting import model_assembly
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_markup import page_markup
from wearcast.serving.dashboard.page_query import parse_query
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.places.registry import PlaceRegistry
from wearcast.serving.refresh.lock import exclusive_lock

COMMAND = """
import atexit, sys
atexit.register(lambda: print("torch" in sys.modules, file=sys.stderr))
from wearcast.cli.app import main
main()
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def fake() -> FakeOpenMeteo:
    return FakeOpenMeteo(now=lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def root(model, fake, tmp_path_factory) -> Iterator[Path]:
    """A project whose observations come from the made-up Open-Meteo, and the tracked model."""
    folder = tmp_path_factory.mktemp("project")
    model_assembly.save(folder / "models/forecaster", model.onnx, model.manifest)
    content = params("open_meteo").model_dump(mode="json")
    with served(fake) as url:
        content["ingest"]["open_meteo"] |= {
            "archive_url": f"{url}/v1/archive",
            "forecast_url": f"{url}/v1/forecast",
            "geocoding_url": f"{url}/v1/search",
        }
        (folder / "params.yaml").write_text(yaml.safe_dump(content))
        yield folder


@pytest.fixture(scope="module")
def wearcast(root) -> Run:
    """The command, in a process of its own that says at its end whether it knows torch."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEARCAST_")}
    settings = clean | {"WEARCAST_STORE": str(root / "store"), "COLUMNS": "120"}

    def run(*arguments: str, **also: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments],
            cwd=root,
            env=settings | also,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def added(wearcast) -> "subprocess.CompletedProcess[str]":
    """강릉, added, and the refresh after it."""
    done = wearcast("stations", "add", "강릉")
    assert done.returncode == 0, done.stderr
    refreshed = wearcast("refresh")
    assert refreshed.returncode == 0, refreshed.stderr
    assert "gangneung" in refreshed.stdout
    return done


def test_it_says_where_the_place_is_what_to_expect_and_whom_it_owes(added):
    lines = added.stdout.splitlines()
    assert lines[0] == (
        "Gangneung · 강릉시 (Gangwon-do, South Korea, 180,611 people): 37.7527° N, 128.8724° E,"
        " 39 m, Asia/Seoul"
    )
    assert "nothing was trained" in lines[1]
    assert lines[2].startswith("The model was not trained here. In its own past, temperatures")
    assert "°C at 1-24 h" in lines[2]
    assert "80 % intervals held" in lines[2]
    assert "wearcast stations remove gangneung" in added.stdout
    assert "Open-Meteo.com" in added.stdout
    assert "GeoNames" in added.stdout


def test_nothing_is_trained(added):
    assert added.stderr.split() == ["False"]


@pytest.mark.usefixtures("added")
def test_the_source_is_asked_for_three_years_in_few_requests(fake):
    asked = [one for one in fake.asked_of("archive") if one.query["latitude"] == "37.7527"]
    whole = [one for one in asked if one.days[0] < f"{datetime.now(UTC) - timedelta(700):%Y-%m-%d}"]
    assert 1 <= len(whole) <= 3
    [lookup, *_] = fake.asked_of("search")
    assert lookup.query["name"] == "강릉"


def page(service, query):
    """What the page says, and its texts."""
    choices, _ = parse_query(query)
    data, invalid = service.run(fetch_page_data(ApiClient(service.client, "here"), choices))
    html = page_markup(PageState(data.chosen, choices.lang or "en", invalid, data))
    return html, " ".join(Read(html).texts)


@pytest.mark.usefixtures("added")
def test_the_api_and_the_page_show_it_and_say_that_nobody_trained_there(root):
    with serving(root, model=root / "models/forecaster") as service:
        offered = {one["id"]: one for one in service.read("/stations")["stations"]}
        assert {id: one["trained"] for id, one in offered.items()} == {
            "AAA": True,
            "BBB": True,
            "gangneung": False,
        }
        expected = offered["gangneung"]["expected"]
        assert expected["days"] > 1_000
        assert 0 < expected["mae_c"]["1-24"] < expected["climatology_mae_c"]["1-24"]
        assert 0.7 < expected["coverage_80"]["all"] < 0.9
        forecast = service.read("/forecast/latest", station="gangneung")
        assert len(forecast["hours"]) == 168
        for day in forecast["days"]:
            usual = day["usual"]
            assert usual["temp_min_c"] < usual["temp_mean_c"] < usual["temp_max_c"]
        assert forecast["station"]["name_ko"] == "강릉시"
        for lang, told in (("en", "Not trained here"), ("ko", "학습하지 않")):
            html, texts = page(service, f"?station=gangneung&lang={lang}")
            assert 'data-notice="untrained"' in html
            assert told in texts
            assert "untrained" not in page(service, f"?station=AAA&lang={lang}")[0]
            assert 'id="found-gangneung"' in page(service, f"?find=강릉&lang={lang}")[0]


@pytest.fixture
def here(root, monkeypatch) -> Callable[..., str]:
    """The command in this process: what it prints, or its error."""
    monkeypatch.chdir(root)

    def run(*arguments: str, **settings: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            done = CliRunner().invoke(app, ["stations", *arguments], env={"COLUMNS": "120"})
        assert done.exception is None or isinstance(done.exception, WearcastError), done
        return str(done.exception or done.output)

    return run


@pytest.mark.usefixtures("added")
def test_the_list_shows_it_with_what_to_expect(here):
    _, _, places = here("list").partition("Places added here")
    [row] = [line for line in places.splitlines() if "gangneung" in line]
    assert "강릉시" in row
    assert "%" in row


@pytest.mark.usefixtures("added")
def test_it_is_added_once_and_no_more_than_the_operator_allows(here):
    assert "the place gangneung was added already" in here("add", "강릉")
    limited = here("add", "Ulsan", WEARCAST_PLACES="1")
    assert "1 places were added, and WEARCAST_PLACES allows 1" in limited
    a_day = here("add", "Ulsan", WEARCAST_PLACES_A_DAY="1")
    assert "WEARCAST_PLACES_A_DAY allows 1" in a_day


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((), "name a place, or give its --latitude and --longitude"),
        (("--latitude", "37.5"), "give --latitude and --longitude together"),
        (("Nowhere",), "knows no place named 'Nowhere'"),
        (("Springfield", "--which", "3"), "there are 2 places named 'Springfield'"),
        (("--latitude", "95", "--longitude", "0"), "Latitude must be in range"),
        (("Ulsan", "--id", "AAA"), "AAA is a station of params.yaml"),
        (("Ulsan", "--id", "a/b"), "can't be an id"),
    ],
)
def test_what_can_not_be_meant_is_refused(here, asked, message):
    assert message in here("add", *asked)


def test_a_replay_has_no_other_places(here):
    assert "WEARCAST_SOURCE=open_meteo" in here("add", "Ulsan", WEARCAST_SOURCE="sample")


def test_a_model_that_knows_no_guidance_needs_no_archive_of_it(here, root, tmp_path, monkeypatch):
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["guidance"]["source"] = "files"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.chdir(tmp_path)
    told = here("add", "Ulsan", WEARCAST_MODEL=str(root / "models/forecaster"))
    assert "The next `wearcast refresh` forecasts it as ulsan" in told
    assert "numerical" not in told


@pytest.mark.usefixtures("added")
def test_a_place_may_be_given_by_its_coordinates_and_removed(here, root):
    id = "35-5400N-129-3200E"
    told = here("add", "Our house", "--latitude", "35.54", "--longitude", "129.32")
    assert told.startswith("Our house: 35.5400° N, 129.3200° E, 38 m, Asia/Seoul\n")
    registry = PlaceRegistry(root / "data/serving/history")
    assert id in registry.ids()
    fetched = root / "data/serving/history" / id
    fetched.mkdir()
    (fetched / "observations.parquet").write_bytes(b"hours")
    with exclusive_lock(root / "data/serving/history"):
        assert "another refresh is running" in here("remove", id)
    assert f"Our house ({id}) is removed" in here("remove", id)
    assert id not in registry.ids()
    assert not fetched.exists()
    assert here("remove", "AAA").startswith("no place 'AAA' was added")
    assert (fetched.parent / "gangneung").exists()
    assert "was added" in here("remove", id)
