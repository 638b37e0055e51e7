"""Every table of figures names what it judges, the command that makes it, and the date."""

import re
from pathlib import Path

import captions
import pytest
from captions import CAPTION, TABLE, caption, captioned, kept

WORDS_ALONE = {"docs/words.md"}
"""Whose tables hold made-up numbers in sentences."""


def is_of_figures(table: str) -> bool:
    """Whether at least half of some column's cells, but for the first column, begin with a number;
    not so of settings and their defaults."""
    _, _, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    if all(setting.startswith("`") for setting, *_ in rows):
        return False
    columns = list(zip(*rows, strict=False))[1:]
    shares = [sum(bool(re.match(r"[-+−]?\d", cell)) for cell in cells) for cells in columns]
    return max(shares, default=0) * 2 >= len(rows)


def without_caption(text: str) -> list[str]:
    """The headings of the tables of figures that have no caption, neither under them nor over the
    first section of the page."""
    if CAPTION.search(text.split("\n## ")[0].split("\n|")[0]):
        return []
    tables = [found for found in TABLE.finditer(text) if is_of_figures(found[0])]
    ends = [found.end() for found in tables]
    below = [text[end:].lstrip("\n").split("\n")[0] for end in ends]
    return [
        found[0].splitlines()[0]
        for found, line in zip(tables, below, strict=True)
        if not CAPTION.fullmatch(line)
    ]


def documents(repository: Path) -> list[str]:
    files = [*repository.glob("README*.md"), *repository.glob("docs/*.md")]
    names = {file.relative_to(repository).as_posix() for file in files}
    return sorted(names - WORDS_ALONE)


def test_every_table_of_figures_has_its_caption(repository: Path):
    texts = {name: (repository / name).read_text("utf-8") for name in documents(repository)}
    missing = {name: without_caption(text) for name, text in texts.items()}
    assert {name: tables for name, tables in missing.items() if tables} == {}
    captioned_documents = {name for name, text in texts.items() if CAPTION.search(text)}
    assert captioned_documents >= {
        *("README.md", "README.ko.md", "docs/forecasting.md", "docs/forecasting.ko.md"),
        *("docs/test-looks.md", "docs/seoul-validation.md", "docs/deploy.md"),
        *("docs/clothing.md", "docs/outfits.md", "docs/first-screen.md"),
        "docs/retraining-cases.md",
    }


def test_a_table_of_figures_without_a_caption_is_found():
    table = "| method | MAE |\n|---|---|\n| network | 2.26 |\n| ridge | – |\n"
    assert without_caption(f"# Page\n\n{table}") == ["| method | MAE |"]
    assert without_caption(f"# Page\n\n{table}\nText.\n") == ["| method | MAE |"]
    line = caption("make it", "2026-01-01", code="0" * 64)
    assert without_caption(f"# Page\n\n{table}\n{line}\n") == []
    assert without_caption(f"# Page\n\n{line}\n\n## Section\n\n{table}") == []
    words = "| setting | what |\n|---|---|\n| `A` | a folder |\n"
    assert without_caption(words) == []


@pytest.mark.parametrize(
    ("judged", "line", "korean"),
    [
        ({"model": "a" * 12}, "Model aaaaaaaaaaaa", "모델 aaaaaaaaaaaa"),
        ({"code": f"sha256:{'b' * 64}"}, "Code bbbbbbbbbbbb", "코드 bbbbbbbbbbbb"),
        (
            {"model": "a" * 12, "code": "b" * 64},
            "Model aaaaaaaaaaaa, code bbbbbbbbbbbb",
            "모델 aaaaaaaaaaaa, 코드 bbbbbbbbbbbb",
        ),
    ],
)
def test_a_caption_names_model_or_code_command_and_date(
    judged: dict[str, str], line: str, korean: str
):
    made = caption("make bench-seoul DATA=folder", "2026-01-01", **judged)
    assert made == f"{line} · `make bench-seoul DATA=folder` · 2026-01-01"
    assert CAPTION.fullmatch(made)
    assert captions.in_korean(made) == made.replace(line, korean)
    assert CAPTION.fullmatch(captions.in_korean(made))


def test_the_date_moves_with_the_table_or_the_model_and_not_otherwise():
    def page(error: str, model: str, date: str) -> str:
        line = caption("make it", date, model=model)
        return captioned(f"| a | b |\n|---|---|\n| c | {error} |\n", line)

    old = page("1.0", "a" * 12, "2026-01-01")
    assert kept(old, page("1.0", "a" * 12, "2026-02-02")) == old
    for error, model in (("1.1", "a" * 12), ("1.0", "b" * 12)):
        new = page(error, model, "2026-02-02")
        assert kept(old, new) == new


def test_code_that_makes_the_same_table_leaves_its_caption():
    def page(cell: str, code: str) -> str:
        return f"| a |\n|---|\n| {cell} |\n\n{caption('make it', '2026-01-01', code=code)}\n"

    old = page("1", "a" * 64)
    assert kept(old, page("1", "b" * 64)) == old
    assert kept(old, page("2", "b" * 64)) == page("2", "b" * 64)


def test_every_table_of_a_text_gets_the_caption():
    line = caption("make it", "2026-01-01", code="0" * 64)
    made = captioned("one\n\n| a |\n|---|\n\n| b |\n|---|\n\ntwo\n", line)
    assert made == f"one\n\n| a |\n|---|\n\n{line}\n\n| b |\n|---|\n\n{line}\n\ntwo\n"


def test_the_hash_is_of_the_code_alone(tmp_path: Path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/one.py").write_text("1\n")
    made = captions.code_hash(tmp_path)
    (tmp_path / "README.md").write_text("else\n")
    assert captions.code_hash(tmp_path) == made
    (tmp_path / "src/one.py").write_text("2\n")
    assert captions.code_hash(tmp_path) != made
