"""The programs that the deploy workflow calls, against a real sshd; AWS's and GitHub's own programs
are stood in for."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.ssh import ROLLOUT, Sshd, sshd

pytestmark = pytest.mark.deploy

IMAGES = {
    part: f"registry.example.org/wearcast/{part}@sha256:{number * 64}"
    for number, part in zip("123", ("service", "dashboard", "refresh"), strict=True)
}
AWS = """#!/bin/sh
# AWS's program as the deployment uses it: the parameter with the host's key; a key let in; a
# session that carries SSH.
echo "$@" >> {folder}/aws.asked
case "$1 $2" in
  "ssm get-parameter") cat {folder}/parameter ;;
  "ec2-instance-connect send-ssh-public-key")
    for key; do :; done; cat "${{key#file://}}" > {keys} ;;
  "ssm start-session") exec {python} -c '
import os, socket, sys, threading
link = socket.create_connection(("127.0.0.1", {port}))
def out():
    while data := link.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=out, daemon=True).start()
while data := os.read(0, 65536):
    link.sendall(data)
link.shutdown(socket.SHUT_WR)
threading.Event().wait(5)
' ;;
  *) exit 64 ;;
esac
"""


@pytest.fixture
def host(real_part, tmp_path: Path) -> Iterator[Sshd]:
    """A host with a rollout that does as it is told."""
    real_part(
        "sshd (Debian: openssh-server)", shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    )
    folder = tmp_path / "host"
    folder.mkdir()
    with sshd(folder) as found:
        (folder / "release.code").write_text("0")
        (folder / "status.code").write_text("0")
        (folder / "status").write_text("live      nothing\n")
        yield found


@pytest.fixture
def run(
    repository: Path, host: Sshd, tmp_path: Path
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run one of deploy/'s programs out of a copy whose rollout is the stand-in."""
    copy = tmp_path / "checkout"
    shutil.copytree(
        repository / "deploy", copy / "deploy", ignore=shutil.ignore_patterns("terraform")
    )
    (copy / "deploy/rollout/cli.py").write_text(ROLLOUT.format(folder=str(host.folder)))

    def started(name: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        plain = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "DEPLOY_"))
        }
        ours = {
            "DEPLOY_FOLDER": str(host.home),
            "DEPLOY_USER": host.user,
            "CODE": "c" * 40,
            "PAUSE_S": "0.2",
        }
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [copy / "deploy" / name, *arguments],
            env={**plain, "PATH": path, **ours, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return started


@pytest.fixture
def reached(run, host: Sshd, tmp_path: Path) -> str:
    """The folder by which a plain host is reached."""
    host.let_in()
    folder = str(tmp_path / "reach")
    done = run("reach", folder, **plain_host(host))
    assert done.returncode == 0, done.stderr
    return folder


def plain_host(host: Sshd) -> dict[str, str]:
    """The settings of a host without AWS."""
    known = f"[127.0.0.1]:{host.port} {host.host_key}"
    return {
        "DEPLOY_HOST": "127.0.0.1",
        "DEPLOY_PORT": str(host.port),
        "DEPLOY_KEY": host.client_key,
        "DEPLOY_KNOWN_HOSTS": known,
    }


def program(path: Path, text: str) -> None:
    """Something to be run."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def images() -> list[str]:
    """As deploy/push prints them."""
    return [f"{part}={image}" for part, image in IMAGES.items()]


def asked(host: Sshd) -> list[str]:
    """What the rollout was asked for."""
    return (host.folder / "asked").read_text().splitlines()


def ran(host: Sshd) -> list[Path]:
    """The rollouts that were run, as they are named."""
    return [Path(line) for line in (host.folder / "ran").read_text().splitlines()]


def test_a_release_reaches_a_plain_host(run, reached: str, host: Sshd, repository: Path) -> None:
    done = run("ship", reached, *images(), WATCH_S="20")
    assert done.returncode == 0, done.stderr
    assert asked(host) == [
        "status",
        (
            f"release --watch 20 --drain 60 {IMAGES['service']} {IMAGES['dashboard']}"
            f" {IMAGES['refresh']}"
        ),
        "status",
    ]
    programs = ran(host)[0].parent
    assert programs.parent == host.home / "releases"
    assert (programs / "compose.yaml").read_bytes() == (
        repository / "deploy/compose.yaml"
    ).read_bytes()
    assert (programs / "traefik/routes.yaml").exists()


def test_it_ends_as_the_rollout_does(run, reached: str, host: Sshd) -> None:
    (host.folder / "release.code").write_text("1")
    assert run("ship", reached, *images()).returncode == 1


@pytest.mark.parametrize(("codes", "code"), [("75 75 0", 0), ("75 1", 1)])
def test_it_waits_for_another_rollout(run, reached: str, host: Sshd, codes: str, code: int) -> None:
    (host.folder / "release.code").write_text(codes)
    assert run("ship", reached, *images()).returncode == code
    releases = [line for line in asked(host) if line.startswith("release ")]
    assert len(releases) == len(codes.split())


def test_one_that_never_ends_is_not_waited_for_for_ever(run, reached: str, host: Sshd) -> None:
    (host.folder / "release.code").write_text("75")
    assert run("ship", reached, *images(), PAUSE_S="0", TRIES="1").returncode == 75
    assert len([line for line in asked(host) if line.startswith("release ")]) == 2


@pytest.mark.parametrize(
    ("serves", "code"), [("c" * 12, 0), ("b" * 12, 1)], ids=["it went on", "it went back"]
)
def test_after_a_lost_connection_it_asks_how_it_went(
    run, reached: str, host: Sshd, serves: str, code: int
) -> None:
    (host.folder / "release.code").write_text("255")
    (host.folder / "status.released").write_text(live(serves))
    done = run("ship", reached, *images())
    assert done.returncode == code, done.stderr
    assert "connection was lost" in done.stderr


@pytest.fixture
def history(tmp_path: Path) -> dict[str, str]:
    """Commits of the checkout by their names: `live`, which descends from `old`; `new` and `aside`
    descend from `live` and from `old`."""
    commits: dict[str, str] = {}
    for name, parents in (("old", []), ("live", ["old"]), ("new", ["live"]), ("aside", ["old"])):
        commits[name] = committed(tmp_path / "checkout", name, [commits[each] for each in parents])
    return commits


def committed(checkout: Path, name: str, parents: list[str]) -> str:
    """A commit without files."""
    git = ["git", "-c", "user.name=tests", "-c", "user.email=tests@example.org"]

    def said(*command: str) -> str:
        return subprocess.run(
            [*git, *command], cwd=checkout, check=True, capture_output=True, text=True, input=""
        ).stdout.strip()

    said("init", "--quiet")
    on = [option for parent in parents for option in ("-p", parent)]
    return said("commit-tree", said("mktree"), "-m", name, *on)


def live(code: str) -> str:
    """What `rollout status` says where a commit is live."""
    return f"live      blue, code {code[:12]}, model m, since now\nbefore    nothing\n"


@pytest.mark.parametrize("code", ["live", "new"])
def test_what_descends_from_the_live_release_is_brought(
    run, reached: str, host: Sshd, history: dict[str, str], code: str
) -> None:
    (host.folder / "status").write_text(live(history["live"]))
    done = run("ship", reached, *images(), CODE=history[code])
    assert done.returncode == 0, done.stderr
    assert asked(host)[1].startswith("release ")


@pytest.mark.parametrize(
    ("code", "overtaken", "ends", "why"),
    [
        ("old", "1", 1, "is part of the live release"),
        ("old", "0", 0, "is part of the live release"),
        ("aside", "0", 1, "doesn't descend from the live release"),
    ],
)
def test_no_old_code_comes_back(
    run,
    reached: str,
    host: Sshd,
    history: dict[str, str],
    code: str,
    overtaken: str,
    ends: int,
    why: str,
) -> None:
    (host.folder / "status").write_text(live(history["live"]))
    done = run("ship", reached, *images(), CODE=history[code], OVERTAKEN=overtaken)
    assert done.returncode == ends
    assert why in done.stderr
    assert asked(host) == ["status"]


def test_nothing_is_brought_where_descent_cannot_be_known(
    run, reached: str, host: Sshd, history: dict[str, str]
) -> None:
    for status, code, why in (
        (live("e" * 40), "0", "history doesn't have the live release's commit"),
        ("", "0", "history doesn't have the live release's commit"),
        ("", "1", "doesn't say what is live"),
    ):
        (host.folder / "status").write_text(status)
        (host.folder / "status.code").write_text(code)
        done = run("ship", reached, *images(), CODE=history["new"])
        assert done.returncode == 1
        assert why in done.stderr
    assert asked(host) == ["status"] * 3


def test_a_rollout_that_was_broken_off_keeps_nothing_back(
    run, reached: str, host: Sshd, history: dict[str, str]
) -> None:
    (host.folder / "status").write_text(live(history["live"]))
    (host.folder / "status.code").write_text("3")
    assert run("ship", reached, *images(), CODE=history["new"]).returncode == 0


def test_on_a_new_host_deploy_leads_to_the_first_programs(run, reached: str, host: Sshd) -> None:
    (host.folder / "release.code").write_text("1")
    assert run("ship", reached, *images()).returncode == 1
    assert (host.home / "deploy").resolve() == ran(host)[0].parent


def test_deploy_leads_to_the_programs_before_until_the_rollout_moves_it(
    run, reached: str, host: Sshd
) -> None:
    assert run("ship", reached, *images()).returncode == 0
    before = (host.home / "deploy").resolve()
    assert run("ship", reached, *images(), CODE="d" * 40).returncode == 0
    assert (host.home / "deploy").resolve() == before
    release, status = ran(host)[-2:]
    assert release == status != before / "rollout"
    assert release.parent.name.startswith("d" * 40)


def test_the_same_programs_shipped_twice_are_left_alone(run, reached: str, host: Sshd) -> None:
    for _ in range(2):
        assert run("ship", reached, *images()).returncode == 0
    assert len(set(ran(host))) == 1
    assert [folder.name for folder in (host.home / "releases").iterdir()] == [
        ran(host)[0].parent.name
    ]


def test_other_programs_of_the_same_commit_replace_none(
    run, reached: str, host: Sshd, tmp_path: Path
) -> None:
    assert run("ship", reached, *images()).returncode == 0
    with (tmp_path / "checkout/deploy/compose.yaml").open("a") as file:
        file.write("# changed\n")
    assert run("ship", reached, *images()).returncode == 0
    first, second = ran(host)[0].parent, ran(host)[-1].parent
    assert not (first / "compose.yaml").read_text().endswith("# changed\n")
    assert (second / "compose.yaml").read_text().endswith("# changed\n")
    assert (host.home / "deploy").resolve() == first


def test_images_go_by_digest_only(run, reached: str, host: Sshd) -> None:
    done = run(
        "ship", reached, *images()[:2], "refresh=registry.example.org/wearcast/refresh:latest"
    )
    assert done.returncode == 2
    assert not (host.folder / "asked").exists()


def test_another_host_in_its_place_is_refused(run, host: Sshd, tmp_path: Path) -> None:
    host.let_in()
    settings = plain_host(host) | {
        "DEPLOY_KNOWN_HOSTS": f"[127.0.0.1]:{host.port} {(host.folder / 'client.pub').read_text()}"
    }
    assert run("reach", str(tmp_path / "reach"), **settings).returncode == 0
    done = run("ship", str(tmp_path / "reach"), *images())
    assert done.returncode != 0
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr
    assert not (host.folder / "asked").exists()


@pytest.fixture
def aws(host: Sshd, tmp_path: Path) -> dict[str, str]:
    """The settings of an EC2 instance, and AWS's program in the path."""
    values = {"folder": host.folder, "keys": host.keys, "port": host.port, "python": sys.executable}
    program(tmp_path / "bin/aws", AWS.format(**values))
    (host.folder / "parameter").write_text(host.host_key)
    return {
        "DEPLOY_INSTANCE": "i-0123456789abcdef0",
        "DEPLOY_HOST_KEY": "/wearcast-production/host-key",
    }


def test_a_release_reaches_an_instance_through_a_session(
    run, host: Sshd, aws: dict[str, str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "reach")
    assert run("reach", folder, **aws).returncode == 0
    done = run("ship", folder, *images(), **aws)
    assert done.returncode == 0, done.stderr
    assert asked(host)[1].startswith("release ")
    said = (host.folder / "aws.asked").read_text()
    assert "--document-name AWS-StartSSHSession --parameters portNumber=22" in said
    assert f"--instance-os-user {host.user}" in said
    assert "PRIVATE KEY" not in said
    assert (tmp_path / "reach/key").stat().st_mode & 0o077 == 0


def test_an_instance_that_is_not_the_one_is_refused(
    run, host: Sshd, aws: dict[str, str], tmp_path: Path
) -> None:
    (host.folder / "parameter").write_text(
        " ".join((host.folder / "client.pub").read_text().split()[:2])
    )
    folder = str(tmp_path / "reach")
    assert run("reach", folder, **aws).returncode == 0
    assert run("ship", folder, *images(), **aws).returncode != 0
    assert not (host.folder / "asked").exists()


@pytest.mark.parametrize("away", ["ssm", "ec2-instance-connect"])
def test_while_aws_s_way_to_the_host_is_away_nothing_is_begun(
    run, host: Sshd, aws: dict[str, str], tmp_path: Path, away: str
) -> None:
    """Systems Manager has no session, or no key is let in: the release fails, and the site goes
    on."""
    folder = str(tmp_path / "reach")
    assert run("reach", folder, **aws).returncode == 0
    program(
        tmp_path / "bin/aws",
        f"#!/bin/sh\n[ $1 != {away} ] || {{ echo 'ServiceUnavailable' >&2; exit 254; }}\n",
    )
    done = run("ship", folder, *images(), **aws, PAUSE_S="0")
    assert done.returncode == 255
    assert "ServiceUnavailable" in done.stderr
    assert not (host.folder / "asked").exists()


def test_an_instance_whose_first_start_is_not_over_is_waited_for_by_a_person(
    run, host: Sshd, aws: dict[str, str], tmp_path: Path
) -> None:
    (host.folder / "parameter").write_text("none yet")
    done = run("reach", str(tmp_path / "reach"), **aws)
    assert done.returncode == 1
    assert "first start" in done.stderr


GH = (
    "#!/bin/sh\nn=$(cat {0}/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > {0}/n\nsed -n"
    ' "${{n}}p" {0}/answers | grep .\n'
)


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        (["7 completed success"], 0, "passed=true\n"),
        (["", "", "7 completed success"], 0, "passed=true\n"),
        (["7 in_progress "], 0, "passed=false\n"),
        (["7 queued "], 0, "passed=false\n"),
        (["7 completed failure"], 1, ""),
        (["7 completed cancelled"], 1, ""),
        ([], 1, ""),
    ],
    ids=["passed", "listed late", "runs", "waits", "failed", "cancelled", "unknown"],
)
def test_nothing_is_deployed_before_ci_has_passed(
    run, tmp_path: Path, answers: list[str], code: int, said: str
) -> None:
    program(tmp_path / "bin/gh", GH.format(tmp_path))
    (tmp_path / "answers").write_text("\n".join(answers) + "\n")
    done = run("passed", "a" * 40)
    assert (done.returncode, done.stdout) == (code, said), done.stderr


