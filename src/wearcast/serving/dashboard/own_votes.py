"""A viewer's votes on past advice, as the page gives them to the API and is told of them.

Their token lives on the viewer's device, and comes with messages of the page. It is sent to the API
in a header, and shown, logged and written nowhere.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.page_query import Choices, offset_text
from wearcast.serving.rate_limit import TokenBucket
from wearcast.vocabulary import WAKE_HOURS, Language, Units

VERDICTS: Final = ("too_cold", "right", "too_warm")
Trouble = Literal["", "later", "many", "passed", "full", "erasure"]
"""Why the last vote isn't kept: it may be later; there were too many; its day has passed; there is
no room for anybody's. Or why the votes aren't erased: they may be later."""

_PATH: Final = "/feedback"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,64}")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATION: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GARMENT: Final = re.compile(r"[a-z0-9_]{1,40}")
_MOST_WORN: Final = 12
_AGAIN_AFTER_S: Final = (1.0, 3.0)
"""A lost answer is asked for again: the API counts the vote once."""
_RATE_PER_S, _BURST = 0.2, 20.0
"""Of one page; the kernels of all visitors share the API's limit."""
_MAY_PASS: Final = ("gone", "slow", "empty")
_MAY_BE_LATER: Final = ("later", "many")


@dataclass(frozen=True)
class OwnVotes:
    """What the API tells of a viewer's votes.

    Attributes:
        words: how much colder than most they feel, in a sentence; empty without votes.
        offset: the same as a choice of the page; empty without votes.
        count: how many votes it is from.
        last: the last verdict on a day, by station and day.
        trouble: why the last vote isn't kept, or they aren't erased; empty where all is well.
    """

    words: str = ""
    offset: str = ""
    count: int = 0
    last: Mapping[tuple[str, str], str] = field(default_factory=dict)
    trouble: Trouble = ""


@dataclass(frozen=True)
class Vote:
    """A vote as the page sends it.

    Attributes:
        id: a UUID, which stays while the vote is sent again.
        station, day: what it is about.
        verdict: one of VERDICTS.
        piece: which garment it was; empty where it was the whole.
        worn: the viewer's own clothes; empty where they wore what was advised.
        hour: when they were out in their own clothes.
    """

    id: str
    station: str
    day: str
    verdict: str
    piece: str
    worn: tuple[str, ...]
    hour: int

    def body(self, choices: Choices) -> Mapping[str, Any]:
        """The body of the API's request, with the choices that the advice was made with."""
        asked: dict[str, Any] = {
            **choices.advice_query(self.day),
            "station": self.station,
            "id": self.id,
            "verdict": self.verdict,
            "piece": self.piece or None,
            "worn": self.worn,
        }
        if self.worn:
            asked |= {"wake": self.hour, "sleep": self.hour + 1}
            asked.pop("out", None)
        return asked


def read_token(value: object) -> str:
    """A token of a message; empty where it is none."""
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else ""


def read_vote(given: object) -> Vote | None:
    """A vote of a message; None where it is none."""
    if not isinstance(given, Mapping):
        return None
    texts = {"id": _ID, "station": _STATION, "day": _DAY}
    if not all(_is_like(given.get(name), pattern) for name, pattern in texts.items()):
        return None
    piece, worn, hour = given.get("piece", ""), given.get("worn", []), given.get("hour", 0)
    if given.get("verdict") not in VERDICTS or not (piece == "" or _is_like(piece, _GARMENT)):
        return None
    if not isinstance(worn, list) or len(worn) > _MOST_WORN:
        return None
    if not all(_is_like(id, _GARMENT) for id in worn) or hour not in WAKE_HOURS:
        return None
    said = {name: given[name] for name in (*texts, "verdict")}
    return Vote(**said, piece=piece, worn=tuple(worn), hour=hour)


def _is_like(value: object, pattern: "re.Pattern[str]") -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


class VoteBox:
    """Gives a page's votes to the API.

    Attributes:
        votes: what the API has told; None where it takes no votes, and before the page is live.
    """

    def __init__(self, client: ApiClient) -> None:
        self.votes: OwnVotes | None = None
        self._client = client
        self._token = ""
        self._is_live = False
        self._told_in: tuple[Language, Units] | None = None
        self._rate = TokenBucket(_RATE_PER_S, _BURST)

    def begin(self, token: str) -> None:
        """The page is live, on a device that has this token, or none yet."""
        self._is_live, self._token, self._told_in = True, token, None

    async def look(self, language: Language, units: Units) -> None:
        """Have the API tell of the votes, unless it has in this language and units."""
        if not self._is_live or self._told_in == (language, units) or not self._rate.take():
            return
        token = self._token
        try:
            votes = await self._told(language, units)
        except ApiError:
            return  # the next look of the page tries again
        if token != self._token:
            return  # they were erased meanwhile
        if votes and self.votes:
            votes = replace(votes, trouble=self.votes.trouble)
        self.votes, self._told_in = votes, (language, units)

    async def give(self, vote: Vote, choices: Choices) -> bool:
        """Give a vote; whether that is settled, so that it needn't be sent again."""
        if not self._token or not self._rate.take():
            self._tell("later")
            return False
        try:
            await self._sent(vote, choices)
        except ApiError as error:
            trouble = _trouble(error)
            self._tell(trouble)
            return trouble not in _MAY_BE_LATER
        self._tell("")
        self._told_in = None
        return True

    async def erase(self) -> bool:
        """Erase the token's votes; whether they are."""
        is_erased = bool(self._token) and self._rate.take() and await self._erased()
        if is_erased:
            self._token, self.votes = "", OwnVotes()
        else:
            self._tell("erasure")
        return is_erased

    async def _erased(self) -> bool:
        try:
            await self._client.personal("DELETE", _PATH, self._token)
        except ApiError:
            return False
        return True

    async def _sent(self, vote: Vote, choices: Choices) -> None:
        body = vote.body(choices)
        for wait_s in _AGAIN_AFTER_S:
            try:
                await self._client.personal("POST", _PATH, self._token, body)
            except ApiError as error:
                if error.kind not in _MAY_PASS:
                    raise
                await asyncio.sleep(wait_s)
            else:
                return
        await self._client.personal("POST", _PATH, self._token, body)

    async def _told(self, language: Language, units: Units) -> OwnVotes | None:
        """What the API tells; None where it takes no votes.

        Raises:
            ApiError: it tells nothing.
        """
        try:
            told = await self._client.personal(
                "GET", _PATH, self._token, lang=language, units=units
            )
            return _read(told)
        except ApiError as error:
            if error.status == 404:
                return None
            if error.status == 401:
                return OwnVotes()
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ApiError("broken", repr(error), 200) from error

    def _tell(self, trouble: Trouble) -> None:
        if self.votes:
            self.votes = replace(self.votes, trouble=trouble)


def _read(told: Any) -> OwnVotes:
    offset = told["offset"]  # beside the usual sensitivity, as `Choices` sends it
    count, offset_c = int(offset["votes"]), float(offset["offset_c"])
    if not count:
        return OwnVotes()
    if not math.isfinite(offset_c):
        raise ValueError("the offset is no number")
    last = {
        (str(vote["station"]), str(vote["target_date"])): str(vote["verdict"])
        for vote in told["votes"]
    }
    return OwnVotes(str(offset["text"]), offset_text(offset_c), count, last)


def _trouble(error: ApiError) -> Trouble:
    match error.status:
        case 429:
            return "many"
        case 507:
            return "full"
        case status if 400 <= status < 500:
            return "passed"
        case _:
            return "later"
