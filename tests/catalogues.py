"""What is left to translate: a change may be made by somebody who doesn't speak every language, so
no test asks for a translation."""

import importlib.util
import re
from functools import cache
from types import ModuleType

from pipeline.projects import REPOSITORY


@cache
def script(name: str) -> ModuleType:
    """A program of scripts/, to call its functions."""
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / f"scripts/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def untranslated(language: str) -> set[str]:
    """The messages that a language lacks, which are read in English."""
    messages = script("messages")
    return {message.id for message in messages.untranslated(messages.read(language))}


def untranslated_words(language: str) -> set[str]:
    """All words of those messages."""
    return set(re.findall(r"[A-Za-z]+", " ".join(untranslated(language))))
