"""Which programs a host's `deploy` leads to: only ones that have brought a release to users. No
engine is needed."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.engine import REPOSITORY
from deploy.program import BLUE, IMAGES, Program

BUNDLE = REPOSITORY / "deploy/bundle"


@pytest.fixture
def home(program: Program) -> Path:
    """A host with proven programs, at which `deploy` points, and a release's new ones."""
    home = program.folder / "home"
    for name in ("proven", "new"):
        subprocess.run([BUNDLE, home / "releases" / name], check=True)
    (home / "deploy").symlink_to("releases/proven")
    (program.folder / "state/traefik").mkdir()
    return home


def proved(home: Path, **more: object) -> dict[str, object]:
    """A state in which the new release has proved itself, and only the rest is to be done."""
    live = {**BLUE, "programs": str(home / "releases/new")}
    running = {
        "step": "drain",
        "colour": "blue",
        "release": live,
        "proved": True,
        "since": "now",
        "pid": 1,
        "by": str(home / "releases/new"),
        **more,
    }
    return {
        "live": live,
        "previous": {**BLUE, "programs": str(home / "releases/proven")},
        "running": running,
    }


def test_a_release_that_goes_back_leaves_it(program: Program, home: Path) -> None:
    program.rollout = home / "releases/new/rollout"
    assert program.release().returncode == 1
    assert program.history()[-1]["what"] == "went back"
    assert os.readlink(home / "deploy") == "releases/proven"


def test_once_a_release_has_proved_itself_it_leads_to_the_programs_that_brought_it(
    program: Program, home: Path
) -> None:
    """The rollout's process may have died meanwhile: whoever finishes its work moves the link."""
    program.rollout = home / "deploy/rollout"
    program.note(**proved(home))
    assert program.run("recover").returncode == 0
    assert os.readlink(home / "deploy") == "releases/new"
    assert program.noted()["running"] is None


def test_going_back_to_an_earlier_release_leaves_it_at_the_newest_proven(
    program: Program, home: Path
) -> None:
    program.note(**proved(home, by=str(home / "releases/proven")))
    assert program.run("recover").returncode == 0
    assert os.readlink(home / "deploy") == "releases/proven"


def test_new_programs_that_are_broken_do_not_keep_the_timer_from_going_back(
    program: Program, home: Path
) -> None:
    """The timer's command is `deploy`'s."""
    (home / "releases/new/rollout").write_text("this is no Python")
    running = {
        "step": "watch",
        "colour": "green",
        "release": {"images": IMAGES, "programs": str(home / "releases/new")},
        "since": "now",
        "pid": 1,
        "by": str(home / "releases/new"),
    }
    program.note(live=BLUE, running=running)
    program.rollout = home / "deploy/rollout"
    assert program.run("recover").returncode == 1
    assert program.noted()["running"] is None
    assert program.history()[-1]["still_live"] == "blue"


def test_a_link_that_cannot_be_moved_does_not_keep_a_release_from_being_over(
    program: Program, home: Path
) -> None:
    (home / "deploy").unlink()
    (home / "deploy/something").mkdir(parents=True)
    program.note(**proved(home))
    assert program.run("recover").returncode == 0
    assert program.noted()["running"] is None


def test_the_newest_programs_are_kept_and_those_in_use(program: Program, home: Path) -> None:
    folder = home / "releases"
    for number in range(25):
        (folder / f"{number:02}").mkdir()
        os.utime(folder / f"{number:02}", (number, number))
    os.utime(folder / "proven", (1, 1))
    os.utime(folder / "new", (2, 2))
    state = proved(home)
    program.note(**state, retired=[{**BLUE, "programs": str(folder / "00")}])
    program.rollout = home / "deploy/rollout"
    assert program.run("recover").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(f"{n:02}" for n in range(5, 25)), "proven", "new"]
    )


def test_the_link_of_a_checkout_is_nobodys(program: Program, home: Path) -> None:
    program.note(**proved(home, by=BLUE["programs"]))
    assert program.run("recover").returncode == 0
    assert os.readlink(home / "deploy") == "releases/proven"
