"""params.yaml: every key is known, in range, and errors name the place."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest
import yaml
from pydantic import ValidationError

from wearcast.config import (
    Forecast,
    Ingest,
    Paths,
    Preprocess,
    Station,
    Train,
    checked,
    read_groups,
    settings_of_notebook,
    station,
)
from wearcast.errors import ConfigError
from wearcast.weather.stations import resolve


@pytest.fixture
def params(repository):
    return yaml.safe_load((repository / "params.yaml").read_text())


def test_the_committed_params_are_valid_and_come_as_they_stand_there(repository, params):
    assert read_groups(repository / "params.yaml") == params


@pytest.mark.parametrize(
    ("group", "key", "value", "said"),
    [
        ("train", "hiden", 64, r"train\.hiden: unknown key; is it misspelt\?"),
        ("train", "hidden", 0, r"train\.hidden: .*\b4 \(is 0\)"),
        ("train", "history_h", 100, r"train\.history_h: .*\b24 \(is 100\)"),
        (
            "train",
            "every_h",
            2,
            (
                r"train\.every_h: a step of 2 hours meets the same 12 hours of every day .* such as"
                r" 1 or 5 \(is 2\)"
            ),
        ),
        ("train", "every_h", 12, r"train\.every_h: .* such as 11 or 13 \(is 12\)"),
        (
            "evaluate",
            "every_h",
            6,
            r"evaluate\.every_h: a step of 6 hours meets the same 4 hours of every day",
        ),
        ("evaluate", "every_h", 24, r"evaluate\.every_h: .* such as 23 \(is 24\)"),
        ("preprocess", "margin_h", 24, r"preprocess\.margin_h: .*\b48 \(is 24\)"),
        ("ingest", "source", "radar", r"ingest\.source: .*'sample'.*'kma' \(is 'radar'\)"),
        ("ingest", "stations", [], r"ingest\.stations: .*\(is \[\]\)"),
        (
            "forecast",
            "issued_at",
            "2013-12-30T23:30Z",
            "issued_at .* must be a whole hour with a zone",
        ),
        (
            "forecast",
            "issued_at",
            "2013-12-30T23:00",
            "issued_at .* must be a whole hour with a zone",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_what_would_do(
    tmp_path, params, group, key, value, said
):
    params[group][key] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError) as refusal:
        read_groups(path)
    assert re.search(said, str(refusal.value))
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize(("horizon_h", "said"), [(24, "48"), (100, "multiple of 24"), (360, "336")])
def test_a_horizon_is_of_whole_days_within_what_can_be_verified(params, horizon_h, said):
    with pytest.raises(ConfigError, match=rf"horizon_h: .*{said}"):
        checked(Train, {**params["train"], "horizon_h": horizon_h}, where="train")


def test_a_margin_shorter_than_the_horizon_is_refused(tmp_path, params):
    params["train"]["horizon_h"] = 240
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError) as refusal:
        read_groups(path)
    assert str(refusal.value).splitlines()[1:] == [
        "  (the whole): preprocess.margin_h is 168 and train.horizon_h 240: a forecast would reach"
        " from one part of the split into the next. Make preprocess.margin_h at least 240, or"
        " train.horizon_h shorter"
    ]


@pytest.mark.parametrize("role", ["train", "validation", "test"])
def test_a_role_without_a_period_is_refused_by_name(tmp_path, params, role):
    periods = {
        "train": [["2018-01-01", "2020-01-01"]],
        "validation": [["2020-01-01", "2021-01-01"]],
        "test": [["2021-01-01", "2022-01-01"]],
    }
    params["preprocess"] |= {"scheme": "periods", "periods": periods | {role: []}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError, match=rf"preprocess\.periods\.{role} is empty, but"):
        read_groups(tmp_path / "params.yaml")
    params["preprocess"]["scheme"] = "auto"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    read_groups(tmp_path / "params.yaml")


def test_without_a_test_period_the_validation_period_can_be_evaluated(tmp_path, params):
    periods = {
        "train": [["2018-01-01", "2021-01-01"]],
        "validation": [["2021-01-01", "2022-01-01"]],
    }
    params["preprocess"] |= {"scheme": "periods", "periods": periods}
    params["evaluate"]["period"] = "validation"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    read_groups(tmp_path / "params.yaml")


@pytest.mark.parametrize("value", [1, 4, "auto"])
def test_annual_harmonics_are_a_number_or_go_by_the_record(params, value):
    group = {**params["train"], "annual_harmonics": value}
    assert checked(Train, group, where="train").annual_harmonics == value


@pytest.mark.parametrize("value", [0, 5, "many"])
def test_other_annual_harmonics_are_refused(params, value):
    with pytest.raises(ConfigError, match=r"annual_harmonics: .*'auto', 1, 2, 3 or 4"):
        checked(Train, {**params["train"], "annual_harmonics": value}, where="train")


def test_the_settings_of_a_model_from_before_the_horizon_was_one_are_read(params):
    del params["train"]["horizon_h"]
    assert checked(Train, params["train"], where="train").horizon_h == 168


def test_a_missing_key_and_a_missing_group_are_named(tmp_path, params):
    del params["train"]["seed"], params["evaluate"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError, match=r"(?s)train.seed: is missing.*evaluate: is missing"):
        read_groups(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            unicodedata.normalize("NFD", "data/서울"),
            r"has letters in pieces \(NFD\), .* data/seoul",
        ),
    ],
)
def test_a_path_that_another_clone_can_not_have_is_refused(params, path, said):
    params["ingest"]["files"]["path"] = path
    with pytest.raises(ConfigError, match=rf"files\.path: {said}"):
        checked(Ingest, params["ingest"], where="params.yaml")


@pytest.mark.parametrize("path", ["data/서울", "data/my station", "data/kma/seoul.csv"])
def test_any_other_path_in_the_project_names_own_files(params, path):
    params["ingest"] |= {"source": "files", "files": {"path": path}}
    assert checked(Ingest, params["ingest"], where="params.yaml").files.path.as_posix() == path


@pytest.mark.parametrize("change", ["only in params.yaml", "only in the class"])
def test_a_parameter_that_one_place_lacks_is_answered_with_every_place(tmp_path, params, change):
    if change == "only in params.yaml":
        params["train"]["cell"] = "gru"
    else:
        del params["train"]["seed"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError) as refusal:
        read_groups(tmp_path / "params.yaml")
    assert (
        "A parameter of train is declared in three places: the group 'train' of params.yaml, the"
        " class Train of src/wearcast/config/train.py, and the cell tagged `parameters` of"
        " notebooks/train.ipynb." in str(refusal.value)
    )


def test_a_wrong_value_is_not_answered_with_places(tmp_path, params):
    params["train"]["hidden"] = 0
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.raises(ConfigError) as refusal:
        read_groups(tmp_path / "params.yaml")
    assert "three places" not in str(refusal.value)


def test_a_notebooks_names_become_its_settings_and_wrong_ones_are_refused(params):
    names = params["train"] | {"paths": None, "np": None}
    assert settings_of_notebook(Train, names) == checked(Train, params["train"], where="train")
    with pytest.raises(ConfigError, match=r"group 'train' is not valid:\n  hidden: is missing"):
        settings_of_notebook(Train, {k: v for k, v in names.items() if k != "hidden"})


@pytest.mark.parametrize(
    "content", ["a: [", "- a list", "", b"\xff\xfe"], ids=["no YAML", "a list", "empty", "no UTF-8"]
)
def test_a_file_that_is_no_params_file_is_refused(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=r"params.yaml"):
        read_groups(path)


def test_days_out_of_order_are_refused(params):
    group = {**params["ingest"], "start": "2013-05-01", "end": "2013-05-01"}
    with pytest.raises(ConfigError, match=r"start 2013-05-01 is not before end 2013-05-01"):
        checked(Ingest, group, where="ingest")


def test_live_weather_needs_a_first_day(params):
    with pytest.raises(
        ConfigError,
        match=r"source kma reaches back for decades, so start must say from which day on",
    ):
        checked(Ingest, {**params["ingest"], "source": "kma"}, where="ingest")


@pytest.mark.parametrize(
    "address",
    [
        "https://host/v1?apikey=s3cret",
        "https://me:s3cret@host",
        "host/s3cret",
        "https://host/s3cret key",
    ],
)
def test_an_address_with_more_than_a_place_is_refused_without_repeating_it(params, address):
    group = {
        **params["ingest"],
        "open_meteo": {**params["ingest"]["open_meteo"], "archive_url": address},
    }
    with pytest.raises(ConfigError) as refusal:
        checked(Ingest, group, where="ingest")
    assert (
        "open_meteo.archive_url: must be http(s)://host/path and nothing else; keys come from the"
        " environment" in str(refusal.value)
    )
    assert "s3cret" not in str(refusal.value)


def test_a_key_in_params_is_refused_without_repeating_it(params):
    group = {**params["ingest"], "kma": {**params["ingest"]["kma"], "service_key": "s3cret"}}
    with pytest.raises(
        ConfigError, match=r"kma.service_key: unknown key; is it misspelt\?"
    ) as refusal:
        checked(Ingest, group, where="ingest")
    assert "s3cret" not in str(refusal.value)


def test_periods_are_pairs_of_days(params):
    group = {**params["preprocess"], "periods": {"train": [["2018-01-01", "2021-01-01"]]}}
    assert checked(Preprocess, group, where="preprocess").periods.train == [
        (date(2018, 1, 1), date(2021, 1, 1))
    ]


def test_a_group_can_not_be_changed(params):
    with pytest.raises(ValidationError):
        checked(Train, params["train"], where="train").hidden = 1


def test_an_issue_time_in_any_zone_is_the_same_hour_in_utc():
    assert Forecast(issued_at="2013-12-30T23:00+09:00").issued_at_utc == datetime(
        2013, 12, 30, 14, tzinfo=UTC
    )
    assert Forecast(issued_at=None).issued_at_utc is None


def test_a_stations_zone_must_exist():
    place = {
        "id": "X",
        "name_en": "X",
        "name_ko": "엑스",
        "latitude": 0,
        "longitude": 0,
        "elevation_m": 0,
    }
    assert Station(**place, time_zone="Asia/Seoul").zone.key == "Asia/Seoul"
    with pytest.raises(ConfigError, match=r"'Seoul' is not an IANA time zone"):
        checked(Station, {**place, "time_zone": "Seoul"}, where="stations")
    for name in ("", "../zoneinfo/UTC", "/etc/passwd", "asia/seoul", "A" * 10**6):
        with pytest.raises(ConfigError, match="is not an IANA time zone"):
            checked(Station, {**place, "time_zone": name}, where="stations")


def test_what_is_wrong_with_a_described_station_is_said_of_it_alone(params):
    described = resolve(["JFK"])[0].model_dump() | {"id": "Ny Ålesund"}
    with pytest.raises(ConfigError) as raised:
        checked(Ingest, {**params["ingest"], "stations": ["LGA", described]}, where="ingest")
    head, *told = str(raised.value).splitlines()
    assert head == "ingest is not valid:"
    assert len(told) == 1
    assert "'Ny Ålesund' can't be an id" in told[0]
    assert "write id: Ny-Alesund, and 'Ny Ålesund' as its name_en" in told[0]


def test_the_time_zones_are_looked_for_once(monkeypatch):
    seoul = resolve(["108"])[0]
    monkeypatch.setattr(station, "available_timezones", None)
    assert Station.known(seoul.model_dump()) == seoul


def test_the_project_is_found_from_any_folder_inside_it(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").touch()
    (tmp_path / "notebooks/explore").mkdir(parents=True)
    assert Paths.find(tmp_path / "notebooks/explore") == Paths(tmp_path)
    monkeypatch.chdir(tmp_path / "notebooks")
    assert Paths.find() == Paths(tmp_path)


def test_outside_a_project_the_error_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"no params.yaml in .* or above it"):
        Paths.find(tmp_path)


def test_the_committed_params_name_no_source_of_guidance_and_models_by_their_names(params):
    guidance = checked(Ingest, params["ingest"], where="ingest").guidance
    assert guidance.source is None
    assert guidance.models == ["ecmwf_ifs025", "gfs_seamless", "icon_seamless"]


def test_params_from_before_there_was_guidance_are_read_and_name_none(params):
    del params["ingest"]["guidance"]
    assert checked(Ingest, params["ingest"], where="ingest").guidance.source is None


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["best_match"], r"guidance\.models\.0: best_match is another model from day to day"),
        (["gfs_seamless", "gfs_seamless"], r"guidance: names a model twice: gfs_seamless"),
        (["../gfs"], r"guidance\.models\.0: '\.\./gfs' is no model's name"),
        ([], r"guidance\.models: .* at least 1 item"),
    ],
)
def test_models_that_would_not_last_are_refused(params, models, said):
    params["ingest"]["guidance"]["models"] = models
    with pytest.raises(ConfigError, match=said):
        checked(Ingest, params["ingest"], where="ingest")
