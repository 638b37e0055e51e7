"""Processes that compute answers, so that the one that talks to clients only sends bytes.

`process` is the worker's side, `pool` the server's; `messages` is what goes between them.
"""

__all__ = [
    "pool",
    "process",
]
