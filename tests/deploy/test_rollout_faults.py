"""A rollout that meets what nobody expected: it goes back at once, all the way, and says why. No
engine is needed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.program import BLUE, IMAGES, Program, deployed, watching
from rollout import commands, docker, proxy, recovery
from rollout.checks import check_networks
from rollout.errors import Failed
from rollout.settings import check_numbers, port, site_setting
from rollout.state import State, read_state

ANSWERED = """
  "image inspect --format {{{{.Id}}}} "*) echo sha256:0 ;;
  *.Config.Labels*) echo '{labels}' ;;
"""


def went_back(program: Program) -> str:
    """The reason that is kept of a rollout which is over."""
    assert program.noted()["running"] is None
    note = program.history()[-1]
    assert note["what"] == "went back"
    return str(note["reason"])


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        ("null", "io.wearcast.model"),
        ('{"io.wearcast.model": "m"}', "org.opencontainers.image.revision"),
    ],
    ids=["none at all", "no revision"],
)
def test_images_without_labels_are_refused(program: Program, labels: str, missing: str) -> None:
    program.docker(ANSWERED.format(labels=labels) + "  run*) echo m ;;")
    done = program.release()
    assert done.returncode == 1
    assert f"service's image has no label {missing}" in went_back(program)


def test_whatever_goes_wrong_it_goes_back_with_the_reason(program: Program) -> None:
    program.docker(ANSWERED.format(labels="3"))
    done = program.release()
    assert done.returncode == 1
    assert re.match(r"(Type|Attribute)Error: .*int", went_back(program))
    log = (program.folder / "state/rollout.log").read_text()
    assert "Traceback" in log


def test_a_container_whose_log_does_not_come(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.docker(
        """  "inspect "*) echo '[{"State": {"Running": false, "ExitCode": 1}}]' ;;\n"""
        """  "logs "*) exec sleep 40 ;;"""
    )
    monkeypatch.setattr(docker, "LOG_TIMEOUT_S", 0.2)
    said = docker.container_problem("service", "green")
    assert said.startswith("service-green isn't running (exit 1): its log can't be read: ")
    assert "took longer than 0.2 s" in said


def test_a_log_that_is_no_text(program: Program) -> None:
    program.docker(r"""  "logs "*) printf 'no \377such thing' ;;""")
    assert "such thing" in docker.last_words("wearcast-service-green-1")


def test_a_setting_that_is_no_number_is_refused_before_anything_is_started(
    program: Program,
) -> None:
    program.settings("SITE_HTTP=eighty\n")
    done = program.release()
    assert done.returncode == 1
    assert "SITE_HTTP" in went_back(program)
    assert "'eighty'" in went_back(program)
    assert not program.asked("pull")
    assert not program.asked("compose")


@pytest.mark.parametrize(
    "line",
    [
        "SITE_HTTP=0",
        "SITE_HTTPS=70000",
        "SITE_INSIDE=127.0.0.1:8082",
        "SITE_RATE=many",
        "SITE_CPUS=1,5",
        "SITE_CONNECTIONS=0",
        "SITE_CONNECTIONS=many",
    ],
)
def test_what_is_no_port_or_number(program: Program, line: str) -> None:
    program.settings(line)
    with pytest.raises(Failed, match=line.partition("=")[0]):
        check_numbers()


def test_settings_that_are_usual(program: Program) -> None:
    program.settings(
        "SITE_HTTP=8080 # of the house\nSITE_HTTPS='8443'\nSITE_RATE=\nSITE_CPUS=0.5\n"
    )
    check_numbers()
    assert (port("SITE_HTTP"), port("SITE_HTTPS"), port("SITE_INSIDE")) == (
        8080,
        8443,
        8082,
    )


def test_the_networks_of_a_host_stay(program: Program) -> None:
    program.docker("""  "network inspect "*_blue) echo 10.83.16.0/25 ;;""")
    check_networks()
    program.settings("SITE_NETWORK=10.90.1\n")
    assert program.release().returncode == 1
    assert "SITE_NETWORK is 10.90.1, but the network blue was made with 10.83.16.0/25" in went_back(
        program
    )
    assert not program.asked("compose")


GREEN = {"images": IMAGES, "programs": BLUE["programs"]}


def test_each_step_of_going_back_is_tried(program: Program) -> None:
    """The proxy's answer can't be understood; refresh is the live release's again, the new colour
    ends, and that is noted."""
    program.docker(
        """  "inspect wearcast-proxy-1") echo '{}' ;;\n"""
        """  "inspect wearcast-service-green-1") echo '[{"State": {}}]' ;;"""
    )
    running = watching("green", GREEN, proxied=True, refreshed=True)
    recovery.go_back(State(deployed(), running=running), "it was slow")
    assert went_back(program) == "it was slow"
    assert program.asked("up --detach --force-recreate refresh")
    assert program.asked("stop wearcast-service-green-1")
    assert "the proxy: KeyError" in (program.folder / "state/rollout.log").read_text()


def test_a_way_back_that_is_barred_is_taken_later_for_the_first_reason(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The colour that was live doesn't come up: visitors keep the new one, and whoever tries again
    knows why it went back."""
    program.docker("""  *green*) echo '[{"State": {}}]' ;;\n  *"up --detach"*) exit 1 ;;""")
    monkeypatch.setattr(recovery, "RETURN_S", 0)
    running = watching("green", GREEN, shifted=True, refreshed=True)
    program.note(live=BLUE, running=running.to_json())
    with pytest.raises(Failed):
        recovery.go_back(read_state(), "it was slow")
    assert program.noted()["running"]["step"] == "watch"
    assert program.asked("--force-recreate refresh")
    assert not program.asked("stop")

    routes = program.folder / "state/traefik"
    routes.mkdir()
    (routes / "back").write_text('{{- $live := "blue" }}\n')
    monkeypatch.setattr(recovery, "return_problem", lambda _: "")
    monkeypatch.setattr(proxy, "wait_until_active", lambda _: None)
    assert commands.recover() == 1
    assert went_back(program) == "it was slow"
    assert program.asked("stop wearcast-service-green-1")
    assert proxy.active_colour() == "blue"


