"""Why dvc.lock changed in a run of exactly what is committed: this machine rounds differently.

Said only then. Whoever changed code, data or params knows why dvc.lock changed.
"""

import json
import platform
import shutil
import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from wearcast.config import Paths
from wearcast.notebook.kernel_environment import has_avx2

_CLEAN = "git checkout HEAD -- dvc.lock reports"
_DATA = "ingest"
"""The stage whose outputs are the data."""

Stages = Mapping[str, Any]
"""The stages of a dvc.lock, by name."""


@dataclass(frozen=True)
class Difference:
    """One score of reports/metrics.json: as it is committed, and as this run found it."""

    name: str
    committed: float
    found: float

    @property
    def absolute(self) -> float:
        """In the score's unit."""
        return abs(self.found - self.committed)

    @property
    def relative(self) -> float:
        """As a share of the committed score; 0 where that is 0."""
        return self.absolute / abs(self.committed) if self.committed else 0.0


def show(paths: Paths) -> None:
    """Print the explanation, after an empty line; nothing where there is nothing to explain."""
    paragraph = explanation(paths)
    if paragraph is not None:
        width = min(100, shutil.get_terminal_size().columns)
        print(f"\n{wrapped(paragraph, width)}")


def explanation(paths: Paths) -> str | None:
    """A paragraph for the end of `make repro`; None where dvc.lock is as committed, where code,
    data or params are not, and outside git."""
    committed = _committed(paths.root, "dvc.lock")
    lock = paths.root / "dvc.lock"
    if committed is None or not lock.is_file():
        return None
    if not _only_results_differ(_stages(committed), _stages(lock.read_text(encoding="utf-8"))):
        return None
    scores = _committed(paths.root, paths.metrics.relative_to(paths.root).as_posix())
    differences = []
    if scores is not None and paths.metrics.is_file():
        found = paths.metrics.read_text(encoding="utf-8")
        differences = score_differences(json.loads(scores), json.loads(found))
    return _paragraph(differences)


def score_differences(committed: Any, found: Any, name: str = "") -> list[Difference]:
    """Each number that two contents of reports/metrics.json share and don't agree on."""
    if isinstance(committed, Mapping) and isinstance(found, Mapping):
        differences = []
        for key in committed.keys() & found.keys():
            inner = f"{name}.{key}" if name else str(key)
            differences += score_differences(committed[key], found[key], inner)
        return differences
    both_numbers = isinstance(committed, int | float) and isinstance(found, int | float)
    if both_numbers and committed != found:
        return [Difference(name, committed, found)]
    return []


def _committed(root: Path, path: str) -> str | None:
    """The content of a file of the project in git's HEAD; None where git has none."""
    try:
        shown = subprocess.run(  # noqa: S603 - our own arguments
            ["git", "show", f"HEAD:./{path}"],  # noqa: S607 - whichever git the user has
            cwd=root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError:
        return None
    return None if shown.returncode else shown.stdout


def _stages(lock: str) -> Stages:
    content = yaml.safe_load(lock) or {}
    stages: Stages = content.get("stages", {})
    return stages


def _only_results_differ(committed: Stages, found: Stages) -> bool:
    """Whether the same commands on the same code, data and params gave other outputs."""
    if _inputs(committed) != _inputs(found):
        return False
    if _outputs(committed, _DATA) != _outputs(found, _DATA):
        return False
    return any(_outputs(committed, stage) != _outputs(found, stage) for stage in committed)


def _inputs(stages: Stages) -> dict[str, Any]:
    """What each stage was run with, but for what earlier stages gave it."""
    made: set[str] = set()
    for stage in stages:
        made |= _outputs(stages, stage).keys()
    inputs = {}
    for name, stage in stages.items():
        given = {path: md5 for path, md5 in _hashes(stage, "deps") if path not in made}
        inputs[name] = (stage.get("cmd"), stage.get("params"), given)
    return inputs


def _outputs(stages: Stages, name: str) -> dict[str, str]:
    return dict(_hashes(stages.get(name, {}), "outs"))


def _hashes(stage: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    for entry in stage.get(kind, []):
        yield entry["path"], entry.get("md5", "")


def _paragraph(differences: list[Difference]) -> str:
    return (
        "dvc.lock changed, though code, data and params are those committed: on another kind of"
        " processor, or with other versions or builds of torch and NumPy, the last bits of numbers"
        " are rounded differently, and training makes another model of them. Here ran"
        f" {_machine()}."
        f" {_agreement(differences)} For a clean tree, which `git pull` needs, type `{_CLEAN}`: the"
        " model made here stays in place and works. `dvc repro` would then train once more and"
        " change dvc.lock again, unless `dvc pull` has brought the committed model from a remote."
    )


def _machine() -> str:
    """What decides the last bits of a model: operating system, processor, libraries."""
    processor = platform.machine()
    if processor == "x86_64" and not has_avx2():
        processor += " without AVX2"
    versions = [f"{name} {metadata.version(name)}" for name in ("torch", "numpy")]
    return (
        f"{platform.system()} on {processor}, Python {platform.python_version()},"
        f" {' and '.join(versions)}"
    )


def _agreement(differences: list[Difference]) -> str:
    if not differences:
        return "The scores in reports/metrics.json are the same."
    absolute = max(differences, key=lambda one: (one.absolute, one.name))
    relative = max(differences, key=lambda one: (one.relative, one.name))
    return (
        f"The scores in reports/metrics.json agree within {absolute.absolute:.3g}"
        f" ({_pair(absolute)}), relatively within {100 * relative.relative:.3g} %"
        f" ({_pair(relative)})."
    )


def _pair(difference: Difference) -> str:
    return f"{difference.name}: {difference.committed:g} committed, {difference.found:g} here"


def wrapped(paragraph: str, width: int) -> str:
    """The paragraph in lines of at most `width`, none of them broken inside a command."""
    pieces = paragraph.split("`")
    # Every second piece stands between backticks.
    pieces[1::2] = [command.replace(" ", "\0") for command in pieces[1::2]]
    text = "`".join(pieces)
    lines = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")
