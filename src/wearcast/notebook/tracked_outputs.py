"""What to tell a person whose workspace no longer holds the outputs that dvc.lock names: after a
notebook's run by hand, and after a stage that broke off."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from wearcast.config import (
    Group,
    Paths,
    checked,
    declared_stages,
    hashed_files,
    kept_in_git,
    locked_stages,
    read_groups,
)
from wearcast.errors import ConfigError

_RUN_BY_DVC: Final = "DVC_STAGE"
"""The environment variable that DVC gives the command of a stage."""


def replaced(stage: str, settings: Group, paths: Paths) -> list[str]:
    """Lines that name the outputs of `stage` that differ from dvc.lock's, why they do, and what to
    type.

    Empty where DVC runs the stage, where dvc.lock doesn't know it, and where the outputs are those
    that it names.

    Args:
        settings: what the notebook ran with.
    """
    locked = locked_stages(paths.root).get(stage)
    if locked is None or os.environ.get(_RUN_BY_DVC):
        return []
    outputs = changed(locked["outs"], paths.root)
    if not outputs:
        return []
    return [
        f"Now this run's, and not what dvc.lock names: {', '.join(outputs)}",
        *_reasons(stage, settings, locked, paths.root),
        *_commands(stage, settings, outputs, paths),
    ]


def removed(stage: str, root: Path) -> list[str]:
    """Lines that name the outputs of `stage` that DVC removed before it ran, and what to type to
    get them back; none where none is missing."""
    locked = locked_stages(root).get(stage, {"outs": []})
    missing = [entry["path"] for entry in locked["outs"] if not (root / entry["path"]).exists()]
    if not missing or not os.environ.get(_RUN_BY_DVC):
        return []
    return [
        f"DVC removed {', '.join(missing)} before this run.",
        f"To get the tracked ones back: {_restoring_command(stage, missing, root)}",
    ]


def changed(entries: Iterable[Mapping[str, Any]], root: Path) -> list[str]:
    """The paths of dvc.lock's `entries` whose content is another now."""
    changed = []
    for entry in entries:
        path = entry["path"]
        if _md5(root / path, root) != entry.get("md5"):
            changed.append(path)
    return changed


def _md5(path: Path, root: Path) -> str | None:
    """The hash of a file or a folder as DVC computes it; None where there is neither."""
    if path.is_file():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if not path.is_dir():
        return None
    names = sorted(file.relative_to(path).as_posix() for file in hashed_files(path, root))
    listing = [{"md5": _md5(path / name, root), "relpath": name} for name in names]
    text = json.dumps(listing, sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def _reasons(stage: str, settings: Group, locked: Mapping[str, Any], root: Path) -> list[str]:
    """A line a parameter that differs from dvc.lock's, and one for the code and data that do."""
    lines = _differences(stage, settings, locked)
    # Two parameters may name the same files.
    if dependencies := dict.fromkeys(changed(locked["deps"], root)):
        lines.append(f"  changed since dvc.lock: {', '.join(dependencies)}")
    return lines or [
        "  Parameters, code and data are the same; a kernel started by hand lacks the settings that"
        " make runs repeatable."
    ]


def _differences(stage: str, settings: Group, locked: Mapping[str, Any]) -> list[str]:
    try:
        tracked = checked(type(settings), locked["params"]["params.yaml"][stage], "dvc.lock")
    except (ConfigError, KeyError):
        return ["  dvc.lock has other parameters than this release"]
    before, now = dict(_flat(_as_json(tracked))), dict(_flat(_as_json(settings)))
    return [
        f"  {stage}.{name}: {json.dumps(now.get(name), ensure_ascii=False)} in this run,"
        f" {json.dumps(before.get(name), ensure_ascii=False)} in dvc.lock"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]


def _as_json(settings: Group) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values with dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _commands(stage: str, settings: Group, outputs: list[str], paths: Paths) -> list[str]:
    """What to type to get the tracked outputs back, or to track such a run."""
    lines = [f"To get the tracked ones back: {_restoring_command(stage, outputs, paths.root)}"]
    if _are_in_params(stage, settings, paths):
        lines.append(f"To track these files: dvc commit {stage}")
    else:
        lines.append(
            f"To track such a run: put its values into params.yaml, then dvc repro {stage}"
        )
    return lines


def _restoring_command(stage: str, outputs: list[str], root: Path) -> str:
    in_git = kept_in_git(declared_stages(root).get(stage, {}))
    from_cache = [path for path in outputs if path not in in_git]
    from_git = [path for path in outputs if path in in_git]
    commands = []
    if from_cache:
        commands.append(f"dvc checkout --force {' '.join(from_cache)}")
    if from_git:
        commands.append(f"git restore {' '.join(from_git)}")
    return " && ".join(commands)


def _are_in_params(stage: str, settings: Group, paths: Paths) -> bool:
    try:
        group = read_groups(paths.params)[stage]
    except ConfigError:
        return False
    return checked(type(settings), group, "params.yaml") == settings
