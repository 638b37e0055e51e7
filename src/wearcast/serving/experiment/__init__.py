"""Several models at once: who gets which, and what their forecasts were worth side by side.

`variants` are the models beside the champion, `assignment` says whose answers come from which,
`paired_days` keep what their forecasts were worth, day by day, and `comparison` judges that by a
`confidence_sequence`, which may be looked at every day.
"""

__all__ = [
    "assignment",
    "comparison",
    "confidence_sequence",
    "paired_days",
    "variants",
]
