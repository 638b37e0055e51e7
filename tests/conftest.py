"""What all tests share: the extra data, the real parts, and small projects with notebooks of their
own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from full import FULL
from marked_files import may_hold
from pipeline.projects import REPOSITORY, Project
from shards import keep_shard
from sharing import Sharing
from wearcast import artifacts
from wearcast.config import Paths

# The same code gets the same verdict, however busy the machine; with FULL=1 the search for
# counterexamples goes on elsewhere.
settings.register_profile("unhurried", derandomize=not FULL, deadline=None)
settings.load_profile("unhurried")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """With `--dist loadfile`: files that share what takes long to make share a process too."""
    return Sharing(config, log) if config.option.dist == "loadfile" else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m real` and `-m deploy` import no file that has no such test: most of them haven't."""
    return None if may_hold(collection_path, config.option.markexpr) else True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After marks have been asked for."""
    keep_shard(config, items)


@pytest.fixture(scope="session")
def repository() -> Path:
    """This checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_part() -> Callable[[str, object], None]:
    """Skip the test where a real part is not at hand; fail it where WEARCAST_REQUIRE_REAL_PARTS
    says that it must be."""

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


@pytest.fixture(scope="session")
def verification(repository: Path, real_part: Callable[[str, object], None]) -> dict[str, Any]:
    """The scores that the pipeline made in this checkout."""
    path = Paths(repository).verification
    real_part(f"{path.relative_to(repository)} (`make repro` makes it)", path.is_file())
    scores: dict[str, Any] = artifacts.read_json(path)
    return scores


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path / "project")
