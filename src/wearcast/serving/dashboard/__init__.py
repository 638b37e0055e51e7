"""The dashboard: a page in a notebook that shows what the API answers.

`page.show()` is all that its notebook calls; `dressed_person` draws the pipeline's outfits, too, as
`markup`. The kernel behind it imports neither numpy nor
pydantic, let alone pandas or torch: it is small, and there is one for each viewer.
"""

__all__ = [
    "dressed_person",
    "markup",
    "page",
]

import sys

# Keep httpx from importing its command line, which would load click, rich and pygments: 6 MB and
# 0.3 s in each viewer's kernel.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
