"""docs/own-data.md as written: two clones share an own station's files, what the pipeline makes of
them, and experiments, through git and a real S3 server."""

import json
import re
from pathlib import Path

import pytest
import yaml

from pipeline.conftest import toy_project
from pipeline.copies import Copy
from pipeline.test_dvc import stages_run

pytestmark = pytest.mark.real

# A stage's cells without a kernel and a page, which take DVC no more than a moment.
RUNNER = """
import json
from wearcast.config import read_groups

def run(name, paths):
    notebook = json.loads((paths.notebooks / f"{name}.ipynb").read_text())
    names = read_groups(paths.params)[name]
    for cell in notebook["cells"][1:]:
        exec("".join(cell["source"]), names)
"""
EXPORTS = {"SURFACE_ASOS_108_HR_2018.csv": "2018\n", "SURFACE_ASOS_108_HR_2019 서울.csv": "2019\n"}


class Page:
    """The commands and settings of docs/own-data.md, section by section."""

    def __init__(self, path: Path) -> None:
        _, *parts = re.split(r"^## (.*)$\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        self._sections = dict(zip(parts[::2], parts[1::2], strict=True))

    def commands(self, section: str) -> list[str]:
        """The blocks of shell commands of a section."""
        return self._blocks(section, "sh")

    def settings(self, section: str) -> dict:
        """What a section puts into params.yaml."""
        [block] = self._blocks(section, "yaml")
        return yaml.safe_load(block)

    def _blocks(self, section: str, language: str) -> list[str]:
        fenced = rf"^```{language}\n(.*?)^```$"
        return re.findall(fenced, self._sections[section], re.DOTALL | re.MULTILINE)


def shell(copy: Copy, commands: str) -> str:
    """Run a block of commands in a clone, as a person would paste it; what it says."""
    done = copy.run("bash", "-ec", commands)
    return done.stdout + done.stderr


def is_clean(copy: Copy) -> bool:
    return copy.changed_stages() == set() and copy.run("git", "status", "--short").stdout == ""


@pytest.fixture(scope="module")
def page(repository: Path) -> Page:
    return Page(repository / "docs/own-data.md")


@pytest.fixture(scope="module")
def clones(repository, tmp_path_factory, s3) -> tuple[Copy, Copy]:
    """Two clones of a project that nobody ran yet, with an empty place on the server."""
    folder = tmp_path_factory.mktemp("own")
    seed = toy_project(repository, folder / "seed")
    (seed.root / "src/wearcast/notebook/runner.py").write_text(RUNNER)
    seed.run("wearcast", "set-remote", "s3://wearcast/own", "--endpoint", s3.endpoint)
    seed.commit("The toy")
    seed.run("git", "clone", "--quiet", "--bare", ".", "../origin.git")
    for name in ("author", "colleague"):
        seed.run("git", "clone", "--quiet", str(folder / "origin.git"), f"../{name}")
    return Copy(folder / "author"), Copy(folder / "colleague")


@pytest.fixture(scope="module")
def shared(clones, page, tmp_path_factory) -> tuple[Copy, Copy, str]:
    """Both clones after the page's first two sections, and what the last commands said."""
    author, colleague = clones
    home = tmp_path_factory.mktemp("home")
    (home / "Downloads").mkdir()
    for name, text in EXPORTS.items():
        (home / "Downloads" / name).write_text(text)
    # A look at the files needs real ones (tests/unit/weather/test_inspection.py).
    add, _, run = page.commands("From files to scores")
    settings = page.settings("From files to scores")["ingest"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        shell(author, add)
    for key in ("source", "stations"):
        author.set_param("ingest", key, settings[key])
    files = yaml.safe_load((author.root / "params.yaml").read_text())["ingest"]["files"]
    author.set_param("ingest", "files", files | settings["files"])
    shell(author, run)
    push, pull = page.commands("Share it through S3")
    shell(author, push)
    return author, colleague, shell(colleague, pull)


def test_a_clone_that_pulls_own_files_has_nothing_to_do(shared):
    author, colleague, said = shared
    assert stages_run(said) == []
    assert is_clean(author)
    assert is_clean(colleague)
    pulled = {path.name: path.read_text() for path in (colleague.root / "data/seoul").iterdir()}
    assert pulled == EXPORTS
    assert (colleague.root / "data/raw/own/2013-01.txt").read_text() == "2018\n2019\n"
    assert author.run("git", "ls-files", "data").stdout.split() == [
        "data/.gitignore",
        "data/seoul.dvc",
    ]


def test_a_folder_with_a_korean_name_is_shared_and_tried_in_any_locale(shared, monkeypatch):
    author, colleague, _ = shared
    monkeypatch.setenv("LC_ALL", "C")
    own = author.root / "data/우리 집/우리 집 1월.csv"
    own.parent.mkdir()
    own.write_text("home\n")
    author.dvc("add", "data/우리 집")
    author.commit("Add our home")
    at_home = ("-S", "ingest.files.path='data/우리 집'")
    assert stages_run(author.dvc("exp", "run", "--temp", *at_home, "ingest")) == ["ingest"]
    author.dvc("push")
    author.run("git", "push", "--quiet")
    colleague.run("git", "pull", "--quiet")
    colleague.dvc("pull")
    assert is_clean(colleague)
    assert (colleague.root / "data/우리 집" / own.name).read_text() == "home\n"


def test_experiments_run_beside_pulled_files_and_come_to_the_other_clone(shared, page):
    author, colleague, _ = shared
    run, take = page.commands("Experiments")
    said = shell(colleague, run)
    colleague.stop_queue()
    assert stages_run(said)[:3] == ["train", "evaluate", "forecast"]
    assert is_clean(colleague)
    shell(author, take)
    assert author.changed_stages() == set()
    metrics = json.loads((author.root / "reports/metrics.json").read_text())
    assert metrics == {"network": {"mae_c": 1 / 64}}
