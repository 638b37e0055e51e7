"""Which form of snapshots refresh may publish: one that every release can read which may still run.
No engine is needed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.program import BLUE, IMAGES, Program, deployed, watching
from rollout import recovery, steps
from rollout.errors import Failed
from rollout.images import read_release
from rollout.releases import Candidate, Deployment
from rollout.schemas import check_writable
from rollout.state import State
from rollout.steps import Durations, Rollout

OLD_REFRESH = "registry.example.org/refresh@sha256:" + "9" * 64
OLD = {**BLUE, "images": {**IMAGES, "refresh": OLD_REFRESH}}


def labelled(program: Program, *schemas: str | None) -> int:
    """The schema that is read on three images whose labels name these."""
    cases = []
    for image, schema in zip(IMAGES.values(), schemas, strict=True):
        labels = {
            "io.wearcast.model": "m",
            "org.opencontainers.image.revision": "c",
            "io.wearcast.snapshot-schema": schema,
        }
        named = {name: value for name, value in labels.items() if value is not None}
        cases.append(f"""  *.Config.Labels*{image}) echo '{json.dumps(named)}' ;;""")
    program.docker("\n".join(["  *.Id*) echo sha256:0 ;;", *cases]))
    return read_release(Candidate(IMAGES, Path(BLUE["programs"]))).schema


def test_images_say_which_schema_they_write(program: Program) -> None:
    assert labelled(program, "12", "12", "12") == 12


def test_images_of_before_write_the_first(program: Program) -> None:
    assert labelled(program, None, None, None) == 1


@pytest.mark.parametrize(
    ("schemas", "reason"),
    [
        (("2", "1", "2"), "aren't of one release"),
        ((None, None, "2"), "aren't of one release"),
        (("two", "two", "two"), "'two'"),
    ],
    ids=["two", "one without", "no number"],
)
def test_images_whose_schema_is_not_one_number_are_refused(
    program: Program, schemas: tuple[str | None, ...], reason: str
) -> None:
    with pytest.raises(Failed, match=reason):
        labelled(program, *schemas)


def started(program: Program) -> list[str]:
    """The schemas that refresh was started with, one after the other."""
    return [
        line.split()[0].removeprefix("SNAPSHOT_SCHEMA=")
        for line in program.asked("--force-recreate refresh")
    ]


def refresh_runs_with(program: Program, *variables: str) -> None:
    """Let there be a container of refresh that runs with this environment."""
    found = {"State": {"Running": True}, "Config": {"Env": ["PATH=/bin", *variables]}}
    program.docker(f"""  "inspect wearcast-refresh-1") echo '{json.dumps([found])}' ;;""")


@pytest.mark.parametrize(
    ("live", "previous", "runs_with", "then"),
    [
        (deployed(schema=2), deployed(schema=2), "1", ["2"]),
        (deployed(schema=2), deployed(schema=1), "1", []),
        (deployed(schema=2), deployed(schema=2), "2", []),
        (deployed(schema=2), deployed(), "2", ["1"]),
        (deployed(schema=2), None, "1", ["2"]),
        (deployed(schema=1), deployed(schema=2), "2", ["1"]),
        (deployed(schema=2), deployed(schema=2), "", ["2"]),
    ],
)
def test_after_a_release_it_is_what_live_and_previous_can_read(
    program: Program,
    live: Deployment,
    previous: Deployment | None,
    runs_with: str,
    then: list[str],
) -> None:
    (program.folder / "state/traefik").mkdir()
    refresh_runs_with(program, f"WEARCAST_SNAPSHOT_SCHEMA={runs_with}")
    recovery.finish(State(live, previous, running=watching("blue")))
    assert started(program) == then
    assert program.noted()["running"] is None


@pytest.mark.parametrize(
    "answer",
    ["", '[{"State": {"Running": false}, "Config": {"Env": ["WEARCAST_SNAPSHOT_SCHEMA=2"]}}]'],
)
def test_a_refresh_that_was_lost_while_it_was_started_anew_is_started(
    program: Program, answer: str
) -> None:
    (program.folder / "state/traefik").mkdir()
    program.docker(f"""  "inspect wearcast-refresh-1") echo '{answer}' ;;""" if answer else "")
    recovery.finish(State(deployed(schema=2), deployed(schema=2), running=watching("blue")))
    assert started(program) == ["2"]


@pytest.mark.parametrize(
    ("live", "previous", "new", "refused"),
    [(2, 1, 3, True), (2, 2, 3, False), (1, 1, 2, False), (3, 3, 2, False)],
)
def test_a_release_that_can_not_write_what_the_way_back_reads_is_refused(
    live: int, previous: int, new: int, refused: bool
) -> None:
    if refused:
        with pytest.raises(Failed, match=r"writes snapshots of schema 2 and 3, .* knows 1 alone"):
            check_writable(
                deployed(schema=live), deployed(schema=previous), deployed(schema=new).release
            )
    else:
        check_writable(
            deployed(schema=live), deployed(schema=previous), deployed(schema=new).release
        )


def test_told_to_end_just_after_it_has_proved_itself_it_does_not_go_back(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends is the program; the live colour goes on, and the note says that there is something
    to finish."""
    (program.folder / "state/traefik").mkdir()

    def say(text: str) -> None:
        if text == "drain":
            raise KeyboardInterrupt

    monkeypatch.setattr(steps, "say", say)
    steps_before = ("_pull", "_check", "_start", "_prepare_proxy", "_canary", "_shift", "_watch")
    for step in steps_before:
        monkeypatch.setattr(Rollout, step, lambda *_: deployed(schema=2).release)
    before = deployed(schema=2, images={**IMAGES, "refresh": OLD_REFRESH})
    candidate = Candidate(IMAGES, Path(BLUE["programs"]))
    with pytest.raises(KeyboardInterrupt):
        Rollout(State(before), candidate, Durations(1, 0, 1)).run()
    assert program.noted()["live"]["colour"] == "green"
    assert program.noted()["running"]["proved"]
    assert not program.asked("stop")


