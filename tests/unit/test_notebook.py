"""The runner: what it refuses, what it shows, what it keeps."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

from html_pages import drawing_script
from wearcast.config import Paths
from wearcast.errors import ConfigError, NotebookError
from wearcast.notebook.executed_page import scrubbed
from wearcast.notebook.html_page import html
from wearcast.notebook.progress import Stream
from wearcast.notebook.runner import check_parameters, run

pytestmark = pytest.mark.real

INJECTED = "injected-parameters"
FIGURE = "import plotly.graph_objects as go\ngo.Figure(go.Scatter(x=[1, 2, 3], y=[3, 1, 2]))"

SLOW_AFTER_ITS_LAST_REPLY = """
import time
session = get_ipython().kernel.session
send = session.send

def send_and_wait(stream, content, *rest, **options):
    send(stream, content, *rest, **options)
    if content == "kernel_info_reply":
        time.sleep(0.3)

session.send = send_and_wait
"""


def texts(path: Path) -> list[str]:
    """What the cells of an executed notebook printed."""
    cells = nbformat.read(path, as_version=4).cells
    return ["".join(output.get("text", "") for output in cell.get("outputs", [])) for cell in cells]


def test_the_notebook_gets_its_group_of_params_and_runs_at_the_projects_root(project):
    (project.root / "params.yaml").write_text(
        (project.root / "params.yaml")
        .read_text()
        .replace("issued_at:", "issued_at: 2013-12-30T23:00Z")
    )
    project.notebook("forecast", "import os\nprint(issued_at, os.getcwd())")
    executed = run("forecast", Paths(project.root))
    assert executed == project.root / "reports/notebooks/forecast.ipynb"
    assert texts(executed)[-1] == f"2013-12-30T23:00Z {project.root}\n"
    assert executed.with_suffix(".html").exists()


def test_two_runs_leave_the_same_bytes_though_progress_bars_warnings_and_addresses_differ(project):
    project.notebook(
        "forecast",
        "import sys, time, warnings\n"
        "for i in range(3):\n"
        "    print(i, time.time(), file=sys.stderr)\n"
        "    print(i, flush=True)",
        "warnings.warn('the process id stands in this warning')\nobject()",
        FIGURE,
    )
    first = {
        path.name: path.read_bytes()
        for path in run("forecast", Paths(project.root)).parent.iterdir()
    }
    second = {
        path.name: path.read_bytes()
        for path in run("forecast", Paths(project.root)).parent.iterdir()
    }
    assert first == second
    assert sorted(first) == ["forecast.html", "forecast.ipynb"]


def test_the_page_draws_its_figures_without_a_network_and_carries_the_library_once(project):
    project.notebook("forecast", "# A page", FIGURE, FIGURE)
    page = run("forecast", Paths(project.root)).with_suffix(".html").read_text()
    script = drawing_script(page)
    assert re.findall(r'"(figure-\d)":', script) == ["figure-1", "figure-2"]
    assert script.count("plotly.js v") == 1
    assert re.findall(r'class="figure" id="(figure-\d)"', page) == ["figure-1", "figure-2"]
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)=["']?https?:""", page)
    assert len(page) < 2_000_000


def test_the_executed_notebook_keeps_a_figures_data_and_not_the_library(project):
    project.notebook("forecast", FIGURE)
    executed = run("forecast", Paths(project.root))
    (output,) = nbformat.read(executed, as_version=4).cells[-1].outputs
    assert "application/vnd.plotly.v1+json" in output.data
    assert executed.stat().st_size < 100_000


def test_sections_and_the_cells_own_output_are_shown_while_it_runs(project, capfd):
    project.notebook(
        "forecast",
        "# The next days",
        "import sys\nprint('half', end='')\nprint(' done', file=sys.stderr)",
        "## Figures",
        "1",
    )
    run("forecast", Paths(project.root))
    shown = capfd.readouterr().err
    assert "forecast [ 2/5] The next days\n" in shown
    assert "half" in shown
    assert " done\n" in shown
    assert "forecast [ 4/5] Figures\n" in shown
    assert re.search(r"forecast done in \d+ s: reports/notebooks/forecast.html\n", shown)


