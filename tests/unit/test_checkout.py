"""A project with code of its own runs that; the environment's `wearcast` is here always this
checkout's."""

import os
import subprocess
import sys

import pytest

from pipeline.projects import Project
from wearcast import checkout
from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.notebook.runner import run

ELSEWHERE = r"this project's code is .*/project/src/wearcast, but .*src/wearcast is what runs"


@pytest.fixture
def with_code(project):
    """A project whose own `wearcast` only tells where it is and what it was asked."""
    package = project.root / "src/wearcast"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import sys\nprint(__file__, *sys.argv[1:])\nsys.exit(3)\n"
    )
    return project


def said_by(*arguments, root, **environment):
    """What a program of this environment prints in a project, and how it ends."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr, done.returncode


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_the_command_is_the_one_of_the_project_it_is_given_in(with_code, folder):
    said = said_by("-m", "wearcast", "run-notebook", "train", root=with_code.root / folder)
    assert said == (f"{with_code.root}/src/wearcast/__main__.py run-notebook train\n", 3)


def test_what_else_stands_in_the_python_path_stays_in_it(with_code, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/a", "/b"]))
    assert checkout.environment(with_code.root) == {
        "PYTHONPATH": os.pathsep.join([f"{with_code.root}/src", "/a", "/b"])
    }


def test_where_the_own_code_comes_first_and_another_still_runs_the_command_is_refused(
    with_code, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", f"{with_code.root}/src")
    with pytest.raises(ConfigError, match=ELSEWHERE):
        checkout.restart_with_own_source(with_code.root)


def test_the_runner_and_the_kernel_refuse_the_code_of_another_tree(with_code):
    with_code.notebook("forecast", "open('ran', 'w')")
    with pytest.raises(ConfigError, match=ELSEWHERE):
        run("forecast", Paths(with_code.root))
    said, code = said_by("-P", "-m", "wearcast.notebook.launch", root=with_code.root)
    assert code == 1
    assert said.startswith("Error: this project's code is ")
    assert not (with_code.root / "ran").exists()


def test_a_project_without_code_and_this_checkout_run_what_is_installed(project, repository):
    for root in (project.root, repository):
        checkout.restart_with_own_source(root)
    assert checkout.environment(project.root) == {}


def test_a_kernel_imports_the_projects_code_whatever_stands_in_the_python_path(
    repository, with_code, monkeypatch, tmp_path
):
    monkeypatch.setenv("PYTHONPATH", f"{with_code.root}/src")
    linked = Project(tmp_path / "linked")
    (linked.root / "src").symlink_to(repository / "src")
    linked.notebook(
        "forecast", "import wearcast.config\nassert '/linked/src/' in wearcast.config.__file__"
    )
    assert run("forecast", Paths(linked.root)).is_file()
