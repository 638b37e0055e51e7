"""A server may hold as many connections as the system lets it."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")


def test_the_soft_limit_is_raised_to_the_hard_one():
    code = (
        "import resource; from wearcast.serving.descriptors import raise_descriptor_limit;"
        " resource.setrlimit(resource.RLIMIT_NOFILE, (64, 512));"
        " print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["512", "512", "512"]
