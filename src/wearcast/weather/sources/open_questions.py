"""What a file leaves open and a setting answers."""

from collections.abc import Mapping
from typing import Any

from wearcast.errors import SourceError


class OpenQuestionError(SourceError):
    """A file can't be read until a setting says what it leaves open.

    Attributes:
        answers: the settings of `ingest.files` that most likely are right, by their dotted names,
            such as {"units.temp_c": "degF"}; None removes one.
    """

    def __init__(self, message: str, answers: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.answers = dict(answers)
