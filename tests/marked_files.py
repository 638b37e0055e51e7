"""Which files a marker expression may choose tests of, told without importing them."""

from pathlib import Path
from typing import Final

_CHOOSING: Final = ("real", "deploy")
"""Markers that choose few files; they stand in a file's own text."""


def may_hold(path: Path, expression: str) -> bool:
    """Whether a file may hold a test that the expression, such as `real and not full`, chooses."""
    wanted = expression.partition(" ")[0]
    if wanted not in _CHOOSING or not path.name.startswith("test_"):
        return True
    return f"mark.{wanted}" in path.read_text("utf-8")
