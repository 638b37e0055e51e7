"""One run of ingest and preprocess, of whichever checkout stands in PYTHONPATH, for ingest.py.

    python tests/bench/timed_ingest.py INGEST ROOT RAW

INGEST is the group `ingest` of params.yaml as JSON; its paths start at ROOT; the raw data go into
RAW. Prints where the package is and the processor seconds of both stages as JSON. Figures and what
is imported aren't counted.
"""

import json
import sys
import time
from pathlib import Path

import wearcast
from wearcast.config import Ingest
from wearcast.weather import quality, raw_data
from wearcast.weather.observations import concatenate, validate_raw, write_parquet
from wearcast.weather.sources import open_source
from wearcast.weather.stations import resolve

FILL_H = 3


def main(settings: Ingest, root: Path, raw: Path) -> None:
    """Run both, and print what they took."""
    # The first check of a table imports what checks them.
    validate_raw(concatenate([]))
    began_s = time.process_time()
    stations = resolve(settings.stations)
    source = open_source(settings, root)
    raw_data.sync(source, stations, settings.start, settings.end, raw)
    ingested_s = time.process_time()
    rows, stations = raw_data.read_raw(raw)
    observations, report = quality.control(rows, stations, FILL_H)
    quality.require_measurements(report)
    write_parquet(raw / "observations.parquet", observations)
    preprocessed_s = time.process_time()
    told = {
        "package": wearcast.__file__,
        "hours": len(observations),
        "ingest": ingested_s - began_s,
        "preprocess": preprocessed_s - ingested_s,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Ingest.model_validate_json(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
