"""What lint says of tables that aren't today's, and a look at the test year that writes its own."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from captions import CAPTION
from document_tables import DOCUMENTS, between_marks
from stale_tables import problems

from bench import seoul

COPIED = (
    *DOCUMENTS,
    *("docs/test-looks.md", "docs/seoul-validation.md"),
    *("dvc.yaml", "dvc.lock", "params.yaml", ".dvcignore"),
)

LOOK = """\
900 forecasts, issued 2023-01-07T14 to 2023-12-24T14 UTC. Code and notebooks sha256:made up.

| MAE, °C | 1-24 h | all | CRPS | band, day 1/3/7 |
| --- | --- | --- | --- | --- |
| ridge | 9.11 | 9.22 | 9.33 | 0.10/0.10/0.10 |
| network | 9.44 | 9.55 | 9.66 | 0.10/0.10/0.10 |
| network at 00 and 12 local | 9.77 | 9.88 |  |  |
| coverage of 80 % | 0.123 | 0.123 |  |  |
| network − climatology, % | +9.0 (+8.0 … +9.9) | +9.0 (+8.0 … +9.9) |  |  |
| network − ridge, % | +7.0 (+6.0 … +8.0) | +7.0 (+6.0 … +8.0) |  |  |

- Against ridge the network is worse at every lead range.
"""
"""A made-up look that has no clothes."""


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """What of a clone the check reads: nothing that the pipeline makes and git doesn't hold."""
    for name in COPIED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(repository / name, tmp_path / name)
    shutil.copytree(repository / "scripts", tmp_path / "scripts")
    shutil.copytree(repository / "reports/plots", tmp_path / "reports/plots")
    shutil.copy(repository / "reports/metrics.json", tmp_path / "reports")
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def lock_another(clone: Path, path: str) -> None:
    """Let dvc.lock name other content of an output, as `make repro` does after a change."""
    lock = yaml.safe_load((clone / "dvc.lock").read_text())
    for stage in lock["stages"].values():
        for entry in stage["outs"]:
            if entry["path"] == path:
                entry["md5"] = "0123456789abcdef0123456789abcdef"
    (clone / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))


def test_the_committed_tables_are_todays(clone: Path):
    assert problems(clone) == []


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("reports/verification.json", 8),
        ("data/forecast/snapshot.npz", 2),
        ("models/forecaster", 10),
    ],
)
def test_a_lock_that_moved_without_the_documents_is_found(clone: Path, path: str, stale: int):
    lock_another(clone, path)
    found = problems(clone)
    assert len(found) == stale
    for line in found:
        assert f"{path} 0123456789ab" in line
        assert "Run `make repro`, then `make regenerate ONLY=tables`" in line


def test_committed_scores_that_are_not_the_locks_are_found(clone: Path):
    lock_another(clone, "reports/metrics.json")
    [line] = problems(clone)
    assert line.startswith("reports/metrics.json: not what dvc.lock names. Run `make repro`")


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_a_number_that_is_not_the_committed_scores_is_found(clone: Path, name: str):
    table = between_marks((clone / name).read_text(encoding="utf-8"), "scores")
    row = table.splitlines()[2]
    error = float(row.split(" | ")[1])
    replace(clone / name, row, row.replace(f"{error:.2f}", f"{error + 0.1:.2f}", 1))
    [line] = problems(clone)
    assert line.startswith(f"{name}, scores: not the errors of reports/plots/error_by_lead.csv")


def test_documents_that_tell_of_two_models_are_found(clone: Path):
    table = between_marks((clone / "README.md").read_text(encoding="utf-8"), "clothes")
    model = CAPTION.search(table)["judged"]
    replace(clone / "README.md", table, table.replace(model, "Model 000000000000"))
    [line] = problems(clone)
    assert line.startswith("The documents tell of the models 000000000000, ")


def test_a_project_on_other_data_keeps_the_tables_of_the_sample(clone: Path):
    lock_another(clone, "reports/verification.json")
    replace(clone / "dvc.lock", "source: sample", "source: files")
    assert problems(clone) == []


def test_a_lock_that_cannot_be_read_is_no_approval(clone: Path):
    (clone / "dvc.lock").write_text("<<<<<<< HEAD\n")
    assert problems(clone) == ["dvc.lock names no outputs. Run `make repro`."]


def test_a_look_that_the_documents_do_not_show_is_found(clone: Path):
    looks = clone / "docs/test-looks.md"
    text = looks.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| network | ")]
    oldest, *_, newest = rows
    looks.write_text(text.replace(oldest, oldest.replace("1.", "9."), 1), encoding="utf-8")
    assert problems(clone) == []
    before, after = text.rsplit(newest, 1)
    wrong = newest.replace("1.", "9.")
    looks.write_text(f"{before}{wrong}{after}", encoding="utf-8")
    assert [line.split(":")[0] for line in problems(clone)] == [
        "README.md, seoul",
        "README.ko.md, seoul",
    ]


def test_a_look_writes_its_tables_into_the_documents_whatever_they_say(
    clone: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(seoul, "ROOT", clone)
    monkeypatch.setattr(seoul, "LOOKS", clone / "docs/test-looks.md")
    before = (clone / "docs/test-looks.md").read_text(encoding="utf-8")
    clothes = between_marks((clone / "docs/forecasting.md").read_text("utf-8"), "seoul-clothes")
    line = seoul.captions.caption(
        seoul.COMMANDS["test"], "2026-12-24", model="a" * 12, code="b" * 64
    )
    seoul.write_down("test", seoul.captions.captioned(LOOK, line))

    assert (clone / "docs/test-looks.md").read_text(encoding="utf-8").startswith(before)
    texts = {name: (clone / name).read_text(encoding="utf-8") for name in DOCUMENTS}
    errors = between_marks(texts["README.md"], "seoul")
    assert errors.endswith(f"| coverage of 80 % | 0.123 | 0.123 |  |  |\n\n{line}")
    assert "| network at 00 and 12 local | 9.77 | 9.88 |  |  |" in errors
    assert "network −" not in errors
    korean = between_marks(texts["README.ko.md"], "seoul")
    assert "| 신경망 (00시·12시 발표) | 9.77 | 9.88 |  |  |" in korean
    assert korean.endswith("모델 aaaaaaaaaaaa, 코드 bbbbbbbbbbbb · " + line.split(" · ", 1)[1])
    differences = between_marks(texts["docs/forecasting.md"], "seoul-differences")
    assert re.findall(r"^\| network − (\w+)", differences, re.MULTILINE) == ["ridge"]
    assert "+7.0" in between_marks(texts["docs/forecasting.ko.md"], "seoul-differences")
    # Its clothes are still those of the look before, which had some.
    assert between_marks(texts["docs/forecasting.md"], "seoul-clothes") == clothes
    assert problems(clone) == []
