"""Dates and ids without quotes in params.yaml: refused where YAML makes something else of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from wearcast.config import read_groups
from wearcast.errors import ConfigError

START = "  start:\n  # The day after"
STATION = "  - EWR\n"
OF_FILES = "    station:\n    # null: UTF-8"


def written(repository: Path, folder: Path, place: str, value: str) -> Path:
    """The committed params.yaml with `value` at `place`."""
    text = (repository / "params.yaml").read_text()
    assert place in text
    first, *others = place.splitlines(keepends=True)
    old = "EWR" if "EWR" in first else ""
    changed = f"{first.rstrip().removesuffix(old).rstrip()} {value}\n{''.join(others)}"
    path = folder / "params.yaml"
    path.write_text(text.replace(place, changed, 1))
    return path


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        (START, "ingest.start", "2013-06-01"),
        (STATION, "ingest.stations.0", "0433"),
        (STATION, "ingest.stations.0", "433.0"),
        (STATION, "ingest.stations.0", "1_000"),
        (STATION, "ingest.stations.0", "NO"),
        (STATION, "ingest.stations.0", "12:30"),
        (OF_FILES, "ingest.files.station", "0433"),
    ],
)
def test_the_message_names_line_and_key_and_how_to_write_it(
    repository: Path, tmp_path: Path, place: str, key: str, value: str
) -> None:
    path = written(repository, tmp_path, place, value)
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if value in text)
    with pytest.raises(ConfigError) as refusal:
        read_groups(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}, line {line}: {key} is {value} without quotes, which ")
    assert message.endswith(f'Write "{value}" with the quotes.')
    read_groups(written(repository, tmp_path, place, f'"{value}"'))


def test_a_stations_plain_number_is_taken_as_its_id(repository: Path, tmp_path: Path) -> None:
    for place in (STATION, OF_FILES):
        read_groups(written(repository, tmp_path, place, "108"))


@pytest.mark.parametrize("command", [("check-params",), ("run-notebook", "ingest")])
def test_commands_and_stages_say_it_in_one_line(
    repository: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    written(repository, tmp_path, START, "2013-06-01")
    done = subprocess.run(
        [sys.executable, "-m", "wearcast", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert 'Write "2013-06-01" with the quotes.' in line
