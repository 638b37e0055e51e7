"""The second tab, for the curious: how good the forecasts are, and what the model is."""

from wearcast.serving.dashboard.answers import Answers
from wearcast.serving.dashboard.client import Client
from wearcast.serving.dashboard.markup import tag
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.words import say


async def panel(client: Client, answers: Answers) -> Panel:
    """The tab's HTML and figures; asked for when it is opened.

    Raises:
        Trouble: the API has no answer.
    """
    language = answers.choices.lang or "en"
    card = await client.get("/model")
    return Panel(tag("p", say(language, "Model {version}", version=card["version"])), {})
