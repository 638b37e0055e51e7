"""Which source tree runs: a project that holds src/wearcast runs its own, whichever the environment
has installed.

A DVC experiment in a folder of its own, a git worktree, and a second clone that shares the
environment hash their own sources. If another tree's code ran, their results would be recorded
under the wrong hash.
"""

import os
import sys
from pathlib import Path

import wearcast
from wearcast.errors import ConfigError


def project_around(folder: Path) -> Path | None:
    """The nearest folder upwards with a params.yaml; None outside of any project."""
    for candidate in (folder, *folder.parents):
        if (candidate / "params.yaml").is_file():
            return candidate
    return None


def own_source(root: Path) -> Path | None:
    """The `src` folder of the project at `root`; None where it has no code of its own."""
    source = root / "src"
    return source if (source / "wearcast/__init__.py").is_file() else None


def environment(root: Path) -> dict[str, str]:
    """The environment variables with which a process imports the project's own `wearcast`."""
    source = own_source(root)
    if source is None:
        return {}
    folders = [str(source), *_python_path_folders()]
    return {"PYTHONPATH": os.pathsep.join(folders)}


def check(root: Path) -> None:
    """Require that the code that runs is that of the project at `root`.

    Raises:
        ConfigError: `wearcast` was imported from elsewhere, though the project has its own.
    """
    source = own_source(root)
    if source is not None and not _runs_from(source):
        raise ConfigError(
            f"this project's code is {source / 'wearcast'}, but {_imported_from()} is what runs:"
            " its results would be recorded as this project's. Install this tree (make setup), or"
            f" let PYTHONPATH begin with {source}."
        )


def restart_with_own_source(root: Path) -> None:
    """Replace this process by one that runs the code of the project at `root`; return if this one
    does already.

    Raises:
        ConfigError: `wearcast` still comes from elsewhere although PYTHONPATH puts the project's
            own first, or the project's code belongs to another user.
    """
    source = own_source(root)
    if source is None or not _can_restart_with(source):
        check(root)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-P", "-m", "wearcast", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, **environment(root)})  # noqa: S606


def _can_restart_with(source: Path) -> bool:
    """Whether a restart would change what runs: not where it was tried already, and not with
    another user's code, which the working folder alone is no reason to run."""
    if _runs_from(source) or not _owned_by_this_user(source):
        return False
    return _python_path_folders()[:1] != [str(source)]


def _owned_by_this_user(source: Path) -> bool:
    if not hasattr(os, "getuid"):
        return True
    return source.stat().st_uid == os.getuid()


def _runs_from(source: Path) -> bool:
    return _imported_from() == (source / "wearcast").resolve()


def _imported_from() -> Path:
    return Path(wearcast.__file__).resolve().parent


def _python_path_folders() -> list[str]:
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [folder for folder in folders if folder]