DOCKER = """#!/bin/sh
# The engine, with the images of a commit's code.
case "$*" in
  pull*) ;;
  *RepoDigests*) for image; do :; done; echo "${{image%:*}}@sha256:{digest}" ;;
  *revision*) echo {code} ;;
  *) exit 64 ;;
esac
"""


@pytest.mark.parametrize(
    ("code", "signed", "ends"), [("c", True, 0), ("d", True, 1), ("c", False, 1)]
)
def test_only_code_that_ci_made_of_the_commit_is_taken(
    run, tmp_path: Path, code: str, signed: bool, ends: int
) -> None:
    program(tmp_path / "bin/docker", DOCKER.format(digest="1" * 64, code=code * 40))
    ends_with = 0 if signed else 1
    program(
        tmp_path / "bin/gh",
        f'#!/bin/sh\necho "$@" >> {tmp_path}/gh.asked\nexit {ends_with}\n',
    )
    done = run("scanned", "ghcr.io/me/wearcast", "c" * 40, VERIFY="me/wearcast")
    assert done.returncode == ends, done.stderr
    images = [
        f"{part}=ghcr.io/me/wearcast/{part}-code@sha256:{'1' * 64}"
        for part in ("service", "dashboard", "refresh")
    ]
    assert done.stdout.splitlines() == (images if ends == 0 else [])
    if code == "c":
        asked = (tmp_path / "gh.asked").read_text().splitlines()[0]
        assert asked == (
            f"attestation verify oci://{images[0].partition('=')[2]} --repo me/wearcast"
            " --signer-workflow me/wearcast/.github/workflows/ci.yml"
            f" --source-digest {'c' * 40} --source-ref refs/heads/main"
        )


