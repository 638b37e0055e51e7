"""What a cluster wants before anybody is asked; tests/real/test_cluster.py has a real one."""

import pytest

from wearcast.errors import ConfigError
from wearcast.serving.cluster.dask_cluster import DaskCluster


def test_encryption_wants_certificates():
    with pytest.raises(ConfigError, match=r"--cluster tls://… wants certificates: set DASK_DIST"):
        next(DaskCluster("tls://127.0.0.1:8786").answers(["{}"]))
