"""A stage's notebook run outside of DVC, as JupyterLab runs it: what it replaces, it names."""

import pytest

pytestmark = pytest.mark.real

LAST_CELL = """
from wearcast.config import Train, settings_of_notebook
from wearcast.notebook import tracked_outputs

for line in tracked_outputs.replaced("train", settings_of_notebook(Train, globals()), paths):
    print(line)
"""


@pytest.mark.parametrize("link", ["hardlink", pytest.param("symlink", marks=pytest.mark.full)])
def test_a_replaced_model_is_named_and_comes_back_from_the_cache(toy, link):
    toy.dvc("config", "cache.type", link)
    toy.dvc("checkout", "--relink")
    model = toy.root / "models/forecaster/model.onnx"
    tracked = model.read_bytes()
    assert toy.run_by_hand("train", LAST_CELL, hidden=8).splitlines() == [
        "Now this run's, and not what dvc.lock names:"
        " models/forecaster, models/judged, reports/plots/learning_curve.csv",
        "  train.hidden: 8 in this run, 48 in dvc.lock",
        "To get the tracked ones back: dvc checkout --force models/forecaster models/judged"
        " && git restore reports/plots/learning_curve.csv",
        "To track such a run: put its values into params.yaml, then dvc repro train",
    ]
    assert model.read_bytes() != tracked
    toy.dvc("checkout", "--force", "models/forecaster", "models/judged")
    toy.run("git", "restore", "reports/plots/learning_curve.csv")
    assert model.read_bytes() == tracked
    assert toy.changed_stages() == set()


def test_a_run_that_leaves_the_tracked_bytes_says_nothing(toy):
    assert toy.run_by_hand("train", LAST_CELL) == ""


def test_other_code_or_data_with_the_tracked_parameters_is_named(toy):
    (toy.root / "data/processed/observations.txt").unlink()
    (toy.root / "data/processed/observations.txt").write_text("others")
    said = toy.run_by_hand("train", LAST_CELL).splitlines()
    assert said[1:] == [
        "  changed since dvc.lock: data/processed",
        "To get the tracked ones back: dvc checkout --force models/forecaster models/judged",
        "To track these files: dvc commit train",
    ]
    toy.dvc("commit", "--force", "train")
    assert toy.run_by_hand("train", LAST_CELL) == ""
