"""Releases, as they are noted: their images, what these are, and which of them users see."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

Colour = Literal["blue", "green"]
OTHER: dict[Colour, Colour] = {"blue": "green", "green": "blue"}

PARTS = ("service", "dashboard", "refresh")
"""The images of a release."""

FIRST_SCHEMA = 1
"""The snapshot schema of images and records from before they named theirs."""


@dataclass(frozen=True)
class Candidate:
    """Images to release, of which nothing is known yet.

    Attributes:
        images: each part's, by digest.
        programs: the folder whose compose.yaml and routes came with the images: they go together,
            forward and back.
    """

    images: Mapping[str, str]
    programs: Path

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read it from a note."""
        return cls(images=dict(record["images"]), programs=Path(record["programs"]))

    def to_json(self) -> dict[str, Any]:
        """Its fields in a note."""
        return {"images": dict(self.images), "programs": str(self.programs)}


@dataclass(frozen=True)
class Release(Candidate):
    """Images with what their labels say they are.

    Attributes:
        model: the version of the tracked model.
        code: the commit.
        schema: the snapshot schema that they write.
    """

    model: str
    code: str
    schema: int

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read it from a note."""
        return cls(
            images=dict(record["images"]),
            programs=Path(record["programs"]),
            model=record["model"],
            code=record["code"],
            schema=record.get("schema", FIRST_SCHEMA),
        )

    def to_json(self) -> dict[str, Any]:
        """Its fields in a note."""
        known = {"model": self.model, "code": self.code, "schema": self.schema}
        return super().to_json() | known


@dataclass(frozen=True)
class Deployment:
    """A release as users see it, or saw it."""

    colour: Colour
    since: str
    release: Release

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read it from a note."""
        return cls(
            colour=record["colour"], since=record["since"], release=Release.from_json(record)
        )

    def to_json(self) -> dict[str, Any]:
        """Its fields in a note."""
        return {"colour": self.colour, "since": self.since} | self.release.to_json()
