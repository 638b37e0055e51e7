"""Terminals that aren't UTF-8: what they can't show is replaced, on both streams."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
HOURS = "valid_at,temp_c\n2024-01-10T08:00+09:00,-5\n2024-01-10T09:00+09:00,-4\n"
ASKED = ("advise", "--weather", "hours.csv", "--date", "2024-01-10", "--lang", "ko")


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    (folder / "hours.csv").write_text(HOURS)
    command = [sys.executable, "-m", "wearcast", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    assert b"UnicodeEncodeError" not in done.stderr
    return done


def test_a_korean_terminal_shows_korean_and_a_minus(tmp_path: Path) -> None:
    done = run(tmp_path, *ASKED, PYTHONIOENCODING="cp949")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode("cp949")
    assert "옷차림" in shown
    assert "-5" in shown


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, C_LOCALE])
def test_in_ascii_numbers_keep_their_sign_and_letters_are_replaced(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = run(tmp_path, *ASKED, **environment)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode("ascii")
    assert "-5 C" in shown
    assert re.search(r"\?\?\? +\| \?\?", shown)


def test_a_list_of_stations_and_an_error_are_shown_in_ascii(tmp_path: Path) -> None:
    listed = run(tmp_path, "stations", "list", PYTHONIOENCODING="ascii")
    assert listed.returncode == 0
    assert "37.5714" in listed.stdout.decode("ascii")
    refused = run(tmp_path, *ASKED, "--station", "서울", PYTHONIOENCODING="ascii")
    assert refused.returncode == 1
    assert "station '??'" in refused.stderr.decode("ascii")
