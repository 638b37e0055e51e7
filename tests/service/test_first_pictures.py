"""The page's first picture: made once for all who ask for the same, and never at others' cost."""

import asyncio
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from ports import free_port
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_query import parse_cookie
from wearcast.serving.dashboard_server.first_pictures import LIMITS, FirstPictures
from wearcast.serving.dashboard_server.static_files import static_file


def document(picture):
    return static_file("text/html", f"{picture.language} {picture.page}".encode())


@contextmanager
def counted(client):
    """The paths that are asked for within the block."""
    asked = []

    async def note(request):
        asked.append(request.url.path)

    client.event_hooks["request"].append(note)
    yield asked
    client.event_hooks["request"].remove(note)


@pytest.fixture
def service(serve):
    return serve(two_cities())


@pytest.fixture
def pictures(service):
    """With the patience that a busy machine asks for."""
    limits = replace(LIMITS, within_s=60.0)
    return FirstPictures(ApiClient(service.client, "here"), document, limits=limits)


def test_it_is_made_once_for_all(service, pictures):
    async def asked_by_many():
        return await asyncio.gather(
            *[pictures.picture("", "en", f"10.0.0.{number}") for number in range(50)]
        )

    with counted(service.client) as asked:
        found = service.run(asked_by_many())
        again = service.run(pictures.picture("?utm_source=x", "en", "10.0.1.1"))
    assert len(set(map(id, found))) == 1
    assert found[0] is again
    assert asked.count("/stations") == 1
    assert b'id="wearcast"' in again.plain


@pytest.mark.parametrize(
    ("query", "languages", "language"),
    [("", "ko-KR,ko;q=0.9", b"ko"), ("", "fr", b"en"), ("?lang=ko", "en", b"ko")],
)
def test_it_is_in_the_visitors_language(service, pictures, query, languages, language):
    found = service.run(pictures.picture(query, languages, "10.0.0.1"))
    assert found.plain.startswith(language + b" <div")


def test_choices_count_and_invalid_ones_are_told(service, pictures):
    found = service.run(pictures.picture("?style=business&activity=flying", "en", "10.0.0.1"))
    assert b'data-notice="wrong"' in found.plain
    assert b"flying" in found.plain


def test_choices_that_the_device_remembers_count_unless_the_address_says_others(service, pictures):
    remembered = parse_cookie("style=business&lang=ko")
    found = service.run(pictures.picture("?style=sporty", "en", "10.0.0.1", remembered))
    assert found.plain.startswith(b"ko <div")
    assert b"style=sporty" in found.plain
    same = service.run(pictures.picture("?style=sporty&lang=ko", "en", "10.0.0.2"))
    assert same is found


@pytest.mark.parametrize(("query", "told"), [("", False), ("?station=XYZ", True)])
def test_a_station_without_a_forecast_is_told_of_where_the_address_names_it(
    service, pictures, query, told
):
    remembered = parse_cookie("station=XYZ")
    found = service.run(pictures.picture(query, "en", "10.0.0.1", remembered))
    assert (b'data-notice="wrong"' in found.plain) == told


def test_the_second_tab_needs_a_kernel(service, pictures):
    assert service.run(pictures.picture("?tab=about", "en", "10.0.0.1")) is None


def test_without_an_api_there_is_none():
    async def asked():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}") as client:
            pictures = FirstPictures(ApiClient(client, "nowhere"), document)
            return await pictures.picture("", "en", "10.0.0.1")

    assert asyncio.run(asked()) is None


def test_visitors_at_once_whose_devices_remember_different_choices_all_see_theirs(
    service, pictures
):
    async def asked():
        return await asyncio.gather(
            *[
                pictures.picture("", "en", f"10.0.0.{hour}", parse_cookie(f"wake={hour}"))
                for hour in range(5, 13)
            ]
        )

    found = service.run(asked())
    for hour, picture in zip(range(5, 13), found, strict=True):
        assert f"wake={hour}&".encode() in picture.plain


def test_a_client_with_many_choices_takes_nothing_from_others(service):
    limits = replace(LIMITS, within_s=60.0, rate_per_s=0.0, burst=3.0)
    pictures = FirstPictures(ApiClient(service.client, "here"), document, limits=limits)

    async def asked():
        found = [await pictures.picture(f"?wake={hour}", "en", "10.0.0.1") for hour in range(5, 10)]
        return found, await pictures.picture("?style=sporty", "en", "10.0.0.2")

    found, of_another = service.run(asked())
    assert [picture is not None for picture in found] == [True, True, True, False, False]
    assert of_another is not None
