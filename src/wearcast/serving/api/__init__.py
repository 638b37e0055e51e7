"""The HTTP API over forecast snapshots.

`app` makes it, `server` runs it, beside `started_workers`. `routes` take requests, the views turn a
snapshot into answers of the shapes in `schemas`, for the terminal too; what stands around the
routes is in modules of its own.
"""

__all__ = [
    "app",
    "day_view",
    "forecast_view",
    "recommendation_view",
    "schemas",
    "server",
    "started_workers",
    "units",
]
