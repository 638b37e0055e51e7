"""Own files that only this folder has are named, and tracked ones are not."""

import subprocess
from pathlib import Path

import pytest

from wearcast.notebook.untracked_files import warning

OWN = {"source": "files", "files": {"path": "data/서울"}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A git repository with a folder of own files."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "data/서울").mkdir(parents=True)
    (tmp_path / "data/서울/2021.csv").write_text("own")
    return tmp_path


def test_files_that_nobody_tracks_are_named_with_what_to_do(root: Path) -> None:
    said = warning(OWN, root)
    assert said is not None
    assert "Run `dvc add 'data/서울'` and commit data/서울.dvc" in said


@pytest.mark.parametrize("tracked", ["data/서울.dvc", "data.dvc"])
def test_files_of_dvc_are_fine(root: Path, tracked: str) -> None:
    (root / tracked).touch()
    assert warning(OWN, root) is None


def test_files_that_were_added_one_by_one_are_fine(root: Path) -> None:
    folder = root / "data/서울"
    (folder / "2021.csv.dvc").touch()
    (folder / ".gitignore").write_text("/2021.csv\n")
    assert warning(OWN, root) is None
    (folder / "2022.csv").write_text("own")
    assert warning(OWN, root) is not None


def test_files_of_git_are_fine(root: Path) -> None:
    subprocess.run(["git", "-C", str(root), "add", "data"], check=True)
    assert warning(OWN, root) is None


def test_without_git_and_with_another_source_there_is_nothing_to_tell(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert warning({**OWN, "source": "sample"}, root) is None
    assert warning(OWN, tmp_path_factory.mktemp("no-git")) is None


@pytest.mark.parametrize("path", ["/mnt/weather", "../weather", "data/../../weather"])
def test_files_outside_of_the_project_are_read_and_named(root: Path, path: str) -> None:
    said = warning({"source": "files", "files": {"path": path}}, root)
    assert said is not None
    assert said.startswith(f"{path} lies outside of the project")
    assert "run `dvc add data/<name>`" in said


def test_files_of_numerical_forecasts_are_named_with_their_own_setting(root: Path) -> None:
    outside = {"source": "files", "files": {"path": "/mnt/weather"}}
    said = warning(outside, root, "ingest.guidance")
    assert said is not None
    assert "set ingest.guidance.files.path to that" in said
