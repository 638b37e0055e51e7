"""`wearcast advise`: a page that a person can read."""

import sys

import pytest

from wearcast import artifacts, cli
from wearcast.config import Paths


@pytest.fixture
def advised(project, snapshot, monkeypatch, capsys):
    """Run the command on a forecast for Seoul; its exit code, output and errors."""
    artifacts.write_bytes(Paths(project.root).snapshot, snapshot().to_bytes())
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("COLUMNS", "110")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["wearcast", "advise", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return run


def test_it_shows_tomorrow_with_reasons_carry_certainty_and_timeline(advised):
    code, page, errors = advised()
    assert (code, errors) == (0, "")
    assert "Seoul  Thursday 2024-04-11" in page
    assert "It feels like 4 °C at 07:00 but 17 °C at 15:00" in page
    for heading in ("Wear", "Why", "Layers", "Activity", "How sure", "Hour", "Feels like", "What to do"):
        assert heading in page
    assert "take off: " in page
    assert max(len(line.rstrip()) for line in page.splitlines()) <= 110


def test_today_shows_what_was_observed(advised):
    assert advised("--date", "2024-04-10", "--wake", "5")[1].count("observed") == 2


def test_every_option_reaches_the_advice(advised):
    options = ["--station", "108", "--activity", "running", "--sensitivity", "high", "--style", "sporty", "--units", "imperial"]
    page = advised("--date", "2024-04-12", *options, "--lang", "ko")[1]
    assert "서울" in page
    assert "°F" in page
    assert "러닝화" in page


def test_an_own_wardrobe_is_used(advised, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('own = ["tshirt", "jeans", "canvas_sneakers"]', encoding="utf-8")
    assert "You own nothing warm enough. Missing:" in advised("--wardrobe", str(mine))[1]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--date", "tomorrow"], "'tomorrow' is not a date such as"),
        (["--date", "2020-01-01"], "no forecast for 2020-01-01 at 108; there is one for 2024-04-10 to 2024-04-16"),
        (["--station", "JFK"], "no forecast for station 'JFK'"),
        (["--sensitivity", "extreme"], "sensitivity: Input should be 'very_low', 'low'"),
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
        cli.main()
    assert "Run `make repro`" in capsys.readouterr().err
