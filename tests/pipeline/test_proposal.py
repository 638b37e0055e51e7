"""deploy/propose: what comes of a retraining, with a real git remote and a `gh` that writes down
what it is asked."""

import shutil
from pathlib import Path

import pytest

from pipeline.copies import Copy
from pipeline.proposals import Host
from wearcast import artifacts

pytestmark = pytest.mark.real  # where the toy is made anyway

TABLE = "### The challenger takes the champion's place\n\n| | check |\n"
WHY = "### The champion is kept: temperature, all leads\n"


@pytest.fixture(autouse=True)
def programs(real_part) -> None:
    real_part("jq", shutil.which("jq"))


def reported(copy: Copy, passed: bool, text: str) -> None:
    artifacts.write_json(copy.root / ".retraining/report.json", {"passed": passed})
    artifacts.write_bytes(copy.root / ".retraining/report.md", text.encode())


def test_a_passing_challenger_becomes_a_pull_request_with_the_table(toy: Copy, tmp_path: Path):
    host = Host(toy, tmp_path)
    lock = toy.root / "dvc.lock"
    lock.write_text(f"{lock.read_text()}# trained anew\n")
    artifacts.write_json(toy.root / "reports/metrics.json", {"network": {"mae_c": 0.5}})
    reported(toy, True, TABLE)
    done = host.propose("retrain-7")
    assert done.returncode == 0, done.stderr
    assert host.changed_on("retrain-7") == {"dvc.lock", "reports/metrics.json"}
    created, commented = host.asked()
    assert created[:4] == ["pr", "create", "--head", "retrain-7"]
    assert "network.mae_c" in created[-1]
    assert commented == ["pr", "comment", "retrain-7", *commented[3:-1], TABLE]


@pytest.mark.parametrize(
    ("issue", "call"),
    [("12", ["issue", "comment", "12"]), ("", ["issue", "create", "--title"])],
    ids=["on the open issue", "on a new one"],
)
def test_a_kept_champion_is_told_why(toy: Copy, tmp_path: Path, issue: str, call: list[str]):
    host = Host(toy, tmp_path, issue)
    reported(toy, False, WHY)
    (toy.root / "dvc.lock").write_text("a half-trained challenger's")
    done = host.propose("retrain-7")
    assert done.returncode == 0, done.stderr
    last = host.asked()[-1]
    assert last[:3] == call
    assert last[-1] == WHY
    assert not [one for one in host.asked() if one[0] == "pr"]


def test_only_what_has_passed_is_pushed(toy: Copy, tmp_path: Path):
    host = Host(toy, tmp_path)
    remote = tmp_path / "remote"
    toy.dvc("remote", "add", "--local", "--default", "deploy", str(remote))
    reported(toy, False, WHY)
    kept = host.push_trained()
    assert (kept.returncode, remote.exists()) == (0, False), kept.stderr
    reported(toy, True, TABLE)
    passed = host.push_trained()
    assert passed.returncode == 0, passed.stderr
    assert [path for path in remote.rglob("*") if path.is_file()]


def test_without_a_report_nothing_is_pushed(toy: Copy, tmp_path: Path):
    done = Host(toy, tmp_path).push_trained()
    assert done.returncode == 2
    assert "run deploy/retrain first" in done.stderr


def test_without_a_report_nothing_is_proposed(toy: Copy, tmp_path: Path):
    host = Host(toy, tmp_path)
    done = host.propose("retrain-7")
    assert done.returncode == 2
    assert "run deploy/retrain first" in done.stderr
    assert host.asked() == []
