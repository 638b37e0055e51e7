"""The documents hold what the commands printed, and the English and Korean ones agree."""

import re
from pathlib import Path
from typing import Any

import pytest
from document_tables import (
    COPIED,
    MISSED,
    advice,
    between_marks,
    copied,
    filled,
    locked_outputs,
    scores,
)
from document_tables import DOCUMENTS as DOCUMENTS_WITH_SCORES
from korean_tables import in_korean

from wearcast import artifacts
from wearcast.config import Paths

FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)

WITH_SCORES = (("README.md", "README.ko.md"), ("docs/forecasting.md", "docs/forecasting.ko.md"))
PAIRS = (*WITH_SCORES, ("docs/own-data.md", "docs/own-data.ko.md"))
"""Each English document and its Korean version."""


def prose(text: str) -> str:
    """The text without its blocks of code, where a line may begin with # or |."""
    return FENCED.sub("", text)


def headings(text: str) -> list[int]:
    """The levels of the headings, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


def commands(text: str) -> list[str]:
    """The lines of shell commands, without the comments behind them."""
    lines = "".join(SHELL.findall(text)).splitlines()
    return [line.split("  #")[0].split(" # ")[0].rstrip() for line in lines]


def links(text: str) -> list[str]:
    """Where links and images lead, in order."""
    return re.findall(r"\]\(([^)]+)\)", prose(text))


def in_english(link: str) -> str:
    """A link without its heading, to the English version of what it leads to."""
    return re.sub(r"\.ko\.(md|png)$", r".\1", link.split("#")[0])


def tables(text: str) -> list[list[str]]:
    """The numbers of every row of every table, in order; a row without any is still a row."""
    return [
        re.findall(r"[-+−]?\d+(?:\.\d+)?", row)
        for row in re.findall(r"^\|.*", prose(text), re.MULTILINE)
    ]


@pytest.fixture(params=PAIRS, ids=lambda pair: pair[0])
def both(request: pytest.FixtureRequest, repository: Path) -> tuple[str, str]:
    """An English document and its Korean version."""
    english, korean = ((repository / name).read_text(encoding="utf-8") for name in request.param)
    return english, korean


def test_the_tables_of_scores_are_the_committed_verification_and_the_ledger_of_looks(
    repository: Path, verification: dict[str, Any]
):
    model = artifacts.read_json(Paths(repository).model / "manifest.json")["version"]
    outputs = locked_outputs(repository)
    for name, language in DOCUMENTS_WITH_SCORES.items():
        parts = scores(verification, model, language) | copied(repository, language)
        text = (repository / name).read_text(encoding="utf-8")
        assert filled(text, parts, outputs) == text, f"{name}: run `make regenerate ONLY=tables`"


@pytest.mark.usefixtures("verification")
def test_the_advice_is_what_the_command_prints_for_the_snapshot(repository: Path):
    paths = Paths(repository)
    for name, language in (("README.md", "en"), ("README.ko.md", "ko")):
        text = (repository / name).read_text(encoding="utf-8")
        assert between_marks(text, "advice") == advice(paths, language), (
            f"{name}: run `make regenerate ONLY=tables`"
        )


def test_every_generated_part_stands_in_one_document_of_each_language(
    repository: Path,
):
    scores = {"scores", "clothes", "clothes-differences", "certainty"}
    for pair in zip(*WITH_SCORES, strict=True):
        texts = [(repository / name).read_text(encoding="utf-8") for name in pair]
        marks = sorted(re.findall(r"^<!-- ([a-z-]+): ", "".join(texts), re.MULTILINE))
        assert marks == sorted({"advice", *scores, *COPIED})
        assert all(between_marks("\n".join(texts), name) for name in marks)


def test_the_tables_of_seoul_stand_in_the_ledger_of_looks(repository: Path):
    ledger = (repository / "docs/test-looks.md").read_text(encoding="utf-8")
    without_marks = ledger.replace(MISSED, "")
    english = "\n".join((repository / name).read_text(encoding="utf-8") for name, _ in PAIRS)
    for name in COPIED:
        rows = [line for line in between_marks(english, name).splitlines() if line.startswith("| ")]
        assert len(rows) >= 5
        assert [row for row in rows if row not in without_marks] == []


def test_the_chosen_words_of_a_table_are_translated_and_an_unknown_word_is_an_error():
    table = "| method | 1-24 h |\n| --- | --: |\n| damped_anomaly | 2.20 |"
    assert in_korean(table) == "| 방법 | 1-24시간 |\n| --- | --: |\n| 감쇠 편차 | 2.20 |"
    with pytest.raises(KeyError, match="oracle"):
        in_korean("| oracle | 0.00 |")


def test_both_documents_have_the_same_headings(both: tuple[str, str]):
    english, korean = map(headings, both)
    assert len(english) >= 4
    assert english == korean


@pytest.mark.parametrize(("pair", "at_least"), [(PAIRS[0], 20), (PAIRS[2], 15)])
def test_both_documents_have_the_same_commands(
    repository: Path, pair: tuple[str, str], at_least: int
):
    english, korean = (commands((repository / name).read_text(encoding="utf-8")) for name in pair)
    assert len(english) >= at_least
    assert english == korean


def test_both_documents_have_the_same_links_and_lead_to_each_other(both: tuple[str, str]):
    (to_korean, *english), (to_english, *korean) = map(links, both)
    assert to_korean == to_english.replace(".md", ".ko.md")
    assert [in_english(link) for link in english] == [in_english(link) for link in korean]
    assert not any(link.endswith(".ko.png") for link in english)
    assert all(link.endswith(".ko.png") for link in korean if link.endswith(".png"))


def test_both_documents_have_the_same_numbers_in_their_tables(both: tuple[str, str]):
    english, korean = map(tables, both)
    assert len(english) >= 15
    assert english == korean


DOCUMENTS = (
    "README.md",
    "README.ko.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    "deploy/terraform/README.md",
    "docs/added-places.md",
    "docs/added-places.ko.md",
    "docs/clothing.md",
    "docs/deploy.md",
    "docs/extending.md",
    "docs/extending.ko.md",
    "docs/forecasting.md",
    "docs/forecasting.ko.md",
    "docs/own-data.md",
    "docs/own-data.ko.md",
    "docs/retraining.md",
    "docs/retraining.ko.md",
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


def test_every_path_of_the_code_that_a_document_names_is_there(repository: Path):
    named = re.compile(r"`((?:src/wearcast|tests|scripts|notebooks|docs|\.github)/[\w./-]*\w)`")
    missing = [
        (document, path)
        for document in DOCUMENTS
        for path in named.findall((repository / document).read_text(encoding="utf-8"))
        if not (repository / path).exists()
    ]
    assert missing == []