def test_a_progress_bar_is_alive_in_a_terminal_and_one_line_in_a_log():
    log, terminal = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True
    for file in (log, terminal):
        stream = Stream(file)
        for piece in ("\r 50%", "\r100%", "\n", "next"):
            stream.write(piece)
        stream.line("done")
    assert log.getvalue() == "100%\nnext\ndone\n"
    assert terminal.getvalue() == "\r 50%\r100%\nnext\ndone\n"


def test_an_undeclared_and_a_missing_parameter_are_both_refused_by_name():
    with pytest.raises(NotebookError) as refusal:
        check_parameters(
            Path("notebooks/train.ipynb"),
            declared=["hidden", "seed"],
            given={"hidden": 32, "hiden": 64},
        )
    assert "train.hiden stands in params.yaml, but the notebook doesn't declare it" in str(
        refusal.value
    )
    assert "seed is declared by the notebook, but params.yaml gives no train.seed" in str(
        refusal.value
    )
    assert "A parameter of train is declared in three places" in str(refusal.value)


def test_code_that_dvc_yaml_does_not_list_is_named_after_the_run(project, capfd):
    folders = ("src/listed", "src/unlisted")
    for folder in folders:
        (project.root / folder).mkdir(parents=True)
        (project.root / folder / "own.py").write_text("")
    stage = {"cmd": "-", "deps": ["notebooks/forecast.ipynb", "src/listed"]}
    (project.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"forecast": stage}}))
    lines = ["import sys"]
    lines += [f"sys.path.insert(0, {folder!r}); import own; del sys.path[0]" for folder in folders]
    lines[1] += "; sys.modules['other'] = sys.modules.pop('own')"
    project.notebook("forecast", "\n".join(lines))
    run("forecast", Paths(project.root))
    said = capfd.readouterr().err
    assert "Add to the deps of forecast:\n  - src/unlisted/own.py\n" in said
    assert "src/listed/own.py" not in said


def test_own_files_that_nobody_tracks_are_named_after_ingest(project, capfd):
    subprocess.run(["git", "init", "--quiet", str(project.root)], check=True)
    params = yaml.safe_load((project.root / "params.yaml").read_text())
    params["ingest"]["source"] = "files"
    params["ingest"]["files"]["path"] = "data/seoul"
    (project.root / "params.yaml").write_text(yaml.safe_dump(params))
    project.notebook("ingest", "print(files['path'])")
    run("ingest", Paths(project.root))
    assert "Neither DVC nor git tracks data/seoul" in capfd.readouterr().err


def test_a_notebook_that_declares_other_parameters_is_not_run(project):
    project.notebook("forecast", "open('ran', 'w')", parameters="issued = None")
    with pytest.raises(
        NotebookError,
        match=r"notebooks/forecast.ipynb and the group 'forecast' of params.yaml differ",
    ):
        run("forecast", Paths(project.root))
    assert not (project.root / "ran").exists()


def test_a_misspelt_key_of_any_group_is_refused_before_anything_runs(project):
    params = project.root / "params.yaml"
    params.write_text(params.read_text().replace("hidden:", "hiden:"))
    project.notebook("forecast", "open('ran', 'w')")
    with pytest.raises(ConfigError, match=r"train.hiden: unknown key; is it misspelt\?"):
        run("forecast", Paths(project.root))
    assert not (project.root / "ran").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "Each stage is a notebook of its name"),
        ("<<<<<<< HEAD", "resolve its merge conflict"),
    ],
    ids=["absent", "in conflict"],
)
def test_a_notebook_that_cannot_be_read_says_why(project, content, message):
    if content:
        (project.root / "notebooks/forecast.ipynb").write_text(content)
    with pytest.raises(NotebookError, match=message):
        run("forecast", Paths(project.root))


