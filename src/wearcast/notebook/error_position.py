"""Where an error in a cell was raised: an IPython extension that tells the runner of a stage's
kernel.

The text of a traceback is made for reading. The frames travel beside it, as a payload of the reply
to the cell.
"""

import traceback
from functools import partial
from typing import Any, Final

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

PAYLOAD: Final = "wearcast.error_position"
"""The `source` of the payload."""

_TIMED_CELL: Final = "<timed exec>"
"""What IPython names the code below a cell's first line, `%%time`."""


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Send the frames of every error that a cell raises; IPython calls this when a kernel
    starts."""
    shell.events.register("post_run_cell", partial(_send_frames, shell))


def _send_frames(shell: InteractiveShell, result: ExecutionResult | None) -> None:
    if result is None or result.info is None or not result.info.store_history:
        return  # a cell that a magic runs within another
    unparsed, error = result.error_before_exec, result.error_in_exec
    if isinstance(unparsed, SyntaxError):
        _send(shell, unparsed.msg, [_in_cell(result, unparsed.lineno, "<module>")])
    elif error is not None:
        frames = [_frame(shell, result, *place) for place in _places(error)]
        _send(shell, str(error), frames)


def _send(shell: InteractiveShell, message: str, frames: list[dict[str, Any]]) -> None:
    payload = {"source": PAYLOAD, "message": message, "frames": frames}
    if shell.payload_manager is not None:
        shell.payload_manager.write_payload(payload)


def _places(error: BaseException) -> list[tuple[str, int, str]]:
    """File, line and function of each frame, from the cell to where the error was raised."""
    places = [
        (frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:  # of a module
        places.append((error.filename, error.lineno, "<module>"))
    return places


def _frame(
    shell: InteractiveShell, result: ExecutionResult, file: str, line: int, function: str
) -> dict[str, Any]:
    """A frame as the runner reads it."""
    if file == _TIMED_CELL:
        return _in_cell(result, line + 1, function)
    label = shell.compile.format_code_name(file)
    if label is None:
        return {"file": file, "line": line, "function": function}
    # The label is ("Cell", "In[7]").
    count = int(label[1].removeprefix("In[").removesuffix("]"))
    return {"execution_count": count, "line": line, "function": function}


def _in_cell(result: ExecutionResult, line: int | None, function: str) -> dict[str, Any]:
    """A frame in the cell that ran: with its execution count instead of a file."""
    return {"execution_count": result.execution_count, "line": line or 1, "function": function}
