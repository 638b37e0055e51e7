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

from wearcast.serving.dashboard import outfit_tab, page_data, page_markup, scores_tab
from wearcast.serving.dashboard.api_client import Client, Trouble
from wearcast.serving.dashboard.page_query import Wrong, preferred, read
from wearcast.serving.dashboard.page_state import Fault, State
from wearcast.serving.dashboard.panel import Figure
from wearcast.serving.dashboard.voila_request import Visit, visit

FIGURE: Final = "application/vnd.plotly.v1+json"
LOOK_S: Final = 60
"""How often an open page looks for a newer forecast; one that nobody sees doesn't."""
_SOON_S: Final = (5, 10, 20, 40)
"""When it looks again after the first, second, … failure in a row."""

_MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)
"""What comes of an answer that isn't what the API promises: RuntimeError is StopIteration, for
coroutines."""


async def show() -> None:
    """Show the page, once there is somebody to show it to."""
    whose = await visit()
    page = Page(await Client.open(), whose)
    await page.fill()
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
    look_s = traitlets.Int(LOOK_S).tag(sync=True)

    def __init__(self, client: Client, whose: Visit) -> None:
        super().__init__(address=whose.address)
        self._client = client
        self._told_language = bool(whose.languages)
        choices, wrong = read(whose.query)
        self._state = State(choices, preferred(whose.languages), wrong)
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._outputs: dict[str, ipywidgets.Output] = {}
        self.shelf = ipywidgets.VBox()
        self.on_msg(self._hear)

    async def fill(self) -> None:
        """Ask for what is chosen; what goes wrong becomes a part of the state, and what was shown
        before stays."""
        state = self._state
        try:
            filled = await self._filled(state)
            figures = _drawn(filled)
        except Trouble as trouble:
            self._fail(state, trouble)
        except _MALFORMED as error:
            self._fail(state, Trouble("broken", repr(error), 200))
        else:
            self._failures, self._state = 0, filled
            for name, figure in figures.items():
                self._put(name, figure)
        self.look_s = _SOON_S[min(self._failures, len(_SOON_S)) - 1] if self._failures else LOOK_S
        self.query = state.choices.query()

    async def _filled(self, state: State) -> State:
        found, wrong = await page_data.ask(
            self._client, replace(state.choices, lang=state.language)
        )
        tab = (
            await scores_tab.panel(self._client, found)
            if state.choices.tab == "about"
            else state.about
        )
        return replace(
            state, answers=found, about=tab, wrong=_once(state.wrong + wrong), fault=None
        )

    def _fail(self, state: State, trouble: Trouble) -> None:
        self._failures += 1
        since = state.fault.since if state.fault else datetime.now(UTC)
        self._state = replace(
            state, fault=Fault(trouble.kind, trouble.detail, trouble.status, since)
        )

    def document(self) -> str:
        """The page as it is displayed at first, with its style."""
        style = "".join(
            (resources.files(__package__) / name).read_text("utf-8")
            for name in ("style.css", "about.css")
        )
        return f"<style>{style}</style>{page_markup.page(self._state)}"

    def _put(self, name: str, figure: Figure) -> None:
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

    def _hear(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        """Take what the page in the browser says; the newest choice overtakes one that is still
        being asked for."""
        self.send({"kind": "heard", "n": message.get("n", 0)})
        match message.get("kind"):
            case "choose":
                choices, wrong = read(str(message.get("query", "")))
                self._state = replace(self._state, choices=choices, wrong=wrong)
            case "languages" if not self._told_language:
                self._told_language = True
                language = preferred(str(message.get("languages", "")))
                if language == self._state.language:
                    return
                self._state = replace(self._state, preferred=language)
            case "look":
                pass
            case _:
                return
        if self._task:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._show_again())

    async def _show_again(self) -> None:
        await self.fill()
        self.html = page_markup.page(self._state)
        self.send({"kind": "done"})


def _drawn(state: State) -> Mapping[str, Figure]:
    """The figures of a state whose page can be made; it is made here once to know that."""
    page_markup.page(state)
    return {
        **(outfit_tab.figures(state.answers) if state.answers else {}),
        **(state.about.figures if state.about else {}),
    }


def _once(wrong: tuple[Wrong, ...]) -> tuple[Wrong, ...]:
    return tuple(dict.fromkeys(wrong))
