"""The address of the database of votes: checked wherever settings are read, without the library
that only the API has."""

import re
from pathlib import Path
from typing import Final

from wearcast.errors import ConfigError

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = re.compile(r"postgresql(\+psycopg)?://[^\s?#]+(\?[^\s#]*)?")


def checked_url(url: str) -> str:
    """The address, where it is one of a database of the two kinds.

    Raises:
        ConfigError: it is something else; doesn't repeat it, for it may hold a password.
    """
    path = url.removeprefix(_SQLITE)
    is_file = path != url and path not in ("", ":memory:") and not re.search(r"[?#\n]", path)
    if is_file or _POSTGRESQL.fullmatch(url):
        return url
    raise ConfigError(
        "is no address of a database of votes: write sqlite:///a/file.db, or"
        " postgresql://user:password@host/database"
    )


def absolute_url(url: str, root: Path) -> str:
    """The address with a relative file of SQLite taken from `root`."""
    if not url.startswith(_SQLITE):
        return url
    return _SQLITE + str(root / url.removeprefix(_SQLITE))
