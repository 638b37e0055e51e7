"""Which of PyYAML's loaders reads params.yaml."""

from typing import Final

import yaml

SAFE: Final[type[yaml.SafeLoader | yaml.CSafeLoader]] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)
"""It makes plain values alone. That of libyaml, where PyYAML has it, takes a tenth of the time,
which tells where thousands of stations are named."""
