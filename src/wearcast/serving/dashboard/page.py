"""The page: one widget, one state, one rendering of it. What a viewer does comes in as a query,
what they see goes out as HTML."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

import anywidget
import ipywidgets
import traitlets
from IPython.display import HTML, display

from wearcast.messages import preferred_language
from wearcast.serving.dashboard import outfit_tab, page_data, page_markup, scores_tab
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.page_query import InvalidChoice, parse_query
from wearcast.serving.dashboard.page_state import ApiFault, PageState
from wearcast.serving.dashboard.panel import Figure
from wearcast.serving.dashboard.voila_request import PageRequest, page_request

FIGURE: Final = "application/vnd.plotly.v1+json"
POLL_INTERVAL_S: Final = 60
"""How often an open page looks for a newer forecast; one that nobody sees doesn't."""
_RETRY_AFTER_S: Final = (5, 10, 20, 40)
"""When it looks again after the first, second, … failure in a row."""

_MALFORMED_RESPONSE: Final = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)
"""What comes of an answer that isn't what the API promises: RuntimeError is StopIteration, for
coroutines."""


async def show() -> None:
    """Show the page, once there is somebody to show it to."""
    request = await page_request()
    page = Page(await ApiClient.open(), request)
    await page.load()
    display(HTML(page.document()))
    display(page, page.shelf)


class Page(anywidget.AnyWidget):
    """The page.

    Attributes:
        html: what is shown; empty for what was displayed at first.
        query: the address's query that says the choices.
        address: whether the page has an address of its own.
        look_s: seconds until the page is to look for a newer forecast.
        shelf: holds the plotly figures until the page has taken them to their slots.
    """

    _esm = (resources.files(__package__) / "page.js").read_text("utf-8")
    html = traitlets.Unicode().tag(sync=True)
    query = traitlets.Unicode().tag(sync=True)
    address = traitlets.Bool().tag(sync=True)
    look_s = traitlets.Int(POLL_INTERVAL_S).tag(sync=True)

    def __init__(self, client: ApiClient, request: PageRequest) -> None:
        super().__init__(address=request.address)
        self._client = client
        self._language_known = bool(request.languages)
        choices, invalid = parse_query(request.query)
        self._state = PageState(choices, preferred_language(request.languages), invalid)
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._outputs: dict[str, ipywidgets.Output] = {}
        self.shelf = ipywidgets.VBox()
        self.on_msg(self._on_message)

    async def load(self) -> None:
        """Ask for what is chosen; what goes wrong becomes a part of the state, and what was shown
        before stays."""
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
        self.look_s = (
            _RETRY_AFTER_S[min(self._failures, len(_RETRY_AFTER_S)) - 1]
            if self._failures
            else POLL_INTERVAL_S
        )
        self.query = state.choices.to_query()

    async def _fetch(self, state: PageState) -> PageState:
        found, invalid = await page_data.fetch_page_data(
            self._client, replace(state.choices, lang=state.language)
        )
        tab = (
            await scores_tab.panel(self._client, found)
            if state.choices.tab == "about"
            else state.scores_tab
        )
        return replace(
            state,
            data=found,
            scores_tab=tab,
            invalid_choices=_deduplicated(state.invalid_choices + invalid),
            fault=None,
        )

    def _fail(self, state: PageState, error: ApiError) -> None:
        self._failures += 1
        since = state.fault.since if state.fault else datetime.now(UTC)
        self._state = replace(state, fault=ApiFault(error.kind, error.detail, error.status, since))

    def document(self) -> str:
        """The page as it is displayed at first, with its style."""
        style = "".join(
            (resources.files(__package__) / name).read_text("utf-8")
            for name in ("style.css", "about.css")
        )
        return f"<style>{style}</style>{page_markup.page_markup(self._state)}"

    def _show_figure(self, name: str, figure: Figure) -> None:
        """Show a figure in its output; a new output goes onto the shelf, from where the page takes
        it."""
        data = {FIGURE: {"config": {"displayModeBar": False, "responsive": True}, **figure}}
        shown = ({"output_type": "display_data", "data": data, "metadata": {}},)
        if name in self._outputs:
            self._outputs[name].outputs = shown
            return
        self._outputs[name] = ipywidgets.Output(outputs=shown)
        self._outputs[name].add_class(f"figure-of-{name}")
        self.shelf.children = (*self.shelf.children, self._outputs[name])

    def _on_message(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        """Take what the page in the browser says; the newest choice overtakes one that is still
        being asked for."""
        self.send({"kind": "heard", "n": message.get("n", 0)})
        match message.get("kind"):
            case "choose":
                choices, invalid = parse_query(str(message.get("query", "")))
                self._state = replace(self._state, choices=choices, invalid_choices=invalid)
            case "languages" if not self._language_known:
                self._language_known = True
                language = preferred_language(str(message.get("languages", "")))
                if language == self._state.language:
                    return
                self._state = replace(self._state, preferred_language=language)
            case "look":
                pass
            case _:
                return
        if self._task:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        await self.load()
        self.html = page_markup.page_markup(self._state)
        self.send({"kind": "done"})


def _figures(state: PageState) -> Mapping[str, Figure]:
    """The figures of a state whose page can be made; it is made here once to know that."""
    page_markup.page_markup(state)
    return {
        **(outfit_tab.figures(state.data) if state.data else {}),
        **(state.scores_tab.figures if state.scores_tab else {}),
    }


def _deduplicated(invalid: tuple[InvalidChoice, ...]) -> tuple[InvalidChoice, ...]:
    return tuple(dict.fromkeys(invalid))
