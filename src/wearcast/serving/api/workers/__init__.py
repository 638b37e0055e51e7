"""Processes that compute answers, so that the one that talks to clients only sends bytes.

`process` is the worker's side; on the server's, `connection` is for one worker and `pool` for all,
with the `fair_queue` before them. `messages` is what goes between them.
"""

__all__ = [
    "connection",
    "fair_queue",
    "pool",
    "process",
]
