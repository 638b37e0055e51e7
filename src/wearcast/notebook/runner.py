"""Run a stage's notebook with its own group of params.yaml, and keep the executed copy beside its
page."""

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from wearcast import checkout
from wearcast.artifacts import write_bytes
from wearcast.config import STAGES, Paths, places_of_a_parameter, read_groups
from wearcast.errors import NotebookError
from wearcast.notebook import executed_page, tracked_outputs, undeclared_code, untracked_files
from wearcast.notebook.failure import Failure
from wearcast.notebook.html_page import html
from wearcast.notebook.kernel import OwnKernel, terminable
from wearcast.notebook.progress import Progress, Stream

_ENDED_FROM_OUTSIDE = "its process was ended from outside. Was the memory full?"


def run(name: str, paths: Paths) -> Path:
    """Run the notebook of the stage `name`; returns the executed copy under reports/notebooks/.

    Raises:
        ConfigError: params.yaml is not valid, or the code that runs is not the project's own.
        NotebookError: there is no such notebook, it declares other parameters than params.yaml
            holds, or a cell failed.
        ArtifactError: the executed copy could not be written.
    """
    if name not in STAGES:
        raise NotebookError(f"there is no stage {name!r}. The stages are {', '.join(STAGES)}.")
    checkout.check(paths.root)
    parameters = read_groups(paths.params)[name]
    source = paths.notebooks / f"{name}.ipynb"
    notebook = _read(source)
    check_parameters(source.relative_to(paths.root), declared=_declared(notebook), given=parameters)
    began, screen = time.monotonic(), Stream(sys.stderr)
    executed = _keep(_execute(notebook, parameters, name, paths, screen), paths.executed / name)
    _remove(paths.executed / f"{name}.failed")
    screen.line(
        f"{name} done in {time.monotonic() - began:.0f} s:"
        f" {executed.relative_to(paths.root).with_suffix('.html')}"
    )
    return executed


def check_parameters(notebook: Path, declared: Iterable[str], given: Mapping[str, Any]) -> None:
    """Refuse a parameter that the notebook doesn't declare, and one it declares that params.yaml
    doesn't give.

    Raises:
        NotebookError: naming each of them.
    """
    unknown, missing = sorted(set(given) - set(declared)), sorted(set(declared) - set(given))
    group = notebook.stem
    problems = [
        f"  {group}.{key} stands in params.yaml, but the notebook doesn't declare it"
        for key in unknown
    ]
    problems += [
        f"  {key} is declared by the notebook, but params.yaml gives no {group}.{key}"
        for key in missing
    ]
    if problems:
        advice = (
            f"{places_of_a_parameter(group)} In the notebook it is one plain `name = value` a line."
        )
        raise NotebookError(
            "\n".join(
                [f"{notebook} and the group {group!r} of params.yaml differ:", *problems, advice]
            )
        )


def _read(source: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.read(source, as_version=4)
    except FileNotFoundError as error:
        raise NotebookError(
            f"there is no {source}. Each stage is a notebook of its name."
        ) from error
    except nbformat.reader.NotJSONError as error:
        raise NotebookError(
            f"{source} is not a notebook (not JSON). Restore it from git, or resolve its merge"
            " conflict."
        ) from error
    return notebook


def _declared(notebook: NotebookNode) -> set[str]:
    return set(papermill.inspect_notebook(notebook))


def _execute(
    notebook: NotebookNode, parameters: dict[str, Any], name: str, paths: Paths, screen: Stream
) -> NotebookNode:
    progress = Progress(name, screen)
    with tempfile.TemporaryDirectory(prefix="wearcast-") as scratch, terminable():
        partial, loaded = Path(scratch, "executed.ipynb"), Path(scratch, "loaded")
        kernels = OwnKernel.of(paths.root, loaded, lambda: progress.is_computing)
        try:
            executed: NotebookNode = papermill.execute_notebook(
                notebook,
                partial,
                parameters=parameters,
                kernel_name="python3",
                language="python",
                cwd=paths.root,
                progress_bar=False,
                stdout_file=screen,
                stderr_file=screen,
                kernel_manager_class=kernels,
                # A profile of its own: a person's IPython start-up files would make the result
                # depend on them.
                extra_arguments=[f"--ipython-dir={scratch}"],
                on_notebook_start=progress.notebook_starts,
                on_cell_start=progress.cell_starts,
                on_cell_execute=progress.cell_computes,
                on_cell_executed=progress.cell_computed,
                record_timing=False,
            )
        except PapermillExecutionError as error:
            reply = progress.replies.get(error.cell_index, {})
            failure = Failure.of(progress.cells, error.cell_index, reply)
            raise _failed(partial, name, paths, failure) from error
        except DeadKernelError as error:
            failure = Failure(progress.cells, progress.cell_index, "", _ENDED_FROM_OUTSIDE)
            raise _failed(partial, name, paths, failure) from error
        except RuntimeError as error:
            raise NotebookError(
                f"no kernel for {name}: {error}. Does `{sys.executable} -m"
                " wearcast.notebook.launch` start?"
            ) from error
        except (KeyboardInterrupt, SystemExit):
            screen.line(f"{name} was stopped {progress.place()}.")
            for line in tracked_outputs.removed(name, paths.root):
                screen.line(line)
            raise
        finally:
            kernels.kill_remaining()
        for warning in _warnings(name, parameters, paths.root, loaded):
            screen.line(warning)
        return executed


def _warnings(name: str, parameters: Mapping[str, Any], root: Path, loaded: Path) -> Iterator[str]:
    """Of what DVC doesn't know: code that the stage ran, and files that ingest read."""
    if unlisted := undeclared_code.warning(name, root, loaded):
        yield unlisted
    if name != "ingest":
        return
    groups = {"ingest": parameters, "ingest.guidance": parameters["guidance"]}
    for group, settings in groups.items():
        if untracked := untracked_files.warning(settings, root, group):
            yield untracked


def _failed(partial: Path, name: str, paths: Paths, failure: Failure) -> NotebookError:
    """The error for a cell that failed, once the notebook up to there is kept where its message
    says."""
    notebook = _without_markers(nbformat.read(partial, as_version=4))
    kept = _keep(notebook, paths.executed / f"{name}.failed").relative_to(paths.root)
    lines = [
        failure.text(f"notebooks/{name}.ipynb", paths.root),
        f"The notebook up to there: {kept} and {kept.with_suffix('.html').name} beside it.",
        *tracked_outputs.removed(name, paths.root),
    ]
    return NotebookError("\n".join(lines))


def _without_markers(notebook: NotebookNode) -> NotebookNode:
    """papermill adds cells that point at the failed one."""
    notebook.cells = [
        cell
        for cell in notebook.cells
        if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    return notebook


def _keep(notebook: NotebookNode, stem: Path) -> Path:
    """Write the scrubbed notebook and its page as `stem`.ipynb and `stem`.html."""
    clean = executed_page.scrubbed(notebook)
    path = stem.with_name(f"{stem.name}.ipynb")
    write_bytes(path, f"{nbformat.writes(clean)}\n".encode())
    page = html(clean, title=stem.name, pages=STAGES)
    write_bytes(stem.with_name(f"{stem.name}.html"), page.encode())
    return path


def _remove(stem: Path) -> None:
    for suffix in (".ipynb", ".html"):
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)
