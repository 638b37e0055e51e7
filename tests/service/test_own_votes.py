"""The page's votes over a real service: nothing before the page is live, what they taught in either
language, and why one isn't kept."""

import itertools
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalogues import untranslated_words
from feedback_votes import TOKEN
from service.synthetic_snapshots import SEOUL, varied
from unit.serving.dashboard.read_page import Read
from wearcast.serving.dashboard import own_votes
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.own_votes import OwnVotes, Vote, VoteBox
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_markup import page_markup
from wearcast.serving.dashboard.page_query import Choices
from wearcast.serving.dashboard.page_state import PageState
from wearcast.vocabulary import LANGUAGES

MORNING, NOW = "2024-03-05T21", datetime(2024, 3, 6, 6, 30, tzinfo=UTC)
"""06:00 and 15:30 in Seoul on 6 March."""
TODAY, YESTERDAY, TOMORROW = "2024-03-06", "2024-03-05", "2024-03-07"
WORN = ("tshirt", "jeans", "canvas_sneakers")


@pytest.fixture
def service(serve, tmp_path):
    """A service that takes votes, at half past three in Seoul."""
    ticks = itertools.count()
    return serve(
        varied(SEOUL, MORNING),
        varied(SEOUL, "2024-03-06T06"),
        now=lambda: NOW + timedelta(milliseconds=next(ticks)),
        published_after=timedelta(minutes=20),
        feedback=f"sqlite:///{tmp_path}/votes.db",
        stale_after=timedelta(days=7),
    )


def vote(**fields):
    usual = {
        "id": str(uuid.uuid4()),
        "station": "108",
        "day": TODAY,
        "verdict": "too_cold",
        "piece": "",
        "worn": (),
        "hour": 0,
    }
    return Vote(**usual | fields)


def live(service, token=""):
    """The votes of a page that is live, on a device with a token."""
    box = VoteBox(ApiClient(service.client, "here"))
    box.begin(token)
    return box


def looked(service, box, lang="en", units="metric"):
    service.run(box.look(lang, units))
    return box.votes


def given(service, *votes, choices=None):
    box = live(service, TOKEN)
    for one in votes:
        assert service.run(box.give(one, choices or Choices()))
    return box


def page(service, votes, **chosen):
    choices = Choices(**chosen)
    data, _ = service.run(fetch_page_data(ApiClient(service.client, "here"), choices))
    state = PageState(data.choices, choices.lang or "en", data=data, votes=votes)
    return page_markup(state)


def card(html):
    found = re.search(r'<section class="votes card".*?</section>', html)
    return found and found[0]


def pressed(html):
    return re.findall(r'id="vote-([a-z_-]+)"[^>]*aria-pressed="true"', html)


def test_before_the_page_is_live_there_are_no_buttons(service):
    box = VoteBox(ApiClient(service.client, "here"))
    assert looked(service, box) is None
    assert card(page(service, box.votes)) is None


def test_where_no_votes_are_taken_nothing_of_them_is_shown(serve):
    service = serve(varied(SEOUL, MORNING), now=lambda: NOW)
    for token in ("", TOKEN):
        assert looked(service, live(service, token)) is None
    assert "vote" not in page(service, None)


def test_a_device_without_a_token_is_asked_and_told_of_no_votes(service):
    votes = looked(service, live(service))
    assert votes == OwnVotes()
    html = page(service, votes, lang="en")
    assert pressed(html) == []
    assert "own-offset" not in html
    assert "erase-votes" not in html
    assert len(set(Read(html).ids)) == len(Read(html).ids)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_votes_taught_is_told_in_the_pages_language(service, lang):
    box = given(service, vote(verdict="too_warm"), vote(day=YESTERDAY, worn=WORN, hour=8))
    votes = looked(service, box, lang, "imperial")
    told = service.get(
        "/feedback", headers={"Authorization": f"Bearer {TOKEN}"}, lang=lang, units="imperial"
    ).json()
    assert votes.words == told["offset"]["text"]
    assert votes.count == 2
    html = page(service, votes, lang=lang, units="imperial")
    assert votes.words in card(html)
    assert pressed(html) == ["day-too_warm", "yesterday-too_cold"]
    texts = Read(card(html)).texts
    if lang == "ko":
        words = set(re.findall(r"[A-Za-z]+", " ".join(texts)))
        assert words <= {"F", "am", "pm"} | untranslated_words("ko")


