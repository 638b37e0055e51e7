"""Kernel ids, which are keys, never reach the log."""

import logging
import uuid

import pytest

mask = pytest.importorskip(
    "wearcast.serving.dashboard_server.kernel_id_mask",
    reason="the extra `dashboard` isn't installed",
)


def test_kernel_ids_are_masked_in_messages_arguments_and_tracebacks():
    kernel_id = str(uuid.uuid4())
    try:
        raise KeyError(kernel_id)
    except KeyError as error:
        known = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, f"{kernel_id} %s", (kernel_id,), known)
    line = mask.MaskingFormatter(logging.Formatter()).format(record)
    assert kernel_id not in line
    assert "KeyError" in line
