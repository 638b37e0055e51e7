"""The envelope of a response of data.go.kr: result codes in JSON, the same codes in XML though JSON
was asked for, or one plain sentence.

Which of them it is depends on how the call failed and on which gateway stood in between, hardly on
the status: status 200 may carry any of them. So the first character decides, then the code, and the
status comes last.

Codes: the portal's guide to AsosHourlyInfoService. Sentences: the gateway of 2025.
"""

import re
from typing import Any, Final

from wearcast.errors import SourceError
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma.access import HOW_TO_GET, SERVICE_KEY

NOT_YET: Final = "전날 자료까지 제공"
"""In the message when a day is asked for that isn't over: data are given up to yesterday."""

_FINE, _NO_DATA, _UNKNOWN = "00", "03", "99"
_PASSING: Final = frozenset({"01", "02", "04", "05", "23", _UNKNOWN})

_APPLY: Final = (
    f"Does the key in {SERVICE_KEY} belong to you, and was its application for this data set"
    f" accepted? {HOW_TO_GET[SERVICE_KEY]}"
)
_QUOTA: Final = (
    "The key's requests of today are used up. Run again after midnight in Korea (15:00 UTC), what"
    " is there already is not asked for again; or ask for more at data.go.kr, My Page."
)
_GONE: Final = (
    "The service has moved or ended. Set ingest.kma.data_url to where it is now, or update"
    " Wearcast."
)
_TO_MEND: Final = {
    "10": "Check the station's number and the dates, ingest.stations, ingest.start and ingest.end.",
    "11": "Update Wearcast: the service wants more than this version tells it.",
    "12": _GONE,
    "20": _APPLY,
    "21": "The key is blocked for a time. See data.go.kr, My Page, for how long.",
    "22": _QUOTA,
    "30": _APPLY,
    "31": "The key has expired. Renew it at data.go.kr, My Page.",
    "32": (
        "This machine's address is not registered with the key. Register it at data.go.kr, My Page."
    ),
    "33": _APPLY,
}
_SENTENCES: Final = {
    "token quota exceeded": _QUOTA,
    "API not found": _GONE,
    "Unauthorized": _APPLY,
    "Forbidden": _APPLY,
}
_PASSING_SENTENCES: Final = (
    "rate limit exceeded",
    "Unexpected errors",
    "Error forwarding request",
    "Error receiving response",
)

_XML_CODE: Final = re.compile(r"<(?:returnReasonCode|resultCode)>\s*(\d{1,4})\s*<")
_XML_MESSAGE: Final = re.compile(r"<(?:returnAuthMsg|resultMsg)>([^<]*)<")


def opened(response: HttpResponse) -> dict[str, Any] | None:
    """The body of the envelope, empty where there are no data; None where the service doesn't have
    the last of the days yet.

    Raises:
        PassingError: asking again may help.
        SourceError: the service refuses, or this is no answer of it; the message says what to do.
    """
    text = response.content.decode("utf-8-sig", errors="replace").strip()
    if text.startswith("<"):
        return _xml(response, text)
    if not text.startswith("{"):
        raise _sentence(response, text)
    return _json(response)


def _json(response: HttpResponse) -> dict[str, Any] | None:
    envelope = response.json().get("response")
    header = envelope.get("header") if isinstance(envelope, dict) else None
    if not isinstance(header, dict) or "resultCode" not in header:
        response.require_success()
        raise response.rubbish("JSON without response.header.resultCode")
    code, message = str(header["resultCode"]), str(header.get("resultMsg", ""))
    return _decided(response, code, message, envelope.get("body"))


def _xml(response: HttpResponse, text: str) -> dict[str, Any] | None:
    code, message = _XML_CODE.search(text), _XML_MESSAGE.search(text)
    if code is None:
        response.require_success("HTML or XML where JSON was asked for")
        raise response.rubbish("HTML or XML where JSON was asked for")
    return _decided(response, code[1], message[1] if message else "", body=None)


def _decided(response: HttpResponse, code: str, message: str, body: Any) -> dict[str, Any] | None:
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
    raise SourceError(
        f"{response.url} answered {result}."
        f" {_TO_MEND.get(code, 'Update Wearcast: this version does not know that code.')}"
    )


def _sentence(response: HttpResponse, text: str) -> SourceError:
    for known, advice in _SENTENCES.items():
        if known in text:
            return SourceError(
                f"{response.url} answered status {response.status}: {response.excerpt}. {advice}"
            )
    if not text or any(known in text for known in _PASSING_SENTENCES):
        return response.passing(f"status {response.status}: {text or 'nothing at all'}")
    response.require_success()
    return response.rubbish("no JSON")
