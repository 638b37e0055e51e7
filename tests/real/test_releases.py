"""Two releases on one store: each reads what the other's refresh publishes, and uses the model of
the older one."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dashboard.browser import CHROMIUM, launched, visitor
from dashboard.dashboard_process import dashboard_process
from dashboard.page_values import shown
from pipeline.projects import REPOSITORY
from previous_release import checkout, make_readable
from real.processes import api, deployed, wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory, real_part) -> Path:
    """The sources of the release before this one."""
    return checkout(tmp_path_factory.mktemp("previous"), real_part)


@pytest.fixture(scope="module")
def browser(real_part) -> Iterator[Any]:
    """A Chromium."""
    from playwright.sync_api import sync_playwright

    real_part("Chromium", CHROMIUM)
    with sync_playwright() as running:
        chromium = launched(running)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def previous_project(small_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a params.yaml that the release before this one reads; an image brings its
    own."""
    project = tmp_path_factory.mktemp("project")
    params = yaml.safe_load((small_project / "params.yaml").read_text())
    del params["train"]["horizon_h"]
    del params["train"]["refit"]
    del params["ingest"]["guidance"]
    # The sample needs no service, and these have addresses that it doesn't know.
    del params["ingest"]["open_meteo"]
    del params["ingest"]["kma"]
    del params["gate"]
    del params["preprocess"]["hold_out"]
    params["train"]["annual_harmonics"] = 1
    params["preprocess"]["scheme"] = "blocks"
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    return project


@pytest.fixture(scope="module")
def older_model(small_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model as the release before reads it."""
    folder = tmp_path_factory.mktemp("model") / "forecaster"
    shutil.copytree(small_project / "models/forecaster", folder)
    make_readable(folder)
    return folder


def of(release: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The same environment for a process that runs that release's sources."""
    return {**settings, "PYTHONPATH": str(release / "src")}


def refreshed(project: Path, settings: Mapping[str, str]) -> None:
    """A snapshot more in the store."""
    done = subprocess.run(
        [sys.executable, "-m", "wearcast", "refresh"],
        cwd=project,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import wearcast; print(wearcast.__file__)"],
        cwd=project,
        env=settings,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(settings["PYTHONPATH"]), where.stdout


@contextmanager
def page(
    log: Path, release: Path, url: str, browser: Any
) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What a page of the release's dashboard shows, which asks the service at `url`."""
    notebook = release / "notebooks/dashboard.ipynb"
    paths = {"PYTHONPATH": str(release / "src")}
    with (
        dashboard_process(log, paths, notebook, API=url, DASHBOARD_POOL="1") as one,
        visitor(browser) as seen,
    ):
        seen.open(one.url)
        yield shown(seen.page)


@pytest.mark.parametrize("publisher", ["this release", "the release before"])
def test_both_releases_serve_each_others_snapshots(
    publisher, small_project, older_model, previous, previous_project, tmp_path, said, browser
):
    """The services and the dashboards of both, started while nothing else is in the store, show the
    same advice."""
    releases = {"this release": REPOSITORY, "the release before": previous}
    projects = {"this release": small_project, "the release before": previous_project}
    known = {"SNAPSHOT_SCHEMA": "1"} if publisher == "this release" else {}
    store = str(tmp_path / "store")
    history = {"HISTORY": str(tmp_path / "history")}
    model = {"WEARCAST_MODEL": str(older_model)}
    environment = deployed(small_project, store, **known, **history) | model
    refreshed(projects[publisher], of(releases[publisher], environment))
    whys = {}
    for name, release in releases.items():
        log = said / f"releases-{name.replace(' ', '-')}.log"
        settings = of(release, deployed(small_project, store) | model)
        with api(projects[name], log, settings) as served:
            wait_until(lambda: served.ready().get("snapshot"), log.read_text)
            advice = httpx.get(f"{served.url}/recommendation/by_day", trust_env=False)
            assert advice.status_code == 200, advice.text
            card = httpx.get(f"{served.url}/model", trust_env=False)
            assert card.status_code == 200, card.text
            with page(log, release, served.url, browser) as seen:
                assert seen["why", ""] == [advice.json()["why"]]
                assert seen["piece", ""] == [
                    piece["name"] for piece in advice.json()["outfit"]["pieces"]
                ]
            whys[name] = (card.json()["version"], served.ready()["snapshot"])
    assert len(set(whys.values())) == 1


def test_the_previous_release_can_not_read_the_newest_schema(
    small_project, previous, tmp_path, said
):
    """Why refresh is told which form everybody can read; should this pass one day, there is nothing
    to tell."""
    store = str(tmp_path / "store")
    refreshed(
        small_project,
        of(REPOSITORY, deployed(small_project, store, HISTORY=str(tmp_path / "history"))),
    )
    with api(
        small_project, said / "releases-too-new.log", of(previous, deployed(small_project, store))
    ) as served:
        assert served.get("/health/ready").status_code == 503
        assert "schema" in served.ready()["store"]
