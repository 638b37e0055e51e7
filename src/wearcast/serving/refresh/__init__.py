"""The refresh: it fetches observations, runs the tracked model, checks and publishes a snapshot.

`run` is one refresh, `schedule` repeats it, `exit_codes` tell how it ended, `refresh_log` keeps
that; `variant_refreshes` have several models forecast from the same; `backcast` and
`recent_errors` tell what a model's forecasts of the last months would have been worth; the others
are its parts.
"""

__all__ = [
    "backcast",
    "checks",
    "exit_codes",
    "observation_cache",
    "recent_errors",
    "refresh_log",
    "run",
    "schedule",
    "variant_refreshes",
]
