"""The model that serves: the one that dvc.lock of the last commit names, whatever the working tree
holds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from wearcast.config import Paths
from wearcast.errors import RemoteError

_COMMITTED = ("dvc.yaml", "dvc.lock", "params.yaml", ".dvc/config")
_LOCAL = Path(".dvc/config.local")


def fetch(paths: Paths, folder: Path) -> Path:
    """Put the committed served model under `folder`, which must not be there yet; its own folder is
    returned.

    It comes from DVC's cache, and where that lacks it from the default remote.

    Raises:
        RemoteError: neither has it, or nothing is committed.
    """
    (folder / ".dvc").mkdir(parents=True)
    for name in _COMMITTED:
        (folder / name).write_bytes(_committed(paths.root, name))
    if (paths.root / _LOCAL).is_file():
        shutil.copy(paths.root / _LOCAL, folder / _LOCAL)
    cache = _dvc(paths.root, "cache", "dir").stdout.strip()
    _dvc(folder, "config", "--local", "core.no_scm", "true")
    _dvc(folder, "cache", "dir", "--local", str(paths.root / cache))
    model = paths.model.relative_to(paths.root).as_posix()
    if _run(folder, "checkout", model).returncode:
        _dvc(folder, "pull", model)
    return folder / model


def _committed(root: Path, name: str) -> bytes:
    shown = subprocess.run(  # noqa: S603 - our own arguments
        ["git", "show", f"HEAD:./{name}"],  # noqa: S607 - whichever git the user has
        cwd=root,
        capture_output=True,
        check=False,
    )
    if shown.returncode:
        raise RemoteError(
            f"git has no {name} in its last commit: {shown.stderr.decode().strip()}. The serving"
            " model is the one that is committed; commit dvc.lock first."
        )
    return shown.stdout


def _dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = _run(root, *arguments)
    if done.returncode:
        raise RemoteError(
            f"the serving model can't be fetched: `dvc {' '.join(arguments)}` says"
            f" {done.stderr.strip()}"
        )
    return done


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "dvc", *arguments],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
