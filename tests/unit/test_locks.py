"""What each extra and group installs, and that the locks say the same as pyproject.toml. All by
what is installed here; `make lock` resolves for the other versions of Python and platforms."""

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HASHED = ("service", "refresh", "cluster", "dashboard", "deploy", "scan", "build")
CUDA = re.compile("nvidia-|cuda-|triton")


def extra(name: str) -> set[str]:
    """Every distribution that `wearcast[name]` brings on this machine, but wearcast."""
    return brought_by([f"wearcast[{name}]"]) - {"wearcast"}


def group(repository: Path, name: str) -> set[str]:
    """Every distribution that a dependency group brings on this machine."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    return brought_by(resolve_dependency_groups(project["dependency-groups"], name))


def brought_by(requirements: Iterable[str]) -> set[str]:
    """The distributions of the requirements and of all that these declare, by those that are
    installed. CUDA, which torch brings where it isn't built without, is left out."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        needed, wanted_by = waiting.pop()
        if needed.marker is not None and not needed.marker.evaluate({"extra": wanted_by}):
            continue
        name = canonicalize_name(needed.name)
        for wanted in {"", *needed.extras} if not CUDA.match(name) else ():
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                lines = metadata.requires(name) or []
                waiting += [(Requirement(line), wanted) for line in lines]
    return {name for name, _ in seen}


def pins(path: Path) -> list[Requirement]:
    """The lines of a lock, without their hashes."""
    lines = path.read_text().splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z]", line)]


def pinned(path: Path) -> set[str]:
    """The distributions that a lock installs on this machine."""
    return {pin.name for pin in pins(path) if pin.marker is None or pin.marker.evaluate()}


@pytest.mark.parametrize(
    ("name", "brings", "never"),
    [
        (
            "service",
            {"fastapi", "onnxruntime", "numpy"},
            {"torch", "dvc", "pandas", "papermill", "jupyterlab"},
        ),
        (
            "refresh",
            {"pandas", "onnxruntime", "httpx", "stamina"},
            {"torch", "dvc", "papermill", "jupyterlab", "distributed"},
        ),
        ("cluster", {"distributed", "onnxruntime", "pandas"}, {"torch", "dvc", "jupyterlab"}),
        ("dashboard", {"voila", "httpx"}, {"torch", "dvc", "pandas", "onnxruntime"}),
        ("pipeline", {"torch", "dvc", "papermill"}, {"jupyterlab", "voila", "fastapi"}),
    ],
)
def test_an_extra_installs_what_it_needs_and_nothing_of_the_others(name, brings, never):
    everything = extra(name)
    assert brings <= everything
    assert not never & everything


def test_only_what_a_user_installs_is_published():
    published = metadata.metadata("wearcast").get_all("Provides-Extra")
    assert set(published) == {
        "pipeline",
        "workbooks",
        "store",
        "refresh",
        "cluster",
        "service",
        "postgres",
        "dashboard",
    }


def test_every_package_of_development_is_locked(repository):
    names = ("pipeline", "refresh", "cluster", "service", "postgres", "dashboard")
    extras = set().union(*map(extra, names))
    # torch is pinned in pyproject.toml: each platform takes its own build of that version.
    needed = extras | group(repository, "dev") - {"torch"}
    assert needed - {"torch"} - pinned(repository / "constraints.txt") == set()


@pytest.mark.parametrize("name", ["pipeline", "service", "refresh", "cluster", "dashboard"])
def test_the_lock_of_an_extra_has_what_the_extra_brings_and_no_more(repository, name):
    # An image of the service can keep the feedback of several hosts.
    brought = extra(name) | extra("postgres") if name == "service" else extra(name)
    assert pinned(repository / f"requirements/{name}.txt") == brought, "run `make lock`"


@pytest.mark.parametrize("name", ["deploy", "scan", "build"])
def test_the_lock_of_a_group_has_what_the_group_brings_and_no_more(repository, name):
    assert pinned(repository / f"requirements/{name}.txt") == group(repository, name), (
        "run `make lock`"
    )


@pytest.mark.parametrize("name", ["pipeline", *HASHED])
def test_a_lock_has_the_releases_of_constraints(repository, name):
    everything = {str(pin).split(";")[0] for pin in pins(repository / "constraints.txt")}
    [torch] = [line for line in metadata.requires("wearcast") if line.startswith("torch==")]
    chosen = {str(pin).split(";")[0] for pin in pins(repository / f"requirements/{name}.txt")}
    assert chosen - everything <= {torch.split(";")[0]}, "run `make lock`"


@pytest.mark.parametrize("name", HASHED)
def test_what_pip_installs_in_an_image_or_a_workflow_has_hashes_and_no_torch(repository, name):
    entries = re.findall(
        r"^([a-z].*)((?:\n    --hash=sha256:[0-9a-f]{64}.*)*)",
        (repository / f"requirements/{name}.txt").read_text(),
        re.MULTILINE,
    )
    assert [line for line, hashes in entries if not hashes] == []
    assert "torch" not in pinned(repository / f"requirements/{name}.txt")


def test_the_locks_name_no_address_and_no_cuda(repository):
    for path in (repository / "constraints.txt", *(repository / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text
        assert not re.search(r"^(nvidia|cuda|triton)", text, re.MULTILINE)
