"""What the lint contracts can't say alone: that they catch something, and that each part installs
only what it needs."""

import ast
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def installed_with(extra: str) -> set[str]:
    """Every distribution that `wearcast[extra]` brings on this machine, by what the installed ones
    declare."""
    seen: set[tuple[str, str]] = set()
    waiting = [("wearcast", extra), ("wearcast", "")]
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": wanted}):
                waiting += [(canonicalize_name(needed.name), one) for one in ("", *needed.extras)]
    return {name for name, _ in seen}


@pytest.mark.parametrize(
    ("extra", "brings", "never"),
    [
        (
            "service",
            {"fastapi", "onnxruntime", "numpy"},
            {"torch", "dvc", "pandas", "papermill", "jupyterlab"},
        ),
        (
            "refresh",
            {"pandas", "onnxruntime", "httpx", "stamina"},
            {"torch", "dvc", "papermill", "jupyterlab"},
        ),
        ("dashboard", {"voila", "httpx"}, {"torch", "dvc", "pandas", "onnxruntime"}),
        ("pipeline", {"torch", "dvc", "papermill", "jupyterlab"}, set()),
    ],
)
def test_a_group_installs_what_it_needs_and_nothing_of_the_others(extra, brings, never):
    everything = installed_with(extra)
    assert brings <= everything
    assert not never & everything


def test_every_package_that_is_installed_is_locked(repository):
    locked = {
        line.split("==")[0] for line in (repository / "constraints.txt").read_text().splitlines()
    }
    # torch is pinned in pyproject.toml: each platform takes its own build of that version.
    assert installed_with("dev") - locked - {"wearcast", "torch"} == set()


def test_the_lock_names_no_address_and_no_cuda(repository):
    text = (repository / "constraints.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^(nvidia|cuda|triton|torch)", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("weather/stations.py", "import wearcast.forecasting.windows", "Data flows one way"),
        (
            "weather/stations.py",
            "import torch",
            "Only the network, its training and its export know torch",
        ),
        ("forecasting/windows.py", "import wearcast.notebook.executed_page", "Data flows one way"),
        ("figures/theme.py", "import wearcast.weather.stations", "Figures take plain arrays"),
        (
            "serving/store/snapshot_reader.py",
            "import wearcast.forecasting.processed_data",
            "The API knows neither pandas",
        ),
        (
            "serving/api/model_card.py",
            "import wearcast.serving.refresh.run",
            "The API knows neither pandas",
        ),
        (
            "serving/dashboard/words.py",
            "import wearcast.clothing.comfort",
            "The dashboard's kernel is small",
        ),
        (
            "serving/dashboard_server/kernel_pool.py",
            "import wearcast.serving.api.app",
            "serving.dashboard_server imports neither api nor refresh",
        ),
    ],
)
def test_an_import_against_the_contracts_is_caught(repository, tmp_path, module, line, contract):
    shutil.copytree(repository / "src", tmp_path / "src")
    shutil.copy(repository / "pyproject.toml", tmp_path)
    broken = tmp_path / "src/wearcast" / module
    broken.write_text(f"{broken.read_text()}\n{line}\n")
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": "src", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(rf"{contract}.* BROKEN", done.stdout)


def imported_modules(source: Path, package: Path) -> set[str]:
    """The modules of `package` that a file imports, with dots, below the package."""
    modules = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("wearcast."):
            continue
        path = package / node.module.replace(".", "/").partition("/")[2]
        for name in node.names:
            member = path / name.name
            found = member if member.with_suffix(".py").is_file() or member.is_dir() else path
            modules.add(found.relative_to(package).as_posix().replace("/", "."))
    return modules


@pytest.mark.parametrize(
    "room",
    [
        "cli",
        "clothing",
        "figures",
        "forecasting",
        "notebook",
        "serving",
        "serving.api",
        "serving.dashboard",
        "serving.dashboard_server",
        "serving.refresh",
        "serving.store",
        "weather",
    ],
)
def test_others_use_of_a_room_what_its_face_names_and_no_more(repository, room):
    package = repository / "src/wearcast"
    folder = package / room.replace(".", "/")
    face = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    [named] = [
        ast.literal_eval(node.value)
        for node in face.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    outside = [path for path in package.rglob("*.py") if folder not in path.parents]
    used = {module for path in outside for module in imported_modules(path, package)}
    entered = {
        module.removeprefix(f"{room}.").split(".")[0]
        for module in used
        if module.startswith(f"{room}.")
    }
    notebooks = "".join(path.read_text() for path in (repository / "notebooks").glob("*.ipynb"))
    read_by_notebooks = {name for name in named if re.search(rf"\b{name}\b", notebooks)}
    assert entered <= set(named)
    assert set(named) - entered <= read_by_notebooks | {"app"}


OF_THE_PIPELINE = {"torch", "pandas", "dvc", "papermill"}
HEAVY = {
    "numpy",
    "pydantic",
    "plotly",
    "onnxruntime",
    "fastapi",
    "voila",
    "nbconvert",
    "jupyterlab_server",
    "rich",
    "click",
}


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        (
            (
                "wearcast.serving.api.app, wearcast.forecasting.forecaster, wearcast.clothing,"
                " wearcast.cli.advise"
            ),
            OF_THE_PIPELINE,
        ),
        ("wearcast.cli.app", OF_THE_PIPELINE | {"plotly"}),
        ("wearcast.serving.dashboard.page", OF_THE_PIPELINE | HEAVY),
        ("wearcast.weather.sources", {"httpx"}),
        ("wearcast.weather.attribution", {"pandas", "httpx"}),
    ],
    ids=[
        "what serves and advises",
        "the help",
        "the dashboard's kernel",
        "sources that ask no service",
        "the attributions",
    ],
)
def test_what_starts_often_loads_nothing_that_it_does_without(modules, never):
    code = f"import sys, {modules}\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.strip() for name in modules.split(",")} <= set(loaded)
    assert never & set(loaded) == set()


def test_only_ci_knows_of_a_folder_outside_the_project(repository):
    listed = subprocess.run(
        ["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split()
    outside = "../" + "shared"
    naming = [name for name in listed if outside.encode() in (repository / name).read_bytes()]
    assert set(naming) <= {".ci/run"}
