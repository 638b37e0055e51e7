"""What `make` can do, and that people and CI lint with the same list."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

MOST_TARGETS = 20
BENCHMARKS = (
    "seoul",
    "seoul-test",
    "rain",
    "skill",
    "clothes",
    "ingest",
    "advice",
    "service",
    "dashboard",
    "soak",
)
WITH_DATA = ("seoul", "seoul-test", "rain", "skill", "clothes")
PARTS = (
    *("messages", "docs", "words", "examples", "tables"),
    *("costs", "figures", "icons", "pictures", "screens"),
)


def make(repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run make as from a terminal, though it may be make that runs the tests."""
    ours = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}
    return subprocess.run(
        ["make", *arguments],
        cwd=repository,
        env={name: value for name, value in os.environ.items() if name not in ours},
        capture_output=True,
        text=True,
        check=False,
    )


def commands(repository: Path, *arguments: str) -> str:
    """What make would run."""
    return make(repository, "--dry-run", *arguments).stdout


def targets(repository: Path) -> list[str]:
    """The targets that people name."""
    return re.findall(r"^([a-z][a-z-]*%?):", (repository / "Makefile").read_text(), re.MULTILINE)


def test_there_are_few_targets_and_all_are_listed(repository):
    found = targets(repository)
    assert len(found) <= MOST_TARGETS
    listed = make(repository).stdout
    assert re.findall(r"^  make (\S+)", listed, re.MULTILINE) == found


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_is_a_script_and_listed(repository, name):
    said = commands(repository, f"bench-{name}", "DATA=a folder")
    [script] = re.findall(r"python (tests/bench/\w+\.py)", said)
    assert (repository / script).is_file()
    assert said.rstrip().endswith('"a folder"') == (name in WITH_DATA)
    assert f"bench-{name}" in commands(repository, "bench-nonesuch")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_that_is_written_anew_is_a_script(repository, part):
    said = commands(repository, "regenerate", f"ONLY={part}")
    [script] = re.findall(r"python (scripts/\w+\.py)", said)
    assert (repository / script).is_file()
    assert script in commands(repository, "regenerate")


def test_an_unknown_part_names_those_there_are(repository):
    done = make(repository, "--dry-run", "regenerate", "ONLY=nonesuch")
    assert done.returncode == 2
    assert f'ONLY="{" ".join(PARTS)}"' in done.stderr


def test_lint_runs_the_hooks_and_nothing_else(repository):
    [command] = commands(repository, "lint").splitlines()[-1:]
    assert command == "pre-commit run --all-files"
    rule = re.search(r"^lint:.*\n(?:.+\n)+", (repository / "Makefile").read_text(), re.MULTILINE)
    assert rule[0].splitlines()[-1].strip() == command


def test_hooks_are_the_tools_of_the_environment(repository):
    config = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert [hook["id"] for hook in hooks if not hook["entry"].startswith(".venv/bin/")] == []


def test_hooks_fail_on_what_is_not_clean_and_change_nothing(repository, tmp_path):
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy(repository / name, tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shown = {"output_type": "stream", "name": "stdout", "text": "1\n"}
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "a",
        "metadata": {},
        "outputs": [shown],
        "source": "1",
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    files = {
        "unformatted.py": '"""Quotes."""\n\nX = [1,2]\n',
        "unsorted.py": '"""Imports."""\n\nimport sys\nimport os\n\nprint(os, sys)\n',
        "shown.ipynb": json.dumps(notebook),
        "Dockerfile": "FROM python\nRUN cd /tmp\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    git = ["git", "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run([*git, "add", *files, ".pre-commit-config.yaml"], cwd=tmp_path, check=True)
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "pre-commit", "run", "--all-files", "--color", "never"],
        cwd=tmp_path,
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(tmp_path / "home"),
            "SKIP": "mypy,lint-imports,code-measures",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    failed = re.findall(r"^(.+?)\.+Failed$", done.stdout, re.MULTILINE)
    assert failed == ["style", "format", "notebooks without outputs", "Dockerfile"]
    assert "files were modified by this hook" not in done.stdout
    assert {name: (tmp_path / name).read_text() for name in files} == files


def test_without_the_index_of_torch_it_says_what_to_set(repository, tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(repository / "scripts/install.sh", tmp_path / "scripts")
    uv = tmp_path / ".venv/bin/uv"
    uv.parent.mkdir(parents=True)
    failed = "error: Failed to fetch: https://download.pytorch.org/whl/cpu/torch/"
    uv.write_text(f"#!/bin/sh\necho '{failed}' >&2\nexit 2\n")
    uv.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "scripts/install.sh", ".[pipeline]"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert failed in done.stderr
    for setting in ("PIP_FIND_LINKS=", "UV_TORCH_BACKEND=", "UV_DEFAULT_INDEX"):
        assert setting in done.stderr


@pytest.mark.parametrize("moved", [True, False])
def test_in_a_checkout_that_was_moved_the_environment_is_made_anew(
    repository: Path, tmp_path: Path, moved: bool
) -> None:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(repository / name, tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    made_at = "/before" if moved else tmp_path.resolve()
    config = tmp_path / ".venv/pyvenv.cfg"
    config.write_text(f"command = /usr/bin/python3 -m venv {made_at}/.venv\n")
    for made in (".venv/bin/uv", ".venv/.pipeline"):
        (tmp_path / made).touch()
    planned = commands(tmp_path, "repro")
    steps = ("rm -rf .venv", "-m venv .venv", "scripts/install.sh", "dvc repro")
    assert [step for step in steps if step in planned] == list(steps if moved else steps[3:])
    assert ("moved from /before, so .venv is made anew" in planned) is moved
