"""The dashboard: a page in a notebook that shows what the API answers.

`page.show()` is all that its notebook calls. The kernel behind it imports neither numpy nor
pydantic, let alone pandas or torch: it is small, and there is one for each viewer. The dashboard's
server makes the first picture from the same functions, and the pipeline's notebooks draw their
outfits with `dressed_person`.
"""

__all__ = [
    "api_client",
    "dressed_person",
    "first_screen",
    "markup",
    "page",
    "page_data",
    "page_files",
    "page_markup",
    "page_query",
    "page_state",
    "record_page",
    "words",
]

import sys

# Keep httpx from importing its command line, which would load click, rich and pygments: 6 MB and
# 0.3 s in each viewer's kernel.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
