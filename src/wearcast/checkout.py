"""Whose code runs: a project that holds src/wearcast runs that, whichever tree the environment has
installed.

An experiment of DVC's in a folder of its own, a git worktree, and a second clone that shares the
environment hash their own sources. Run with another tree's, their results would be recorded under
the wrong hash.
"""

import os
import sys
from pathlib import Path

import wearcast
from wearcast.errors import ConfigError


def own_source(root: Path) -> Path | None:
    """The folder that the project at `root` imports `wearcast` from; None where it leaves that to
    the environment."""
    source = root / "src"
    return source if (source / "wearcast/__init__.py").is_file() else None


def environment(root: Path) -> dict[str, str]:
    """What a process of the project needs in its environment to import the project's own
    `wearcast`."""
    source = own_source(root)
    return (
        {}
        if source is None
        else {"PYTHONPATH": os.pathsep.join([str(source), *_python_path_folders()])}
    )


def check(root: Path) -> None:
    """Refuse to work on the project at `root` with the code of another tree.

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
    """Return in a process that runs the code of the project at `root`: this one, or one that takes
    its place.

    Raises:
        ConfigError: `wearcast` still comes from elsewhere although PYTHONPATH puts the project's
            own first, or that is another user's.
    """
    source = own_source(root)
    if (
        source is None
        or _runs_from(source)
        or _python_path_folders()[:1] == [str(source)]
        or not _owned_by_this_user(source)
    ):
        check(root)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-P", "-m", "wearcast", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, **environment(root)})  # noqa: S606


def _owned_by_this_user(source: Path) -> bool:
    """Whether the code is this user's: what somebody else left in a folder that we happen to stand
    in isn't run for it."""
    return not hasattr(os, "getuid") or source.stat().st_uid == os.getuid()


def _runs_from(source: Path) -> bool:
    return _imported_from() == (source / "wearcast").resolve()


def _imported_from() -> Path:
    return Path(wearcast.__file__).resolve().parent


def _python_path_folders() -> list[str]:
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
