"""Dates and ids that YAML takes for something else where they stand without quotes: refused, since
the number 283 doesn't tell that 0433 was written."""

import re
from collections.abc import Iterator
from typing import Final

import yaml

from wearcast.config import yaml_loader
from wearcast.errors import ConfigError

_DATE: Final = "tag:yaml.org,2002:timestamp"
_INTEGER: Final = "tag:yaml.org,2002:int"
_NO_TEXT: Final = (_INTEGER, "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool")
_OTHER_NUMBER: Final = re.compile(r"[-+]?0[0-9]+|[-+0-9]+(:[0-9]+)+")
"""An octal number, and one in base 60: readers of YAML 1.2, as DVC is, take them otherwise."""
_PLAIN_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")
_ID: Final = re.compile(r"ingest\.(stations\.\d+(\.id)?|files\.station|guidance\.files\.station)")

Found = tuple[str, yaml.ScalarNode]
"""A value's dotted key, and the value as it is written."""


def check(text: str, where: str) -> None:
    """Refuse what would be read as another value than is written; `where` names the file.

    Raises:
        ConfigError: naming the line, the key and what to write, for each.
        yaml.YAMLError: the text is not YAML.
    """
    root = yaml.compose(text, Loader=yaml_loader.SAFE)
    problems = []
    for key, scalar in _unquoted(root, ""):
        reason = _reason(key, scalar)
        if reason:
            line = scalar.start_mark.line + 1
            problems.append(f"{where}, line {line}: {key} is {scalar.value} {reason}")
    if problems:
        raise ConfigError("\n".join(problems))


def _unquoted(node: yaml.Node | None, key: str) -> Iterator[Found]:
    """The values without quotes below a node, whose own key is `key`."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _unquoted(value, _below(key, str(name.value)))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _unquoted(value, _below(key, str(number)))
    elif isinstance(node, yaml.ScalarNode) and not node.style:
        yield key, node


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _reason(key: str, scalar: yaml.ScalarNode) -> str | None:
    """What is wrong with a value and how to write it; None where it is read as it is written."""
    written = scalar.value
    quoted = f'Write "{written}" with the quotes.'
    if scalar.tag == _DATE:
        return f"without quotes, which DVC doesn't take. {quoted}"
    is_id = bool(_ID.fullmatch(key))
    is_plain = scalar.tag == _INTEGER and bool(_PLAIN_NUMBER.fullmatch(written))
    if is_id and scalar.tag in _NO_TEXT and not is_plain:
        return f"without quotes, which YAML doesn't read as that id. {quoted}"
    if scalar.tag == _INTEGER and _OTHER_NUMBER.fullmatch(written):
        return f"without quotes, which YAML reads as another number. {quoted}"
    return None
