"""A model folder that isn't whole, or isn't what its manifest says, is refused with the reason."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest


def rewrite(folder: Path, **changed: object) -> None:
    """Change entries of manifest.json by hand."""
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**content, **changed}))


def remade(content: dict[str, object]) -> dict[str, object]:
    """A manifest whose version is right again."""
    manifest = Manifest.from_text(json.dumps(content))
    return manifest.to_json()


def test_one_byte_of_the_network(folder):
    onnx = bytearray((folder / ONNX).read_bytes())
    onnx[len(onnx) // 2] ^= 1
    (folder / ONNX).write_bytes(onnx)
    with pytest.raises(
        ModelError,
        match=(
            r"model.onnx is not the one of its manifest: sha256:\w+, expected sha256:\w+. It"
            r" was changed or half"
        ),
    ):
        Forecaster.load(folder)


def test_the_old_model_is_found_whose_successor_was_killed_before_it_was_in_its_place(folder):
    expected = Forecaster.load(folder).manifest.version
    folder.rename(folder.with_name(f".{folder.name}.old"))
    assert Forecaster.load(folder).manifest.version == expected


def test_half_a_network(folder):
    (folder / ONNX).write_bytes((folder / ONNX).read_bytes()[:1000])
    with pytest.raises(
        ModelError,
        match=r"is not the one of its manifest: .* run `dvc checkout` or `dvc repro`",
    ):
        Forecaster.load(folder)


def numbers(content: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where the numbers stand in a JSON value."""
    match content:
        case dict():
            return [
                found for key, value in content.items() for found in numbers(value, (*path, key))
            ]
        case list():
            return [
                found for i, value in enumerate(content) for found in numbers(value, (*path, i))
            ]
        case bool() | str() | None:
            return []
    return [path]


def test_one_number_of_the_manifest_whichever(folder):
    text = (folder / MANIFEST).read_text()
    # The schema stands outside the hash, so that releases that hash other fields can compare it.
    found = [
        path for path in numbers(json.loads(text)) if path not in {("schema",), ("readable_from",)}
    ]
    assert len(found) > 200
    for path in found[::23]:
        content = json.loads(text)
        at = content
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] += 1
        (folder / MANIFEST).write_text(json.dumps(content))
        with pytest.raises(
            ModelError,
            match=(
                r"manifest.json (was changed: it is \w{12}, and says \w{12}|has a horizon|has other"
                r"|is incomplete)"
            ),
        ):
            Forecaster.load(folder)


@pytest.mark.parametrize("name", [ONNX, MANIFEST])
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        ModelError, match=rf"{folder} holds no model: .*{name}.*. Run `dvc pull` or `dvc repro`"
    ):
        Forecaster.load(folder)


def test_no_folder(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        Forecaster.load(tmp_path / "nowhere")


def test_a_manifest_with_other_levels(folder):
    rewrite(folder, levels=[0.5])
    with pytest.raises(
        ModelError,
        match=r"manifest.json has other quantile levels .* Train the model anew: `dvc repro`.",
    ):
        Forecaster.load(folder)


@pytest.mark.parametrize("horizon_h", [0, 24, 100, 360])
def test_a_manifest_with_a_horizon_that_cannot_be_served(folder, horizon_h):
    rewrite(folder, horizon_h=horizon_h)
    with pytest.raises(
        ModelError,
        match=(
            rf"manifest.json has a horizon of {horizon_h} h; this release forecasts whole days from"
            r" 48 to 336 h. Train the model anew: `dvc repro`."
        ),
    ):
        Forecaster.load(folder)


@pytest.mark.parametrize("changed", [{"channels": ["wind_ms"]}, {"targets": []}])
def test_a_model_without_temperature(folder, changed):
    rewrite(folder, **changed)
    with pytest.raises(ModelError, match=r"a model that doesn't forecast temp_c from temp_c"):
        Forecaster.load(folder)


@pytest.mark.parametrize(
    "changed", [{"schema": 9, "readable_from": 9}, {"schema": 0, "readable_from": 0}]
)
def test_a_manifest_of_a_form_that_this_release_cannot_read(folder, changed):
    rewrite(folder, **changed)
    with pytest.raises(
        ModelError,
        match=(
            rf"has schema {changed['schema']}, for releases that read {changed['readable_from']} or"
            r" later"
        ),
    ):
        Forecaster.load(folder)


@pytest.mark.parametrize(
    "key",
    [
        "version",
        "schema",
        "onnx",
        "normals",
        "ranks",
        "calibration",
        "drift",
        "stations",
        "history_h",
        "origin",
    ],
)
def test_a_manifest_that_lacks_something(folder, key):
    content = json.loads((folder / MANIFEST).read_text())
    del content[key]
    (folder / MANIFEST).write_text(json.dumps(content))
    with pytest.raises(ModelError, match=rf"manifest.json is incomplete: .*{key}"):
        Forecaster.load(folder)


def test_a_manifest_of_a_later_form_says_which(folder):
    content = json.loads((folder / MANIFEST).read_text())
    later = {**content, "schema": 9, "readable_from": 9, "normals": [], "inputs": []}
    (folder / MANIFEST).write_text(json.dumps(later))
    with pytest.raises(ModelError, match="has schema 9"):
        Forecaster.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"version": 1}', "\xff"])
def test_a_manifest_that_is_none(folder, text):
    (folder / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"holds no model|manifest.json is incomplete"):
        Forecaster.load(folder)


def test_garbage_whose_hash_is_right(folder):
    garbage = b"not a network at all"
    (folder / ONNX).write_bytes(garbage)
    content = json.loads((folder / MANIFEST).read_text())
    manifest = Manifest.from_text(json.dumps(content))
    honest = replace(manifest, onnx=f"sha256:{hashlib.sha256(garbage).hexdigest()}")
    (folder / MANIFEST).write_text(json.dumps(honest.to_json()))
    with pytest.raises(
        ModelError, match=r"model.onnx can't be loaded: .*. Run `dvc pull` or `dvc repro`."
    ):
        Forecaster.load(folder)


def test_a_manifest_written_again_is_the_same(folder):
    content = json.loads((folder / MANIFEST).read_text())
    assert remade(content) == content
