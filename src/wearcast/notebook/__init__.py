"""The notebook runner: one stage's parameters in, an executed notebook and its page out.

`runner` is what `wearcast run-notebook` calls. `kernel_environment` makes the bytes of its results
independent of the processor. The others are parts of the runner.
"""

__all__ = [
    "kernel_environment",
    "runner",
]

import sys

# jsonschema, which nbformat imports, would spend a second building a grammar only to check IRIs,
# and a notebook has none. Every stage pays for it. None in sys.modules means "not installed" to it,
# and it goes on without that check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
