"""The GitHub environments, their rules and the releases' tags, as deploy/github-variables makes
them, against an API over HTTP that answers as GitHub documents. No engine is needed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.github import GH, GitHub, serving

pytestmark = pytest.mark.deploy

OUTPUTS = {
    "production": {"AWS_REGION": "r", "DEPLOY_INSTANCE": "i-1", "REGISTRY": "a/b"},
    "retraining": {"AWS_REGION": "r"},
}
TAGS = "refs/tags/forecaster@v*"
Made = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def github() -> GitHub:
    """A repository without any environment."""
    return GitHub()


@pytest.fixture
def made(repository: Path, real_part, github: GitHub, tmp_path: Path) -> Iterator[Made]:
    """Run the script; `terraform` tells the outputs of a module that has been applied."""
    real_part("jq", shutil.which("jq"))
    programs = tmp_path / "bin"
    programs.mkdir()
    with serving(github) as url:
        texts = {
            "gh": GH.format(python=sys.executable, url=url),
            "terraform": f"#!/bin/sh\necho '{json.dumps(OUTPUTS)}'\n",
        }
        for name, text in texts.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

        def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
            path = f"{programs}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                [repository / "deploy/github-variables", *arguments],
                env={**os.environ, "PATH": path, **settings},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done

        yield run


def let_in(github: GitHub, environment: str) -> set[tuple[str, str]]:
    """Which branches and tags may come into an environment."""
    return {(one["type"], one["name"]) for one in github.policies[environment].values()}


def test_environments_are_made_with_their_rules(made: Made, github: GitHub) -> None:
    done = made()
    assert let_in(github, "production") == {("branch", "main"), ("tag", "forecaster@v*")}
    assert let_in(github, "retraining") == {("branch", "main")}
    for rules in github.environments.values():
        assert rules["deployment_branch_policy"]["custom_branch_policies"] is True
        assert rules["can_admins_bypass"] is False
        assert rules["reviewers"] == []
    assert github.variables["production", "REGISTRY"] == "a/b"
    assert github.variables["", "DEPLOY_ENVIRONMENT"] == "production"
    assert github.variables["", "RETRAIN_ENVIRONMENT"] == "retraining"
    assert done.stderr == ""


def test_only_administrators_make_a_release_and_nobody_moves_one(
    made: Made, github: GitHub
) -> None:
    made()
    rulesets = github.rulesets.values()
    assert all(one["enforcement"] == "active" for one in rulesets)
    assert all(one["conditions"]["ref_name"]["include"] == [TAGS] for one in rulesets)
    who = {
        rule["type"]: [actor["actor_id"] for actor in one["bypass_actors"]]
        for one in rulesets
        for rule in one["rules"]
    }
    assert who == {"creation": [5], "update": [], "deletion": []}


def test_reviewers_are_set_stay_and_go(made: Made, github: GitHub) -> None:
    made(REVIEWERS="kim weather/operators")
    both = [{"type": "User", "id": 11}, {"type": "Team", "id": 21}]
    assert github.environments["production"]["reviewers"] == both
    assert github.environments["production"]["prevent_self_review"] is True
    assert github.environments["retraining"]["reviewers"] == []
    made()
    assert github.environments["production"]["reviewers"] == both
    made(REVIEWERS="lee")
    assert github.environments["production"]["reviewers"] == [{"type": "User", "id": 12}]
    assert github.environments["production"]["prevent_self_review"] is False
    made(REVIEWERS="none")
    assert github.environments["production"]["reviewers"] == []


def test_a_second_run_changes_nothing(made: Made, github: GitHub) -> None:
    made()
    before = github.changes
    made()
    assert github.changes == before


def test_what_somebody_loosened_is_tightened_again(made: Made, github: GitHub) -> None:
    made()
    github.policies["production"][1] = {"type": "branch", "name": "*"}
    github.environments["production"]["can_admins_bypass"] = True
    next(iter(github.rulesets.values()))["enforcement"] = "disabled"
    made()
    assert let_in(github, "production") == {("branch", "main"), ("tag", "forecaster@v*")}
    assert github.environments["production"]["can_admins_bypass"] is False
    assert {one["enforcement"] for one in github.rulesets.values()} == {"active"}


def test_a_host_without_terraform_has_the_same_rules(made: Made, github: GitHub) -> None:
    made(VARIABLES='{"production": {"DEPLOY_HOST": "host", "REGISTRY": "ghcr.io/me/wearcast"}}')
    assert set(github.environments) == {"production"}
    assert let_in(github, "production") == {("branch", "main"), ("tag", "forecaster@v*")}
    assert github.variables == {
        ("production", "DEPLOY_HOST"): "host",
        ("production", "REGISTRY"): "ghcr.io/me/wearcast",
        ("", "DEPLOY_ENVIRONMENT"): "production",
    }


def test_print_only_tells(made: Made, github: GitHub) -> None:
    told = made("print").stdout
    assert github.changes == 0
    assert not github.variables
    assert "gh api --method PUT repos/{owner}/{repo}/environments/production" in told
    assert "gh variable set REGISTRY --env production --body a/b" in told
