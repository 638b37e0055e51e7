"""The documents say what the commands printed, and the two READMEs say the same."""

import re
from pathlib import Path

import pytest

from wearcast import artifacts
from wearcast.cli.report import clothes_markdown, markdown
from wearcast.config import Paths

READMES = ("README.md", "README.ko.md")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def between_marks(text: str, name: str) -> str:
    """What stands between `<!-- name: … -->` and `<!-- /name -->`."""
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the README has no marks for {name}"
    return found[1].strip()


def prose(text: str) -> str:
    """The text without its blocks of code, where a line may begin with # or |."""
    return FENCED.sub("", text)


def headings(text: str) -> list[int]:
    """The levels of the headings, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


def links(text: str) -> list[str]:
    """Where links and images lead, in order."""
    return re.findall(r"\]\(([^)]+)\)", prose(text))


def tables(text: str) -> list[list[str]]:
    """The numbers of every row of every table, in order; a row without any is still a row."""
    return [
        re.findall(r"[-+−]?\d+(?:\.\d+)?", row)
        for row in re.findall(r"^\|.*", prose(text), re.MULTILINE)
    ]


@pytest.fixture
def both(repository: Path) -> tuple[str, str]:
    """The English README and the Korean one."""
    english, korean = ((repository / name).read_text(encoding="utf-8") for name in READMES)
    return english, korean


@pytest.mark.parametrize("document", READMES)
def test_the_readmes_table_of_scores_is_the_committed_verification(repository: Path, document: str):
    readme = (repository / document).read_text(encoding="utf-8")
    assert between_marks(readme, "scores") == markdown(
        artifacts.read_json(Paths(repository).verification)
    )


@pytest.mark.parametrize("document", READMES)
def test_the_readmes_table_of_clothes_is_the_committed_verification(
    repository: Path, document: str
):
    readme = (repository / document).read_text(encoding="utf-8")
    assert between_marks(readme, "clothes") == clothes_markdown(
        artifacts.read_json(Paths(repository).verification)
    )


@pytest.mark.parametrize(("name", "least"), [("seoul", 8), ("seoul-clothes", 5)])
def test_the_tables_of_seoul_are_one_and_stand_in_the_ledger_of_looks(
    repository: Path, both: tuple[str, str], name: str, least: int
):
    english, korean = (between_marks(text, name) for text in both)
    assert english == korean
    ledger = (repository / "docs/test-looks.md").read_text(encoding="utf-8")
    rows = [line for line in english.splitlines() if line.startswith("| ")]
    assert len(rows) >= least
    assert [row for row in rows if row not in ledger] == []


def test_both_readmes_have_the_same_headings(both: tuple[str, str]):
    english, korean = map(headings, both)
    assert len(english) >= 7
    assert english == korean


def test_both_readmes_have_the_same_code(both: tuple[str, str]):
    english, korean = map(FENCED.findall, both)
    assert len(english) >= 7
    assert english == korean


def test_both_readmes_have_the_same_links_and_lead_to_each_other(both: tuple[str, str]):
    (to_korean, *english), (to_english, *korean) = map(links, both)
    assert (to_english, to_korean) == READMES
    assert english == korean


def test_both_readmes_have_the_same_numbers_in_their_tables(both: tuple[str, str]):
    english, korean = map(tables, both)
    assert len(english) >= 30
    assert english == korean


DOCUMENTS = (
    *READMES,
    "CHANGELOG.md",
    "data/own/README.md",
    "docs/clothing.md",
    "docs/test-looks.md",
    "docs/seoul-validation.md",
)


def test_every_local_link_leads_somewhere(repository: Path):
    found = []
    for document in DOCUMENTS:
        path = repository / document
        text = path.read_text(encoding="utf-8")
        local = re.findall(r"\]\((?!https?://|#)([^)#]+)", text) + re.findall(
            r'src="(?!https?://)([^"]+)"', text
        )
        found += [(document, link, (path.parent / link).exists()) for link in local]
    assert len(found) > 20
    assert [(document, link) for document, link, there in found if not there] == []
