"""The content of a bare notebook with what the page has: its HTML (PICTURE_FILE), an anywidget, its
figure (FIGURE_FILE) in an output. How soon the page is alive is measured against it."""

import json
import os
from pathlib import Path

import anywidget
import ipywidgets
import traitlets
from IPython.display import HTML, display

SCRIPT = """export default { render({ model }) {
  model.on("msg:custom", () => { document.getElementById("bare").dataset.live = "true"; });
  model.send({ kind: "hello" });
} }"""


class Page(anywidget.AnyWidget):
    """A widget that answers one message."""

    _esm = SCRIPT
    html = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(lambda *_: self.send({"kind": "heard"}))


data = {"application/vnd.plotly.v1+json": json.loads(Path(os.environ["FIGURE_FILE"]).read_text())}
shown = {"output_type": "display_data", "data": data, "metadata": {}}
whole = Path(os.environ["PICTURE_FILE"]).read_text("utf-8")
inner = whole.partition("<body")[2].partition(">")[2].partition("<script")[0]
display(HTML(f'<div id="bare"></div>{inner}'))
display(Page(), ipywidgets.VBox([ipywidgets.Output(outputs=(shown,))]))
