"""What is logged of a rendering whose kernel ended under it."""

import logging

import pytest
from nbclient.exceptions import DeadKernelError

from wearcast.serving.dashboard_server.kernel_end_log import KernelEndFilter


@pytest.fixture
def logger(caplog):
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("tested.kernel_end")
    logger.addFilter(KernelEndFilter())
    yield logger
    logger.filters.clear()


def test_a_kernel_that_ended_is_no_error(logger, caplog):
    try:
        raise DeadKernelError("Kernel died")
    except DeadKernelError:
        logger.exception("a cell failed")
    logger.error("Kernel died while waiting for execute reply.")
    levels = [(record.levelname, record.exc_info) for record in caplog.records]
    assert levels == [("INFO", None)] * 2


@pytest.mark.parametrize("message", ["a cell failed", ValueError("not a text")])
def test_other_errors_stay_errors_whatever_their_message_is(logger, caplog, message):
    logger.error(message)
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", str(message))
