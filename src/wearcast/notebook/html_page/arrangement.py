"""Which cells a page shows, and in which order: a reader wants the findings first and the
parameters once."""

from nbformat import NotebookNode

from wearcast.notebook.executed_page import is_injected

FINDINGS = "findings"
"""The tag of the cells that say what was found: last in the notebook, for they are computed from
what the others make, and first on the page."""

PARAMETERS = "parameters"
"""papermill's tag of the cell whose values it replaces by injected ones."""

_INJECTED_COMMENT = "# Parameters\n"
"""What papermill begins an injected cell with."""


def arranged(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with its cells as the page shows them."""
    findings: list[NotebookNode] = []
    others: list[NotebookNode] = []
    once = _with_parameters_once(notebook.cells)
    for cell in _joined(once):
        group = findings if _has_tag(cell, FINDINGS) else others
        group.append(cell)
    if not any(cell.get("outputs") for cell in findings):
        findings = []  # It failed before them.
    notebook.cells = [*others[:1], *findings, *others[1:]]
    return notebook


def sections(notebook: NotebookNode) -> list[dict[str, str]]:
    """The sections after the findings: the id of the cell that each begins with, and its
    heading."""
    found = []
    for cell in notebook.cells:
        heading = cell.source.partition("\n")[0]
        is_section = cell.cell_type == "markdown" and heading.startswith("## ")
        if is_section and not _has_tag(cell, FINDINGS):
            found.append({"id": cell.id, "heading": heading.removeprefix("## ")})
    return found


def _with_parameters_once(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Without the notebook's own values where others were injected after them."""
    injected = [cell for cell in cells if is_injected(cell)]
    if not injected:
        return list(cells)
    for cell in injected:
        cell.source = cell.source.removeprefix(_INJECTED_COMMENT)
    return [cell for cell in cells if not _has_tag(cell, PARAMETERS)]


def _joined(cells: list[NotebookNode]) -> list[NotebookNode]:
    """A cell of code that put out nothing and the one of code after it as one cell: there is
    nothing to read between them."""
    joined: list[NotebookNode] = []
    for cell in cells:
        before = joined[-1] if joined else None
        if before is not None and _is_silent(before) and _is_plain_code(cell):
            cell.source = f"{before.source}\n\n{cell.source}"
            joined[-1] = cell
        else:
            joined.append(cell)
    return joined


def _is_plain_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and not cell.metadata.get("tags")


def _is_silent(cell: NotebookNode) -> bool:
    return _is_plain_code(cell) and not cell.outputs


def _has_tag(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])
