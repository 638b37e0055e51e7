"""A person's files at one path: what is in them, and what is passed over and told."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from wearcast.artifacts import sha256
from wearcast.weather.sources import file_contents, file_search
from wearcast.weather.sources.file_contents import Member

_LOG: Final = logging.getLogger(__name__)


@dataclass
class OwnFiles:
    """The files at a path.

    Attributes:
        path: one file, or a folder with folders below it.
        group: the settings that name it.
        tables: endings of what is a table and nothing else.
        passed_over: what isn't read, and why; complete when all members have been given.
    """

    path: Path
    group: str
    tables: frozenset[str] = field(default=file_search.TABLES)
    passed_over: dict[Path, str] = field(default_factory=dict)

    def hashes(self) -> list[list[str]]:
        """Each file's name and the hash of its content.

        Raises:
            SourceError: there is no table.
        """
        return [[self.name(path), sha256(path)] for path in self._found.files]

    def members(self, is_other: Callable[[Member], bool], why: str) -> Iterator[Member]:
        """What is in the files, archives unpacked, one after the other. What may be another text,
        and `is_other` says that it is, is passed over and told with `why`; where there is nothing
        else, the first of them is given.

        Raises:
            SourceError: a file can't be read or unpacked, or there is no table.
        """
        self.passed_over |= self._found.passed_over
        doubtful: Member | None = None
        count = 0
        for path in self._found.files:
            for member in file_contents.members(path):
                if not self._is_surely_table(member) and is_other(member):
                    doubtful = doubtful or member
                    self.passed_over[member.path] = why
                    continue
                yield member
                count += 1
        if doubtful is not None and not count:
            self.passed_over.pop(doubtful.path)
            yield doubtful

    def log_passed_over(self) -> None:
        """Log what isn't read, and why."""
        for path, reason in self.passed_over.items():
            _LOG.warning("%s: %s is not read: %s", self.path, self.name(path), reason)

    @cached_property
    def _found(self) -> file_search.Found:
        return file_search.find(self.path, self.group, self.tables)

    def name(self, path: Path) -> str:
        """A file's name, with the folders below the path."""
        return path.relative_to(self.path).as_posix() if path != self.path else path.name

    def _is_surely_table(self, member: Member) -> bool:
        return not member.is_packed and file_search.is_surely_table(member.path, self.tables)
