"""The dashboard: a page in a notebook that shows what the API answers. `page.show()` is all that the notebook calls.

The kernel behind it imports neither numpy nor pydantic, let alone pandas or torch: it is small, and there is one for each viewer.
"""
