"""What dvc.yaml and dvc.lock say of the stages, and which files of a folder count for DVC."""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Any

import yaml

from wearcast.errors import ConfigError

Stages = Mapping[str, Mapping[str, Any]]
"""Each stage's entry by its name."""


def declared_stages(root: Path) -> Stages:
    """The stages of dvc.yaml; none where there is no such file.

    Raises:
        ConfigError: it can't be read.
    """
    return _stages(root / "dvc.yaml")


def locked_stages(root: Path) -> Stages:
    """The stages of dvc.lock; none where there is no such file, or git left marks of a merge in
    it."""
    try:
        return _stages(root / "dvc.lock")
    except ConfigError:
        return {}


def kept_in_git(stage: Mapping[str, Any]) -> set[str]:
    """The outputs that dvc.yaml keeps out of DVC's cache: small ones, which git holds."""
    return {
        path
        for kind in ("outs", "metrics", "plots")
        for entry in stage.get(kind, [])
        if isinstance(entry, dict)
        for path, options in entry.items()
        if options.get("cache") is False
    }


def hashed_files(folder: Path, root: Path) -> list[Path]:
    """The files of a folder that DVC hashes: all but those that the project's .dvcignore names."""
    patterns = _ignored_names(root)
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if not _is_ignored(path.relative_to(folder), patterns))


def _stages(file: Path) -> Stages:
    if not file.is_file():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file} can't be read as YAML: {error}") from error
    found = content.get("stages") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def _ignored_names(root: Path) -> list[str]:
    """The patterns of .dvcignore that hold in every folder: what Python and editors leave."""
    file = root / ".dvcignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [line for line in lines if line and not line.startswith("#") and "/" not in line]


def _is_ignored(path: PurePath, patterns: list[str]) -> bool:
    return any(fnmatch(part, pattern) for part in path.parts for pattern in patterns)
