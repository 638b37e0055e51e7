"""What is kept of a run that never ended is deleted a day later, by the storage's own clock."""

import os
from datetime import timedelta

from wearcast.serving.cluster.receipts import FOLDER, Receipts


def test_what_a_run_left_behind_goes_a_day_later(tmp_path):
    of_today = Receipts(str(tmp_path), "today", timedelta(seconds=5))
    of_today.keep("a", b"{}")
    of_today.keep("b", b"{}")
    folder = tmp_path / FOLDER
    for name, hours in (("old", 25), ("recent", 23)):
        path = folder / f"{name}.json"
        path.write_bytes(b"{}")
        at = (folder / "today-a.json").stat().st_mtime - hours * 3600
        os.utime(path, (at, at))
    of_today.clear(["b", "never kept"])
    assert sorted(path.name for path in folder.iterdir()) == ["recent.json", "today-a.json"]


def test_a_storage_that_is_gone_withholds_no_result(tmp_path, caplog):
    (tmp_path / FOLDER).write_text("no folder")
    Receipts(str(tmp_path), "today", timedelta(seconds=5)).clear(["a"])
    assert "kept answers could not be removed" in caplog.text
