"""A person who wears an outfit, drawn as inline SVG.

A garment's worn form is a line of worn.toml: its outline on the body, its colour and its details.
The colours are CSS properties (`--worn-skin`, `--worn-hair`, `--worn-light`, `--worn-cloth`,
`--worn-deep`, `--worn-dark`, `--worn-warm`, `--worn-water`) with values that are legible on light
and on dark backgrounds; lines have the text's colour.
"""

from wearcast.serving.dashboard.dressed_person.person import Umbrella, dressed_person
from wearcast.serving.dashboard.dressed_person.worn_forms import has_own_form

__all__ = ["Umbrella", "dressed_person", "has_own_form"]
