"""What the lint contracts can't say alone: that they catch something, and that what starts often
loads little."""

import ast
import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("weather/stations.py", "import wearcast.forecasting.windows", "Data flows one way"),
        (
            "weather/stations.py",
            "import torch",
            "Only the network, what trains and runs it, and its export know torch",
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


@functools.cache
def imported_modules(source: Path, package: Path) -> frozenset[str]:
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
    return frozenset(modules)


@pytest.mark.parametrize(
    "room",
    [
        "cli",
        "clothing",
        "figures",
        "forecasting",
        "notebook",
        "retraining",
        "serving",
        "serving.api",
        "serving.cluster",
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
    # Names of its own, beside those of its modules, are for people's own code.
    named = [name for name in named if (folder / name).is_dir() or (folder / f"{name}.py").exists()]
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
        (
            "wearcast.clothing, wearcast.cli.given_weather, wearcast.cli.advice_document",
            OF_THE_PIPELINE | {"onnxruntime", "fastapi", "fsspec", "httpx", "plotly"},
        ),
        ("wearcast.cli.app", OF_THE_PIPELINE | {"plotly"}),
        ("wearcast.serving.dashboard.page", OF_THE_PIPELINE | HEAVY),
        ("wearcast.weather.sources", {"httpx"}),
        ("wearcast.weather.attribution", {"pandas", "httpx"}),
    ],
    ids=[
        "what serves and advises",
        "what dresses for given weather",
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
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    names = [name for name in listed.split("\0") if name]
    outside = "../" + "shared"
    naming = [name for name in names if outside.encode() in (repository / name).read_bytes()]
    assert set(naming) <= {".ci/run"}
