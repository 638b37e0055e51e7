"""Whose answers come from which model: by a hash of the client's id, and of nothing else.

The hash is SHA-256, salted with the experiment's name, so that it is the same in every process, on
every machine and after every start, and that the groups of one experiment are not those of the
next. Shares are laid out from 0 in the order of the settings, the champion's last: while the first
variant's share grows, whoever had it keeps it.
"""

import hashlib
import itertools
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wearcast.serving.experiment.variants import CHAMPION, Variant

CLIENT_HEADER: Final = "Wearcast-Client"
CLIENT_COOKIE: Final = "wearcast-client"
MODEL_HEADER: Final = "Wearcast-Variant"
"""Of a request, the variant that a tester asks for; of an answer, the one that it comes from."""
MODEL_PARAMETER: Final = "model"

_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ID_BYTES: Final = 16
_HASHED_BYTES: Final = 8
_MOST_TRIED: Final = 100_000


def is_client_id(text: str) -> bool:
    """Whether this can be a client's id: 16 to 64 letters, digits, - and _."""
    return _ID.fullmatch(text) is not None


def new_client_id() -> str:
    """An id that says nothing about whom it is given to: 128 random bits."""
    return secrets.token_urlsafe(_ID_BYTES)


def place_of(experiment: str, client: str) -> float:
    """A client's place in [0, 1), evenly spread over clients."""
    digest = hashlib.sha256(f"{experiment}\n{client}".encode()).digest()
    number = int.from_bytes(digest[:_HASHED_BYTES])
    return number / float(1 << 8 * _HASHED_BYTES)


@dataclass(frozen=True)
class Assignment:
    """The assignment of clients to models.

    Attributes:
        experiment: the experiment's name.
        variants: the models beside the champion, in the order of the settings.
    """

    experiment: str
    variants: tuple[Variant, ...]

    @property
    def served(self) -> tuple[str, ...]:
        """The names of the models that answers may come from, the champion first."""
        return CHAMPION, *(variant.name for variant in self.variants if variant.is_served)

    def model_of(self, client: str) -> str:
        """The name of the model that a client's answers come from."""
        return _model_at(self.variants, place_of(self.experiment, client))

    def example_client(self, model: str) -> str:
        """An id, no visitor's, that is assigned to a model; it is the same in every process. Where
        there is none, as of a model without clients, it is the champion's."""
        for number in range(_MOST_TRIED):
            client = f"example-{number:08d}"
            if self.model_of(client) == model:
                return client
        return "" if model == CHAMPION else self.example_client(CHAMPION)


def _model_at(variants: tuple[Variant, ...], place: float) -> str:
    bounds = itertools.accumulate(_shares(variants))
    for variant, bound in zip(variants, bounds, strict=True):
        if place < bound:
            return variant.name
    return CHAMPION


def _shares(variants: Iterable[Variant]) -> list[float]:
    return [(variant.percent or 0.0) / 100 for variant in variants]
