"""A project of five notebooks that compute next to nothing, under this project's own dvc.yaml."""

import shutil
from pathlib import Path

import pytest

from pipeline.copies import Copy, copied
from pipeline.projects import SMALL, Project

# Each writes what dvc.yaml says, out of its parameters and of what it depends on.
INGEST = """
for name in ("EWR", "JFK"):
    write_bytes(paths.raw / name / "2013-01.txt", f"{name} {start}".encode())
own = [path.read_text() for path in sorted((paths.root / files["path"]).glob("*.csv"))]
write_bytes(paths.raw / "own" / "2013-01.txt", "".join(own).encode())
"""
PREPROCESS = """
seen = sorted(path.read_text() for path in paths.raw.rglob("*.txt"))
write_bytes(paths.processed / "observations.txt", f"{seen} {fill_h}".encode())
write_json(paths.quality, {"EWR": {"filled": fill_h}})
"""
# Another PROCESSOR rounds differently.
TRAIN = """
import os
processor = os.environ.get("PROCESSOR", "this one")
seen = (paths.processed / "observations.txt").read_text()
for folder in (paths.model, paths.judged_model):
    write_bytes(folder / "model.onnx", f"{processor} {seen} {hidden}".encode())
curve = f"epoch,train,validation\\n1,{1 / hidden},0.5\\n2,0.2,0.4\\n"
write_bytes(paths.plots / "learning_curve.csv", curve.encode())
"""
EVALUATE = """
hidden = int((paths.judged_model / "model.onnx").read_text().split()[-1])
write_json(paths.metrics, {"network": {"mae_c": 1 / hidden}})
write_json(paths.verification, {})
methods = "network,ridge,damped_anomaly,climatology_drift,climatology,seasonal_naive,persistence"
by_lead = f"lead_h,{methods}\\n1,1,1,1,1,1,1,1\\n2,2,2,2,2,2,2,2\\n"
write_bytes(paths.plots / "error_by_lead.csv", by_lead.encode())
write_bytes(paths.plots / "reliability.csv", b"level,observed,ideal\\n0.1,0.11,0.1\\n")
by_hour = b"month,hour,mae_c\\n1,0,1.5\\n1,1,1.25\\n"
write_bytes(paths.plots / "error_by_month_hour.csv", by_hour)
"""
FORECAST = """
model = (paths.model / "model.onnx").read_bytes()
write_bytes(paths.snapshot, model + str(issued_at).encode())
"""
TOYS = {
    "ingest": INGEST,
    "preprocess": PREPROCESS,
    "train": TRAIN,
    "evaluate": EVALUATE,
    "forecast": FORECAST,
}

IMPORTS = """
from wearcast.artifacts import write_bytes, write_json
from wearcast.config import Paths
paths = Paths.find()
"""


def toy_project(repository: Path, root: Path) -> Copy:
    """This project's dvc.yaml with notebooks that compute next to nothing, which never ran."""
    copy = copied(repository, root)
    for path in ("notebooks", "dvc.lock", "reports"):
        target = copy.root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    project = Project(copy.root)
    for stage, code in TOYS.items():
        project.notebook(stage, IMPORTS.strip(), code.strip())
    return copy


@pytest.fixture(scope="session")
def toy_made(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The toy, run once and committed."""
    copy = toy_project(repository, tmp_path_factory.mktemp("toy") / "made")
    copy.dvc("repro")
    copy.commit("The toy")
    return copy


@pytest.fixture
def toy(toy_made: Copy, request: pytest.FixtureRequest) -> Copy:
    """A copy of the toy for one test to change."""
    return toy_made.sibling(request.node.name.replace("[", "-").replace("]", ""))


@pytest.fixture(scope="session")
def small_project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The project with small settings, run from nothing in a folder with a space in its name."""
    copy = copied(repository, tmp_path_factory.mktemp("real") / "one folder")
    (copy.root / "dvc.lock").unlink(missing_ok=True)
    for stage, settings in SMALL.items():
        for key, value in settings.items():
            copy.set_param(stage, key, value)
    copy.said = copy.dvc("repro")
    return copy
