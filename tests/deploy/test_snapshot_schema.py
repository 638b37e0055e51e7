"""Which form of snapshots refresh may publish: one that every release can read which may still run.
No engine is needed."""

import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from deploy.program import BLUE, IMAGES, Program

OLD_REFRESH = "registry.example.org/refresh@sha256:" + "9" * 64
OLD = {**BLUE, "images": {**IMAGES, "refresh": OLD_REFRESH}}


def of(schema: int, **more: object) -> dict[str, object]:
    """A release whose snapshots have this schema."""
    return {**BLUE, "schema": schema, **more}


def labelled(rollout: ModuleType, program: Program, *schemas: str | None) -> dict[str, object]:
    """What is read on three images whose labels name these schemas."""
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
    return dict(rollout.read_release(IMAGES, BLUE["programs"]))


def test_images_say_which_schema_they_write(program: Program, rollout: ModuleType) -> None:
    assert labelled(rollout, program, "12", "12", "12")["schema"] == 12


def test_images_of_before_write_the_first(program: Program, rollout: ModuleType) -> None:
    assert labelled(rollout, program, None, None, None)["schema"] == 1


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
    program: Program, rollout: ModuleType, schemas: tuple[str | None, ...], reason: str
) -> None:
    with pytest.raises(rollout.Failed, match=reason):
        labelled(rollout, program, *schemas)


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
        (of(2), of(2), "1", ["2"]),
        (of(2), of(1), "1", []),
        (of(2), of(2), "2", []),
        (of(2), BLUE, "2", ["1"]),
        (of(2), None, "1", ["2"]),
        (of(1), of(2), "2", ["1"]),
        (of(2), of(2), "", ["2"]),
    ],
)
def test_after_a_release_it_is_what_live_and_previous_can_read(
    program: Program,
    rollout: ModuleType,
    live: dict[str, object],
    previous: dict[str, object] | None,
    runs_with: str,
    then: list[str],
) -> None:
    (program.folder / "state/traefik").mkdir()
    refresh_runs_with(program, f"WEARCAST_SNAPSHOT_SCHEMA={runs_with}")
    rollout.finish({"live": live, "previous": previous, "running": {}})
    assert started(program) == then
    assert program.noted()["running"] is None


@pytest.mark.parametrize(
    "answer",
    ["", '[{"State": {"Running": false}, "Config": {"Env": ["WEARCAST_SNAPSHOT_SCHEMA=2"]}}]'],
)
def test_a_refresh_that_was_lost_while_it_was_started_anew_is_started(
    program: Program, rollout: ModuleType, answer: str
) -> None:
    (program.folder / "state/traefik").mkdir()
    program.docker(f"""  "inspect wearcast-refresh-1") echo '{answer}' ;;""" if answer else "")
    rollout.finish({"live": of(2), "previous": of(2), "running": {}})
    assert started(program) == ["2"]


@pytest.mark.parametrize(
    ("live", "previous", "new", "refused"),
    [(2, 1, 3, True), (2, 2, 3, False), (1, 1, 2, False), (3, 3, 2, False)],
)
def test_a_release_that_can_not_write_what_the_way_back_reads_is_refused(
    rollout: ModuleType, live: int, previous: int, new: int, refused: bool
) -> None:
    if refused:
        with pytest.raises(
            rollout.Failed, match=r"writes snapshots of schema 2 and 3, .* knows 1 alone"
        ):
            rollout.check_schemas(of(live), of(previous), of(new))
    else:
        rollout.check_schemas(of(live), of(previous), of(new))


def test_told_to_end_just_after_it_has_proved_itself_it_does_not_go_back(
    program: Program, rollout: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends is the program; the live colour goes on, and the note says that there is something
    to finish."""
    (program.folder / "state/traefik").mkdir()

    def say(text: str) -> None:
        if text == "drain":
            raise KeyboardInterrupt

    monkeypatch.setattr(rollout, "say", say)
    for name in (
        "check_settings",
        "check_refresh",
        "start",
        "start_refresh",
        "until",
        "smoke",
        "shift",
        "renew_proxy",
    ):
        monkeypatch.setattr(rollout, name, lambda *_: None)
    found = {"images": IMAGES, "programs": BLUE["programs"], "model": "m", "code": "c", "schema": 2}
    monkeypatch.setattr(rollout, "read_release", lambda *_: found)
    monkeypatch.setattr(
        rollout,
        "Watch",
        lambda *_, **__: SimpleNamespace(go_on=lambda _: None, parts=[], told=lambda: ""),
    )
    before = of(2, images={**IMAGES, "refresh": OLD_REFRESH})
    with pytest.raises(KeyboardInterrupt):
        rollout.roll(
            {"live": before, "previous": None, "running": None}, IMAGES, BLUE["programs"], 1, 0, 1
        )
    assert program.noted()["live"]["colour"] == "green"
    assert program.noted()["running"]["proved"]
    assert not program.asked("stop")


def test_a_refresh_that_knows_of_no_schema_is_left_alone(
    program: Program, rollout: ModuleType
) -> None:
    (program.folder / "state/traefik").mkdir()
    refresh_runs_with(program)
    rollout.finish({"live": BLUE, "previous": of(2), "running": {}})
    assert started(program) == []


def test_going_back_it_is_what_live_and_previous_can_read(
    program: Program, rollout: ModuleType
) -> None:
    running = {"step": "watch", "colour": "green", "release": of(3), "refreshed": True}
    rollout.go_back({"live": of(3), "previous": of(2), "running": running}, "it was slow")
    assert started(program) == ["2"]


def test_it_comes_back_with_the_programs_that_it_came_with(
    program: Program, rollout: ModuleType
) -> None:
    """Those of an earlier release hand no schema to its refresh, which would refuse it."""
    shutil.copytree(BLUE["programs"], earlier := program.folder / "earlier")
    running = {"step": "watch", "colour": "green", "release": of(2), "refreshed": True}
    rollout.go_back(
        {"live": {**OLD, "programs": str(earlier)}, "previous": None, "running": running},
        "it was slow",
    )
    assert f"--file {earlier}/compose.yaml" in program.asked("--force-recreate refresh")[0]


def test_no_build_without_one_schema(repository: Path, tmp_path: Path, program: Program) -> None:
    """The number comes from the source; `docker` is a stand-in."""
    for name in (
        "deploy/build",
        "models/forecaster/manifest.json",
        "src/wearcast/forecasting/snapshot.py",
    ):
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(repository / "deploy/build", tmp_path / "checkout/deploy/build")
    (tmp_path / "checkout/models/forecaster/manifest.json").write_text(
        '{"version": "m", "origin": {"data": "d"}}'
    )
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
