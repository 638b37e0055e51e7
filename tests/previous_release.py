"""The release before this one, as it stands in git: what formats across releases are tested
against."""

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from pipeline.projects import REPOSITORY

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
