"""Whether DVC or git keeps a person's own files: else no other clone and no experiment in a folder
of its own has them."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def warning(settings: Mapping[str, Any], root: Path, group: str = "ingest") -> str | None:
    """What to tell whoever ran the stage ingest with this group of params.yaml; None where nothing
    is amiss, or no git is there to share through."""
    path = Path(settings["files"]["path"])
    if settings["source"] != "files" or not _has_git(root):
        return None
    name = path.as_posix()
    if not (root / path).resolve().is_relative_to(root.resolve()):
        return (
            f"{name} lies outside of the project, from where DVC shares nothing: other clones don't"
            " have it. To share it, copy the files to data/<name>, run `dvc add data/<name>`, and"
            f" set {group}.files.path to that (docs/own-data.md)."
        )
    if _in_dvc(path, root) or _in_git(path, root):
        return None
    return (
        f"Neither DVC nor git tracks {name}, so other clones and `dvc exp run --temp` don't have"
        f" it. Run `dvc add {shlex.quote(name)}` and commit {name}.dvc (docs/own-data.md)."
    )


def _in_dvc(path: Path, root: Path) -> bool:
    """Whether there is a .dvc file of the path, of a folder around it, or of each file in it."""
    for part in (path, *path.parents):
        if not part.name:
            continue
        pointer = part.with_name(f"{part.name}.dvc")
        if (root / pointer).is_file():
            return True
    return _each_has_a_pointer(root / path)


def _each_has_a_pointer(folder: Path) -> bool:
    """Whether each file of a folder was added to DVC by itself."""
    if not folder.is_dir():
        return False
    files = {file for file in folder.rglob("*") if file.is_file()}
    own = {file for file in files if file.suffix != ".dvc" and not file.name.startswith(".")}
    return bool(own) and all(file.with_name(f"{file.name}.dvc") in files for file in own)


def _has_git(root: Path) -> bool:
    return _git(root, "rev-parse", "--is-inside-work-tree") is not None


def _in_git(path: Path, root: Path) -> bool:
    """Whether git tracks something at the path."""
    return bool(_git(root, "ls-files", "--", str(path)))


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git prints; None where there is no git, or it refuses."""
    command = ["git", "--literal-pathspecs", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout
