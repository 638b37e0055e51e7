"""`wearcast advise`: a page that a person can read."""

import io
import re
import sys
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from service.synthetic_snapshots import guided
from wearcast import artifacts
from wearcast.cli import app
from wearcast.cli.advise import show
from wearcast.config import Paths
from wearcast.forecasting.snapshot import Origin
from wearcast.serving.api import schemas


@pytest.fixture
def advised(project, snapshot, monkeypatch, capsys):
    """Run the command on a forecast for Seoul; its exit code, output and errors."""
    artifacts.write_bytes(Paths(project.root).snapshot, snapshot().to_bytes())
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("COLUMNS", "110")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["wearcast", "advise", *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return ended.value.code, *capsys.readouterr()

    return run


def shown(project, snapshot, now, on=None, **options):
    """What is printed at a time."""
    paths, out = Paths(project.root), io.StringIO()
    artifacts.write_bytes(paths.snapshot, snapshot.to_bytes())
    show(paths, Console(file=out, width=110), options, None, on, None, now)
    return out.getvalue()


def seoul(day, hour, minute=0):
    return datetime(2024, 4, day, hour, minute, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.mark.parametrize(
    ("now", "on", "date"),
    [
        (seoul(10, 7), None, "2024-04-10"),
        (seoul(10, 21, 30), None, "2024-04-11"),
        # The last observation is of the 10th.
        (seoul(11, 0, 40), None, "2024-04-11"),
        (seoul(11, 0, 40), "today", "2024-04-11"),
        (seoul(11, 0, 40), "tomorrow", "2024-04-12"),
        (seoul(30, 0, 40), None, "2024-04-16"),
    ],
)
def test_today_is_the_readers_in_the_stations_zone(project, snapshot, now, on, date):
    assert f"{date}  strolling" in shown(project, snapshot(), now, on)


def test_a_replay_is_read_at_its_issue_time(project, snapshot):
    replay = replace(snapshot(), origin=Origin("tested", "sample", replay=True))
    assert "2024-04-10  strolling" in shown(project, replay, seoul(30, 12), "today")
    assert "2024-04-11  strolling" in shown(project, replay, seoul(30, 12), "tomorrow")


def test_it_shows_a_day_with_reasons_carry_certainty_and_timeline(advised):
    code, page, errors = advised("--date", "2024-04-11")
    assert (code, errors) == (0, "")
    assert "Seoul  Thursday 2024-04-11" in page
    assert "It feels like 4 °C at 07:00 but 17 °C at 15:00" in page
    for heading in (
        "Wear",
        "Why",
        "Layers",
        "Activity",
        "How sure",
        "Hour",
        "Feels like",
        "What to do",
    ):
        assert heading in page
    assert "take off: " in page
    assert max(len(line.rstrip()) for line in page.splitlines()) <= 110


def test_it_says_what_the_forecast_is_made_from(project, snapshot):
    alone = shown(project, snapshot(), seoul(10, 7))
    assert "\nMade from the station’s past alone." in alone
    from_files = replace(snapshot(), origin=Origin("tested", "files", replay=False))
    guidance = guided(from_files, reach_h=114)
    page = shown(project, guidance, seoul(10, 7))
    below = " ".join(page[page.index("Made from") :].split())
    assert below.startswith(
        "Made from ECMWF and GFS, runs of 12 UTC, fitted to this station. That is up to Sunday; the"
        " days after come from the station’s past. Without ICON, which is missing. Numerical"
        " forecasts by Open-Meteo.com"
    )
    korean = shown(project, guidance, seoul(10, 7), language="ko")
    assert "ECMWF·GFS(12 UTC) 예보를 이 관측소에 맞게 보정했어요." in " ".join(korean.split())


def test_today_shows_what_was_observed(advised):
    assert advised("--date", "2024-04-10", "--wake", "5")[1].count("observed") == 2


def test_every_option_reaches_the_advice(advised):
    options = [
        "--station",
        "108",
        "--activity",
        "running",
        "--sensitivity",
        "high",
        "--exposure",
        "hours",
        "--style",
        "sporty",
        "--units",
        "imperial",
    ]
    page = advised("--date", "2024-04-12", *options, "--lang", "ko")[1]
    assert "서울" in page
    assert "°F" in page
    assert "러닝화" in page


def test_it_answers_as_the_api_does(advised):
    code, document, errors = advised("--date", "2024-04-11", "--format", "json")
    assert (code, errors) == (0, "")
    told = schemas.Recommendation.model_validate_json(document)
    assert (str(told.target_date), told.station) == ("2024-04-11", "108")
    assert told.forecast
    assert (told.forecast.model, told.forecast.published_at) == ("tested", None)
    assert told.made_from == "Made from the station’s past alone."
    assert advised("--date", "Friday", "--format", "json")[:2] == (1, "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "errands and commuting · casual"),
        (["--exposure", "hours"], "outdoors for hours · casual"),
        (["--out", "18-19,8-9"], "out 8–9, 18–19 · casual"),
    ],
)
def test_the_heading_says_for_how_long_one_is_out(advised, options, said):
    assert said in advised("--date", "2024-04-12", *options)[1]


def test_outings_are_the_hours_that_are_shown(advised):
    page = advised("--date", "2024-04-12", "--out", "8-9,22-0")[1]
    assert re.findall(r"^(\d\d):00 ", page, flags=re.MULTILINE) == ["08", "22", "23"]


def test_an_own_wardrobe_is_used(advised, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('own = ["tshirt", "jeans", "canvas_sneakers"]', encoding="utf-8")
    assert "You own nothing warm enough. Missing:" in advised("--wardrobe", str(mine))[1]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (
            ["--date", "Friday"],
            "--date 'Friday': must be today, tomorrow or a date such as 2013-12-31",
        ),
        (
            ["--date", "2020-01-01"],
            (
                "No forecast for 2020-01-01 at 108; there is one for 2024-04-10, 2024-04-11,"
                " 2024-04-12"
            ),
        ),
        (["--date", "today"], " at 108; there is one for 2024-04-10, 2024-04-11, 2024-04-12"),
        (["--station", "JFK"], "no forecast for station 'JFK'"),
        (["--out", "8-9,9-10"], "out: 8-9 and 9-10 are one outing; write 8-10"),
        (["--out", "8-9", "--wake", "7"], "out is 8-9, but wake is 7 and sleep is 9"),
        (["--exposure", "minutes"], "'errands' or 'hours' (is 'minutes')"),
        (["--sensitivity", "extreme"], "'very_high' (is 'extreme')"),
        (["--wardrobe", "nowhere.toml"], "nowhere.toml can't be read"),
    ],
)
def test_a_wrong_option_is_a_message_that_says_what_would_do(advised, arguments, named):
    code, page, errors = advised(*arguments)
    assert (code, page) == (1, "")
    assert named in errors


def test_before_the_pipeline_has_run_it_says_what_to_run(project, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    monkeypatch.setattr(sys, "argv", ["wearcast", "advise"])
    with pytest.raises(SystemExit):
        app.main()
    assert "Run `make repro`" in capsys.readouterr().err
