"""What the terminal shows of a failed cell: its number, its line, the error's origin."""

import nbformat
import pytest
from nbclient import NotebookClient

from pipeline.projects import Project
from wearcast.notebook.executed_page import INJECTED
from wearcast.notebook.failure import Failure, cell_place
from wearcast.notebook.kernel import OwnKernel
from wearcast.notebook.progress import Progress

new = nbformat.v4

RATIO = """import json


def parse(text):
    return json.loads(text)
"""

CELLS = {
    "statement": "total = sum(\n    [\n        1,\n        1 / 0,\n    ]\n)\ntotal",
    "own-code": "import sys\nsys.path.append('src')\nfrom own import ratio\nratio.parse('{')",
    "definition": "def ratio(x):\n    return 1 / x",
    "call": "ratio(0)",
    "same-cell": "def root(x):\n    return x**y\nroot(1)",
    "syntax": "x = 1\ny = (2,\nz = 3",
    "indentation": "if 1:\n    x = 1\n  z = 2",
    "time": "%%time\nx = 1\n1 / x - y",
    "no-magic": "x = 1\n%nosuchmagic",
    "capture": "%%capture\n1 / 0",
    "shown": "class Table:\n    def __repr__(self):\n        raise ValueError('no')\nTable()",
    "ours": "from pathlib import Path\nfrom wearcast.config import Paths\nPaths.find(Path('/'))",
    "exit": "sys.exit(3)",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is told of each of these cells, all run in one kernel."""
    project = Project(tmp_path_factory.mktemp("failures") / "project")
    own = project.root / "src/own/ratio.py"
    own.parent.mkdir(parents=True)
    own.write_text(RATIO)
    cells = [new.new_code_cell(source, id=name) for name, source in CELLS.items()]
    progress = Progress("train", screen=None)
    notebook = new.new_notebook(cells=cells)
    client = NotebookClient(
        notebook,
        allow_errors=True,
        kernel_manager_class=OwnKernel.of(
            project.root, project.root / "loaded", lambda: progress.is_computing
        ),
        resources={"metadata": {"path": str(project.root)}},
        on_cell_executed=progress.cell_computed,
    )
    client.execute()
    texts = {}
    for index, name in enumerate(CELLS):
        failure = Failure.of(notebook.cells, index, progress.replies[index])
        texts[name] = failure.text("train.ipynb", project.root).removeprefix(
            f"train.ipynb failed in cell {index + 1} of {len(CELLS)} (id {name})"
        )
    return texts


@pytest.mark.real
def test_the_failing_line_of_a_statement_is_shown_among_its_neighbours(told):
    assert told["statement"] == (
        ", line 4:\n"
        "    2 |     [\n"
        "    3 |         1,\n"
        "  > 4 |         1 / 0,\n"
        "    5 |     ]\n"
        "    6 | )\n"
        "ZeroDivisionError: division by zero"
    )


@pytest.mark.real
def test_an_error_from_deeper_names_the_last_place_in_the_projects_own_code(told):
    assert "  > 4 | ratio.parse('{')\nRaised in src/own/ratio.py:5, parse:\n" in told["own-code"]
    assert "\nJSONDecodeError: Expecting property name" in told["own-code"]


@pytest.mark.real
def test_an_error_from_a_function_of_another_cell_names_that_cell(told):
    place = f"cell 3 of {len(CELLS)} (id definition), line 2"
    assert f"  > 1 | ratio(0)\nRaised in {place}:\nZeroDivisionError" in told["call"]
    assert ", line 2:\n" in told["same-cell"]
    assert "Raised in" not in told["same-cell"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shown", "error"),
    [
        ("syntax", "  > 2 | y = (2,", "SyntaxError: '(' was never closed"),
        ("indentation", "  > 3 |   z = 2", "IndentationError: unindent does not match any outer"),
        ("time", "  > 3 | 1 / x - y", "NameError: name 'y' is not defined"),
        ("no-magic", "  > 2 | %nosuchmagic", "UsageError: Line magic function `%nosuchmagic`"),
        ("exit", "  > 1 | sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_the_line_is_found_however_the_cell_ended(told, name, shown, error):
    lines = told[name].splitlines()
    assert shown in lines
    assert lines[-1].startswith(error)


@pytest.mark.real
def test_an_error_of_ours_is_its_message_alone(told):
    assert told["ours"].endswith(
        "  > 3 | Paths.find(Path('/'))\n"
        "no params.yaml in / or above it. Run inside a Wearcast project."
    )


@pytest.mark.real
def test_an_error_without_a_line_still_names_its_cell(told):
    assert told["capture"] == ": ZeroDivisionError: division by zero"
    assert told["shown"] == ": ValueError: no"


def test_the_cell_of_injected_parameters_counts_as_the_one_whose_values_it_replaces():
    cells = [
        new.new_markdown_cell("# Train", id="title"),
        new.new_code_cell("hidden = 48", id="parameters"),
        new.new_code_cell("hidden = 8", metadata={"tags": [INJECTED]}),
        new.new_code_cell("1", id="after"),
    ]
    assert [cell_place(cells, index) for index in range(4)] == [
        "cell 1 of 3 (id title)",
        "cell 2 of 3 (id parameters)",
        "cell 2 of 3 (its values from params.yaml)",
        "cell 3 of 3 (id after)",
    ]
