"""Copies of this project that real DVC runs in, far from its cache and its git."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbclient import NotebookClient


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
            **{
                f"GIT_{who}_{what}": "t@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        # Files, not pipes: the worker of DVC's queue keeps what it inherits open after the command.
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            code = subprocess.run(
                command, cwd=self.root, env=environment, stdout=stdout, stderr=stderr, check=False
            ).returncode
            said = []
            for stream in (stdout, stderr):
                stream.seek(0)
                said.append(stream.read())
        done = subprocess.CompletedProcess(command, code, *said)
        assert not check or done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
        return done

    def dvc(self, *arguments: str, check: bool = True) -> str:
        """Run DVC; what it says on both streams."""
        done = self.run(sys.executable, "-m", "dvc", *arguments, check=check)
        return done.stdout + done.stderr

    def stop_queue(self) -> None:
        """End the worker of DVC's queue, which else stays where it failed to see that the queue is
        empty: it reads its file of messages while another process writes it."""
        self.dvc("queue", "stop", check=False)

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
        return {
            out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])
        }

    def run_by_hand(self, stage: str, last_cell: str | None = None, **parameters: Any) -> str:
        """Run the notebook of `stage` as JupyterLab does, in its own folder and without DVC, with
        other values in its parameters cell; what its last cell printed."""
        notebook = nbformat.read(self.root / f"notebooks/{stage}.ipynb", as_version=4)
        (declared,) = (
            cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])
        )
        declared.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
        if last_cell:
            notebook.cells.append(nbformat.v4.new_code_cell(last_cell))
        folder = {"metadata": {"path": str(self.root / "notebooks")}}
        NotebookClient(notebook, resources=folder, kernel_name="python3").execute(
            env={**os.environ, "PYTHONPATH": str(self.root / "src")}
        )
        return "".join(output.get("text", "") for output in notebook.cells[-1].outputs)

    def sibling(self, name: str) -> "Copy":
        """The same project once more, beside this one."""
        return Copy(Path(shutil.copytree(self.root, self.root.parent / name, symlinks=True)))


def copied(repository: Path, root: Path) -> Copy:
    """What git tracks here, or would, in a fresh repository at `root`."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(
        listed, cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (repository / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, root / name)
    copy = Copy(root)
    copy.run("git", "init", "--quiet", "--initial-branch", "main")
    return copy
