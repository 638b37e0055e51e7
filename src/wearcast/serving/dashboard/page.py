"""The page as a widget: choices come in as a query, and the HTML that goes out is rendered from one
state."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import anywidget
import ipywidgets
import traitlets
from IPython.display import HTML, display

from wearcast.messages import preferred_language
from wearcast.serving.dashboard import (
    outfit_tab,
    page_data,
    page_markup,
    scores_tab,
)
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.own_votes import VoteBox, read_token, read_vote
from wearcast.serving.dashboard.page_files import page_file, page_style
from wearcast.serving.dashboard.page_query import (
    InvalidChoice,
    names_a_station,
    parse_cookie,
    parse_query,
)
from wearcast.serving.dashboard.page_state import ApiFault, PageState
from wearcast.serving.dashboard.panel import Figure
from wearcast.serving.dashboard.voila_request import PageRequest, page_request
from wearcast.serving.dashboard.wanted_places import PlaceDesk, PlaceWish, read_wish

FIGURE: Final = "application/vnd.plotly.v1+json"
POLL_INTERVAL_S: Final = 60
"""The interval at which a visible page polls for a newer forecast."""
_RETRY_AFTER_S: Final = (5, 10, 20, 40)
"""The interval after the first, second, … consecutive failure."""

_MALFORMED_RESPONSE: Final = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)
"""Errors of rendering a malformed response; RuntimeError is a coroutine's StopIteration."""


async def show() -> None:
    """Display the page, as soon as there is a viewer."""
    request = await page_request()
    client = await ApiClient.open()
    page = Page(client.of(request.api_client), request)
    await page.load()
    display(HTML(page.document()))
    display(page, page.shelf)


