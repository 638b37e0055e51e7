"""A canary beside the old colour: it goes back for what the new release does worse by itself, on a
quiet site and on one where strangers do what they like. No engine is needed."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from deploy.colours import ERROR, SHED, WELL, Says, Site, at, slow
from deploy.program import BLUE, IMAGES, Program, deployed, watching
from rollout import canary, docker, forecasts, proxy, recovery, telemetry
from rollout.canary import Canary
from rollout.errors import Failed
from rollout.journal import read_history
from rollout.releases import Release
from rollout.state import State
from rollout.status import history

ROUNDS = 40


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is over as soon as so many rounds were answered, however slow the machine is."""
    monkeypatch.setattr(Canary, "PAUSE_S", 0)
    monkeypatch.setattr(canary, "LONGEST", 1e9)


def judged(site: Site, seconds: float = 0.001, rounds: int = ROUNDS) -> str:
    """What a canary finds that lasts so long, and so many rounds."""
    with (site.program.folder / "env").open("a") as settings:
        settings.write(f"ROLLOUT_CANARY_ROUNDS={rounds}\n")
    return Canary("green", "blue").go_on(seconds)


def test_one_as_good_as_the_old_colour_on_a_quiet_site(site: Site) -> None:
    said = judged(site)
    assert f"green: 0 of 0 requests of visitors failed, 0 of {ROUNDS} rounds" in said
    assert f"blue: 0 of 0 requests of visitors failed, 0 of {ROUNDS} rounds" in said


@pytest.mark.parametrize("answer", [ERROR, SHED, Says(0), Says(404)])
def test_it_goes_back_because_of_errors(site: Site, answer: Says) -> None:
    site.new = lambda _: answer
    with pytest.raises(Failed, match=r"canary does worse: errors: green: (\d+) of \1 rounds"):
        judged(site)


def test_it_goes_back_because_one_of_its_paths_fails_now_and_then(site: Site) -> None:
    asked: Iterator[int] = iter(range(1_000_000))

    def fails_at_times(path: str) -> Says:
        return ERROR if "format=csv" in path and next(asked) % 2 else WELL

    site.new = fails_at_times
    with pytest.raises(Failed, match="canary does worse: errors"):
        judged(site, rounds=1_000)


def test_what_the_old_colour_does_no_better_is_no_fault_of_the_new_one(site: Site) -> None:
    site.new = site.old = at("/forecast/latest", ERROR)
    assert "canary of" in judged(site)


def test_one_error_by_chance_decides_nothing(site: Site) -> None:
    asked: Iterator[int] = iter(range(1_000_000))
    site.new = lambda _: ERROR if next(asked) == 100 else WELL
    assert f"1 of {ROUNDS} rounds of our own failed" in judged(site)


def test_it_goes_back_because_of_slowness(site: Site) -> None:
    site.new = slow
    with pytest.raises(
        Failed, match=r"canary does worse: too slow: green: .* half took up to \d{3,}"
    ):
        judged(site)


def test_it_goes_back_because_some_answers_are_slow(site: Site) -> None:
    asked: Iterator[int] = iter(range(1_000_000))
    site.new = lambda _: Says(200, seconds=0.15 if next(asked) % 7 == 0 else 0)
    with pytest.raises(Failed, match="canary does worse: too slow"):
        judged(site, rounds=1_000)


def test_an_old_colour_as_slow_is_no_reason(site: Site) -> None:
    site.new = site.old = slow
    assert "canary of" in judged(site, rounds=15)


def test_an_old_colour_that_hangs_keeps_no_better_one_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long each round waits for it."""
    monkeypatch.setattr(canary, "LONGEST", 5)
    monkeypatch.setattr(canary, "ROUND_TIMEOUTS", 1e9)
    monkeypatch.setattr(canary, "TIMEOUT_S", 0.5)
    site.old = at("/forecast/latest", Says(0, seconds=1))
    assert "blue: 0 of 0 requests of visitors failed, 3 of 3 rounds" in judged(site, rounds=3)


def test_errors_that_strangers_meet_of_it_alone(site: Site) -> None:
    site.new = at("/stations", ERROR)
    site.met("/api/stations", 200, "service", times=4_000, service="service-blue@file")
    canary_of_site = Canary("green", "blue")
    site.met("/api/stations", 500, "service", times=20)
    site.met("/api/stations", 200, "service", times=2_000, service="service-blue@file")
    with pytest.raises(Failed, match="service-green fails at GET /stations"):
        canary_of_site.go_on(0.001)


def test_errors_that_strangers_lead_to_it_alone_are_no_reason(site: Site) -> None:
    """Who has its cookie may send it what fails of any release."""
    site.new = site.old = at("/voila/static/%00", ERROR)
    canary_of_site = Canary("green", "blue")
    site.met("/voila/static/%00", 500, times=200)
    site.met("/", 200, times=2_000, service="dashboard-blue@file")
    assert "200 of 200 requests of visitors failed" in canary_of_site.go_on(0.001)


def test_slow_answers_that_visitors_wait_for_of_it_alone(site: Site) -> None:
    """Of what the rollout itself doesn't ask for."""

    def well_meanwhile(_: str) -> Says:
        site.took("green", slow=1, of=3)
        site.took("blue", slow=0, of=60)
        return WELL

    site.new = well_meanwhile
    slow = r"visitors waited for over 1\.2 s at: green: (\d+) of \1 looks; blue: 0 of"
    with pytest.raises(Failed, match=slow):
        judged(site)


