"""Keys that came into the environment with their quotes, as some readers of .env files leave
them."""

from typing import Final

from wearcast.errors import ConfigError

_QUOTES: Final = ("'", '"', "\u2018", "\u2019", "\u201c", "\u201d")
"""Straight ones, and those that word processors make of them."""


def refuse_quotes(variable: str, key: str) -> None:
    """Refuse a key that begins or ends with a quote.

    Raises:
        ConfigError: naming the variable, never the key.
    """
    if key.startswith(_QUOTES) or key.endswith(_QUOTES):
        raise ConfigError(
            f"{variable} has quotes in it, which are no part of the key. Set it without them."
        )
