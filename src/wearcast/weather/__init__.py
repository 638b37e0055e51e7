"""Observations: where they come from, the contract of their table, and quality control.

A source gives a raw table (`sources`), for many stations as `fetching` asks it; `raw_data` keeps it
on disk, and `quality` makes of it the table that `observations` describes, which is all that the
other rooms know of the weather that was; a refresh keeps its own (`partition_file`,
`partition_job`, `fetched_rows`). `stations` has the places. Nothing here knows of forecasts or
clothes.
"""

__all__ = [
    "attribution",
    "fetched_rows",
    "fetching",
    "geocoded_places",
    "geocoding",
    "guidance",
    "guidance_ages",
    "guidance_quality",
    "guidance_values",
    "held_out",
    "http_transport",
    "humidity",
    "observations",
    "open_meteo_terms",
    "partition_file",
    "partition_job",
    "quality",
    "raw_data",
    "reachability",
    "sources",
    "stations",
    "summary",
]
