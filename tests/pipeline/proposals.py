"""A remote of git and a `gh` that write down what was proposed to them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pipeline.copies import Copy

GH = """#!{python}
import json, pathlib, sys
asked = sys.argv[1:]
bodies = [asked[i + 1] for i, one in enumerate(asked) if one == "--body-file"]
body = "".join(pathlib.Path(path).read_text() for path in bodies)
with open({log!r}, "a") as log:
    print(json.dumps([*asked, body]), file=log)
if asked[:2] == ["issue", "list"]:
    print({issue!r})
"""


class Host:
    """GitHub's side of a copy of the project: a bare repository, and what `gh` was asked."""

    def __init__(self, copy: Copy, folder: Path, issue: str = "") -> None:
        self.copy = copy
        self.git = folder / "host.git"
        self.log = folder / "gh.log"
        program = folder / "bin/gh"
        program.parent.mkdir(parents=True)
        program.write_text(GH.format(python=sys.executable, log=str(self.log), issue=issue))
        program.chmod(0o755)
        subprocess.run(["git", "init", "--quiet", "--bare", self.git], check=True)

    def environment(self) -> dict[str, str]:
        """Of the workflow's programs."""
        programs = [str(self.log.parent / "bin"), str(Path(sys.executable).parent)]
        return {
            **os.environ,
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "GIT_URL": str(self.git),
            "GH_REPO": "owner/wearcast",
            "GH_TOKEN": "none",
        }

    def propose(self, branch: str) -> "subprocess.CompletedProcess[str]":
        """Run deploy/propose in the copy."""
        return subprocess.run(
            ["deploy/propose", branch],
            cwd=self.copy.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def push_trained(self) -> "subprocess.CompletedProcess[str]":
        """Run deploy/push-trained in the copy."""
        return subprocess.run(
            ["deploy/push-trained"],
            cwd=self.copy.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[list[str]]:
        """Each call of `gh`, its arguments and at the end the body that it was given."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def changed_on(self, branch: str) -> set[str]:
        """The files that a proposed branch changes."""
        shown = ["git", "--git-dir", str(self.git), "show", "--name-only", "--format=", branch]
        done = subprocess.run(shown, capture_output=True, text=True, check=True)
        return set(done.stdout.split())