def test_the_summary_says_what_was_deployed(run, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("watched 60 s\nblue is live\n")
    settings = {part.upper(): image for part, image in IMAGES.items()} | {
        "COMMIT": "c" * 40,
        "GITHUB_REF_NAME": "main",
    }
    for outcome, head in (("success", "### Deployed"), ("failure", "### Not deployed")):
        said = run("summary", outcome, str(tmp_path / "log"), **settings).stdout
        assert said.startswith(head)
        assert all(image in said for image in IMAGES.values())
        assert "blue is live" in said


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """What git has of this checkout, and no data."""
    subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", repository, tmp_path / "clone"], check=True
    )
    return tmp_path / "clone"


def script(clone: Path, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one of scripts/."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [clone / "scripts" / name, *arguments],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_lock_older_than_what_it_locks_is_noticed(clone: Path) -> None:
    now = script(clone, "pipeline_is_current.sh")
    assert now.returncode == 0, now.stderr
    with (clone / "src/wearcast/forecasting/network.py").open("a") as file:
        file.write("# changed\n")
    assert script(clone, "pipeline_is_current.sh").returncode == 1


def test_a_lock_that_a_run_changed_is_shown(clone: Path) -> None:
    assert script(clone, "lock_is_reproduced.sh").returncode == 0
    lock = clone / "dvc.lock"
    lock.write_text(re.sub("md5: [0-9a-f]{32}", f"md5: {'0' * 32}", lock.read_text(), count=1))
    told = script(clone, "lock_is_reproduced.sh")
    assert told.returncode == 1
    assert f"+      md5: {'0' * 32}" in told.stdout
    assert "gives other bytes here" in told.stderr


def test_scores_are_compared_with_main(clone: Path) -> None:
    assert "No score differs" in script(clone, "metrics_diff.sh", "HEAD").stdout
    metrics = clone / "reports/metrics.json"
    metrics.write_text(re.sub(r"\d+\.\d+", "12345.5", metrics.read_text(), count=1))
    said = script(clone, "metrics_diff.sh", "HEAD").stdout
    assert "No score differs" not in said
    assert "12345.5" in said
