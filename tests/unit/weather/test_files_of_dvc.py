"""A folder whose files were added to DVC one by one: what DVC leaves beside them is no data."""

from pathlib import Path

from wearcast.weather.sources import file_search


def test_pointers_and_gitignore_are_passed_over(tmp_path: Path) -> None:
    own = tmp_path / "data/own"
    own.mkdir(parents=True)
    (own / "x.csv").write_text("time,temp\n2024-01-01T00:00Z,1\n")
    (own / "x.csv.dvc").write_text("outs:\n- md5: 0\n  path: x.csv\n")
    (own / ".gitignore").write_text("/x.csv\n")
    assert file_search.find(own, "ingest.files").files == [own / "x.csv"]
