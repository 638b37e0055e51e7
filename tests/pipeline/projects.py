"""Small projects with notebooks of their own."""

import shutil
from pathlib import Path

import nbformat
import yaml

REPOSITORY = Path(__file__).parents[2]

SMALL = {
    "ingest": {"stations": ["EWR"]},
    "train": {"horizon_h": 72, "hidden": 4, "epochs": 1, "folds": 2, "members": 10},
    "evaluate": {"every_h": 23, "bootstrap": 100},
}
"""What makes the pipeline run in seconds: the settings that differ from params.yaml's."""


class Project:
    """A project with this one's params.yaml and whatever notebooks a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "notebooks").mkdir(parents=True)
        shutil.copy(REPOSITORY / "params.yaml", root / "params.yaml")

    def notebook(self, stage: str, *cells: str, parameters: str | None = None) -> Path:
        """Write the notebook of `stage`: its parameters cell, then `cells`; one that begins with #
        is markdown."""
        new = nbformat.v4
        group = yaml.safe_load((self.root / "params.yaml").read_text())[stage]
        declared = (
            "\n".join(f"{key} = {value!r}" for key, value in group.items())
            if parameters is None
            else parameters
        )
        made = [new.new_code_cell(declared, id="parameters", metadata={"tags": ["parameters"]})]
        for number, source in enumerate(cells):
            make = new.new_markdown_cell if source.startswith("#") else new.new_code_cell
            made.append(make(source, id=f"cell-{number}"))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / "notebooks" / f"{stage}.ipynb"
        nbformat.write(new.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
        return path
