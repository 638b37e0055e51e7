"""Nothing that a visitor sends makes a kernel run the visitor's code; and the same messages run it
where the wall is taken down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import V1, PythonVisitor, closing_code, message, type_of

pytestmark = pytest.mark.real
PROTOCOLS = (None, V1)
CHANNELS = ("shell", "control", "stdin", "iopub")
TYPES = """
    execute_request inspect_request complete_request history_request is_complete_request
    connect_request comm_info_request kernel_info_request comm_open comm_msg comm_close
    interrupt_request shutdown_request debug_request usage_request apply_request clear_request
    abort_request create_subshell_request delete_subshell_request list_subshell_request
    input_reply execute_reply execute_result execute_input stream display_data error status
    update_display_data clear_output EXECUTE_REQUEST execute_request\u0000 unheard_of
"""


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "wall.log", API=line.url, DASHBOARD_POOL="1") as one:
        yield one


@pytest.fixture(scope="module")
def open_served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(
        said / "wall-down.log", module="dashboard.wall_down", API=line.url, DASHBOARD_POOL="1"
    ) as one:
        yield one


def script(marker: Path, protocol: str | None) -> list[str | bytes]:
    """Every type of message on every channel, with code wherever one could hold it."""
    code = f"open({str(marker)!r}, 'a').write('x')"
    content = {
        "code": code,
        "silent": False,
        "store_history": False,
        "user_expressions": {"x": code},
        "allow_stdin": True,
        "cursor_pos": len(code),
        "detail_level": 1,
        "hist_access_type": "tail",
        "n": 1,
        "value": code,
        "comm_id": "0" * 32,
        "target_name": "jupyter.widget",
        "data": {"state": {"_model_name": code}, "method": "update"},
        "restart": True,
        "type": "request",
        "seq": 1,
        "command": "evaluate",
        "arguments": {"expression": code},
        "msg_ids": [],
    }
    return [
        message(kind, content, channel, protocol)
        for kind in TYPES.split()
        for channel in CHANNELS
        # Without a kernel that lives, nothing could be seen to run.
        if kind not in ("shutdown_request", "interrupt_request") or channel in ("shell", "control")
    ]


def answers_to(served: DashboardProcess, messages: list[str | bytes], protocol: str | None):
    """What a page receives that sends these messages, and last of all a harmless one."""
    received = []
    with PythonVisitor(served).page(protocol) as page:
        channel = page.channel
        try:
            for one in messages:
                channel.send(one)
            last = message("comm_info_request", {}, "shell", protocol)
            channel.send(last)
            while ("comm_info_reply", "comm_info_request") not in received[-1:]:
                received.append(type_of(channel.recv(timeout=10)))
            # What was sent to other channels may be later.
            while True:
                received.append(type_of(channel.recv(timeout=1)))
        except (TimeoutError, ConnectionClosed):
            pass
    return received


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_message_of_any_type_runs_code(served, tmp_path, protocol):
    marker = tmp_path / "ran"
    received = answers_to(served, script(marker, protocol), protocol)
    assert ("comm_info_reply", "comm_info_request") in received
    assert not marker.exists()
    about = {parent for _, parent in received}
    assert about <= {"", "comm_info_request", "kernel_info_request", "comm_msg", "comm_close"}
    assert "error" not in {kind for kind, _ in received}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_same_messages_run_code_where_the_wall_is_taken_down(open_served, tmp_path, protocol):
    marker = tmp_path / "ran"
    messages = [
        one
        for one in script(marker, protocol)
        if (b"execute_request" in one if isinstance(one, bytes) else "execute_request" in one)
    ]
    answers_to(open_served, messages, protocol)
    assert marker.exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_no_message_closes_the_socket_and_harms_nothing(served, protocol):
    visitor = PythonVisitor(served)
    with visitor.page() as page:
        for raw in ("{}", b"\xff" * 40):
            with visitor.channel(page.kernel_id, protocol) as channel:
                channel.send(raw)
                assert closing_code(channel) == 1003, raw


def test_a_kernels_errors_and_prints_stay_on_the_server(open_served):
    """With the wall down, as nobody can cause them otherwise."""
    code = "import sys; print('/a/path'); print('/a/path', file=sys.stderr); 1 / 0"
    request = message("execute_request", {"code": code, "silent": False}, "shell", None)
    received = answers_to(open_served, [request], None)
    assert not {"error", "stream"} & {kind for kind, _ in received}
    assert "ZeroDivisionError" in open_served.said()
