"""What the commands have in common: the project that they are for, how errors are printed, and the
formats that several of them print in."""

import sys
from typing import TYPE_CHECKING, Final

import typer

from wearcast.cli.command_groups import one_of
from wearcast.errors import ConfigError, WearcastError

if TYPE_CHECKING:
    from wearcast.config import Paths

FORMATS: Final = ("text", "json")


def project() -> "Paths":
    """The project around the working folder.

    Raises:
        ConfigError: there is none.
    """
    from wearcast.config import Paths

    return Paths.find()


def print_error(error: WearcastError) -> None:
    """Print an error as a message, without a traceback."""
    # Not by typer.echo, which writes UTF-8 where the terminal says ASCII.
    mark = "Error: "
    if sys.stderr.isatty():
        mark = typer.style(mark, fg=typer.colors.RED, bold=True)
    print(f"{mark}{error}", file=sys.stderr)


def require_known(format: str) -> None:
    """Check what --format says.

    Raises:
        ConfigError: it is none of `FORMATS`.
    """
    if format not in FORMATS:
        raise ConfigError(f"--format {format}: choose {one_of(FORMATS)}")
