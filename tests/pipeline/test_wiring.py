"""dvc.yaml, params.yaml, the notebooks and the code say the same."""

import ast
import json

import pytest
import yaml

from pipeline.closure import listed, sources_of
from wearcast.config import STAGES, Paths, read_groups


@pytest.fixture(scope="module")
def wiring(repository):
    return yaml.safe_load((repository / "dvc.yaml").read_text())


def cells(repository, stage):
    return json.loads((repository / "notebooks" / f"{stage}.ipynb").read_text())


def paths_in(entries):
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


def declared_in(notebook):
    (cell,) = [
        cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])
    ]
    statements = ast.parse("".join(cell["source"])).body
    assert all(isinstance(statement, ast.Assign) for statement in statements)
    return {statement.targets[0].id: ast.literal_eval(statement.value) for statement in statements}


def test_the_stages_are_the_groups_of_params_in_their_order(wiring):
    assert tuple(wiring["stages"]) == STAGES


def test_the_outputs_lie_where_the_code_says(repository, wiring):
    paths = Paths(repository)
    of_stage = {
        "ingest": {paths.raw},
        "preprocess": {paths.processed, paths.quality},
        "train": {paths.model, paths.plots / "learning_curve.csv"},
        "evaluate": {
            paths.metrics,
            paths.verification,
            *(
                paths.plots / f"{name}.csv"
                for name in ("error_by_lead", "reliability", "error_by_month_hour")
            ),
        },
        "forecast": {paths.snapshot},
    }
    for stage, outs in of_stage.items():
        assert {repository / path for path in paths_in(wiring["stages"][stage]["outs"])} == outs
    assert {repository / path for path in wiring["metrics"]} == {paths.metrics}
    assert repository / wiring["artifacts"]["forecaster"]["path"] == paths.model


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_notebook_with_its_own_group(wiring, stage):
    entry = wiring["stages"][stage]
    assert entry["cmd"] == f"wearcast run-notebook {stage}"
    assert entry["params"] == [stage]


def test_a_stage_depends_on_every_module_its_notebook_runs_and_on_no_other(repository):
    text = (repository / "dvc.yaml").read_text()
    assert text == listed(text, repository), (
        "run `make deps`: it writes the modules that each notebook runs into dvc.yaml"
    )


def test_the_modules_a_notebook_runs_are_followed_through_every_form_of_import(tmp_path):
    files = {
        "wearcast/__init__.py": '"""Only words."""',
        "wearcast/a.py": "from wearcast.b import c as d",
        "wearcast/b/__init__.py": "from .e import f",
        "wearcast/b/c.py": "def g():\n    from ..h import i",
        "wearcast/b/e.py": "f = 1",
        "wearcast/h.py": "i = 1",
        "wearcast/unused.py": "import wearcast.a",
    }
    for name, code in files.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(code)
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": "code", "source": ["import numpy\n", "import wearcast.a as x"]}
                ]
            }
        )
    )
    found = sources_of(notebook, tmp_path / "src")
    assert found == [f"src/wearcast/{name}.py" for name in ("a", "b/__init__", "b/c", "b/e", "h")]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_its_notebook_and_ingest_on_the_sample(wiring, stage):
    deps = paths_in(wiring["stages"][stage]["deps"])
    assert f"notebooks/{stage}.ipynb" in deps
    assert ("src/wearcast/weather/sample/nyc2013.parquet" in deps) == (stage == "ingest")


@pytest.mark.parametrize("stage", STAGES)
def test_a_notebook_declares_what_its_group_gives_as_plain_literals(repository, stage):
    assert set(declared_in(cells(repository, stage))) == set(
        read_groups(repository / "params.yaml")[stage]
    )


@pytest.mark.parametrize("stage", STAGES)
def test_a_notebook_is_committed_clean_and_tells_instead_of_defining(repository, stage):
    notebook = cells(repository, stage)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["cells"][0]["cell_type"] == "markdown"
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        if cell["cell_type"] == "code":
            kinds = {type(node) for node in ast.walk(ast.parse("".join(cell["source"])))}
            assert not kinds & {ast.FunctionDef, ast.ClassDef}, cell["id"]
