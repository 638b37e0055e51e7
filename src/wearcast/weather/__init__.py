"""Observations: where they come from, the contract of their table, and quality control.

A source gives a raw table (`sources`), `raw_data` keeps it on disk, and `quality` makes of it the
table that `observations` describes, which is all that the other rooms know of the weather that was.
`stations` has the places. Nothing here knows of forecasts or clothes.
"""

__all__ = [
    "attribution",
    "geocoding",
    "guidance",
    "guidance_ages",
    "guidance_quality",
    "guidance_values",
    "held_out",
    "humidity",
    "observations",
    "open_meteo_terms",
    "quality",
    "raw_data",
    "sources",
    "stations",
    "summary",
]
