"""`wearcast --help`: what people do first, and nothing loaded that it doesn't need."""

import os
import re
import subprocess
import sys
from pathlib import Path

HEAVY = ("pandas", "torch", "numpy", "plotly", "onnxruntime", "pydantic", "rich.console")
LOADED = "print(*(name for name in {heavy} if name in sys.modules), file=sys.stderr)"


def shown(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own, which says at its end which heavy modules it has."""
    told = LOADED.format(heavy=HEAVY)
    code = f"import atexit, sys; atexit.register(lambda: {told}); import wearcast.__main__"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_help_loads_nothing_heavy_inside_a_project_and_outside(
    repository: Path, tmp_path: Path
) -> None:
    for folder in (repository, tmp_path):
        done = shown("--help", cwd=folder)
        assert done.returncode == 0
        assert "advise" in done.stdout
        assert done.stderr.split() == []


def test_the_commands_stand_under_what_people_do_and_advise_comes_first(tmp_path: Path) -> None:
    help_text = shown("--help", cwd=tmp_path).stdout
    groups = re.findall(r"^(\S.*):\n((?:  .*\n)+)", help_text, re.MULTILINE)
    commands = {name: re.findall(r"^  (\S+)", rows, re.MULTILINE) for name, rows in groups}
    del commands["Options"]
    assert next(iter(commands)) == "What to wear"
    assert commands["What to wear"][0] == "advise"
    assert "Commands" not in commands, "a command without a group"
    assert commands["The pipeline and its data"][-1] == "verify-remote"


def test_help_is_whole_sentences_in_80_columns(tmp_path: Path) -> None:
    for command in ([], ["stations"], ["advise"], ["refresh"]):
        lines = shown(*command, "--help", cwd=tmp_path, COLUMNS="80").stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert not [line for line in lines if line.endswith("...") and not line.startswith("Usage")]
