"""Which releases a host keeps to go back to, and that nothing is left of one that failed. No engine
is needed."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.program import BLUE, IMAGES, Program, deployed, watching
from rollout.releases import OTHER, Deployment
from rollout.state import KEPT_BACK, State

PARTS = ("service", "dashboard", "refresh")


def images(name: str) -> dict[str, str]:
    """Those of a release."""
    digest = f"{ord(name):064x}"
    return {part: f"registry.example.org/{part}@sha256:{digest}" for part in PARTS}


def release(name: str, schema: int = 1) -> Deployment:
    """One that is named by its commit."""
    return deployed(images=images(name), code=name, schema=schema)


def proved(state: State, new: Deployment) -> State:
    """The state after it has proved itself."""
    colour = OTHER[state.live.colour] if state.live else "blue"
    running = replace(state, running=watching(colour))
    return running.with_proved(colour, new.release)


def after(releases: Sequence[Deployment]) -> State:
    """The state in which these went live, one after the other."""
    state = State()
    for one in releases:
        state = proved(state, one).with_no_rollout()
    return state


def codes(deployments: Sequence[Deployment]) -> list[str]:
    """What they are named by."""
    return [one.release.code for one in deployments]


def test_several_releases_can_be_gone_back_to_and_older_ones_go() -> None:
    state = after([release(name) for name in "abcd"])
    assert codes(state.known) == ["d", "c", "b", "a"]
    newest = proved(state, release("e"))
    assert codes(newest.known) == ["e", "d", "c", "b"]
    assert codes(newest.retired) == ["a"]
    assert [one.release.code for one in map(newest.steps_back, (1, 2, 3)) if one] == ["d", "c", "b"]
    assert newest.steps_back(KEPT_BACK + 1) is None


def test_going_back_two_steps_keeps_what_was_left() -> None:
    state = after([release(name) for name in "abcd"])
    back = proved(state, release("b"))
    assert codes(back.known) == ["b", "d", "c", "a"]
    assert back.retired == ()


def test_the_same_anew_keeps_them_all() -> None:
    state = after([release(name) for name in "abc"])
    assert codes(proved(state, release("c")).known) == ["c", "b", "a"]


def test_what_could_not_read_what_is_published_is_not_kept() -> None:
    """Refresh writes what the live release and the one before can read."""
    state = after([release("a"), release("b"), release("c", schema=2)])
    assert codes(state.known) == ["c", "b", "a"]
    newest = proved(state, release("d", schema=2))
    assert codes(newest.known) == ["d", "c"]
    assert codes(newest.retired) == ["b", "a"]


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(1, 3)), max_size=20))
def test_every_release_is_live_kept_or_retired_once(went_live: list[tuple[str, int]]) -> None:
    state = State()
    for name, schema in went_live:
        known = {name, *codes(state.known)}
        state = proved(state, release(name, schema))
        assert state.deployed.release.code == name
        assert len(state.known) <= 1 + KEPT_BACK
        kept, retired = codes(state.known), codes(state.retired)
        assert sorted(kept + retired) == sorted(known)
        published = min(one.release.schema for one in state.known[:2])
        assert all(one.release.schema >= published for one in state.known[2:])
        assert State.from_json(json.loads(json.dumps(state.to_json()))) == state
        state = state.with_no_rollout()


EARLIER = [{**BLUE, "images": images(name), "code": name * 40} for name in "de"]


def test_an_operator_goes_back_by_as_many_steps_as_status_shows(program: Program) -> None:
    live = {**BLUE, "images": images("b")}
    previous = {**BLUE, "images": images("c"), "code": "c" * 40}
    program.note(live=live, previous=previous, earlier=EARLIER)
    told = program.run("status").stdout
    assert "before    blue, code cccccccccccc" in told
    assert "before 2  blue, code dddddddddddd" in told
    assert "before 3  blue, code eeeeeeeeeeee" in told
    program.run("back", "--steps", "3", "--watch", "0", "--drain", "0")
    assert program.history()[-1]["images"] == images("e")
    assert program.run("back", "--steps", "4").returncode == 2
    program.note(live=live, previous=previous)
    gone = program.run("back", "--steps", "2", "--watch", "0", "--drain", "0")
    assert gone.returncode == 1
    assert "no release to go to" in gone.stderr


def test_the_images_of_all_that_is_kept_stay(program: Program) -> None:
    names = {"live": "b", "previous": "c"}
    noted = {which: {**BLUE, "images": images(name)} for which, name in names.items()}
    retired = [{**BLUE, "images": images(name)} for name in "def"]
    running = {**watching("blue").to_json(), "proved": True}
    (program.folder / "state/traefik").mkdir()
    program.note(**noted, earlier=EARLIER, retired=retired, running=running)
    assert program.run("recover").returncode == 0
    removed = {line.split()[-1] for line in program.asked(" image rm ")}
    assert removed == set(images("f").values())
    assert codes(State.from_json(program.noted()).earlier) == ["d" * 40, "e" * 40]


def stopped(part: str, image: str) -> str:
    """A line of a `docker` that knows such a container."""
    found = json.dumps([{"State": {"Running": False}, "Config": {"Image": image}}])
    return f"""  "inspect wearcast-{part}-1") echo '{found}' ;;"""


def test_of_a_failed_release_images_and_containers_go_and_the_end_of_its_log_stays(
    program: Program,
) -> None:
    answers = [stopped(f"{part}-green", IMAGES[part]) for part in ("service", "dashboard")]
    answers.append("""  "logs "*) echo "no such thing" ;;""")
    program.docker("\n".join(answers))
    live = {**BLUE, "images": {**images("b"), "refresh": IMAGES["refresh"]}}
    program.note(live=live, running=watching("green").to_json())
    assert program.run("recover").returncode == 1
    for part in ("service", "dashboard"):
        assert program.asked(f" rm wearcast-{part}-green-1")
        log = program.folder / f"state/failed/wearcast-{part}-green-1.log"
        assert log.read_text() == "no such thing\n"
    removed = {line.split()[-1] for line in program.asked(" image rm ")}
    assert removed == {IMAGES["service"], IMAGES["dashboard"]}, "refresh's is the live one's, too"


@pytest.mark.parametrize("image", [images("b")["service"], ""], ids=["an earlier one's", "none"])
def test_a_container_of_another_release_stays(program: Program, image: str) -> None:
    program.docker(stopped("service-green", image) if image else "")
    program.note(live={**BLUE, "images": images("c")}, running=watching("green").to_json())
    program.run("recover")
    assert not program.asked(" rm wearcast-service-green-1")


def test_an_image_that_somebody_named_by_a_tag_is_not_ours_to_remove(program: Program) -> None:
    named = [f"wearcast-{part}:test" for part in PARTS]
    assert program.run("release", "--watch", "0", "--drain", "0", *named).returncode == 1
    assert "isn't named by its digest" in program.history()[-1]["reason"]
    assert not program.asked(" image rm ")
