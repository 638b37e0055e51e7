"""A client's address is believed from our own proxies only, and counted in its group."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.client_address import address_group, client_address

PROXIES = (ip_network("172.20.0.0/16"), ip_network("fd00::/64"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("172.20.0.3", "", "172.20.0.3"),
        ("172.20.0.3", "198.51.100.1", "198.51.100.1"),
        ("172.20.0.3", "192.0.2.7, 198.51.100.1", "198.51.100.1"),
        ("172.20.0.3", "198.51.100.1, 172.20.0.9", "198.51.100.1"),
        ("172.20.0.3", "172.20.0.8,172.20.0.9", "172.20.0.8"),
        ("172.20.0.3", "198.51.100.1, unknown", "172.20.0.3"),
        ("172.20.0.3", "198.51.100.1,", "172.20.0.3"),
        ("172.20.0.3", "unknown, 198.51.100.1", "198.51.100.1"),
        ("::ffff:172.20.0.3", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "198.51.100.1", "fe80::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_right_most_address_that_no_trusted_proxy_has(
    peer, forwarded_for, client
):
    assert client_address(peer, forwarded_for, PROXIES) == client


@given(st.text())
def test_without_trusted_proxies_the_header_is_ignored(forwarded_for):
    assert client_address("203.0.113.9", forwarded_for, ()) == "203.0.113.9"


@given(st.text())
def test_any_header_of_a_trusted_proxy_is_read_without_an_error(forwarded_for):
    assert client_address("172.20.0.3", forwarded_for, PROXIES)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_limits_count_ipv6_addresses_by_their_network(address, group):
    assert address_group(address) == group
