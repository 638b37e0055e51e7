"""Which stations a text finds, and in which pages."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import place
from wearcast.serving.api.station_directory import StationDirectory
from wearcast.weather.stations import CATALOGUE

KNOWN = StationDirectory(list(CATALOGUE.values()))


def named(id, name_en, name_ko):
    return place(id, "Asia/Seoul").model_copy(update={"name_en": name_en, "name_ko": name_ko})


def found(text, directory=KNOWN):
    return [station.id for station in directory.page(text, None, 1_000).stations]


@pytest.mark.parametrize(
    "text",
    ["서울", "서", "서우", "ㅅ", unicodedata.normalize("NFD", "서울"), "Seoul", "sEOUL ", "108"],
)
def test_seoul_is_found_however_it_is_typed(text):
    assert "108" in found(text)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("갈", "가락"), ("강ㄹ", "강릉"), ("강르", "강릉"), ("닭", "달가"), ("앉", "안자")],
)
def test_a_consonant_that_begins_the_next_syllable_finds_while_it_still_ends_this_one(typed, name):
    directory = StationDirectory([named("1", "Another", "다른 곳"), named("2", "It", name)])
    assert found(typed, directory) == ["2"]


def test_accents_spaces_and_signs_do_not_count():
    directory = StationDirectory([named("1", "São Tomé-Island", "상투메 섬")])
    for text in ("sao tome", "SÃO TOMÉ", "tomeisland", "상 투메섬", "  "):
        assert found(text, directory) == ["1"], text
    assert found("tome x", directory) == []


def test_the_best_fit_comes_first_and_equal_ones_in_their_order():
    names = ("Newport", "West York", "York", "Yorkton", "New York")
    directory = StationDirectory(
        [named(str(number), name, "곳") for number, name in enumerate(names)]
    )
    assert found("york", directory) == ["2", "3", "1", "4"]


@given(st.sampled_from(list(CATALOGUE.values())), st.data())
def test_every_part_of_a_name_finds_its_station(station, data):
    name = data.draw(st.sampled_from([station.id, station.name_en, station.name_ko]))
    begin = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(begin + 1, len(name)))
    assert station.id in found(name[begin:end])


@given(st.text())
def test_no_text_is_too_odd_to_be_sought(text):
    assert len(found(text)) == KNOWN.page(text, None, 1).total


@given(st.integers(1, 20), st.sampled_from(["", "o", "서"]))
def test_pages_together_have_every_station_once(limit, text):
    ids = []
    after = None
    while True:
        page = KNOWN.page(text, after, limit)
        assert len(page.stations) <= limit
        ids += [station.id for station in page.stations]
        after = page.next
        if after is None:
            break
    assert ids == found(text)
    assert page.total == len(ids)


def test_a_page_after_a_station_that_is_not_found_is_refused():
    with pytest.raises(LookupError):
        KNOWN.page("서울", "EWR", 10)
