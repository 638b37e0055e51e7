"""Nobody is sent work over a network on which others could read or change it."""

import pytest

from wearcast.errors import ConfigError
from wearcast.serving.cluster.cluster_address import require_safe


@pytest.mark.parametrize(
    "address",
    [
        "tls://scheduler.example.org:8786",
        "tls://203.0.113.7:8786",
        "tcp://127.0.0.1:8786",
        "tcp://localhost:8786",
        "tcp://10.20.0.5:8786",
        "tcp://172.16.3.4:8786",
        "tcp://192.168.0.2:1",
        "tcp://[::1]:8786",
        "tcp://[fd00::5]:8786",
    ],
)
def test_encrypted_or_in_a_private_network_it_is_taken(address):
    require_safe(address)


@pytest.mark.parametrize("address", ["tcp://8.8.8.8:8786", "tcp://[2001:4860::1]:8786"])
def test_over_the_internet_it_must_be_encrypted(address):
    with pytest.raises(ConfigError, match=r"is no address of a private network.*Use tls://"):
        require_safe(address)


@pytest.mark.parametrize(
    "address",
    ["10.20.0.5:8786", "tcp://10.20.0.5", "ucx://10.20.0.5:1", "tcp://a b:1", "inproc://1/2/3"],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ConfigError, match="write the scheduler's address as tls://host:8786"):
        require_safe(address)


def test_a_host_that_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match="can't be found"):
        require_safe(f"tcp://{'x' * 64}:8786")  # longer than a name may be, so nobody is asked
