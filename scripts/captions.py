"""The line under a table of figures: which model or code it judges, the command that makes it, and
the date. `python scripts/captions.py COMMAND` prints the one of figures that the code measures
today.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wearcast import artifacts

ROOT: Final = Path(__file__).parents[1]

CAPTION: Final = re.compile(
    r"^(?P<judged>(?:Model|Code|모델|코드) [0-9a-f]{12}(?:, (?:code|코드) [0-9a-f]{12})?)"
    r" · `(?P<command>[^`\n]+)` · (?P<date>\d{4}-\d\d-\d\d)$",
    re.MULTILINE,
)

TABLE: Final = re.compile(r"(?:^\|.*(?:\n|\Z))+", re.MULTILINE)
"""A table in Markdown: the lines that begin with a bar."""

_KOREAN: Final = {"Model": "모델", "Code": "코드", "code": "코드"}
_HASH_LENGTH: Final = 12
_CODE: Final = (".py", ".toml", ".css", ".js")


def caption(command: str, date: str, *, model: str = "", code: str = "") -> str:
    """The line of a table that judges a model, code, or both, by their hashes."""
    parts = [f"{name} {short(full)}" for name, full in (("model", model), ("code", code)) if full]
    judged = ", ".join(parts)
    return f"{judged[0].upper()}{judged[1:]} · `{command}` · {date}"


def short(full: str) -> str:
    """A hash as captions have it."""
    return full.removeprefix("sha256:")[:_HASH_LENGTH]


def in_korean(line: str) -> str:
    """A caption in Korean."""
    found = CAPTION.fullmatch(line)
    judged = re.sub("Model|Code|code", lambda word: _KOREAN[word[0]], found["judged"])
    return line.replace(found["judged"], judged)


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def code_hash(project: Path) -> str:
    """The hash of a project's code and notebooks, whatever commit they are of."""
    code = sorted((project / "src").rglob("*.py"))
    return artifacts.sha256(*code, *sorted((project / "notebooks").glob("*.ipynb")))


def folder_hash(folder: Path) -> str:
    """The hash of the code in a folder."""
    return artifacts.sha256(*sorted(path for path in folder.rglob("*") if path.suffix in _CODE))


def captioned(text: str, line: str) -> str:
    """The text with a caption under each of its tables."""
    return TABLE.sub(lambda table: f"{table[0].rstrip()}\n\n{line}\n", text)


def kept(old: str, new: str) -> str:
    """The old text where the new one differs in dates alone, or in the hash of code that makes the
    same tables: a table's date is when its content last changed."""
    return old if _undated(old) == _undated(new) else new


def _undated(text: str) -> str:
    """The text without the dates of its captions, and without their hashes of code alone."""
    return CAPTION.sub(_model_and_command, text)


def _model_and_command(found: re.Match[str]) -> str:
    judged = "" if found["judged"].startswith(("Code", "코드")) else found["judged"]
    return f"{judged} {found['command']}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(caption(sys.argv[1], today(), code=code_hash(ROOT)))
