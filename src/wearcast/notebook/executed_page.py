"""An executed notebook, scrubbed of what differs between two equal runs."""

import copy
import re
from typing import Any

from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
INJECTED = "injected-parameters"


def scrubbed(notebook: NotebookNode) -> NotebookNode:
    """A copy without timings, progress bars, warnings, widgets and addresses: equal runs give equal
    bytes."""
    clean = copy.deepcopy(notebook)
    clean.metadata = {key: value for key, value in clean.metadata.items() if key == "kernelspec"}
    clean.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    for cell in clean.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if is_injected(cell):
            cell.id = INJECTED
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.outputs)
    return clean


def is_injected(cell: NotebookNode) -> bool:
    """Whether papermill added this cell: the one with the values from params.yaml."""
    return INJECTED in cell.metadata.get("tags", [])


def _outputs(outputs: list[Any]) -> list[Any]:
    """Without stderr and widgets; neighbouring pieces of standard output become one, however the
    kernel cut them."""
    kept: list[Any] = []
    for output in outputs:
        if output.get("name") == "stderr" or WIDGET in output.get("data", {}):
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output["text"]
        else:
            kept.append(output)
    for output in kept:
        _without_addresses(output.get("data", output))
    return kept


def _without_addresses(texts: Any) -> None:
    for key in ("text", "text/plain"):
        if key in texts:
            texts[key] = re.sub(r" at 0x[0-9a-f]{6,}", "", texts[key])
