"""DVC runs what it must and nothing else: this project's dvc.yaml, with notebooks that take no
time."""

import json
import re
import shutil
import sys

import pytest

from pipeline.copies import Copy
from wearcast.config import STAGES

pytestmark = pytest.mark.real

ONE_CHANGE = {
    "ingest": ("start", "2013-02-01"),
    "preprocess": ("fill_h", 2),
    "train": ("hidden", 64),
    "evaluate": ("every_h", 11),
    "forecast": ("issued_at", "2013-12-30T23:00Z"),
}


def stages_run(said: str) -> list[str]:
    """The stages DVC says it ran."""
    return re.findall(r"Running stage '(\w+)'", said)


def test_a_second_repro_runs_nothing(toy):
    assert stages_run(toy.dvc("repro")) == []


def test_executed_notebooks_deleted_or_edited_make_nothing_run(toy):
    executed = toy.root / "reports/notebooks"
    shutil.rmtree(executed)
    assert toy.changed_stages() == set()
    executed.mkdir()
    (executed / "train.ipynb").write_text("edited")
    assert stages_run(toy.dvc("repro")) == []


def test_a_change_of_one_group_touches_its_own_stage_alone(toy):
    for stage in STAGES:
        toy.set_param(stage, *ONE_CHANGE[stage])
        assert toy.changed_stages() == {stage}
        toy.run("git", "restore", "params.yaml")


def test_a_change_of_a_notebook_runs_its_stage_and_stops_where_nothing_changed(toy):
    notebook = toy.root / "notebooks/preprocess.ipynb"
    notebook.write_text(
        notebook.read_text().replace("paths = Paths.find()", "paths = Paths.find()\\n# a remark")
    )
    assert stages_run(toy.dvc("repro")) == ["preprocess"]


def test_earlier_params_bring_the_results_back_without_a_run(toy):
    """All but ingest, whose months persist: DVC's run cache holds no such stage."""
    first = toy.outs()
    toy.set_param("preprocess", "fill_h", 2)
    assert stages_run(toy.dvc("repro")) == ["preprocess", "train", "evaluate", "forecast"]
    assert toy.outs() != first
    toy.run("git", "restore", "params.yaml")
    said = toy.dvc("repro")
    assert stages_run(said) == []
    assert re.findall(r"Stage '(\w+)' is cached", said) == list(STAGES[1:])
    assert toy.outs() == first
    assert toy.run("git", "status", "--short").stdout == ""


RUNS = {
    "forecasting/own_network.py": {"train", "evaluate", "forecast"},
    "clothing/comfort.py": {"evaluate", "forecast"},
    "weather/quality.py": set(STAGES),
    "config/evaluate.py": {"evaluate"},
    "serving/settings.py": set(),
}


def test_an_edited_or_new_module_touches_the_stages_that_run_its_folder(toy):
    for path, stages in RUNS.items():
        with (toy.root / "src/wearcast" / path).open("a") as file:
            file.write("\n# A remark\n")
        assert toy.changed_stages() == stages, path
        toy.run("git", "stash", "--include-untracked")


def test_a_stage_names_the_code_that_dvc_does_not_know_it_runs(toy):
    (toy.root / "src/own.py").write_text("FACTOR = 1\n")
    notebook = toy.root / "notebooks/forecast.ipynb"
    source = notebook.read_text()
    notebook.write_text(source.replace("paths = Paths.find()", "import own\\npaths = Paths.find()"))
    said = toy.dvc("repro")
    assert "Add to the deps of forecast:\n  - src/own.py\n" in said
    assert "Add to the deps of evaluate" not in said


@pytest.mark.full  # what is told, and when, tests/unit/test_changed_lock.py shows
def test_on_another_processor_a_changed_lock_is_explained_and_undone(toy, monkeypatch):
    clone = Copy(toy.root.parent / "another-processor")
    toy.run("git", "clone", "--quiet", ".", str(clone.root))
    monkeypatch.setenv("PROCESSOR", "another one")
    clone.dvc("repro")
    said = clone.run(sys.executable, "-m", "wearcast", "explain-lock").stdout
    assert "dvc.lock changed, though code, data and params are those committed" in said
    assert "The scores in reports/metrics.json are the same." in " ".join(said.split())
    clone.run("git", "checkout", "HEAD", "--", "dvc.lock", "reports")
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert stages_run(clone.dvc("repro")) == ["train"]
    assert clone.run("git", "status", "--porcelain").stdout == " M dvc.lock\n"


def test_an_experiment_reruns_train_and_what_follows_and_can_be_compared(toy):
    said = toy.dvc("exp", "run", "-S", "train.hidden=64")
    assert stages_run(said) == ["train", "evaluate", "forecast"]
    changed = toy.run("git", "diff", "--unified=0", "params.yaml").stdout.splitlines()[5:]
    assert changed == ["-  hidden: 48", "+  hidden: 64"]
    shown = json.loads(toy.run("dvc", "exp", "show", "--json").stdout)
    assert '"hidden": 64' in json.dumps(shown)
    diff = json.loads(toy.run("dvc", "metrics", "diff", "--json").stdout)
    assert diff["reports/metrics.json"]["network.mae_c"]["diff"] < 0
    toy.dvc("plots", "diff", "HEAD", "--out", "plots-diff")
    page = (toy.root / "plots-diff/index.html").read_text()
    assert all(
        title in page
        for title in ("Learning curve", "Error by lead", "Reliability", "Error by month and hour")
    )
    assert "yelloworangered" in page
    assert "<DVC_METRIC" not in page
    assert page.count('"data": {"values": [{') == 4


def test_a_date_without_quotes_is_refused_with_its_place(toy):
    params = toy.root / "params.yaml"
    params.write_text(params.read_text().replace("  start:\n", "  start: 2013-02-01\n", 1))
    assert "'params.yaml:ingest.start'" in toy.dvc("repro", "ingest", check=False)
    params.write_text(params.read_text().replace("start: 2013-02-01", "start: '2013-02-01'", 1))
    assert toy.changed_stages() == {"ingest"}


def test_a_failing_stage_says_why_and_keeps_the_lock(toy):
    before = toy.outs()
    toy.set_param("train", "hiden", 3)
    said = toy.dvc("repro", "train", check=False)
    assert "train.hiden: unknown key; is it misspelt?" in said
    assert "Traceback" not in said
    assert toy.outs() == before


def test_a_cell_that_fails_says_how_to_get_removed_outputs_back(toy):
    notebook = toy.root / "notebooks/train.ipynb"
    notebook.write_text(notebook.read_text().replace('"seen = ', '"1 / 0\\n",\n    "seen = '))
    said = toy.dvc("repro", "train", check=False)
    assert "notebooks/train.ipynb failed in cell 3 of 3 (id cell-1), line 3:\n" in said
    assert "  > 3 | 1 / 0\n" in said
    assert (
        "DVC removed models/forecaster, models/judged, reports/plots/learning_curve.csv before this"
        " run.\n"
        "To get the tracked ones back: dvc checkout --force models/forecaster models/judged"
        " && git restore reports/plots/learning_curve.csv\n"
    ) in said
    toy.dvc("checkout", "--force", "models/forecaster", "models/judged")
    toy.run("git", "restore", "reports/plots/learning_curve.csv", "notebooks/train.ipynb")
    assert toy.changed_stages() == set()
