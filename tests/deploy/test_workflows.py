"""The workflows: what they may do, and that the programs they call do what they say."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.tools import tool

pytestmark = pytest.mark.deploy

PIN = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d")
WRITES = {
    ("ci.yml", "metrics", "pull-requests"),
    ("ci.yml", "publish", "packages"),
    ("deploy.yml", "deploy", "id-token"),
    ("retrain.yml", "train", "contents"),
    ("retrain.yml", "train", "id-token"),
    ("retrain.yml", "train", "issues"),
    ("retrain.yml", "train", "pull-requests"),
}
"""All that any job may write."""


@pytest.fixture(scope="module")
def workflows(repository: Path) -> dict[str, dict[str, Any]]:
    """Each workflow by its file's name."""
    return {
        path.name: yaml.safe_load(path.read_text())
        for path in sorted((repository / ".github/workflows").glob("*.yml"))
    }


def jobs(workflows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every job with its workflow and name."""
    for workflow, document in workflows.items():
        for name, job in document["jobs"].items():
            yield workflow, name, job


@pytest.mark.parametrize(
    "command",
    [
        ["actionlint"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["zizmor", "--offline"],
    ],
    ids=["actionlint", "schema", "zizmor"],
)
def test_linters_find_nothing(repository: Path, real_part, command: list[str]) -> None:
    files = [str(path) for path in sorted((repository / ".github/workflows").glob("*.yml"))]
    done = subprocess.run(
        [*tool(command[0], real_part), *command[1:], *files],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned(repository: Path) -> None:
    paths = (repository / ".github/workflows").glob("*.yml")
    used = [
        (path.name, line) for path in paths for line in re.findall(r"uses: .*", path.read_text())
    ]
    assert len(used) > 10
    assert [each for each in used if not PIN.fullmatch(re.sub(r"(# v\d).*", r"\1", each[1]))] == []


def test_jobs_may_write_only_what_they_must(workflows: dict[str, dict[str, Any]]) -> None:
    assert all(document["permissions"] == {} for document in workflows.values())
    written = {
        (workflow, name, scope)
        for workflow, name, job in jobs(workflows)
        for scope, right in job["permissions"].items()
        if right != "read"
    }
    assert written == WRITES


def test_jobs_end_and_pipes_fail(workflows: dict[str, dict[str, Any]]) -> None:
    for workflow, name, job in jobs(workflows):
        assert 0 < job["timeout-minutes"] <= 120, (workflow, name)
    assert {document["defaults"]["run"]["shell"] for document in workflows.values()} == {"bash"}


def test_a_role_is_lent_only_to_a_protected_environment(
    workflows: dict[str, dict[str, Any]],
) -> None:
    """AWS trusts the environment; its rules are worth nothing to a job that names none."""
    for workflow, name, job in jobs(workflows):
        assert ("id-token" in job["permissions"]) == ("environment" in job), (workflow, name)
        assert "environment" not in job or "if" in job, (
            f"{workflow}: {name} would run in every fork"
        )


def test_no_rollout_is_cut_short(workflows: dict[str, dict[str, Any]]) -> None:
    assert workflows["deploy.yml"]["concurrency"] == {
        "group": "deploy",
        "cancel-in-progress": False,
    }
    on = workflows["deploy.yml"][True]
    assert on["push"] == {"branches": ["main"], "tags": ["forecaster@v*"]}


def test_no_value_is_pasted_into_a_command(workflows: dict[str, dict[str, Any]]) -> None:
    for workflow, name, job in jobs(workflows):
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), (workflow, name, step)


def test_commands_are_there(workflows: dict[str, dict[str, Any]], repository: Path) -> None:
    called = {
        found
        for _, _, job in jobs(workflows)
        for step in job["steps"]
        for found in re.findall(r"\b(?:deploy|scripts)/[\w.-]+", step.get("run", ""))
    }
    assert {"deploy/model", "deploy/build", "deploy/push", "deploy/reach", "deploy/ship"} <= called
    for program in called:
        assert (repository / program).stat().st_mode & 0o100, f"{program} isn't a program"


def test_variables_are_terraforms_or_explained(
    workflows: dict[str, dict[str, Any]], repository: Path
) -> None:
    used = set(re.findall(r"\b(?:vars|secrets)\.(\w+)", yaml.safe_dump(workflows)))
    given = set(
        re.findall(
            r"^ +([A-Z_]+) += ",
            (repository / "deploy/terraform/outputs.tf").read_text(),
            re.MULTILINE,
        )
    )
    manual = (repository / "docs/deploy.md").read_text()
    assert given <= used, "Terraform sets what nobody reads"
    assert {name for name in used if f"`{name}`" not in manual} <= given


def test_programs_are_sound(repository: Path, real_part) -> None:
    scripts = [
        path
        for path in [*(repository / "deploy").iterdir(), *(repository / "scripts").glob("*.sh")]
        if path.is_file()
    ]
    shell = [
        str(path)
        for path in scripts
        if re.match(r"#!.*\b(ba)?sh$", path.read_text().partition("\n")[0])
    ]
    assert len(shell) > 10
    done = subprocess.run(
        [*tool("shellcheck", real_part), *shell], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
