"""`wearcast …`: the commands, and what they print.

`app` has the commands. They stand above all rooms and may use any.
"""

__all__ = [
    "app",
]