def test_a_refresh_that_knows_of_no_schema_is_left_alone(program: Program) -> None:
    (program.folder / "state/traefik").mkdir()
    refresh_runs_with(program)
    recovery.finish(State(deployed(), deployed(schema=2), running=watching("blue")))
    assert started(program) == []


def test_going_back_it_is_what_live_and_previous_can_read(program: Program) -> None:
    state = State(deployed(schema=3), deployed(schema=2), running=watching("green", refreshed=True))
    recovery.go_back(state, "it was slow")
    assert started(program) == ["2"]


def test_it_comes_back_with_the_programs_that_it_came_with(program: Program) -> None:
    """Those of an earlier release hand no schema to its refresh, which would refuse it."""
    shutil.copytree(BLUE["programs"], earlier := program.folder / "earlier")
    live = Deployment.from_json({**OLD, "programs": str(earlier)})
    recovery.go_back(State(live, running=watching("green", refreshed=True)), "it was slow")
    assert f"--file {earlier}/compose.yaml" in program.asked("--force-recreate refresh")[0]


def test_no_build_without_one_schema(repository: Path, tmp_path: Path, program: Program) -> None:
    """The number comes from the source; `docker` is a stand-in."""
    for name in (
        "deploy/build",
        "models/forecaster/manifest.json",
        "reports/verification.json",
        "src/wearcast/forecasting/snapshot.py",
    ):
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(repository / "deploy/build", tmp_path / "checkout/deploy/build")
    (tmp_path / "checkout/models/forecaster/manifest.json").write_text(
        '{"version": "m", "origin": {"data": "d"}}'
    )
    (tmp_path / "checkout/reports/verification.json").touch()
    source = tmp_path / "checkout/src/wearcast/forecasting/snapshot.py"

    def built() -> int:
        return subprocess.run(
            [tmp_path / "checkout/deploy/build"], check=False, capture_output=True
        ).returncode

    for line in ("", "SCHEMA = 1\nSCHEMA = 2\n", 'SCHEMA = "1"\n'):
        source.write_text(line)
        assert built() == 1
    assert not program.asked()
    source.write_text("SCHEMA = 7\n")
    assert built() == 0
    assert len(program.asked("--build-arg SNAPSHOT_SCHEMA=7")) == 3
