"""What compose.yaml lets containers take of the memory, and what they take."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.engine import REPOSITORY, docker
from deploy.host import Host


def limits_mb(profiles: Sequence[str] | None = None) -> dict[str, int]:
    """By service, with nothing set: of those with these profiles, or of those that are always
    there."""
    text = (REPOSITORY / "deploy/compose.yaml").read_text()
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return {
        name: _default_mb(service["mem_limit"])
        for name, service in services.items()
        if service.get("profiles") == profiles
    }


def _default_mb(limit: str) -> int:
    found = re.fullmatch(r"(?:\$\{\w+:-)?(\d+)\}?m", limit)
    assert found, f"{limit} is no limit of memory"
    return int(found[1])


def taken_mb(host: Host, part: str) -> float:
    """What a container's processes take; pages that they share are counted once."""
    listed = docker("top", host.container(part), "-eo", "pid").split()[1:]
    return sum(map(_proportional_mb, listed))


def _proportional_mb(pid: str) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended
    return int(text.split("\nPss:")[1].split()[0]) / 1024
