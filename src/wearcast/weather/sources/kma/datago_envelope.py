"""The envelope of a response of data.go.kr: result codes in JSON, the same codes in XML though JSON
was asked for, or one plain sentence.

Which of them it is depends on how the call failed and on which gateway stood in between, hardly on
the status: status 200 may carry any of them. So the first character decides, then the code, and the
status comes last.

Codes: the portal's guides to AsosHourlyInfoService and VilageFcstInfoService_2.0. Sentences: the
gateway of 2025.
"""

import re
from typing import Any, Final

from wearcast.errors import QuotaError, SourceError
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma.data_set import DataSet

NOT_YET: Final = "전날 자료까지 제공"
"""In the message when a day is asked for that isn't over: data are given up to yesterday."""

_FINE, _NO_DATA, _USED_UP, _UNKNOWN = "00", "03", "22", "99"
_PASSING: Final = frozenset({"01", "02", "04", "05", "23", _UNKNOWN})

_QUOTA: Final = (
    "The key's requests of today are used up. Run again after midnight in Korea (15:00 UTC), what"
    " is there already is not asked for again; or ask for more at data.go.kr, My Page."
)
_PASSING_SENTENCES: Final = (
    "rate limit exceeded",
    "Unexpected errors",
    "Error forwarding request",
    "Error receiving response",
)

_XML_CODE: Final = re.compile(r"<(?:returnReasonCode|resultCode)>\s*(\d{1,4})\s*<")
_XML_MESSAGE: Final = re.compile(r"<(?:returnAuthMsg|resultMsg)>([^<]*)<")


def opened(response: HttpResponse, data_set: DataSet) -> dict[str, Any] | None:
    """The body of the envelope, empty where there are no data; None where the service doesn't have
    the last of the days yet.

    Raises:
        PassingError: asking again may help.
        QuotaError: the key's requests of today are used up.
        SourceError: the service refuses, or this is no answer of it; the message says what to do.
    """
    text = response.content.decode("utf-8-sig", errors="replace").strip()
    if text.startswith("<"):
        return _xml(response, text, data_set)
    if not text.startswith("{"):
        raise _sentence(response, text, data_set)
    return _json(response, data_set)


def _json(response: HttpResponse, data_set: DataSet) -> dict[str, Any] | None:
    envelope = response.json().get("response")
    header = envelope.get("header") if isinstance(envelope, dict) else None
    if not isinstance(header, dict) or "resultCode" not in header:
        response.require_success()
        raise response.rubbish("JSON without response.header.resultCode")
    code, message = str(header["resultCode"]), str(header.get("resultMsg", ""))
    return _decided(response, data_set, code, message, envelope.get("body"))


def _xml(response: HttpResponse, text: str, data_set: DataSet) -> dict[str, Any] | None:
    code, message = _XML_CODE.search(text), _XML_MESSAGE.search(text)
    if code is None:
        response.require_success("HTML or XML where JSON was asked for")
        raise response.rubbish("HTML or XML where JSON was asked for")
    return _decided(response, data_set, code[1], message[1] if message else "", body=None)


def _decided(
    response: HttpResponse, data_set: DataSet, code: str, message: str, body: Any
) -> dict[str, Any] | None:
    # Elsewhere on the portal codes have three digits.
    code = code.strip().lstrip("0").zfill(2)
    if code == _NO_DATA:
        return {}
    if code == _UNKNOWN and NOT_YET in message:
        return None
    if code == _FINE:
        response.require_success()
        if not isinstance(body, dict):
            raise response.rubbish("no body in the JSON that was asked for")
        return body
    result = f"result code {code} ({message})"
    if code in _PASSING:
        raise response.passing(result)
    if code == _USED_UP:
        raise QuotaError(f"{response.url} answered {result}. {_QUOTA}")
    unknown = "Update Wearcast: this version does not know that code."
    advice = _advice(data_set).get(code, unknown)
    raise SourceError(f"{response.url} answered {result}. {advice}")


def _sentence(response: HttpResponse, text: str, data_set: DataSet) -> SourceError:
    told = f"{response.url} answered status {response.status}: {response.excerpt}."
    if "token quota exceeded" in text:
        return QuotaError(f"{told} {_QUOTA}")
    sentences = {
        "API not found": _moved(data_set),
        "Unauthorized": _apply(data_set),
        "Forbidden": _apply(data_set),
    }
    for known, advice in sentences.items():
        if known in text:
            return SourceError(f"{told} {advice}")
    if not text or any(known in text for known in _PASSING_SENTENCES):
        return response.passing(f"status {response.status}: {text or 'nothing at all'}")
    response.require_success()
    return response.rubbish("no JSON")


def _advice(data_set: DataSet) -> dict[str, str]:
    """What to do about the codes that the user can do something about."""
    return {
        "10": data_set.parameters,
        "11": "Update Wearcast: the service wants more than this version tells it.",
        "12": _moved(data_set),
        "20": _apply(data_set),
        "21": "The key is blocked for a time. See data.go.kr, My Page, for how long.",
        "30": _apply(data_set),
        "31": "The key has expired. Renew it at data.go.kr, My Page.",
        "32": (
            "This machine's address is not registered with the key. Register it at data.go.kr, My"
            " Page."
        ),
        "33": _apply(data_set),
    }


def _moved(data_set: DataSet) -> str:
    return (
        f"The service has moved or ended. Set {data_set.address} to where it is now, or update"
        " Wearcast."
    )


def _apply(data_set: DataSet) -> str:
    return (
        f"Does the key in {data_set.key} belong to you, and was its application for this data set"
        f" accepted? {data_set.how_to_get}"
    )
