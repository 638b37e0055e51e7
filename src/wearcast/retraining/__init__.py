"""Whether a newly trained model takes the serving one's place.

The `gate` judges a challenger beside the champion on a period that neither has seen, and says why;
`refit_checks` compares what is served afterwards with what was judged. `project_as_of` makes the
project as it was when the period began, so that a challenger is trained by the pipeline's own
stages.
"""

__all__ = [
    "accepted_drift",
    "check",
    "gate",
    "judging_period",
    "project_as_of",
    "refit_checks",
    "report",
]
