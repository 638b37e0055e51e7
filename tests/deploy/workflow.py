"""Runs a job of a workflow on this machine: its `run` steps in their order, with the values that
GitHub would put in.

Steps that use an action are left out: checkout, credentials and Python are there already.
"""

import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")


@dataclass
class Job:
    """A job in a checkout.

    Attributes:
        context: values by their names in expressions, such as vars.REGISTRY or github.sha; others
            are empty.
        took_s: how long each step took, all times that it ran together.
        said: what all steps said.
        succeeded: whether all steps of the last job did.
    """

    checkout: Path
    scratch: Path
    environment: Mapping[str, str]
    context: dict[str, str]
    took_s: dict[str, float] = field(default_factory=dict)
    said: str = ""
    succeeded: bool = False

    def run(self, workflow: str, job: str) -> bool:
        """Run its steps; whether all of them succeeded. Those that always run do so after a failure
        too."""
        document = yaml.safe_load((self.checkout / ".github/workflows" / workflow).read_text())
        found, good = document["jobs"][job], True
        for step in found["steps"]:
            if "run" in step and (good or str(step.get("if", "")).startswith("always()")):
                worked = self._step(step, {**document.get("env", {}), **found.get("env", {})})
                good = good and worked
                self.context[f"steps.{step.get('id')}.outcome"] = "success" if worked else "failure"
        self.succeeded = good
        return good

    @property
    def summary(self) -> str:
        """What GitHub would show under the run."""
        path = self.scratch / "summary"
        return path.read_text() if path.exists() else ""

    def _step(self, step: dict[str, Any], env: dict[str, str]) -> bool:
        output = self.scratch / "output"
        output.write_text("")
        files = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.scratch / "summary"),
            "RUNNER_TEMP": str(self.scratch),
        }
        given = {
            name: EXPRESSION.sub(self._value, value)
            for name, value in {**env, **step.get("env", {})}.items()
        }
        ours = {
            "GITHUB_SHA": self.context["github.sha"],
            "GITHUB_REF_NAME": self.context["github.ref_name"],
            **files,
        }
        began = time.monotonic()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout,
            env={**self.environment, **ours, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        name = step.get("name", step["run"])
        self.took_s[name] = self.took_s.get(name, 0) + time.monotonic() - began
        self.said += done.stdout
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.context[f"steps.{step.get('id')}.outputs.{name}"] = value
        return done.returncode == 0

    def _value(self, expression: "re.Match[str]") -> str:
        """One name, or the first of several by `||` that isn't empty."""
        for name in expression[1].split(" || "):
            value = name[1:-1] if name.startswith("'") else self.context.get(name, "")
            if value:
                return value
        return ""
