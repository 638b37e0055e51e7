"""An experiment in a folder of its own runs that folder's code, though the environment's `wearcast`
is another tree's."""

import json
from pathlib import Path

import pytest

from pipeline.copies import Copy
from pipeline.test_dvc import stages_run

pytestmark = pytest.mark.real

SAYS = "the changed code says so"


def change(project: Copy) -> None:
    """Let a module that the stage evaluate depends on say something when it is imported, and count
    the bands otherwise."""
    module = project.root / "src/wearcast/clothing/bands.py"
    module.write_text(f"{module.read_text()}\n\nprint({SAYS!r})\nEDGES_C = (*EDGES_C, 40.0)\n")


@pytest.fixture
def scored(toy: Copy) -> Copy:
    """The toy whose evaluate tells the number of clothing bands as its score."""
    notebook = toy.root / "notebooks/evaluate.ipynb"
    source = notebook.read_text().replace(
        "from wearcast.config import Paths",
        "from wearcast.config import Paths\\nfrom wearcast.clothing import bands",
    )
    notebook.write_text(source.replace("1 / hidden", "len(bands.EDGES_C)"))
    toy.dvc("repro", "evaluate")
    toy.commit("Tell the number of bands")
    assert edges(json.loads((toy.root / "reports/metrics.json").read_text())) == 7
    return toy


def edges(metrics: dict) -> int:
    """The score in reports/metrics.json."""
    return int(metrics["network"]["mae_c"])


def recorded(project: Copy) -> list[int]:
    """The scores of the experiments, as DVC recorded them."""
    baseline = json.loads(project.run("dvc", "exp", "show", "--json").stdout)[1]
    revisions = [
        revision for experiment in baseline["experiments"] for revision in experiment["revs"]
    ]
    return [
        edges(revision["data"]["metrics"]["reports/metrics.json"]["data"]) for revision in revisions
    ]


def test_a_temporary_experiment_runs_the_changed_code(scored):
    change(scored)
    said = scored.dvc("exp", "run", "--temp", "evaluate")
    assert stages_run(said) == ["evaluate"]
    assert SAYS in said
    assert recorded(scored) == [8]


@pytest.mark.full  # --temp runs the same code, and test_own_data queues experiments
def test_a_queued_experiment_prints_what_the_changed_code_prints(scored):
    change(scored)
    scored.dvc("exp", "run", "--queue", "--name", "changed", "evaluate")
    scored.dvc("exp", "run", "--run-all")
    scored.stop_queue()
    assert SAYS in scored.dvc("queue", "logs", "changed")
    assert recorded(scored) == [8]


def test_a_worktree_runs_its_own_code(scored, tmp_path: Path):
    scored.run("git", "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "worktree"))
    worktree = Copy(tmp_path / "worktree")
    change(worktree)
    said = worktree.run("wearcast", "run-notebook", "evaluate", check=False)
    assert SAYS in said.stderr
