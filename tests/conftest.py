"""What all tests share: the extra data, the real parts, and small projects with notebooks of their own."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """This checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_part() -> Callable[[str, object], None]:
    """Skip the test where a real part is not at hand; fail it where WEARCAST_REQUIRE_REAL_PARTS says that it must be."""

    def require(part: str, found: object) -> None:
        if found:
            return
        if os.environ.get("WEARCAST_REQUIRE_REAL_PARTS") == "1":
            pytest.fail(f"{part} is not there, and WEARCAST_REQUIRE_REAL_PARTS=1 wants it")
        pytest.skip(f"needs {part}")

    return require


@pytest.fixture(scope="session")
def test_data(real_part: Callable[[str, object], None]) -> Path:
    """The folder of data too large, or not ours, to be committed: WEARCAST_TEST_DATA."""
    folder = os.environ.get("WEARCAST_TEST_DATA", "")
    real_part("extra data (set WEARCAST_TEST_DATA to its folder)", folder and Path(folder).is_dir())
    return Path(folder)


class Project:
    """A project with this one's params.yaml and whatever notebooks a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "notebooks").mkdir(parents=True)
        shutil.copy(REPOSITORY / "params.yaml", root / "params.yaml")

    def notebook(self, stage: str, *cells: str, parameters: str | None = None) -> Path:
        """Write the notebook of `stage`: its parameters cell, then `cells`; one that begins with # is markdown."""
        new = nbformat.v4
        group = yaml.safe_load((self.root / "params.yaml").read_text())[stage]
        declared = "\n".join(f"{key} = {value!r}" for key, value in group.items()) if parameters is None else parameters
        made = [new.new_code_cell(declared, id="parameters", metadata={"tags": ["parameters"]})]
        for number, source in enumerate(cells):
            make = new.new_markdown_cell if source.startswith("#") else new.new_code_cell
            made.append(make(source, id=f"cell-{number}"))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / "notebooks" / f"{stage}.ipynb"
        nbformat.write(new.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
        return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path / "project")
