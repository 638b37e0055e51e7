"""The real notebooks, from the bundled observations to a forecast, with small settings."""

import filecmp
import json
import re

import pytest
import yaml

from html_pages import drawing_script
from pipeline.copies import copied
from wearcast.config import STAGES

pytestmark = pytest.mark.real

FINDINGS = ("findings-title", "findings")


@pytest.fixture(scope="module")
def made(small_project):
    """The small project."""
    return small_project


HOSTILE = {
    "ATEN_CPU_CAPABILITY": "default",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F",
    "LC_ALL": "C",
    "MKL_CBWR": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "MKL_NUM_THREADS": "2",
    "NPY_ENABLE_CPU_FEATURES": "X86_V3",
    "OMP_NUM_THREADS": "2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Prescott",
    "OPENBLAS_NUM_THREADS": "2",
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Seoul",
}
"""Of a caller whose libraries are told other routines, another number of threads, another place."""


@pytest.fixture(scope="module")
def again(made):
    """The same in another folder and environment, made without the first one's cache."""
    copy = copied(made.root, made.root.parent / "another")
    (copy.root / "dvc.lock").unlink()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in HOSTILE.items():
            patch.setenv(name, value)
        copy.dvc("repro")
    return copy


def test_every_stage_leaves_what_dvc_yaml_says_and_a_page_to_read(made):
    stages = yaml.safe_load((made.root / "dvc.lock").read_text())["stages"]
    assert set(stages) == set(STAGES)
    pages = {path.name for path in (made.root / "reports/notebooks").iterdir()}
    assert pages == {f"{stage}.{suffix}" for stage in STAGES for suffix in ("ipynb", "html")}
    assert all(f"{stage} done in" in made.said for stage in STAGES)


def test_a_run_in_another_folder_and_environment_gives_the_same_bytes(made, again):
    assert made.outs() == again.outs()
    assert len(made.outs()) == sum(
        len(stage.get(kind, []))
        for stage in yaml.safe_load((made.root / "dvc.yaml").read_text())["stages"].values()
        for kind in ("outs", "metrics", "plots")
    )
    pages = [path.name for path in (made.root / "reports/notebooks").iterdir()]
    first, second = made.root / "reports/notebooks", again.root / "reports/notebooks"
    assert filecmp.cmpfiles(first, second, pages, shallow=False) == (pages, [], [])


def test_a_second_repro_does_nothing(made):
    assert "Running stage" not in made.dvc("repro")


def test_a_page_begins_with_findings_and_has_its_figures_in_one_file_under_2_mb(made):
    for stage in STAGES:
        page = (made.root / f"reports/notebooks/{stage}.html").read_text()
        assert re.findall(r'id="cell-id=([^"]+)"', page)[:3] == ["title", *FINDINGS], stage
        assert '"figure-1":' in drawing_script(page), stage
        assert '<script src="http' not in page, stage
        assert len(page.encode()) < 2_000_000, stage


def test_the_forecasts_page_draws_an_outfit_a_day(made):
    page = (made.root / "reports/notebooks/forecast.html").read_text()
    assert page.count('class="person"') == 3


def test_the_executed_notebooks_hold_their_parameters_and_no_error(made):
    for stage in STAGES:
        notebook = json.loads((made.root / f"reports/notebooks/{stage}.ipynb").read_text())
        kinds = {
            output["output_type"]
            for cell in notebook["cells"]
            for output in cell.get("outputs", [])
        }
        assert "error" not in kinds
        assert "injected-parameters" in {cell["id"] for cell in notebook["cells"]}


def test_a_notebook_run_by_hand_names_the_tracked_output_that_it_replaced(made):
    said = made.run_by_hand("forecast", issued_at="2013-12-30T23:00Z")
    assert (
        "Now this run's, and not what dvc.lock names: data/forecast/snapshot.npz\n"
        '  forecast.issued_at: "2013-12-30T23:00:00Z" in this run, null in dvc.lock\n'
        "To get the tracked ones back: dvc checkout --force data/forecast/snapshot.npz\n"
    ) in said
    made.dvc("checkout", "--force", "data/forecast/snapshot.npz")
    assert made.changed_stages() == set()
