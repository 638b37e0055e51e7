"""What dvc.yaml, dvc.lock and .dvcignore say, as DVC reads them."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from wearcast.config import declared_stages, hashed_files, kept_in_git, locked_stages
from wearcast.errors import ConfigError


def test_every_stage_of_the_project_is_declared(repository: Path) -> None:
    wiring = yaml.safe_load((repository / "dvc.yaml").read_text())
    assert declared_stages(repository) == wiring["stages"]


def test_what_git_holds_are_the_outputs_outside_of_the_cache(repository: Path) -> None:
    stages = declared_stages(repository)
    assert kept_in_git(stages["train"]) == {"reports/plots/learning_curve.csv"}
    assert kept_in_git(stages["forecast"]) == set()


@pytest.mark.parametrize("content", ["<<<<<<< HEAD\n", "", "schema: '2.0'\n", "stages: []\n"])
def test_a_lock_that_tells_nothing_has_no_stages(tmp_path: Path, content: str) -> None:
    (tmp_path / "dvc.lock").write_text(content)
    assert locked_stages(tmp_path) == {}


def test_without_the_files_there_are_no_stages(tmp_path: Path) -> None:
    assert locked_stages(tmp_path) == declared_stages(tmp_path) == {}


def test_a_pipeline_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: [")
    with pytest.raises(ConfigError, match=r"dvc\.yaml can't be read as YAML"):
        declared_stages(tmp_path)


def test_what_editors_leave_counts_neither_here_nor_for_dvc(
    tmp_path: Path, repository: Path
) -> None:
    """DVC's own answer beside ours, on a folder with one file that counts and all that don't."""
    folder = tmp_path / "code"
    left = ("__pycache__/a.pyc", ".ipynb_checkpoints/a-checkpoint.py", ".mypy_cache/a.json")
    left = (*left, "a.py~", ".a.py.swp", ".DS_Store", "b.pyo")
    for name in ("a.py", ".hidden.py", *left):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / ".#a.py").symlink_to("user@host.1:2")
    (tmp_path / ".dvcignore").write_text((repository / ".dvcignore").read_text())
    ours = [path.relative_to(folder).as_posix() for path in hashed_files(folder, tmp_path)]
    assert ours == [".hidden.py", "a.py"]
    for command in (["init", "--no-scm", "--quiet"], ["check-ignore", *named(folder, left)]):
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split() == named(folder, left)


def named(folder: Path, names: tuple[str, ...]) -> list[str]:
    """The paths as from the folder above."""
    return [f"{folder.name}/{name}" for name in names]
