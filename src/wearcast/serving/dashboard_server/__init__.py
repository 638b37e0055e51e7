"""Voilà set up for many visitors.

`server` runs it, `voila.json` configures it, `share` holds the page's frame.
"""

__all__ = [
    "server",
]
