"""A stage's notebook run outside of DVC, as JupyterLab runs it: what it replaces, it names."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from pipeline.copies import Copy

pytestmark = pytest.mark.real

LAST_CELL = """
from wearcast.config import Train, settings_of_notebook
from wearcast.notebook import tracked_outputs

for line in tracked_outputs.replaced("train", settings_of_notebook(Train, globals()), paths):
    print(line)
"""


def run_by_hand(copy: Copy, stage: str, last_cell: str | None = None, **parameters: object) -> str:
    """Run the notebook of `stage` in its own folder with other values in its parameters cell; what
    its last cell printed."""
    notebook = nbformat.read(copy.root / f"notebooks/{stage}.ipynb", as_version=4)
    (declared,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    declared.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
    if last_cell:
        notebook.cells.append(nbformat.v4.new_code_cell(last_cell))
    folder = {"metadata": {"path": str(copy.root / "notebooks")}}
    NotebookClient(notebook, resources=folder, kernel_name="python3").execute(
        env={**os.environ, "PYTHONPATH": str(copy.root / "src")}
    )
    return "".join(output.get("text", "") for output in notebook.cells[-1].outputs)


@pytest.mark.parametrize("link", ["hardlink", pytest.param("symlink", marks=pytest.mark.full)])
def test_a_replaced_model_is_named_and_comes_back_from_the_cache(toy, link):
    toy.dvc("config", "cache.type", link)
    toy.dvc("checkout", "--relink")
    model = toy.root / "models/forecaster/model.onnx"
    tracked = model.read_bytes()
    assert run_by_hand(toy, "train", LAST_CELL, hidden=8).splitlines() == [
        "From this run, and not what dvc.lock names:"
        " models/forecaster, reports/plots/learning_curve.csv",
        "  train.hidden: 8 in this run, 48 in dvc.lock",
        "To get the tracked back: dvc checkout --force models/forecaster"
        " && git restore reports/plots/learning_curve.csv",
        "To track such a run: put its values into params.yaml, dvc repro train",
    ]
    assert model.read_bytes() != tracked
    toy.dvc("checkout", "--force", "models/forecaster")
    toy.run("git", "restore", "reports/plots/learning_curve.csv")
    assert model.read_bytes() == tracked
    assert toy.changed_stages() == set()


def test_a_run_that_leaves_the_tracked_bytes_says_nothing(toy):
    assert run_by_hand(toy, "train", LAST_CELL) == ""


def test_other_code_or_data_with_the_tracked_parameters_is_named(toy):
    (toy.root / "data/processed/observations.txt").unlink()
    (toy.root / "data/processed/observations.txt").write_text("others")
    said = run_by_hand(toy, "train", LAST_CELL).splitlines()
    assert said[1:] == [
        "  changed since: data/processed",
        "To get the tracked back: dvc checkout --force models/forecaster",
        "To track these files: dvc commit train",
    ]
    toy.dvc("commit", "--force", "train")
    assert run_by_hand(toy, "train", LAST_CELL) == ""
