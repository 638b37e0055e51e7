"""What the site's host tells the hosts that share its refresh, by the programs that Terraform's
first starts install: which image, and settings that are no secrets."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from wearcast.serving.settings import Deployment

MODULE = Path("deploy/terraform")
REGISTRY = "registry.example.org"
IMAGE = f"{REGISTRY}/refresh@sha256:{'a' * 64}"
DOCKER = """#!/bin/sh
case $1 in
  container) printf '%s' "$(cat "$STATE/container")" ;;
  *) echo "docker $*" >>"$STATE/done" ;;
esac
"""
AWS = """#!/bin/sh
case $2 in
  get-parameter) cat "$STATE/parameter" ;;
  put-parameter)
    for last; do :; done
    printf '%s\\n' "$last" >"$STATE/parameter"
    echo put >>"$STATE/done"
    ;;
esac
"""
SYSTEMCTL = '#!/bin/sh\necho "systemctl $*" >>"$STATE/done"\n'


@dataclass(frozen=True)
class Hosts:
    """Both programs, with folders of their own and an account that is a file."""

    folder: Path
    repository: Path

    def run(self, template: str, program: str) -> "subprocess.CompletedProcess[str]":
        """Run a program that a first start installs."""
        text = (self.repository / MODULE / template).read_text()
        found = re.search(rf"/usr/local/sbin/{program} <<'IMAGE'\n(.*?)^IMAGE$", text, re.S | re.M)
        assert found
        script = found[1].replace("${region}", "ap-northeast-2").replace("${registry}", REGISTRY)
        script = re.sub(r"\$\{(parameter|refresh_image)\}", "/name", script)
        script = script.replace("/run/refresh-image", f"{self.folder}/said")
        script = script.replace("/etc/wearcast", f"{self.folder}/etc")
        environment = {**os.environ, "STATE": str(self.folder)}
        environment["PATH"] = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False
        )

    def say(self, *settings: str) -> str:
        """What the site's host tells, when its refresh runs with these settings."""
        (self.folder / "container").write_text("\n".join((IMAGE, *settings)))
        done = self.run("user-data.sh.tftpl", "say-refresh-image")
        assert done.returncode == 0, done.stderr
        return (self.folder / "parameter").read_text()

    def take(self) -> "subprocess.CompletedProcess[str]":
        """Have another host look."""
        return self.run("refresh-host.sh.tftpl", "refresh-image")

    def done(self) -> list[str]:
        """What the programs have done since they were asked."""
        path = self.folder / "done"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def hosts(tmp_path: Path, repository: Path) -> Hosts:
    """Of which nothing is known yet."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc").mkdir()
    for name, text in {"docker": DOCKER, "aws": AWS, "systemctl": SYSTEMCTL}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return Hosts(tmp_path, repository)


def test_settings_that_are_no_secrets_are_told_and_taken(hosts: Hosts) -> None:
    said = hosts.say(
        "WEARCAST_SOURCE=open_meteo",
        "WEARCAST_SNAPSHOT_SCHEMA=2",
        "OPEN_METEO_API_KEY=secret",
        "WEARCAST_PLACE_TOKEN=secret",
        "WEARCAST_SHARD=1/3",
        "WEARCAST_STORE=s3://bucket/snapshots",
        "WEARCAST_KEEP=$(reboot)",
        "PATH=/bin",
    )
    settings = "WEARCAST_SNAPSHOT_SCHEMA=2\nWEARCAST_SOURCE=open_meteo\n"
    assert said == f"{IMAGE}\n{settings}"
    assert hosts.done() == ["put"]
    done = hosts.take()
    assert done.returncode == 0, done.stderr
    assert (hosts.folder / "etc/refresh-settings").read_text() == settings
    assert (hosts.folder / "etc/refresh-image").read_text() == f"IMAGE={IMAGE}\n"
    assert hosts.done()[1:] == [
        f"docker pull --quiet {IMAGE}",
        "systemctl restart --no-block wearcast-refresh",
    ]


def test_what_is_the_same_changes_nothing_and_another_setting_does(hosts: Hosts) -> None:
    for settings in ((), ("WEARCAST_SOURCE=kma",)):
        hosts.say(*settings)
        assert hosts.take().returncode == 0
        assert hosts.done()
        hosts.say(*settings)
        assert hosts.take().returncode == 0
        assert hosts.done() == []


@pytest.mark.parametrize(
    "said",
    [
        "none yet",
        "elsewhere.example.org/refresh@sha256:0",
        f"{REGISTRY}/refresh:latest",
        f"{IMAGE}\nWEARCAST_STORE=s3://another",
        f"{IMAGE}\nWEARCAST_SOURCE=a b",
        f"{IMAGE}\nLD_PRELOAD=x",
        f"{IMAGE}\nWEARCAST_SOURCE=kma\n--privileged",
    ],
)
def test_whatever_else_is_said_is_refused(hosts: Hosts, said: str) -> None:
    (hosts.folder / "parameter").write_text(f"{said}\n")
    assert hosts.take().returncode == 1
    assert hosts.done() == []
    assert not list((hosts.folder / "etc").iterdir())


def test_both_sides_know_the_same_settings_which_are_ours(repository: Path) -> None:
    texts = [
        (repository / MODULE / name).read_text()
        for name in ("user-data.sh.tftpl", "refresh-host.sh.tftpl")
    ]
    told, taken = (re.findall(r"WEARCAST_\(([A-Z_|]+)\)=(\S*)\*", text) for text in texts)
    assert told == taken
    [(names, _)] = told
    assert {name.lower() for name in names.split("|")} <= set(Deployment.model_fields)
