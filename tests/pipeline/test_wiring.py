"""dvc.yaml, params.yaml, the notebooks and the code say the same."""

import ast
import json
import subprocess

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

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
        "train": {paths.model, paths.judged_model, paths.plots / "learning_curve.csv"},
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
        entry = wiring["stages"][stage]
        written = [*entry["outs"], *entry.get("metrics", []), *entry.get("plots", [])]
        assert {repository / path for path in paths_in(written)} == outs
    metrics = paths_in(wiring["stages"]["evaluate"]["metrics"])
    assert {repository / path for path in metrics} == {paths.metrics}
    assert repository / wiring["artifacts"]["forecaster"]["path"] == paths.model


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_keeps_the_run_cache(wiring, stage):
    """DVC keeps none of a stage with an output outside its cache that is no metric or plot, or that
    persists; the months of ingest do."""
    outs = [out for out in wiring["stages"][stage]["outs"] if isinstance(out, dict)]
    assert outs == ([{"data/raw": {"persist": True}}] if stage == "ingest" else [])


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_notebook_with_its_own_group(wiring, stage):
    entry = wiring["stages"][stage]
    assert entry["cmd"] == f"wearcast run-notebook {stage}"
    assert entry["params"] == [stage]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_its_notebook_its_config_and_the_locked_versions(wiring, stage):
    deps = set(wiring["stages"][stage]["deps"])
    assert deps >= {
        f"notebooks/{stage}.ipynb",
        f"src/wearcast/config/{stage}.py",
        "src/wearcast/notebook/kernel_environment.py",
        "requirements/pipeline.txt",
    }
    assert not deps & {f"src/wearcast/config/{other}.py" for other in STAGES if other != stage}


def test_ingest_depends_on_the_files_of_both_its_groups(wiring):
    """Which may be the same: until there are own files, both are the sample's."""
    deps = wiring["stages"]["ingest"]["deps"]
    assert {"${ingest.files.path}", "${ingest.guidance.files.path}"} <= set(deps)


def test_params_yaml_stands_in_the_layout_that_dvc_writes(repository):
    path = repository / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert dumps_yaml(parse_yaml_for_update(text, path)) == text


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


def test_git_takes_nothing_of_what_lies_under_data_but_what_dvc_writes_for_it(repository, tmp_path):
    files = ("data/own.csv", "data/seoul/2021.csv", "data/kma/서울/2021.csv", "data/serving/log")
    of_dvc = ("data/.gitignore", "data/own.csv.dvc", "data/kma/.gitignore", "data/kma/서울.dvc")
    for name in (*files, *of_dvc):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    git = ("git", "-C", str(tmp_path))
    subprocess.run([*git, "init", "--quiet"], check=True)
    (tmp_path / ".git/info/exclude").write_bytes((repository / ".gitignore").read_bytes())
    subprocess.run([*git, "add", "--all"], check=True)
    added = subprocess.run([*git, "ls-files", "-z"], capture_output=True, text=True, check=True)
    assert set(added.stdout.split("\0")) - {""} == set(of_dvc)