def test_a_stage_that_does_not_exist_is_answered_with_those_that_do(project):
    with pytest.raises(
        NotebookError,
        match=r"no stage 'trian'. The stages are ingest, preprocess, train, evaluate, forecast",
    ):
        run("trian", Paths(project.root))


def test_a_failing_cell_is_named_its_partial_copy_kept_and_removed_by_the_next_success(project):
    source = project.notebook("forecast", "print('before')", "{}['the key']")
    with pytest.raises(NotebookError) as failure:
        run("forecast", Paths(project.root))
    message = str(failure.value)
    assert message.startswith(
        "notebooks/forecast.ipynb failed in cell 3 of 3 (id cell-1), line 1:\n"
        "  > 1 | {}['the key']\n"
        "KeyError: 'the key'\n"
    )
    assert "reports/notebooks/forecast.failed.ipynb and forecast.failed.html beside it" in message
    kept = project.root / "reports/notebooks"
    assert sorted(path.name for path in kept.iterdir()) == [
        "forecast.failed.html",
        "forecast.failed.ipynb",
    ]
    assert texts(kept / "forecast.failed.ipynb")[2] == "before\n"
    source.write_text(source.read_text().replace("{}['the key']", "1"))
    run("forecast", Paths(project.root))
    assert sorted(path.name for path in kept.iterdir()) == ["forecast.html", "forecast.ipynb"]


def test_an_error_of_ours_raised_in_a_cell_reads_as_it_was_written(project):
    refusal = "raise ModelError('EWR has 20 h, 168 are needed')"
    project.notebook("forecast", f"from wearcast.errors import ModelError\n{refusal}")
    with pytest.raises(NotebookError) as failure:
        run("forecast", Paths(project.root))
    assert str(failure.value).startswith(
        "notebooks/forecast.ipynb failed in cell 2 of 2 (id cell-0), line 2:\n"
        "    1 | from wearcast.errors import ModelError\n"
        f"  > 2 | {refusal}\n"
        "EWR has 20 h, 168 are needed\n"
    )


def test_a_kernel_that_is_killed_is_reported_with_the_cell_it_was_in(project):
    project.notebook(
        "forecast", "print('before')", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    message = (
        r"cell 3 of 3 \(id cell-1\): its process was ended from outside. Was the memory full\?"
    )
    with pytest.raises(NotebookError, match=message):
        run("forecast", Paths(project.root))
    assert texts(project.root / "reports/notebooks/forecast.failed.ipynb")[2] == "before\n"


def test_the_kernel_is_this_interpreter_whatever_the_user_has_installed(
    project, tmp_path, monkeypatch
):
    theirs = tmp_path / "jupyter/kernels/python3"
    theirs.mkdir(parents=True)
    (theirs / "kernel.json").write_text(
        json.dumps({"argv": ["false"], "display_name": "theirs", "language": "python"})
    )
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("theirs = True")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(startup / "mine.py"))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    project.notebook(
        "forecast",
        "import os, sys\n"
        "print(sys.executable, os.environ['OMP_NUM_THREADS'], 'theirs' in globals())",
    )
    assert texts(run("forecast", Paths(project.root)))[-1] == f"{sys.executable} 1 False\n"


def test_a_kernel_slow_to_finish_its_last_request_is_not_interrupted(project, capfd):
    """jupyter_client sends SIGINT to a kernel before it asks it to end; ipykernel handles SIGINT
    until some time after its reply."""
    project.notebook("forecast", SLOW_AFTER_ITS_LAST_REPLY)
    run("forecast", Paths(project.root))
    assert "Interrupt" not in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_the_runner_ends_its_kernel_too(project, number):
    project.notebook(
        "forecast",
        "import os, time, pathlib\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "time.sleep(60)",
    )
    command = [sys.executable, "-m", "wearcast", "run-notebook", "forecast"]
    with subprocess.Popen(command, cwd=project.root, stderr=subprocess.PIPE) as runner:
        kernel = _eventually(
            lambda: (project.root / "pid").exists() and (project.root / "pid").read_text()
        )
        runner.send_signal(number)
        _, shown = runner.communicate(timeout=60)
    assert runner.returncode == 128 + number
    assert b"forecast was stopped in cell 2 of 2 (id cell-0)." in shown
    assert b"Traceback" not in shown
    assert _eventually(lambda: _ended(int(kernel)))


