"""docs/clothing.md shows what the code says today."""

import importlib.util


def test_the_page_is_up_to_date(repository):
    spec = importlib.util.spec_from_file_location(
        "clothing_docs", repository / "scripts/clothing_docs.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (repository / "docs/clothing.md").read_text(encoding="utf-8")
    assert set(script.CASES) | {"bands", "ladder"} == set(script.MADE.findall(page))
    assert script.made_anew(page) == page, "run `make regenerate ONLY=docs`"