def test_a_vote_has_the_settings_that_the_advice_was_made_with(service):
    chosen = Choices(style="business", sensitivity="high", out="8-9,18-19", units="imperial")
    given(service, vote(piece="hoodie"), choices=chosen)
    given(service, vote(), choices=replace(chosen, offset="-1.5"))
    own = service.get("/feedback", headers={"Authorization": f"Bearer {TOKEN}"}).json()["votes"]
    assert [one["offset_c"] for one in own] == [2.0, -1.5]
    assert [one["piece"] for one in own] == ["hoodie", ""]


def test_a_vote_on_ones_own_clothes_is_about_that_hour_alone(service):
    given(service, vote(day=YESTERDAY, worn=WORN, hour=8), choices=Choices(out="12-13"))
    own = service.get("/feedback", headers={"Authorization": f"Bearer {TOKEN}"}).json()["votes"]
    assert [(one["target_date"], one["own_clothes"]) for one in own] == [(YESTERDAY, True)]


def test_the_same_vote_pressed_again_counts_once(service):
    one = vote()
    assert looked(service, given(service, one, one)).count == 1


def test_the_offset_counts_only_once_it_is_chosen(service):
    def asked(**chosen):
        query = Choices(station="108", **chosen).advice_query(TODAY)
        return service.read("/recommendation/by_day", **query)

    usual, used = asked(sensitivity="high"), asked(sensitivity="high", offset="3.0")
    assert usual["person"]["offset_c"] == 0.0
    assert (used["person"]["sensitivity"], used["person"]["offset_c"]) == ("average", 3.0)
    assert used["outfit"]["needs_clo"] > usual["outfit"]["needs_clo"]


@pytest.mark.parametrize("chosen", ["", "1.4"])
@pytest.mark.parametrize("votes", [None, OwnVotes(), OwnVotes("Colder.", "2.0", 3)])
def test_there_is_one_switch_wherever_it_stands(service, votes, chosen):
    html = page(service, votes, offset=chosen)
    switches = re.findall(r'<input type="checkbox"[^>]*id="use-offset"[^>]*>', html)
    assert len(switches) == bool(chosen or (votes and votes.offset))
    for switch in switches:
        assert ("checked" in switch) == bool(chosen)
        assert f'value="{votes.offset if votes and votes.offset else chosen}"' in switch


def test_a_day_that_has_not_begun_is_not_asked_about(service):
    html = page(service, OwnVotes(), day=TOMORROW)
    assert "vote-day-right" not in html
    assert f'data-day="{YESTERDAY}"' in card(html)


def test_votes_are_erased_with_what_they_taught(service):
    box = given(service, vote())
    looked(service, box)
    assert service.run(box.erase())
    assert looked(service, box) == OwnVotes()
    own = service.get("/feedback", headers={"Authorization": f"Bearer {TOKEN}"}).json()
    assert own["votes"] == []


@pytest.mark.parametrize(
    ("fields", "trouble"), [({"day": TOMORROW}, "passed"), ({"station": "999"}, "passed")]
)
def test_a_vote_that_can_never_be_kept_is_settled(service, fields, trouble):
    box = live(service, TOKEN)
    looked(service, box)
    assert service.run(box.give(vote(**fields), Choices()))
    assert box.votes.trouble == trouble
    assert 'class="trouble"' in card(page(service, box.votes))


def test_a_vote_that_may_be_kept_later_is_not(serve, monkeypatch):
    monkeypatch.setattr(own_votes, "_AGAIN_AFTER_S", (0.0,))
    service = serve(
        varied(SEOUL, MORNING), now=lambda: NOW, feedback="postgresql://me@127.0.0.1:9/votes"
    )
    box = live(service)
    assert looked(service, box) == OwnVotes()
    box.begin(TOKEN)
    assert not service.run(box.give(vote(), Choices()))
    assert box.votes.trouble == "later"


def test_a_page_may_vote_so_often(service):
    box = live(service, TOKEN)
    one = vote()
    settled = [service.run(box.give(one, Choices())) for _ in range(21)]
    assert settled == [True] * 20 + [False]
