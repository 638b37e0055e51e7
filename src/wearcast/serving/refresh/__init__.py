"""The refresh: it fetches observations, runs the tracked model, checks and publishes a snapshot.

`run` is one refresh; `refresh_on_engine` has a cluster work on it, `refresh_in_shares` processes
that know nothing of each other. `schedule` repeats it, `exit_codes` tell how it ended,
`refresh_log` keeps that; `variant_refreshes` have several models forecast from the same; `backcast`
and `recent_errors` tell what a model's forecasts of the last months would have been worth. The
others are its parts.
"""

__all__ = [
    "backcast",
    "bounded_questions",
    "checks",
    "exit_codes",
    "history_file",
    "lock",
    "observation_cache",
    "recent_errors",
    "refresh_in_shares",
    "refresh_log",
    "refresh_on_engine",
    "schedule",
    "variant_refreshes",
]