def test_slow_answers_of_both_are_no_reason(site: Site) -> None:
    def well_meanwhile(_: str) -> Says:
        site.took("green", slow=1, of=3)
        site.took("blue", slow=20, of=60)
        return WELL

    site.new = well_meanwhile
    assert "canary of" in judged(site)


def test_one_stall_that_many_visitors_met_is_no_reason(site: Site) -> None:
    begun = Canary("green", "blue")
    site.took("green", slow=50, of=60)
    site.took("blue", slow=0, of=2_000)
    assert "canary of" in begun.go_on(0.001)


def test_one_that_answers_too_few_requests_to_be_judged_goes_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "LONGEST", 1)
    monkeypatch.setattr(canary, "ROUND_TIMEOUTS", 0)
    with pytest.raises(Failed, match=r"can't be judged: \d+ of 900000 rounds"):
        judged(site, rounds=900_000)


def test_a_container_that_ends_in_it(site: Site) -> None:
    begun = Canary("green", "blue")
    site.program.docker("""  "inspect "*green*) echo '[{"State": {"ExitCode": 7}}]' ;;""")
    with pytest.raises(Failed, match=r"the canary: service-green isn't running \(exit 7\)"):
        begun.go_on(0.001)


# What a release says of its own forecasts.

FIRST = date(2026, 9, 1)
LIVE = deployed(schema=2).release
NEW_REFRESH = "registry.example.org/refresh@sha256:" + "9" * 64
NEW = Release.from_json({**BLUE, "code": "c" * 40, "images": {**IMAGES, "refresh": NEW_REFRESH}})


def record(error_c: float, days: int = 60, seen_until: str = "2026-08-01T00") -> str:
    """Of a model that is so far off, a bit more each third day."""
    errors = {
        f"{FIRST + timedelta(days=day)}T{hour:02}": [72, error_c + 0.1 * (day % 3)]
        for day in range(days)
        for hour in (0, 12)
    }
    return json.dumps(
        {"format": 1, "model": "m", "seen_until": seen_until, "stations": {"EWR": errors}}
    )


def told_by(program: Program, live: str, new: str) -> None:
    """Let the releases' refresh images print this."""
    program.docker(
        f"""  *"run --rm"*recent-errors) case "$REFRESH" in {NEW_REFRESH}) echo '{new}' ;;"""
        f""" *) echo '{live}' ;; esac ;;"""
    )


def test_it_goes_back_because_forecasts_got_worse(program: Program) -> None:
    told_by(program, record(1.2), record(1.5))
    worse = r"does worse: forecasts: .* 1\.60 °C off, the live one's 1\.30 °C \(120 forecasts\)"
    with pytest.raises(Failed, match=worse):
        forecasts.compare(LIVE, NEW)


@pytest.mark.parametrize("error_c", [0.8, 1.2, 1.25])
def test_forecasts_as_good_within_the_margin_are_no_reason(
    program: Program, error_c: float
) -> None:
    told_by(program, record(1.2), record(error_c))
    assert "120 forecasts" in forecasts.compare(LIVE, NEW)


def test_the_margin_is_a_setting(program: Program) -> None:
    program.settings("ROLLOUT_CANARY_WORSE=1.3\n")
    told_by(program, record(1.2), record(1.5))
    assert "120 forecasts" in forecasts.compare(LIVE, NEW)


def test_hours_that_only_the_live_model_had_in_training_do_not_count(program: Program) -> None:
    """Who goes back to an older model, or tries one trained on less, isn't compared on them."""
    told_by(program, record(1.2, seen_until="2026-10-15T00"), record(1.5))
    assert "aren't compared: " in forecasts.compare(LIVE, NEW)
    told_by(program, record(1.2), record(1.5, seen_until="2026-10-15T00"))
    with pytest.raises(Failed, match="120 forecasts"):
        forecasts.compare(LIVE, NEW)