def test_scrubbing_joins_standard_output_however_it_was_cut_and_drops_widgets():
    new = nbformat.v4
    outputs = [
        new.new_output("stream", name="stdout", text="a"),
        new.new_output("stream", name="stderr", text="50%"),
        new.new_output("stream", name="stdout", text="b <x at 0x7f00deadbeef>"),
        new.new_output(
            "display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "bar"}
        ),
    ]
    cell = new.new_code_cell(
        "1", id="one", outputs=outputs, metadata={"execution": {"iopub.status.busy": "now"}}
    )
    dirty = new.new_notebook(cells=[cell], metadata={"papermill": {"duration": 1.5}, "widgets": {}})
    clean = scrubbed(dirty)
    assert [output.text for output in clean.cells[0].outputs] == ["ab <x>"]
    assert clean.cells[0].metadata == {}
    assert set(clean.metadata) == {"language_info"}
    assert "papermill" in dirty.metadata


def test_a_figure_cannot_close_the_script_it_stands_in():
    figure = {"data": [], "layout": {"title": {"text": "</script><b>"}}}
    output = nbformat.v4.new_output("display_data", {"application/vnd.plotly.v1+json": figure})
    page = html(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])]),
        title="t",
    )
    assert "<figcaption>&lt;/script&gt;&lt;b&gt;</figcaption>" in page
    assert "</script><b>" not in page


def printing(text: str, *tags: str, id: str) -> nbformat.NotebookNode:
    """A cell of code that printed a text."""
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    return nbformat.v4.new_code_cell(
        f"print({text!r})", id=id, outputs=[output], metadata={"tags": list(tags)}
    )


def test_findings_come_first_on_the_page_and_parameters_once():
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Title", id="title"),
        new.new_code_cell("hidden = 1", id="own", metadata={"tags": ["parameters"]}),
        new.new_code_cell("# Parameters\nhidden = 2", id="i", metadata={"tags": [INJECTED]}),
        printing("the work", id="work"),
        new.new_markdown_cell("## Findings", id="heading", metadata={"tags": ["findings"]}),
        printing("the findings", "findings", id="findings"),
    ]
    page = html(new.new_notebook(cells=cells), title="t", pages=("s", "t"))
    ids = re.findall(r'id="cell-id=([^"]+)"', page)
    assert ids == ["title", "heading", "findings", "i", "work"]
    assert page.count("hidden") == 1
    assert '<a href="s.html">s</a>' in page


def test_code_is_folded_but_that_of_a_cell_that_failed():
    new = nbformat.v4
    error = new.new_output("error", ename="KeyError", evalue="k", traceback=["KeyError: k"])
    cells = [
        new.new_code_cell("import os", id="set-up"),
        printing("one", id="one"),
        new.new_code_cell("{}['k']", id="failed", outputs=[error]),
        new.new_markdown_cell("## Findings", id="heading", metadata={"tags": ["findings"]}),
        new.new_code_cell("found", id="findings", metadata={"tags": ["findings"]}),
    ]
    page = html(new.new_notebook(cells=cells), title="t")
    assert re.findall(r'<details class="code"( open)?', page) == ["", " open"]
    assert re.findall(r'id="cell-id=([^"]+)"', page) == ["one", "failed"]
    assert "KeyError: k" in page


def _eventually(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := condition():
            return result
        time.sleep(0.1)
    return condition()


def _ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
