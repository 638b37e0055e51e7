"""A visitor says how the advice was, sees what that taught, uses it, and erases it; the key to the
votes stays on the device."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.browser import DESK, PHONE, visitor
from dashboard.conftest import Line
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.page_values import settled
from dashboard.test_accessibility import AXE, FOUND
from real.faulty_proxy import RUBBISH
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied

pytestmark = pytest.mark.real
TODAY, YESTERDAY = "2024-04-09", "2024-04-08"


@dataclass(frozen=True)
class Taking:
    """A dashboard over an API that takes votes, at 18:00 in Seoul; its advice is from 05:00 on."""

    line: Line
    board: DashboardProcess
    database: Path

    @property
    def url(self) -> str:
        """Of the page of today."""
        return f"{self.board.url}?station=108&day={TODAY}"

    def kept(self) -> list[tuple[str, str, str]]:
        """The votes in the database, the oldest first."""
        with sqlite3.connect(self.database) as connection:
            return connection.execute(
                "SELECT day, verdict, piece FROM feedback_votes ORDER BY received_at"
            ).fetchall()


@pytest.fixture(scope="module")
def taking(lines, said, tmp_path_factory) -> Iterator[Taking]:
    database = tmp_path_factory.mktemp("votes") / "votes.db"
    line = lines(
        *[
            joined(varied(NEWARK, at), varied(SEOUL, at, seed=2), replay=True)
            for at in (f"{YESTERDAY}T20", f"{TODAY}T09")
        ],
        FEEDBACK=f"sqlite:///{database}",
    )
    with dashboard_process(said / "votes.log", API=line.url, DASHBOARD_POOL="1") as board:
        yield Taking(line, board, database)


def opened(seen, taking):
    """The page with its buttons; its erasure is confirmed."""
    seen.page.on("dialog", lambda dialog: dialog.accept())
    seen.open(taking.url)
    expect(seen.page.locator(".votes")).to_be_visible()
    return seen.page


def press(page, name):
    """Press a button of a question, as a keyboard does."""
    button = page.locator(f"#vote-{name}")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    expect(page.locator(".votes [aria-busy=true]")).to_have_count(0)


def remembered_token(page):
    return page.evaluate("JSON.parse(localStorage.getItem('wearcast-votes'))?.token ?? ''")


def shown_query(page):
    return page.locator("#wearcast").get_attribute("data-query")


def erase(page):
    page.locator("#erase-votes").click()
    expect(page.locator("#erase-votes")).to_have_count(0)
    settled(page)


def test_a_visitor_votes_sees_the_offset_uses_it_and_erases_it(taking, browser):
    with visitor(browser, size=PHONE) as seen:
        page = seen.page
        page.goto(taking.url)
        assert page.locator(".votes, #use-offset").count() == 0
        page = opened(seen, taking)
        assert remembered_token(page) == ""

        page.locator("[data-vote=piece]").select_option(index=1)
        press(page, "day-too_cold")
        offset = page.locator("#own-offset")
        expect(offset).to_have_text(re.compile(r"You run .+±.+°C (cold|warm); from one vote\."))
        [(day, verdict, piece)] = taking.kept()
        assert (day, verdict, bool(piece)) == (TODAY, "too_cold", True)
        token = remembered_token(page)
        assert len(token) == 43

        page.locator("#yesterday-box summary").click()
        page.locator("[data-vote=worn]").nth(1).select_option("sweatshirt")
        press(page, "yesterday-too_cold")
        expect(offset).to_have_text(re.compile(r"cold; from 2 votes\."))
        assert taking.kept()[1][:2] == (YESTERDAY, "too_cold")

        use = page.locator("#use-offset")
        value = use.get_attribute("value")
        assert not use.is_checked()
        use.check()
        settled(page)
        assert f"offset={value}&" in shown_query(page)
        assert seen.remembered()["offset"] == value
        assert "offset" not in seen.address()

        press(page, "day-right")
        settled(page)
        assert use.get_attribute("value") != value
        assert use.is_checked()
        assert seen.remembered()["offset"] == use.get_attribute("value")

        said = offset.text_content()
        page.goto(taking.url)
        assert f"offset={seen.remembered()['offset']}&" in shown_query(page)
        assert page.locator(".votes").count() == 0
        seen.live()
        expect(offset).to_have_text(said)
        assert use.is_checked()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

        erase(page)
        assert taking.kept() == []
        assert page.evaluate("localStorage.length") == 0
        assert "offset" not in seen.remembered()
        assert "offset" not in shown_query(page)
        logs = taking.board.said() + taking.line.api.log.read_text()
        assert token not in logs + " ".join(seen.loads) + str(page.context.cookies())
        assert seen.errors == []


def test_axe_finds_no_serious_violation_where_votes_are(taking, browser, real_part):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    with visitor(browser, "ko", DESK, color_scheme="dark", reduced_motion="reduce") as seen:
        page = opened(seen, taking)
        press(page, "day-too_warm")
        expect(page.locator("#own-offset")).to_be_visible()
        page.locator("#yesterday-box summary").click()
        page.evaluate(AXE.read_text())
        assert page.evaluate(FOUND) == []
        erase(page)


def test_a_vote_whose_answer_is_lost_counts_once(taking, browser):
    with visitor(browser) as seen:
        page = opened(seen, taking)
        taking.line.proxy.swallow = b"POST /feedback"
        press(page, "day-right")
        assert taking.line.proxy.swallow is None
        assert len(taking.kept()) == 1
        expect(page.locator("#own-offset")).to_contain_text("from one vote")
        erase(page)


@pytest.mark.full
def test_a_vote_that_could_not_be_sent_is_sent_when_the_visitor_comes_back(taking, browser):
    with visitor(browser) as seen:
        page = opened(seen, taking)
        taking.line.proxy.says = RUBBISH
        try:
            page.locator("#vote-day-right").click()
            expect(page.locator(".votes .trouble")).to_be_visible()
        finally:
            taking.line.proxy.heal()
        seen.open(taking.url)
        expect(page.locator("#vote-day-right")).to_have_attribute("aria-pressed", "true")
        assert len(taking.kept()) == 1
        erase(page)