@pytest.mark.parametrize(
    ("live", "why"),
    [
        ("", "code bbbbbbbbbbbb doesn't tell its errors"),
        ('{"format": 2}', "the form 2"),
        ("[]", "TypeError"),
        (record(1.2, days=9), "18 of the last months are too few"),
    ],
    ids=["says nothing", "another form", "something else", "a new host"],
)
def test_where_it_can_not_be_said_that_is_said(program: Program, live: str, why: str) -> None:
    told_by(program, live, record(1.5))
    assert why in forecasts.compare(LIVE, NEW)


def test_a_release_of_before_has_no_such_command(program: Program) -> None:
    program.docker("""  *recent-errors) echo "No such command 'recent-errors'." >&2; exit 2 ;;""")
    assert "No such command" in forecasts.compare(LIVE, NEW)


def test_forecasts_are_compared_before_the_new_colour_takes_its_memory(program: Program) -> None:
    labels = {
        "io.wearcast.model": "m",
        "org.opencontainers.image.revision": NEW.code,
        "io.wearcast.snapshot-schema": "2",
    }
    program.docker(
        f"""  *.Config.Labels*) echo '{json.dumps(labels)}' ;;\n"""
        """  "image inspect "*) echo sha256:0 ;;\n  "run --rm"*) echo m ;;\n"""
        """  *recent-errors) exit 2 ;;\n  *"up --detach"*) exit 1 ;;"""
    )
    program.note(live={**BLUE, "images": {**IMAGES, "refresh": NEW_REFRESH}, "schema": 2})
    assert program.release().returncode == 1
    assert program.history()[-1]["at_step"] == "start"
    asked = program.asked("compose")
    of_forecasts = [number for number, line in enumerate(asked) if "recent-errors" in line]
    of_colour = [number for number, line in enumerate(asked) if "service-green" in line]
    assert of_forecasts
    assert max(of_forecasts) < min(of_colour)


def test_a_comparison_that_takes_too_long_is_ended(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only whoever waits for it."""
    program.docker("""  *recent-errors) exec sleep 40 ;;""")
    monkeypatch.setattr(docker, "COMPOSE_TIMEOUT_S", 1)
    assert "took longer than 1 s" in forecasts.compare(LIVE, NEW)
    assert "--name wearcast-refresh-once" in program.asked("recent-errors")[0]
    assert program.asked()[-1].endswith(" rm --force wearcast-refresh-once")


# The routes, and what is told of it.


def share() -> None:
    """Let blue be live, and green have a share."""
    proxy.prepare_routes()
    proxy.switch_traffic("blue", LIVE)
    proxy.keep_routes()
    proxy.share_traffic("blue", "green", 5, LIVE)


def test_going_back_from_a_canary_puts_the_kept_routes_back(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the history, and Prometheus, say why."""
    share()
    assert proxy.active_colour() == ""
    monkeypatch.setattr(recovery, "return_problem", lambda _: "")
    monkeypatch.setattr(proxy, "wait_until_active", lambda _: None)
    running = watching("green", {**BLUE, "schema": 2}, shifted=True).to_json()
    program.note(live=BLUE, running={**running, "step": "canary"})
    state = State.from_json(program.noted())
    recovery.go_back(state, "the canary does worse: errors: 9 of 9")
    assert proxy.active_colour() == "blue"
    assert "green" not in proxy.routes_file().read_text().splitlines()[0]
    note = read_history()[-1]
    assert (note["at_step"], note["reason"]) == ("canary", "the canary does worse: errors: 9 of 9")
    assert history() == 0
    assert "went back" in (said := capsys.readouterr().out)
    assert "at canary: the canary does worse: errors: 9 of 9" in said
    told = (telemetry.metrics_folder() / "rollout.prom").read_text()
    assert (
        'wearcast_rollout_last_went_back_info{at_step="canary",'
        'reason="the canary does worse: errors: 9 of 9"} 1'
    ) in told


def test_a_release_whose_routes_know_no_canary_has_none(program: Program) -> None:
    earlier = program.folder / "earlier"
    (earlier / "traefik").mkdir(parents=True)
    (earlier / "traefik/routes.yaml").write_text("http: {}\n")
    assert proxy.knows_canaries(LIVE)
    assert not proxy.knows_canaries(Release.from_json({**BLUE, "programs": str(earlier)}))