class Page(anywidget.AnyWidget):
    """The page.

    Attributes:
        html: the page's HTML; empty while the one that was displayed first is current.
        address: whether the page has an address of its own.
        look_s: seconds until the page's next poll.
        shelf: holds the outputs of plotly figures until page.js moves them to their slots.
    """

    _esm = "".join(map(page_file, ("controls.js", "votes.js", "wishes.js", "page.js")))
    html = traitlets.Unicode().tag(sync=True)
    address = traitlets.Bool().tag(sync=True)
    look_s = traitlets.Int(POLL_INTERVAL_S).tag(sync=True)

    def __init__(self, client: ApiClient, request: PageRequest) -> None:
        super().__init__(address=request.address)
        self._client = client
        self._votes = VoteBox(client)
        self._one_vote = asyncio.Lock()
        self._voting: set[asyncio.Task[None]] = set()
        self._places = PlaceDesk(client)
        self._language_known = bool(request.languages)
        remembered = parse_cookie(request.remembered)
        choices, invalid = parse_query(request.query, remembered)
        self._names_station = names_a_station(request.query)
        language = preferred_language(request.languages)
        self._state = PageState(choices, language, invalid, privacy_url=request.privacy_url)
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._outputs: dict[str, ipywidgets.Output] = {}
        self.shelf = ipywidgets.VBox()
        self.on_msg(self._on_message)

    async def load(self) -> None:
        """Fetch the data of the chosen page; a failure becomes part of the state, and the previous
        data stay."""
        state = self._state
        try:
            filled = await self._fetch(state)
            figures = _figures(filled)
        except ApiError as error:
            self._fail(state, error)
        except _MALFORMED_RESPONSE as error:
            self._fail(state, ApiError("broken", repr(error), 200))
        else:
            self._failures, self._state = 0, filled
            for name, figure in figures.items():
                self._show_figure(name, figure)
        self.look_s = _poll_interval_s(self._failures)

    async def _fetch(self, state: PageState) -> PageState:
        choices = replace(state.choices, lang=state.language)
        data, unknown = await page_data.fetch_page_data(self._client, choices, self._places)
        invalid = tuple(one for one in unknown if self._is_told(one))
        panel = state.scores_tab
        if choices.tab == "about":
            panel = await scores_tab.panel(self._client, data, has_record=self.address)
        return replace(
            state,
            choices=replace(data.chosen, lang=state.choices.lang),
            data=data,
            scores_tab=panel,
            invalid_choices=_deduplicated(state.invalid_choices + invalid),
            fault=None,
            votes=self._votes.votes,
        )

    def _is_told(self, invalid: InvalidChoice) -> bool:
        """Whether the page tells of a choice that the API doesn't know: not of a station that only
        the viewer's device remembers, nor of the day that it showed until it had passed."""
        if invalid.name == "station":
            return self._names_station
        shown = self._state.data
        return shown is None or invalid.value != shown.choices.day

    def _fail(self, state: PageState, error: ApiError) -> None:
        self._failures += 1
        since = state.fault.since if state.fault else datetime.now(UTC)
        fault = ApiFault(error.kind, error.detail, error.status, since)
        self._state = replace(state, fault=fault)

    def document(self) -> str:
        """The page as it is displayed first, with its style."""
        return f"<style>{page_style()}</style>{page_markup.page_markup(self._state)}"

    def _show_figure(self, name: str, figure: Figure) -> None:
        """Show a figure in its output; a new output is put on the shelf, from which page.js moves
        it."""
        config = {"displayModeBar": False, "responsive": True}
        data = {FIGURE: {"config": config, **figure}}
        shown = ({"output_type": "display_data", "data": data, "metadata": {}},)
        if name in self._outputs:
            self._outputs[name].outputs = shown
            return
        output = ipywidgets.Output(outputs=shown)
        output.add_class(f"figure-of-{name}")
        self._outputs[name] = output
        self.shelf.children = (*self.shelf.children, output)

    def _on_message(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        """Handle a message of page.js; a newer choice cancels the requests of an older one."""
        self.send({"kind": "heard", "n": message.get("n", 0)})
        match message.get("kind"):
            case "choose":
                query = str(message.get("query", ""))
                choices, invalid = parse_query(query, self._state.choices)
                self._names_station = True
                self._state = replace(
                    self._state, choices=choices, invalid_choices=invalid, has_wish_failed=False
                )
            case "languages" if not self._language_known:
                self._language_known = True
                language = preferred_language(str(message.get("languages", "")))
                if language == self._state.language:
                    return
                self._state = replace(self._state, preferred_language=language)
            case "look":
                pass
            case "permit":
                self._places.use_token(message.get("token"))
            case "wish" if wish := read_wish(message):
                doing = asyncio.get_running_loop().create_task(self._ask(wish, message.get("n", 0)))
                self._voting.add(doing)
                doing.add_done_callback(self._voting.discard)
                return
            case "person" | "vote" | "erase":
                doing = asyncio.get_running_loop().create_task(self._of_votes(message))
                self._voting.add(doing)
                doing.add_done_callback(self._voting.discard)
                return
            case _:
                return
        self._begin_reload(message.get("n", 0))

    def _begin_reload(self, number: object) -> None:
        """Load the page, and not what it is to show no more."""
        if self._task:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._reload(number))

    async def _reload(self, number: object) -> None:
        await self.load()
        await self._look_at_votes()
        self._render()
        self.send({"kind": "done", "n": number})

    async def _ask(self, wish: PlaceWish, number: object) -> None:
        """Ask for a place, and show what became of it."""
        is_taken = await self._places.ask(wish)
        self._state = replace(self._state, has_wish_failed=not is_taken)
        self._begin_reload(number)

    def _render(self) -> None:
        self.html = page_markup.page_markup(replace(self._state, votes=self._votes.votes))

    async def _look_at_votes(self) -> None:
        state = self._state
        await self._votes.look(state.language, state.choices.units)

    async def _of_votes(self, message: Mapping[str, Any]) -> None:
        """Handle a message about the viewer's votes, one after the other."""
        async with self._one_vote:
            kind, is_settled = message["kind"], True
            if kind == "person":
                self._votes.begin(read_token(message.get("token")))
            elif kind == "erase":
                is_settled = await self._votes.erase()
            elif vote := read_vote(message.get("vote")):
                is_settled = await self._votes.give(vote, self._state.choices)
            await self._look_at_votes()
            if self._votes.votes:
                self._render()
            self.send({"kind": kind, "settled": is_settled})


def _figures(state: PageState) -> Mapping[str, Figure]:
    """The figures of a state, after a trial rendering, which raises where data are malformed."""
    page_markup.page_markup(state)
    figures: dict[str, Figure] = {}
    if state.data:
        figures |= outfit_tab.figures(state.data)
    if state.scores_tab:
        figures |= state.scores_tab.figures
    return figures


def _poll_interval_s(failures: int) -> int:
    if not failures:
        return POLL_INTERVAL_S
    longest = len(_RETRY_AFTER_S)
    return _RETRY_AFTER_S[min(failures, longest) - 1]


def _deduplicated(invalid: tuple[InvalidChoice, ...]) -> tuple[InvalidChoice, ...]:
    return tuple(dict.fromkeys(invalid))
