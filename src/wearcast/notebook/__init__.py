"""The notebook runner: one stage's parameters in, an executed notebook and its page out.

`runner` is what `wearcast run-notebook` calls; the others are its parts.
"""

__all__ = [
    "runner",
]

import sys

# jsonschema, which nbformat imports, would spend a second building a grammar only to check IRIs,
# and a notebook has none. Every stage pays for it. None in sys.modules means "not installed" to it,
# and it goes on without that check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
