"""One of several equal shares of the work, for processes that any scheduler starts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from wearcast.errors import ConfigError

T = TypeVar("T")
MAX_COUNT: Final = 10_000
_SHARD: Final = re.compile(r"(\d{1,5})/(\d{1,5})")


@dataclass(frozen=True)
class Shard:
    """A share: the number-th of count, counted from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """The share that an option or a setting names, such as 2/8.

        Raises:
            ConfigError: it names none.
        """
        match = _SHARD.fullmatch(text)
        number, count = map(int, match.groups()) if match else (0, 0)
        if not 1 <= number <= count <= MAX_COUNT:
            raise ConfigError(f"{text!r} is no share; write the second of eight shares as 2/8.")
        return cls(number, count)

    def of(self, parts: Sequence[T]) -> list[T]:
        """Its parts: every `count`-th. The shares have every part once, and none has more than one
        part more than another."""
        return list(parts[self.number - 1 :: self.count])
