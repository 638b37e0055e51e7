"""Several processes of this machine give the results of one, and tell of errors as it does."""

import pytest

from unit.serving.cluster.partition_functions import doubled, ending, refusing
from wearcast.errors import ClusterError, ModelError
from wearcast.serving.cluster.engine import results
from wearcast.serving.cluster.local_processes import LocalProcesses

TWO = LocalProcesses(2, "WARNING")


def test_results_stand_in_the_order_of_their_tasks_and_errors_come_back():
    assert results(TWO, doubled, ["1", "20", "300"]) == ["2", "40", "600"]
    with pytest.raises(ModelError, match="20 holds no model"):
        results(TWO, refusing, ["20"])


def test_a_process_that_ends_at_once_is_told_of():
    with pytest.raises(ClusterError, match="WEARCAST_REFRESH_PROCESSES"):
        results(TWO, ending, ["1"])
