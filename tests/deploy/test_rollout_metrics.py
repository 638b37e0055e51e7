"""What the rollout tells Prometheus, by the program itself and by Prometheus' own tool. No engine
is needed."""

import shutil
import subprocess
import time
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.program import BLUE, IMAGES, Program, watching
from rollout import journal, proxy, recovery, telemetry
from rollout.journal import add_to_history, now
from rollout.releases import Deployment
from rollout.state import Progress, State

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
LIVE = {**BLUE, "since": "2026-01-01T00:00:00Z", "schema": 1}


def exposition(program: Program) -> str:
    """All files, as node exporter reads them."""
    files = sorted((program.folder / "state/metrics").glob("*.prom"))
    return "".join(file.read_text() for file in files)


def samples(program: Program) -> Samples:
    """By name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition(program))
        for sample in family.samples
    }


def value(program: Program, name: str, **labels: str) -> float | None:
    """A sample; None where there is none."""
    return samples(program).get((f"wearcast_rollout{name}", tuple(sorted(labels.items()))))


def test_a_look_tells_when_it_was_and_what_is_live(program: Program) -> None:
    program.note(live=LIVE)
    began = time.time()
    assert program.run("recover").returncode == 0
    looked = value(program, "_watch_last_look_timestamp_seconds")
    assert looked is not None
    assert began <= looked <= time.time()
    assert value(program, "_live", colour="blue") == 1
    assert value(program, "_live", colour="green") == 0
    digests = {part: image.rpartition("@")[2] for part, image in IMAGES.items()}
    assert value(program, "_live_info", colour="blue", code="b" * 40, model="m", **digests) == 1
    assert value(program, "_running") == 0
    assert value(program, "s_total", outcome="released") == 0
    assert value(program, "s_total", outcome="went_back") == 0


def test_a_rollout_that_goes_back_is_counted(program: Program) -> None:
    began = int(time.time())
    for _ in range(2):
        assert program.release().returncode == 1
    assert value(program, "s_total", outcome="went_back") == 2
    assert value(program, "s_total", outcome="released") == 0
    ended = value(program, "_last_end_timestamp_seconds", outcome="went_back")
    assert ended is not None
    assert began <= ended <= time.time()
    assert value(program, "_last_end_timestamp_seconds", outcome="released") is None
    assert value(program, "_live", colour="blue") == 0
    assert value(program, "_running") == 0


def test_a_rollout_that_runs_is_told_with_its_step(program: Program) -> None:
    running = {**watching("green", LIVE).to_json(), "since": "2026-01-01T00:01:00Z"}
    program.note(live=LIVE, running=running)
    telemetry.tell(State.from_json(program.noted()))
    assert value(program, "_running") == 1
    assert value(program, "_step_timestamp_seconds") == 1_767_225_660


def test_a_release_that_is_finished_is_told_as_live(program: Program) -> None:
    add_to_history(what="released", seconds=41, **LIVE)
    running = {**watching("blue", LIVE).to_json(), "since": now(), "proved": True}
    proxy.prepare_routes()
    recovery.finish(State.from_json({"live": LIVE, "previous": None, "running": running}))
    assert value(program, "s_total", outcome="released") == 1
    assert value(program, "_last_duration_seconds") == 41
    assert value(program, "_running") == 0


def test_totals_never_fall_although_the_history_forgets(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "KEPT_IN_HISTORY", 2)
    for _ in range(5):
        add_to_history(what="went back", at_step="pull", reason="x")
        add_to_history(what="restarted proxy", at_step="recover", reason="x")
    telemetry.tell(State())
    assert value(program, "s_total", outcome="went_back") == 5
    assert value(program, "_restarts_total") == 5


def test_prometheus_own_tool_finds_nothing_wrong(program: Program, real_part) -> None:
    promtool = shutil.which("promtool")
    real_part("promtool", promtool)
    add_to_history(what="released", seconds=41, **LIVE)
    add_to_history(what="went back", at_step="watch", reason="x")
    strange = Deployment.from_json({**LIVE, "model": 'a "b"\\c\nd\t한'})
    telemetry.tell_look()
    running = {**watching("green", LIVE).to_json(), "since": now()}
    telemetry.tell(State(live=strange, running=Progress.from_json(running)))
    done = subprocess.run(
        [promtool, "check", "metrics"], input=exposition(program), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_readers_see_whole_files_although_many_are_written(program: Program) -> None:
    program.note(live=LIVE)
    telemetry.tell(State.from_json(program.noted()))
    whole = exposition(program)
    writer = subprocess.Popen(
        [shutil.which("python3") or "python3", program.rollout, "recover"],
        stdout=subprocess.DEVNULL,
    )
    seen = set()
    path = program.folder / "state/metrics/rollout.prom"
    while writer.poll() is None:
        seen.add(path.read_text())
    assert seen == {whole}


@pytest.mark.parametrize("obstacle", ["file", "since"])
def test_what_can_not_be_told_stops_no_look(program: Program, obstacle: str) -> None:
    if obstacle == "file":
        (program.folder / "state/metrics").write_text("in the way")
        program.note(live=LIVE)
    else:
        (program.folder / "state/history.jsonl").write_text('{"what": "released", "at": "now"}\n')
        program.note(live=LIVE)
    assert program.run("recover").returncode == 0
    assert "rollout.prom: " in (program.folder / "state/rollout.log").read_text()
