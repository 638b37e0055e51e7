"""The documents say what the commands printed."""

import re
from pathlib import Path

import pytest

from wearcast import artifacts
from wearcast.config import Paths
from wearcast.report import markdown


def between_marks(text: str, name: str) -> str:
    """What stands between `<!-- name: … -->` and `<!-- /name -->`."""
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the README has no marks for {name}"
    return found[1].strip()


def test_the_readmes_table_is_the_committed_verification(repository: Path):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    committed = artifacts.read_json(Paths(repository).verification)
    assert between_marks(readme, "scores") == markdown(committed)


def test_the_readmes_seoul_table_stands_in_the_ledger_of_looks(repository: Path):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    ledger = (repository / "docs/test-looks.md").read_text(encoding="utf-8")
    rows = [line for line in between_marks(readme, "seoul").splitlines() if line.startswith("| ")]
    assert len(rows) >= 8
    assert [row for row in rows if row not in ledger] == []


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md", "data/own/README.md", "docs/test-looks.md"])
def test_every_local_link_leads_somewhere(repository: Path, document: str):
    path = repository / document
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