def test_a_docker_that_hangs_or_is_not_there_is_a_failure(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.docker('  "info") exec sleep 40 ;;')
    with pytest.raises(Failed, match="`docker info` took longer"):
        docker.run("info", timeout_s=0.2)
    monkeypatch.setenv("PATH", str(program.folder))
    with pytest.raises(Failed, match="`docker info` can't be run"):
        docker.run("info")


def test_status_tells_the_truth_although_a_setting_is_wrong(program: Program) -> None:
    program.note(live=BLUE)
    program.settings("SITE_HTTP=eighty\n")
    done = program.run("status")
    assert done.returncode == 0, done.stderr
    assert "live      blue" in done.stdout
    assert "SITE_HTTP" in done.stdout


READ = {
    "A=8080 # x": "8080",
    "A=8080# x": "8080# x",
    "A=8080\t# x": "8080\t# x",
    'A="8080" # x': "8080",
    "A='8080' # x": "8080",
    'A="a # b"': "a # b",
    "export A=1": "1",
    "A = 1": "1",
    "  A=1": "1",
    "A: 1": "1",
    "A=1\nA=2": "2",
    "#A=2\n #c\nA=1": "1",
    "A=": "",
    "B=1": "",
    "AA=1": "",
    "A=a b  \r": "a b",
    "A==1": "=1",
    "A=it's # fine": "it's",
    'A="1"#c\nB=2': "1",
    'A="x\nA=3"\nB=1': "x\nA=3",
    "\ufeffA=1": "1",
    "B=5\nA=${B}0": "50",
    'B=5\nA="$B"': "5",
    "B=5\nA='$B'": "$B",
    "A=${C:-7}": "7",
    "A=${C-}": "",
    "A=$$5": "$5",
    r'A="he said \"x\""': 'he said "x"',
}


@pytest.mark.parametrize("text", READ)
def test_settings_are_read_as_compose_reads_them(program: Program, text: str) -> None:
    program.settings(text + "\n")
    assert site_setting("A", "") == READ[text]


@pytest.mark.deploy
@pytest.mark.usefixtures("engine")
def test_compose_reads_them_so(tmp_path: Path) -> None:
    services = {}
    for number, text in enumerate(READ):
        (tmp_path / f"{number}.env").write_text(text + "\n")
        services[f"s{number}"] = {"image": "x", "env_file": f"{number}.env"}
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": services}))
    command = [
        "docker",
        "compose",
        "--file",
        tmp_path / "compose.yaml",
        "config",
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["services"]
    read = {
        text: (found[f"s{number}"]["environment"] or {}).get("A", "")
        for number, text in enumerate(READ)
    }
    assert {text: value.replace("$$", "$") for text, value in read.items()} == READ
