"""docs/extending.md shows changes that still apply to this code; the Korean version shows the
same."""

import re
import subprocess

import pytest

from unit.test_readme import commands, headings, in_english, links

DIFF = re.compile(r"^```diff\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENTS = ("docs/extending.md", "docs/extending.ko.md")


@pytest.fixture(params=DOCUMENTS)
def document(repository, request):
    return (repository / request.param).read_text(encoding="utf-8")


@pytest.fixture
def both(repository):
    return [(repository / name).read_text(encoding="utf-8") for name in DOCUMENTS]


def test_every_diff_applies(repository, document):
    diffs = DIFF.findall(document)
    assert len(diffs) == 2
    for diff in diffs:
        check = ["git", "apply", "--check", "-"]
        done = subprocess.run(
            check, cwd=repository, input=diff, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stderr}\nMake this diff anew:\n{diff}"


def test_both_languages_show_the_same(both):
    english, korean = both
    assert DIFF.findall(english) == DIFF.findall(korean)
    assert commands(english) == commands(korean)
    assert headings(english) == headings(korean)
    assert [in_english(link) for link in links(english)[1:]] == [
        in_english(link) for link in links(korean)[1:]
    ]
