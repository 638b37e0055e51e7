"""What to tell a person whose workspace no longer holds the outputs that dvc.lock names: after a
notebook's run by hand, and after a stage that broke off."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from wearcast.config import Group, Paths, checked, read_groups
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
    locked = _stages(paths.root / "dvc.lock").get(stage)
    if locked is None or os.environ.get(_RUN_BY_DVC):
        return []
    outputs = _changed(locked["outs"], paths.root)
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
    locked = _stages(root / "dvc.lock").get(stage, {"outs": []})
    missing = [entry["path"] for entry in locked["outs"] if not (root / entry["path"]).exists()]
    if not missing or not os.environ.get(_RUN_BY_DVC):
        return []
    return [
        f"DVC removed {', '.join(missing)} before this run.",
        f"To get the tracked ones back: {_restoring_command(stage, missing, root)}",
    ]


def _stages(file: Path) -> dict[str, Any]:
    """The stages of dvc.yaml or of dvc.lock; none where there is no such file."""
    if not file.is_file():
        return {}
    stages: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["stages"]
    return stages


def _changed(entries: Iterable[Mapping[str, Any]], root: Path) -> list[str]:
    """The paths of dvc.lock's `entries` whose content is another now."""
    changed = []
    for entry in entries:
        path = entry["path"]
        if _md5(root / path) != entry.get("md5"):
            changed.append(path)
    return changed


def _md5(path: Path) -> str | None:
    """The hash of a file or a folder as DVC computes it; None where there is neither."""
    if path.is_file():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if not path.is_dir():
        return None
    files = [file for file in path.rglob("*") if file.is_file() and not _is_ignored(file)]
    listing = [
        {"md5": _md5(file), "relpath": name}
        for name, file in sorted((file.relative_to(path).as_posix(), file) for file in files)
    ]
    text = json.dumps(listing, sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def _is_ignored(file: Path) -> bool:
    """Whether .dvcignore leaves a file out: what Python, editors and file managers add."""
    return file.name.startswith(".") or file.name.endswith((".pyc", ".pyo", "~"))


def _reasons(stage: str, settings: Group, locked: Mapping[str, Any], root: Path) -> list[str]:
    """A line a parameter that differs from dvc.lock's, and one for the code and data that do."""
    lines = _differences(stage, settings, locked)
    if dependencies := _changed(locked["deps"], root):
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
    in_git = _in_git(_stages(root / "dvc.yaml").get(stage, {}))
    from_cache = [path for path in outputs if path not in in_git]
    from_git = [path for path in outputs if path in in_git]
    commands = []
    if from_cache:
        commands.append(f"dvc checkout --force {' '.join(from_cache)}")
    if from_git:
        commands.append(f"git restore {' '.join(from_git)}")
    return " && ".join(commands)


def _in_git(stage: Mapping[str, Any]) -> set[str]:
    """The outputs that dvc.yaml keeps out of DVC's cache: small ones, which git holds."""
    return {
        path
        for kind in ("outs", "metrics", "plots")
        for entry in stage.get(kind, [])
        if isinstance(entry, dict)
        for path, options in entry.items()
        if options.get("cache") is False
    }


def _are_in_params(stage: str, settings: Group, paths: Paths) -> bool:
    try:
        group = read_groups(paths.params)[stage]
    except ConfigError:
        return False
    return checked(type(settings), group, "params.yaml") == settings
