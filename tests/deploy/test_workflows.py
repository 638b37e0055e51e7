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

PIN = re.compile(r"uses: ([\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d|\$/\.github/actions/[\w-]+$)")
WRITES = {
    ("ci.yml", "metrics", "pull-requests"),
    ("ci.yml", "publish", "attestations"),
    ("ci.yml", "publish", "id-token"),
    ("ci.yml", "publish", "packages"),
    ("deploy.yml", "deploy", "attestations"),
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
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions"],
    ],
    ids=["actionlint", "schema", "zizmor", "schema of actions"],
)
def test_linters_find_nothing(repository: Path, real_part, command: list[str]) -> None:
    workflows = sorted((repository / ".github/workflows").glob("*.yml"))
    actions = sorted((repository / ".github/actions").glob("*/action.yml"))
    assert workflows
    assert actions
    if command[0] == "zizmor":
        files = workflows + actions
    else:
        files = actions if command[-1] == "vendor.github-actions" else workflows
    done = subprocess.run(
        [*tool(command[0], real_part), *command[1:], *files],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned(repository: Path) -> None:
    paths = (repository / ".github").glob("*/**/*.yml")
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
    """AWS trusts the environment; its rules are worth nothing to a job that names none. A token
    without an environment is for Sigstore alone, and of main."""
    for workflow, name, job in jobs(workflows):
        if (workflow, name) == ("ci.yml", "publish"):
            assert "github.event_name == 'push' && github.ref == 'refs/heads/main'" in job["if"]
            assert "configure-aws-credentials" not in str(job)
            continue
        assert ("id-token" in job["permissions"]) == ("environment" in job), (workflow, name)
        assert "environment" not in job or "if" in job, (
            f"{workflow}: {name} would run in every fork"
        )


def test_nothing_is_installed_once_a_role_is_taken(workflows: dict[str, dict[str, Any]]) -> None:
    for workflow, name, job in jobs(workflows):
        uses = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
        role = "aws-actions/configure-aws-credentials"
        if role not in uses:
            continue
        for step in job["steps"][uses.index(role) :]:
            assert not re.search(r"\b(pip|uv|npm|apt-get|make)\b", step.get("run", "")), step
            assert "setup-" not in step.get("uses", ""), (workflow, name)


def test_what_is_installed_by_name_has_hashes(workflows: dict[str, dict[str, Any]]) -> None:
    for workflow, name, job in jobs(workflows):
        for step in job["steps"]:
            if "pip install" in step.get("run", ""):
                assert "--require-hashes" in step["run"], (workflow, name, step)


def test_no_rollout_is_cut_short_and_none_that_waits_is_dropped(
    workflows: dict[str, dict[str, Any]],
) -> None:
    assert workflows["deploy.yml"]["concurrency"] == {
        "group": "deploy",
        "cancel-in-progress": False,
        "queue": "max",
    }


def test_only_what_ci_has_passed_on_main_is_deployed(
    workflows: dict[str, dict[str, Any]],
) -> None:
    """A fork's branch may be called main, too, and end CI with success."""
    document = workflows["deploy.yml"]
    assert document[True] == {
        "workflow_run": {"workflows": ["CI"], "types": ["completed"], "branches": ["main"]},
        "push": {"tags": ["forecaster@v*"]},
        "workflow_dispatch": None,
    }
    assert workflows["ci.yml"]["name"] == "CI"
    condition = document["jobs"]["ready"]["if"]
    run = "github.event.workflow_run"
    for term in (
        f"{run}.conclusion == 'success'",
        f"{run}.event == 'push'",
        f"{run}.head_branch == 'main'",
        f"{run}.head_repository.full_name == github.repository",
    ):
        assert term in condition
    assert document["jobs"]["deploy"]["needs"] == "ready"
    assert "needs.ready.outputs.passed == 'true'" in document["jobs"]["deploy"]["if"]


def test_no_job_waits_for_another_workflow(workflows: dict[str, dict[str, Any]]) -> None:
    assert workflows["deploy.yml"]["jobs"]["ready"]["timeout-minutes"] <= 5


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
    wanted = ("passed", "scanned", "model", "build", "push", "scan", "reach", "ship", "summary")
    assert {f"deploy/{name}" for name in wanted} <= called
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
