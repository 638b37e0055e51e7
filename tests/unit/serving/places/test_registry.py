"""Places that were added: whole or not at all, as many as are allowed, and gone when removed."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import hour
from wearcast.errors import ArtifactError, BusyError, ConfigError, ObservationsError
from wearcast.serving.places.registry import AddedPlace, PlaceLimits, PlaceRegistry
from wearcast.weather.observations import conform

NOW = hour("2026-08-20T09")
LIMITS = PlaceLimits(places=3, a_day=4)


def added(id: str) -> AddedPlace:
    return AddedPlace(place(id), "open_meteo", NOW)


def archive(id: str, hours: int = 48) -> pd.DataFrame:
    valid_at = pd.date_range("2026-08-01", periods=hours, freq="h", tz="UTC")
    return conform(pd.DataFrame({"station": id, "valid_at": valid_at, "temp_c": 20.0}))


def put(registry: PlaceRegistry, id: str, model: str = "aaaaaaaaaaaa") -> None:
    registry.begin_addition(id, LIMITS, NOW)
    registry.add(added(id), archive(id), {model: f"fit of {id}".encode()}, LIMITS)


@pytest.fixture
def registry(tmp_path) -> PlaceRegistry:
    return PlaceRegistry(tmp_path / "history")


def test_before_the_first_place_there_is_none(registry, tmp_path):
    assert registry.ids() == []
    assert list(tmp_path.iterdir()) == []


def test_a_place_is_read_back(registry):
    put(registry, "home")
    assert registry.ids() == ["home"]
    assert registry.place("home") == added("home")
    pd.testing.assert_frame_equal(registry.archive("home"), archive("home"))
    assert registry.fit("home", "aaaaaaaaaaaa") == registry.newest_fit("home") == b"fit of home"
    assert registry.fit("home", "bbbbbbbbbbbb") is None


def test_the_fits_of_the_last_models_are_kept(registry):
    put(registry, "home", "000000000000")
    for number in range(1, 9):
        registry.keep_fit("home", f"{number:012}", f"fit {number}".encode())
    assert registry.fit("home", "000000000000") is None
    assert registry.fit("home", "000000000003") == b"fit 3"
    assert registry.newest_fit("home") == b"fit 8"


def test_a_place_that_is_removed_is_gone_with_all_its_files(registry, tmp_path):
    put(registry, "home")
    put(registry, "work")
    assert registry.remove("home") == added("home")
    assert registry.ids() == ["work"]
    assert not [path for path in tmp_path.rglob("*") if "home" in path.name]
    with pytest.raises(ConfigError, match=r"no place 'home' was added; there are: work\."):
        registry.remove("home")
    put(registry, "home")


@pytest.mark.parametrize("id", ["../history", ".", "", "..", "a/b", ".lock"])
def test_no_id_leads_out_of_the_folder(registry, tmp_path, id):
    put(registry, "home")
    (tmp_path / "history/station.json").write_text("{}")
    for question in (registry.place, registry.archive, registry.remove, registry.newest_fit):
        with pytest.raises(ConfigError, match="was added"):
            question(id)
    assert registry.ids() == ["home"]


def test_there_are_no_more_places_than_allowed(registry, tmp_path):
    for id in ("one", "two", "three"):
        put(registry, id)
    with pytest.raises(ConfigError, match=r"3 places were added, and WEARCAST_PLACES allows 3"):
        registry.begin_addition("four", LIMITS, NOW)
    with pytest.raises(ConfigError, match="WEARCAST_PLACES allows 3"):
        registry.add(added("four"), archive("four"), {}, LIMITS)
    with pytest.raises(ConfigError, match="the place one was added already"):
        registry.begin_addition("one", LIMITS, NOW)
    with pytest.raises(ConfigError, match="0 places were added, and WEARCAST_PLACES allows 0"):
        PlaceRegistry(tmp_path).begin_addition("one", PlaceLimits(0, 9), NOW)


def test_additions_of_a_day_are_counted_whether_they_succeed_or_not(registry):
    for number in range(LIMITS.a_day):
        registry.begin_addition("home", LIMITS, NOW + timedelta(hours=number))
    with pytest.raises(
        BusyError, match=r"WEARCAST_PLACES_A_DAY allows 4\. Try again after 2026-08-21 09:00 UTC"
    ):
        registry.begin_addition("home", LIMITS, NOW + timedelta(hours=23))
    registry.begin_addition("home", LIMITS, NOW + timedelta(hours=24))
    with pytest.raises(BusyError, match="after 2026-08-21 10:00 UTC"):
        registry.begin_addition("home", LIMITS, NOW + timedelta(hours=24))


def test_what_is_broken_says_so_and_can_be_removed(registry, tmp_path):
    put(registry, "home")
    folder = tmp_path / "history/.places/home"
    (folder / "station.json").write_text('{"station": {}}')
    (folder / "archive.parquet").write_bytes(b"no table")
    with pytest.raises(ConfigError, match=r"station\.json.*"):
        registry.place("home")
    with pytest.raises(ObservationsError):
        registry.archive("home")
    assert registry.remove("home") is None
    assert registry.ids() == []


def test_a_folder_that_can_not_be_used_is_reported(tmp_path):
    (tmp_path / "history").write_text("a file")
    with pytest.raises(ArtifactError, match=r"\.places can't be used: .*permissions"):
        PlaceRegistry(tmp_path / "history").begin_addition("home", LIMITS, NOW)


STEPS = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "tempfile.mkdtemp"}
"""What a process asks of the file system, as Python's audit events call it."""


def killed_at(step: int, doing: Callable[[], object]) -> bool:
    """Let a process of its own do something, and be killed as it comes to a step; whether it did
    come there."""
    child = os.fork()
    if child == 0:
        steps = itertools.count(1)

        def die(event: str, _: object) -> None:
            if event in STEPS and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        try:
            doing()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def every_step(doing: Callable[[], object], then: Callable[[], None]) -> int:
    """Do it and be killed at its first step, then do it anew up to the second, and so on; `then`
    follows each time. How many steps there were."""
    for step in itertools.count(1):
        killed = killed_at(step, doing)
        then()
        if not killed:
            return step - 1
    raise AssertionError


def require_whole(registry: PlaceRegistry) -> None:
    """Whatever places there are, they are whole."""
    for id in registry.ids():
        assert registry.place(id) == added(id)
        assert len(registry.archive(id)) == 48
        assert registry.fit(id, "aaaaaaaaaaaa") == f"fit of {id}".encode()


def test_wherever_an_addition_is_killed_the_place_is_there_whole_or_not_at_all(registry):
    seen = []

    def add() -> None:
        registry.add(added("home"), archive("home"), {"aaaaaaaaaaaa": b"fit of home"}, LIMITS)

    def then() -> None:
        require_whole(registry)
        seen.append(registry.ids())
        if registry.ids():
            registry.remove("home")

    assert every_step(add, then) > 8
    assert [ids for ids, _ in itertools.groupby(seen)] == [[], ["home"]]


def test_wherever_a_removal_is_killed_the_place_is_there_whole_or_not_at_all(registry, tmp_path):
    put(registry, "home")
    seen = []

    def then() -> None:
        require_whole(registry)
        seen.append(registry.ids())
        if not registry.ids():
            put_back = {"aaaaaaaaaaaa": b"fit of home"}
            registry.add(added("home"), archive("home"), put_back, LIMITS)

    assert every_step(lambda: registry.remove("home"), then) > 3
    assert [ids for ids, _ in itertools.groupby(seen)] == [["home"], []]
    registry.remove("home")
    assert not [path for path in tmp_path.rglob("*") if "home" in path.name]
