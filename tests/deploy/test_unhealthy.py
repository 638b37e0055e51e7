"""What is live and unhealthy is restarted by the host's timer, and not again and again. No engine
is needed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from deploy.program import BLUE, Program, watching
from rollout import journal
from rollout.journal import TIME_FORMAT, read_history
from rollout.state import read_state
from rollout.unhealthy import restart_unhealthy


def unhealthy(program: Program, *services: str, started: str = "2026-01-01T00:00:00Z") -> None:
    """Let all containers run, and these be unhealthy."""
    found = json.dumps([{"State": {"Health": {"Status": "unhealthy"}, "StartedAt": started}}])
    cases = [f"""  "inspect wearcast-{service}-1") echo '{found}' ;;""" for service in services]
    program.docker("\n".join(cases))


def ago(**past: float) -> str:
    """A time in the past, as the history has it."""
    return f"{datetime.now(UTC) - timedelta(**past):{TIME_FORMAT}}"


def restarted(program: Program, *at: str, service: str = "service-blue") -> None:
    """Note that this was restarted at these times."""
    lines = [json.dumps({"at": time, "what": f"restarted {service}"}) + "\n" for time in at]
    (program.folder / "state/history.jsonl").write_text("".join(lines))


def test_what_is_live_and_unhealthy_is_restarted_and_noted(program: Program) -> None:
    program.note(live={**BLUE, "schema": 1})
    unhealthy(program, "service-blue", "refresh", "proxy", "dashboard-green")
    assert program.run("recover").returncode == 0
    services = ["service-blue", "refresh", "proxy"]
    asked = [line.split()[-1] for line in program.asked(" restart ")]
    assert asked == [f"wearcast-{service}-1" for service in services]
    assert [entry["what"] for entry in read_history()] == [f"restarted {name}" for name in services]
    assert "restarted service-blue code bbbbbbbbbbbb" in program.run("history").stdout


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ([{"minutes": 9}], False),
        ([{"minutes": 11}], True),
        ([{"hours": 2}, {"minutes": 19}], False),
        ([{"hours": 2}, {"minutes": 21}], True),
        ([{"hours": hours} for hours in range(20, 6, -1)], True),
        ([{"hours": hours} for hours in range(20, 4, -1)], False),
        ([{"days": 2}, {"days": 1.1}], True),
    ],
)
def test_each_restart_within_a_day_doubles_the_pause(
    program: Program, before: list[dict[str, float]], again: bool
) -> None:
    program.note(live={**BLUE, "schema": 1})
    restarted(program, *(ago(**past) for past in before))
    unhealthy(program, "service-blue")
    assert program.run("recover").returncode == 0
    assert bool(program.asked(" restart ")) == again


@pytest.mark.parametrize(("minutes", "again"), [(9, False), (11, True)])
def test_where_no_restart_can_be_noted_the_pause_holds(
    program: Program, monkeypatch: pytest.MonkeyPatch, minutes: int, again: bool
) -> None:
    """On a full disk."""

    def refuse(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(journal, "write_atomically", refuse)
    program.note(live={**BLUE, "schema": 1})
    unhealthy(program, "refresh", started=ago(minutes=minutes).replace("Z", ".123456789Z"))
    restart_unhealthy(read_state())
    assert bool(program.asked(" restart ")) == again
    assert not read_history()


def test_a_rollout_that_was_broken_off_comes_first(program: Program) -> None:
    program.note(live={**BLUE, "schema": 1}, running=watching("green").to_json())
    unhealthy(program, "service-blue")
    program.run("recover")
    assert not program.asked(" restart ")


def test_where_nothing_is_live_nothing_is_restarted(program: Program) -> None:
    program.note()
    unhealthy(program, "service-blue")
    assert program.run("recover").returncode == 0
    assert not program.asked(" restart ")
