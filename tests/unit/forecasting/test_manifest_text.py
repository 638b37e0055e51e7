"""A manifest is read with its largest parts as text, and its version is that of all it says."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.forecasting import manifest_text
from wearcast.forecasting.manifest_text import BY_STATION

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)
STATIONS = st.dictionaries(st.text(), st.dictionaries(st.text(), VALUES, max_size=3), max_size=4)
CONTENTS = st.fixed_dictionaries(
    {"onnx": VALUES}, optional={**dict.fromkeys(BY_STATION, STATIONS), "stations": VALUES}
)


@given(content=CONTENTS, indent=st.none() | st.integers(0, 4), ascii=st.booleans())
def test_nothing_is_lost(content, indent, ascii):
    read = manifest_text.read(json.dumps(content, indent=indent, ensure_ascii=ascii))
    assert list(read) == list(content)
    for name, value in content.items():
        if name not in BY_STATION:
            assert read[name] == value
            continue
        assert {station: json.loads(text) for station, text in read[name].items()} == value


@given(content=CONTENTS)
def test_the_version_is_that_of_the_whole(content):
    whole = json.dumps(content, sort_keys=True, ensure_ascii=False)
    text = json.dumps({**content, "version": "another", "schema": 7}, indent=2)
    found = manifest_text.version(manifest_text.read(text), ("version", "schema"))
    assert found == hashlib.sha256(whole.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[]",
        "3",
        "{",
        '{"a"',
        '{"a": ',
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        '{"a": 1} {}',
        '{"normals": {"S": {"scale": 1}',
        '{"normals": {"S": }}',
    ],
)
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError, match=r"JSON|missing|Expecting"):
        manifest_text.read(text)
