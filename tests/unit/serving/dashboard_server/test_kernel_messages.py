"""Which messages of a page may reach its kernel."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

messages = pytest.importorskip(
    "wearcast.serving.dashboard_server.kernel_messages",
    reason="the extra `dashboard` isn't installed",
)
PROTOCOLS = st.sampled_from([None, messages.V1_PROTOCOL])


def parsed(kind: str, channel: str = "shell", **content: str):
    raw = json.dumps({"channel": channel, "header": {"msg_type": kind}, "content": content})
    return messages.parse_page_message(raw, None)


@pytest.mark.parametrize("kind", ["comm_msg", "comm_close", "comm_info_request"])
def test_what_a_page_needs_is_allowed_on_its_channel(kind):
    assert parsed(kind).is_allowed
    assert not parsed(kind, channel="control").is_allowed


@pytest.mark.parametrize("kind", ["execute_request", "shutdown_request", "debug_request", ""])
def test_nothing_else_is(kind):
    assert not parsed(kind).is_allowed


def test_a_page_opens_only_the_comm_of_the_widgets_loader():
    assert parsed("comm_open", target_name="jupyter.widget.control").is_allowed
    assert not parsed("comm_open", target_name="jupyter.widget").is_allowed
    assert not parsed("comm_open").is_allowed


@given(st.binary(max_size=200) | st.text(max_size=200), PROTOCOLS)
def test_any_bytes_are_a_message_or_malformed(raw, protocol):
    with suppress(messages.MalformedMessage):
        messages.parse_page_message(raw, protocol)


@given(st.binary(min_size=8, max_size=60), st.integers(0, 2**64 - 1), PROTOCOLS)
def test_a_huge_number_of_parts_costs_nothing(rest, count, protocol):
    numbers = count.to_bytes(8, "little") if protocol else (count % 2**32).to_bytes(4, "big")
    with pytest.raises(messages.MalformedMessage):
        messages.parse_page_message(numbers + rest, protocol)
