"""The notebook opened in JupyterLab, as it is, by somebody who runs all its cells."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from dashboard.browser import visitor
from dashboard.dashboard_process import NOTEBOOK
from dashboard.page_values import settled
from ports import free_port
from real.processes import environment, wait_until

pytestmark = pytest.mark.real


@pytest.fixture
def lab(line, tmp_path: Path) -> Iterator[str]:
    """JupyterLab over a folder with the notebook in it; its address."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / NOTEBOOK.name).write_bytes(NOTEBOOK.read_bytes())
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--allow-root",
    ]
    command += [
        "--IdentityProvider.token=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    homes = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    log = tmp_path / "lab.log"
    with log.open("wb") as file:
        settings = environment(homes, API=line.url)
        running = subprocess.Popen(
            command, cwd=tmp_path / "lab", env=settings, stdout=file, stderr=file
        )
    url = f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK.name}"
    try:
        wait_until(
            lambda: _answers(url), lambda: f"JupyterLab answers; it said:\n{log.read_text()}", 90
        )
        yield url
    finally:
        running.terminate()
        running.wait(30)


def test_the_notebook_runs_in_jupyterlab_and_its_widgets_work(lab, browser):
    with visitor(browser) as seen:
        page = seen.page
        page.goto(lab)
        menu = page.get_by_role("menuitem", name="Run", exact=True)
        expect(menu).to_be_visible()
        expect(page.locator(".jp-NotebookPanel .jp-CodeCell")).to_be_visible()
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        menu.click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        seen.live()
        expect(page.locator("[data-value='stats.max']")).to_be_visible()
        expect(page.locator("[data-figure] .main-svg").first).to_be_attached()
        page.locator("#set-station").select_option("108")
        settled(page)
        expect(page.locator("#set-station")).to_have_value("108")
        assert not seen.remembered()
        assert page.url == lab
        expect(page.locator("#share")).to_be_hidden()
        assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
        assert not seen.errors
        assert not seen.elsewhere


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
