"""The release before this one, as it stands in git: what formats across releases are tested
against."""

import io
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline.projects import REPOSITORY
from wearcast.artifacts import write_json
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.manifest import MANIFEST

COMMIT = "b58b402448c1ca2c094cd4f4574e499f7ae18b8b"
"""The last commit of that release; whoever makes a release moves it on to the one that people
have."""


def checkout(folder: Path, real_part: Callable[[str, object], None]) -> Path:
    """Its files, in a folder of their own."""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    real_part("the release before this one (fetch git's whole history)", known.returncode == 0)
    content = subprocess.run(
        ["git", "archive", COMMIT], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def make_readable(model: Path) -> None:
    """Take out of a model's manifest what that release doesn't know; the models that its images
    bring have none of it."""
    manifest = Forecaster.load(model).manifest
    known = replace(manifest, inputs=None, rain_days={})
    write_json(model / MANIFEST, known.to_json())
