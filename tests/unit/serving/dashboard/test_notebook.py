"""The notebook runs from top to bottom, with a service and without one."""

import json
import re
import subprocess
import sys

import pytest

from ports import free_port
from real.processes import api, environment
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities


def run(repository, out, **settings):
    """The HTML that the notebook displays."""
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        str(repository / "notebooks/dashboard.ipynb"),
        str(out),
    ]
    done = subprocess.run(
        command, cwd=out.parent, env=environment(None, **settings), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    outputs = [
        output
        for cell in json.loads(out.read_text())["cells"]
        for output in cell.get("outputs", [])
    ]
    assert not [output for output in outputs if output["output_type"] in ("error", "stream")]
    [html] = [
        data
        for output in outputs
        if (data := output["data"].get("text/html")) and "wearcast" in "".join(data)
    ]
    return "".join(html)


@pytest.fixture
def store(tmp_path):
    shelf = StoreFolder(tmp_path / "store")
    shelf.publish(two_cities())
    return {
        "STORE": str(shelf.root),
        "MODEL": str(tmp_path / "no-model"),
        "REPORTS": str(tmp_path / "no-reports"),
    }


@pytest.mark.real
def test_the_notebook_uses_a_running_service(repository, tmp_path, store):
    with api(tmp_path, tmp_path / "api.log", environment(None, **store)) as service:
        html = run(repository, tmp_path / "out.ipynb", API=service.url)
    assert len(re.findall('data-value="week.max"', html)) == 7


@pytest.mark.real
def test_without_a_service_the_notebook_runs_the_api(repository, tmp_path, store):
    html = run(repository, tmp_path / "out.ipynb", PORT=str(free_port()), **store)
    assert len(re.findall('data-value="week.max"', html)) == 7


@pytest.mark.real
def test_without_a_forecast_the_notebook_shows_what_to_do(repository, tmp_path, store):
    html = run(
        repository,
        tmp_path / "out.ipynb",
        PORT=str(free_port()),
        **{**store, "STORE": str(tmp_path / "nothing")},
    )
    assert "wearcast refresh" in html


def test_it_is_committed_clean(repository):
    notebook = json.loads((repository / "notebooks/dashboard.ipynb").read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
