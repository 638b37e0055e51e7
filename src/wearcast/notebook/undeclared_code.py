"""Which of the project's modules a stage ran although dvc.yaml doesn't list them: an edit of one
would not make the stage run again."""

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePosixPath

from IPython.core.interactiveshell import InteractiveShell

from wearcast.config import declared_stages
from wearcast.errors import ConfigError

LIST = "WEARCAST_LOADED_MODULES"
"""The environment variable that names the file a kernel leaves its modules' paths in."""

_CANNOT_CHANGE_A_RESULT = (
    "src/wearcast/checkout.py",
    "src/wearcast/config",
    "src/wearcast/errors.py",
    "src/wearcast/messages.py",
    "src/wearcast/network_environment.py",
    "src/wearcast/notebook",
    "src/wearcast/serving/dashboard",
)
"""Besides the packages' `__init__.py`: they refuse a run, run what a stage lists, or are words and
drawings on its page."""

_LIBRARIES = {".venv", "site-packages"}
"""Folders of what others wrote."""


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Write the files of the kernel's modules where the environment says, after every cell;
    IPython calls this when a kernel starts.

    Not as the kernel ends: on a busy machine it may be killed before it has.
    """
    if target := os.environ.get(LIST):
        shell.events.register("post_execute", partial(_write_modules, Path(target)))


def _write_modules(target: Path) -> None:
    files = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file:
            files.add(file)
    target.write_text("\n".join(sorted(files)), encoding="utf-8")


def warning(stage: str, root: Path, loaded: Path) -> str | None:
    """What to tell whoever ran the stage; None where its deps in dvc.yaml hold all that it ran.

    Args:
        loaded: the file in which its kernel left the paths of its modules.
    """
    modules = _undeclared(stage, root, loaded)
    if not modules:
        return None
    lines = [f"  - {path}" for path in modules]
    return "\n".join(
        [
            f"{stage} ran code that dvc.yaml doesn't list, so an edit of it won't run the stage"
            f" again. Add to the deps of {stage}:",
            *lines,
        ]
    )


def _undeclared(stage: str, root: Path, loaded: Path) -> list[str]:
    """The project's modules that the stage doesn't depend on, as paths relative to `root`; none
    where their list or the stage is missing."""
    try:
        declared = declared_stages(root).get(stage)
    except ConfigError:
        return []
    if not loaded.is_file() or declared is None:
        return []
    covered = [*declared.get("deps", []), *_CANNOT_CHANGE_A_RESULT]
    own = _own_modules(root, loaded.read_text(encoding="utf-8").splitlines())
    return [path for path in own if not _is_covered(path, covered)]


def _own_modules(root: Path, files: Iterable[str]) -> list[str]:
    """The files in the project, without those of an environment in it."""
    # torch gives some of its modules a made-up relative path.
    paths = [Path(file).resolve() for file in files if os.path.isabs(file)]
    within = [path.relative_to(root) for path in paths if path.is_relative_to(root)]
    return [
        path.as_posix()
        for path in within
        if path.name != "__init__.py" and not _LIBRARIES & set(path.parts)
    ]


def _is_covered(path: str, declared: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(entry) for entry in declared)
