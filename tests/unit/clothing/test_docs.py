"""docs/clothing.md and docs/outfits.md show what the code says today."""

import importlib.util


def test_the_pages_are_up_to_date(repository):
    spec = importlib.util.spec_from_file_location(
        "clothing_docs", repository / "scripts/clothing_docs.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (repository / "docs/clothing.md").read_text(encoding="utf-8")
    assert set(script.CASES) | {"bands", "ladder", "steps"} == set(script.MADE.findall(page))
    for file, made in script.pages().items():
        assert made == file.read_text(encoding="utf-8"), "run `make regenerate ONLY=docs`"
