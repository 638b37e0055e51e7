"""`wearcast stations`: what is known, and what can be found."""

import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from rich.cells import cell_len
from typer.testing import CliRunner

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from wearcast.cli.app import app, main
from wearcast.cli.stations import found
from wearcast.config import OpenMeteo, Station, checked
from wearcast.errors import ConfigError, SourceError
from wearcast.vocabulary import LANGUAGES
from wearcast.weather.geocoding import search
from wearcast.weather.stations import CATALOGUE


@pytest.fixture
def fake() -> FakeOpenMeteo:
    return FakeOpenMeteo()


@pytest.fixture
def settings(fake: FakeOpenMeteo) -> Iterator[OpenMeteo]:
    with served(fake) as url:
        yield OpenMeteo(geocoding_url=f"{url}/v1/search")


@pytest.fixture
def project(
    settings: OpenMeteo, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    params = yaml.safe_load((repository / "params.yaml").read_text())
    params["ingest"]["open_meteo"]["geocoding_url"] = settings.geocoding_url
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_names_every_station_of_the_catalogue() -> None:
    shown = CliRunner().invoke(app, ["stations", "list"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0
    assert [id for id in CATALOGUE if id not in shown.output] == []
    assert "37.5714" in shown.output


def test_the_list_cuts_no_id_and_no_zone_in_80_columns() -> None:
    shown = CliRunner().invoke(app, ["stations", "list"], env={"COLUMNS": "80"}).output
    words = set(shown.split())
    wanted = {(station.id, station.time_zone) for station in CATALOGUE.values()}
    assert [(id, zone) for id, zone in wanted if not {id, zone} <= words] == []
    assert max(cell_len(line) for line in shown.splitlines()) <= 80


@pytest.mark.usefixtures("project")
def test_what_is_found_can_be_pasted_into_params_yaml() -> None:
    shown = CliRunner().invoke(app, ["stations", "search", "Ulsan"])
    assert shown.exit_code == 0
    (item,) = yaml.safe_load(shown.output)
    station = checked(Station, item, where="pasted")
    assert (station.id, station.name_en, station.name_ko, station.time_zone) == (
        "ulsan",
        "Ulsan",
        "울산광역시",
        "Asia/Seoul",
    )
    assert (station.latitude, station.longitude, station.elevation_m) == (35.5372, 129.3167, 11.0)
    assert "# Ulsan, South Korea, 962,865 people" in shown.output
    assert "GeoNames" in shown.output


@pytest.mark.usefixtures("project")
def test_a_name_may_be_korean() -> None:
    (item,) = yaml.safe_load(found("울산", "ko"))
    assert (item["name_en"], item["name_ko"]) == ("Ulsan", "울산광역시")


def test_places_of_one_name_are_told_apart(settings: OpenMeteo) -> None:
    places = search("Springfield", "en", settings, {})
    assert [(place.id, place.where) for place in places] == [
        ("springfield", "Missouri, United States, 166,810 people"),
        ("springfield-2", "Massachusetts, United States, 154,341 people"),
    ]


def test_a_place_nobody_knows_is_said(settings: OpenMeteo) -> None:
    with pytest.raises(
        SourceError,
        match=(
            r"knows no place named 'Nowhere'. Try another spelling, or the name in another language"
        ),
    ):
        search("Nowhere", "en", settings, {})


def test_without_an_answer_it_ends_within_20_s_in_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        params = project / "params.yaml"
        text = re.sub(
            r"geocoding_url: .*", f"geocoding_url: http://127.0.0.1:{port}/", params.read_text()
        )
        params.write_text(text)
        monkeypatch.setattr(sys, "argv", ["wearcast", "stations", "search", "Gangneung"])
        began_s = time.monotonic()
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 1
    assert time.monotonic() - began_s < 20
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Error: http://127.0.0.1:{port}/ did not answer in time.")


def test_each_language_is_asked_once(settings: OpenMeteo, fake: FakeOpenMeteo) -> None:
    search("Ulsan", "en", settings, {})
    assert len(fake.log) == len(LANGUAGES)


def test_another_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="--lang fr: choose en or ko"):
        found("Paris", "fr")


@pytest.mark.usefixtures("project")
def test_a_file_of_ones_own_is_described_with_its_place(tmp_path):
    hours = pd.date_range("2024-01-01", periods=100, freq="h").strftime("%Y-%m-%d %H:%M")
    table = pd.DataFrame({"time": hours, "temperature": np.arange(100) % 24 / 2})
    table.to_csv(tmp_path / "mine.csv", index=False)
    shown = CliRunner().invoke(app, ["inspect", str(tmp_path / "mine.csv"), "--place", "Ulsan"])
    assert shown.exit_code == 0, shown.stderr
    ingest = yaml.safe_load(shown.stdout)["ingest"]
    [place] = ingest["stations"]
    station = Station.model_validate(place)
    assert (station.id, station.name_ko) == ("ulsan", "울산광역시")
    assert ingest["files"]["station"] == "ulsan"
    assert ingest["files"]["time_zone"] == station.time_zone == "Asia/Seoul"
    assert "Ulsan" in shown.stderr
