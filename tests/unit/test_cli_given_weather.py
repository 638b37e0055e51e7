"""`wearcast advise --weather`: what to wear in hours that a person gives, anywhere."""

import json
import re
import subprocess
import sys

import pytest

from wearcast.cli import app
from wearcast.clothing.wardrobe import builtin
from wearcast.serving.api import schemas
from wearcast.vocabulary import Layer

DAYS = {
    "hot": ("2024-07-30", "33,24,2,20,0"),
    "cold": ("2024-01-23", "-9,-15,3,50,0"),
    "wet": ("2024-05-05", "14,13,3,100,1.5"),
}
HANGUL = re.compile("[가-힣]")


def hours(on, values):
    """A file of a day that is the same all the time."""
    header = "valid_at,temp_c,dewpoint_c,wind_ms,cloud_pct,precip_mm"
    return "\n".join([header, *(f"{on}T{hour:02}:00+09:00,{values}" for hour in range(24))])


@pytest.fixture
def advised(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder on a file; its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")

    def run(content, *arguments):
        (tmp_path / "hours.csv").write_text(content, encoding="utf-8")
        command = ["wearcast", "advise", "--weather", "hours.csv", *arguments]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            app.main()
        return ended.value.code, *capsys.readouterr()

    return run


def run_in(folder, *arguments, content=None):
    """Run the command as people do, in a folder, with the standard input given."""
    return subprocess.run(
        [sys.executable, "-m", "wearcast", "advise", *arguments],
        cwd=folder,
        input=content,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(("weather", "language"), [("hot", "en"), ("cold", "ko"), ("wet", "ko")])
def test_in_an_empty_folder_it_says_what_to_wear(tmp_path, weather, language):
    on, values = DAYS[weather]
    done = run_in(tmp_path, "--weather", "-", "--lang", language, content=hours(on, values))
    assert (done.returncode, done.stderr) == (0, "")
    assert on in done.stdout
    assert "UTC+09:00" in done.stdout
    assert bool(HANGUL.search(done.stdout)) == (language == "ko")
    assert "--station" in done.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("weather", "language"), [("hot", "en"), ("cold", "ko"), ("wet", "ko")])
def test_in_an_empty_folder_it_answers_as_the_api_does(tmp_path, weather, language):
    on, values = DAYS[weather]
    asked = ["--weather", "-", "--format", "json", "--station", "108", "--lang", language]
    done = run_in(tmp_path, *asked, content=hours(on, values))
    assert (done.returncode, done.stderr) == (0, "")
    told = schemas.Recommendation.model_validate_json(done.stdout)
    assert json.loads(done.stdout) == told.model_dump(mode="json")
    assert (str(told.target_date), told.station, told.person.language) == (on, "108", language)
    assert [step.at.hour for step in told.timeline] == list(range(7, 22))
    assert bool(HANGUL.search(told.why)) == (language == "ko")
    assert set(told.recommendations.styles) == {*builtin().styles}
    layers = {piece.layer for piece in told.outfit.pieces}
    worn = {piece.id for piece in told.outfit.pieces}
    assert (Layer.HANDS in layers) == (weather == "cold")
    if weather == "hot":
        assert not worn & {"long_tshirt", "jeans", "down_jacket", "boots"}
    if weather == "wet":
        assert any(builtin().garments[id].water for id in worn) or told.carry


def test_the_document_holds_the_weather_that_was_given(advised):
    code, out, _ = advised(hours("2024-07-30", "33,24,2,20,0"), "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert (told["forecast"], told["station"]) == (None, "")
    assert told["weather_summary"] == {
        "avg_temp": 33.0,
        "min_temp": 33.0,
        "max_temp": 33.0,
        "temp_difference": 0.0,
    }
    assert set(told["day"]["temp_max_c"].values()) == {33.0}
    assert (told["day"]["rain_chance"], told["day"]["gust_ms"]) == (0.0, None)
    assert told["timeline"][0]["at"] == "2024-07-30T07:00:00+09:00"


def test_a_document_may_be_in_imperial_units(advised):
    out = advised(hours("2024-07-30", "33,24,2,20,0"), "--format", "json", "--units", "imperial")[1]
    told = schemas.RecommendationImperial.model_validate_json(out)
    assert told.weather_summary.max_temp == 91.4
    assert told.timeline[0].temp_f == 91.4


def test_a_station_gives_the_sun_its_name_and_its_clocks(advised):
    page = advised(hours("2024-07-30", "33,24,2,20,0"), "--station", "tokyo")[1]
    assert page.startswith("Tokyo  Tuesday 2024-07-30")
    assert "--station" not in page
    document = advised(
        hours("2024-07-30", "33,24,2,20,0"), "--station", "london", "--format", "json"
    )[1]
    assert {step["at"][-6:] for step in json.loads(document)["timeline"]} == {"+01:00"}


def test_every_setting_reaches_the_advice(advised, tmp_path):
    (tmp_path / "mine.toml").write_text('own = ["tshirt", "jeans", "canvas_sneakers"]')
    asked = ["--activity", "running", "--sensitivity", "high", "--style", "sporty", "--wake", "22"]
    asked += ["--sleep", "6", "--wardrobe", "mine.toml", "--date", "2024-01-23"]
    told = json.loads(advised(hours("2024-01-23", "-9,-15,3,50,0"), *asked, "--format", "json")[1])
    person = {"activity": "running", "sensitivity": "high", "style": "sporty"}
    person |= {"wake": 22, "sleep": 6, "language": "en"}
    assert {key: told["person"][key] for key in person} == person
    assert [step["at"][11:13] for step in told["timeline"]] == ["22", "23"]
    assert {piece["id"] for piece in told["outfit"]["pieces"]} <= {
        "tshirt",
        "jeans",
        "canvas_sneakers",
    }
    assert told["missing"]


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(
    ("content", "arguments", "named"),
    [
        ("", [], "hours.csv is empty"),
        (
            hours("2024-07-30", "warm,,,,"),
            [],
            "hours.csv, line 2: temp_c 'warm': expected a number",
        ),
        (
            hours("2024-07-30", "33,,,,"),
            ["--date", "2024-08-01"],
            "no hours of 2024-08-01 among those given; there are some of 2024-07-30",
        ),
        (hours("2024-07-30", "33,,,,"), ["--date", "soon"], "--date 'soon': must be today"),
        (hours("2024-07-30", "33,,,,"), ["--station", "XYZ"], "station 'XYZ' is not in the"),
        (hours("2024-07-30", "33,,,,"), ["--wake", "8", "--sleep", "8"], "no hour to dress for"),
        (hours("2024-07-30", "33,,,,"), ["--wardrobe", "none.toml"], "none.toml can't be read"),
        (hours("2024-07-30", "33,,,,"), ["--weather", "no.csv"], "--weather no.csv can't be read"),
        (hours("2024-07-30", "33,,,,"), ["--weather", "."], "--weather . can't be read"),
    ],
)
def test_what_is_wrong_is_a_message_in_either_format(advised, format, content, arguments, named):
    code, out, errors = advised(content, *arguments, "--format", format)
    assert (code, out) == (1, "")
    assert errors.startswith("Error: ")
    assert named in errors


def test_an_unknown_format_is_told(advised):
    code, out, errors = advised(hours("2024-07-30", "33,,,,"), "--format", "xml")
    assert (code, out) == (1, "")
    assert "--format xml: choose text or json." in errors


def test_a_closed_standard_input_is_told(tmp_path):
    command = [sys.executable, "-m", "wearcast", "advise", "--weather", "-"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
