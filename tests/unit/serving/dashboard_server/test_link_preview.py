"""What messengers show of a link, and which addresses they may read."""

from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from unit.serving.dashboard.page_answers import DAY, page_of
from wearcast.serving.dashboard_server.frame import robots_file
from wearcast.serving.dashboard_server.link_preview import link_preview
from wearcast.serving.dashboard_server.public_address import page_address

TRUSTED = (ip_network("10.1.0.0/16"),)


@pytest.fixture
def data():
    return page_of({8: 3.0, 9: 6.0}, ["tshirt", "jeans"], language="ko")


def test_it_says_place_day_and_sentence_and_no_more_than_that(data):
    preview = link_preview(data, "https://example.org/wear/")
    assert preview.title == "서울 4월 10일 수요일 옷차림"
    assert preview.description
    assert "\u2060" not in preview.description
    assert preview.url == f"https://example.org/wear/?station=108&day={DAY}"
    picture = urlsplit(preview.image_url)
    assert picture.path == "/wear/share.png"
    assert parse_qs(picture.query) == {"station": ["108"], "day": [DAY], "lang": ["ko"]}


def test_without_the_sites_address_it_names_none(data):
    preview = link_preview(data, "")
    assert (preview.url, preview.image_url) == ("", "")


@pytest.mark.parametrize(
    ("peer", "host", "proto", "expected"),
    [
        ("192.0.2.1", "example.org", None, "http://example.org/wear/"),
        ("192.0.2.1", "example.org", "https", "http://example.org/wear/"),
        ("10.1.2.3", "example.org", "https", "https://example.org/wear/"),
        ("10.1.2.3", "[2001:db8::1]:8443", "https", "https://[2001:db8::1]:8443/wear/"),
        ("10.1.2.3", "example.org", "javascript", ""),
        ("192.0.2.1", "a'b", None, ""),
    ],
)
def test_the_sites_address_is_the_requests_and_a_proxys(peer, host, proto, expected):
    headers = HTTPHeaders({"Host": host})
    if proto:
        headers["X-Forwarded-Proto"] = proto
    line = RequestStartLine("GET", "/wear/?x=1", "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=headers)
    request.remote_ip = peer
    assert page_address(request, TRUSTED) == expected


def test_messengers_may_read_pages_and_the_picture_and_crawlers_the_page_alone():
    everybody, messengers = robots_file("/wear/").plain.decode().split("\n\n")
    assert "Disallow: /wear/*?" in everybody
    assert "Allow: /wear/share.png" in messengers
    assert "Allow: /wear/?" in messengers
