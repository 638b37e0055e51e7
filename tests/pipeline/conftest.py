"""Copies of this project that real DVC runs in, far from its cache and its git."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOYS = {
    # Each writes what dvc.yaml says, out of its parameters and of what it depends on.
    "ingest": "for name in ('EWR', 'JFK'):\n    write_bytes(paths.raw / name / '2013-01.txt', f'{name} {start}'.encode())",
    "preprocess": "seen = sorted(path.read_text() for path in paths.raw.rglob('*.txt'))\n"
    "write_bytes(paths.processed / 'observations.txt', f'{seen} {fill_h}'.encode())\n"
    "write_json(paths.quality, {'EWR': {'filled': fill_h}})",
    "train": "seen = (paths.processed / 'observations.txt').read_text()\n"
    "write_bytes(paths.model / 'model.onnx', f'{seen} {hidden}'.encode())\n"
    "write_bytes(paths.plots / 'learning_curve.csv', f'epoch,train,validation\\n1,{1 / hidden},0.5\\n2,0.2,0.4\\n'.encode())",
    "evaluate": "hidden = int((paths.model / 'model.onnx').read_text().split()[-1])\n"
    "write_json(paths.metrics, {'network': {'mae_c': 1 / hidden}})\n"
    "methods = 'network,ridge,damped_anomaly,climatology_drift,climatology,seasonal_naive,persistence'\n"
    "write_bytes(paths.plots / 'error_by_lead.csv', f'lead_h,{methods}\\n1,1,1,1,1,1,1,1\\n2,2,2,2,2,2,2,2\\n'.encode())\n"
    "write_bytes(paths.plots / 'reliability.csv', b'level,observed,ideal\\n0.1,0.11,0.1\\n')\n"
    "write_bytes(paths.plots / 'error_by_month_hour.csv', b'month,hour,mae_c\\n1,0,1.5\\n1,1,1.25\\n')",
    "forecast": "write_bytes(paths.snapshot, (paths.model / 'model.onnx').read_bytes() + str(issued_at).encode())",
}
IMPORTS = "from wearcast.artifacts import write_bytes, write_json\nfrom wearcast.config import Paths\npaths = Paths.find()"


class Copy:
    """A copy of the project in a folder of its own, with git and DVC's commands."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment these tests run in."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_SITE_CACHE_DIR": str(self.root.parent / "dvc-site"),
            "DVC_GLOBAL_CONFIG_DIR": str(self.root.parent / "dvc-global"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
        return done

    def dvc(self, *arguments: str, check: bool = True) -> str:
        """Run DVC; what it says on both streams."""
        done = self.run(sys.executable, "-m", "dvc", *arguments, check=check)
        return done.stdout + done.stderr

    def commit(self, message: str) -> None:
        """Commit all that git doesn't ignore."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def changed_stages(self) -> set[str]:
        """The stages that `dvc status` would run, not counting those that only follow."""
        done = self.run(sys.executable, "-m", "dvc", "status", "--json")
        return set(json.loads(done.stdout))

    def set_param(self, stage: str, key: str, value: Any) -> None:
        """Change one parameter in params.yaml."""
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text())
        params[stage][key] = value
        path.write_text(yaml.safe_dump(params))

    def outs(self) -> dict[str, str]:
        """The hash that dvc.lock holds for each output."""
        stages = yaml.safe_load((self.root / "dvc.lock").read_text())["stages"]
        return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}

    def sibling(self, name: str) -> "Copy":
        """The same project once more, beside this one."""
        return Copy(Path(shutil.copytree(self.root, self.root.parent / name, symlinks=True)))


def copied(repository: Path, root: Path) -> Copy:
    """What git tracks here, or would, in a fresh repository at `root`."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=repository, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (repository / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, root / name)
    copy = Copy(root)
    copy.run("git", "init", "--quiet", "--initial-branch", "main")
    return copy


@pytest.fixture(scope="session")
def toy_made(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """This project's dvc.yaml with notebooks that compute next to nothing, run once and committed."""
    import conftest

    copy = copied(repository, tmp_path_factory.mktemp("toy") / "made")
    for path in ("notebooks", "dvc.lock", "reports"):
        target = copy.root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    project = conftest.Project(copy.root)
    for stage, code in TOYS.items():
        project.notebook(stage, IMPORTS, code)
    copy.dvc("repro")
    copy.commit("The toy")
    return copy


@pytest.fixture
def toy(toy_made: Copy, request: pytest.FixtureRequest) -> Copy:
    """A copy of the toy for one test to change."""
    return toy_made.sibling(request.node.name.replace("[", "-").replace("]", ""))
