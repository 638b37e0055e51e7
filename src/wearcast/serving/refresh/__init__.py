"""The refresh: it fetches observations, runs the tracked model, checks and publishes a snapshot.

`run` is one refresh, `schedule` repeats it, `exit_codes` tell how it ended, `refresh_log` keeps
that; `variant_refreshes` have several models forecast from the same; the others are its parts.
"""

__all__ = [
    "exit_codes",
    "refresh_log",
    "run",
    "schedule",
    "variant_refreshes",
]
