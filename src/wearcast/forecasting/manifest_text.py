"""The manifest's file, read with its largest parts left as text: what it says of each of thousands
of stations would take many times the memory as values, and most programs ask for few."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

BY_STATION: Final = ("normals", "inputs")
"""The parts that hold much of each station."""

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")

_Read = Callable[[str, str, int], tuple[Any, int]]
"""Reads a member's value, from its name, the whole text and where it begins; and where it ends."""


def read(text: str) -> dict[str, Any]:
    """What a manifest's file says; of `BY_STATION`, by station the JSON that `canonical` gives.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        content, end = _members(text, _next(text, 0), _part)
    except IndexError as error:
        raise ValueError("the JSON ends too early") from error
    if _next(text, end) != len(text):
        raise ValueError(f"something follows the JSON, at character {end}")
    return content


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def version(content: Mapping[str, Any], unhashed: Collection[str]) -> str:
    """The first 12 digits of the hash of `canonical` of what `read` gave, but for some members."""
    digest = hashlib.sha256(b"{")
    separator = ""
    for name in sorted(content.keys() - set(unhashed)):
        digest.update(f"{separator}{canonical(name)}: ".encode())
        value = content[name]
        if name in BY_STATION:
            _hash_texts(digest, value)
        else:
            digest.update(canonical(value).encode())
        separator = ", "
    digest.update(b"}")
    return digest.hexdigest()[:12]


def _hash_texts(digest: "hashlib._Hash", texts: Mapping[str, str]) -> None:
    digest.update(b"{")
    separator = ""
    for station in sorted(texts):
        digest.update(f"{separator}{canonical(station)}: {texts[station]}".encode())
        separator = ", "
    digest.update(b"}")


def _part(name: str, text: str, at: int) -> tuple[Any, int]:
    # A release to come may say it in another form, which is read to name that release.
    if name in BY_STATION and text[at] == "{":
        return _members(text, at, _station)
    return _DECODER.raw_decode(text, at)


def _station(_: str, text: str, at: int) -> tuple[str, int]:
    value, end = _DECODER.raw_decode(text, at)
    return canonical(value), end


def _members(text: str, at: int, read_value: _Read) -> tuple[dict[str, Any], int]:
    """An object's members, and where it ends."""
    members: dict[str, Any] = {}
    at = _after(text, at, "{")
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _after(text, _next(text, at), ":")
        members[name], at = read_value(name, text, at)
        at = _next(text, at)
        if text[at] != "}":
            at = _after(text, at, ",")
    return members, at + 1


def _after(text: str, at: int, mark: str) -> int:
    """Where something follows a mark."""
    if text[at] != mark:
        raise ValueError(f"{mark!r} is missing at character {at}")
    return _next(text, at + 1)


def _next(text: str, at: int) -> int:
    """Where no space is any more."""
    found = _SPACE.match(text, at)
    return found.end() if found else at
