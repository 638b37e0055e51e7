"""What each stage found, in sentences with its figures: computed from the results, and first on the
stage's page.

A module a stage, each with the `sentences` and with `findings`, which shows them in the notebook.
A stage's notebook imports its own module alone, for these import what their stage runs.
"""
