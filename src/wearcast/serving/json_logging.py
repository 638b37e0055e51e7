"""JSON logging: an object a line on the standard error, with the request's id, secrets redacted."""

import logging
import logging.config
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

from wearcast.serving.log_writer import LineHandler, LogWriter, timestamp

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of requests."""

_SEPARATOR: Final = r"\\*[\"']?\s*(?:[=:]|,(?=\s*b?[\"']))\s*b?\\*"
"""Between a name and its value: in a query, a header, a setting, a dict, or a pair of bytes."""
_KEYS: Final = (
    r"(?:signature|credential|secret|passw(?:or)?d|token"
    r"|(?:access|secret|auth|service|api)[_-]?key(?:_?id)?)"
)
_SECRETS: Final = re.compile(rf"(?i)({_KEYS}{_SEPARATOR})(?:\"[^\"]*\"?|'[^']*'?|[^\s&\"',]+)")
_AUTHORIZATION: Final = re.compile(rf"(?i)(authorization{_SEPARATOR}[\"']?)[^\r\n\"']+")
_SECRET_KEY: Final = re.compile(rf"(?i)(?:{_KEYS}|authorization)$")
_KEY_IDS: Final = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")
_USER_INFO: Final = re.compile(r"://[^\s\"?]+@")
_VERBOSE_LIBRARIES: Final = ("botocore", "aiobotocore", "s3fs", "fsspec", "asyncio", "httpx")
"""Below WARNING they log every request and their own settings."""


def redact(text: str) -> str:
    """The text without anything that looks like a key, a password or the signature of a URL."""
    text = _AUTHORIZATION.sub(r"\1…", text)
    text = _SECRETS.sub(r"\1…", text)
    text = _USER_INFO.sub("://…@", text)
    return _KEY_IDS.sub("…", text)


class Formatter(JsonFormatter):
    """One JSON object a line: time, level, logger, message, extra fields, and the request's id."""

    def __init__(self) -> None:
        super().__init__(
            "{message}", style="{", datefmt="%Y-%m-%dT%H:%M:%S%z", json_ensure_ascii=False
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Put time, level and logger first, and let no extra field replace them; add the request's
        id, where there is one."""
        fixed = {
            "at": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "logger": record.name,
        }
        log_data.update(fixed)
        super().add_fields(log_data, record, message_dict)
        log_data.update(fixed)
        log_data.pop("color_message", None)  # uvicorn's, for terminals
        if request_id := REQUEST_ID.get():
            log_data.setdefault("request_id", request_id)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Redact secrets in the message, the traceback and the extra fields."""
        redacted: dict[str, Any] = _redacted(super().process_log_record(log_data))
        return redacted


def _redacted(value: Any) -> Any:
    """A part of a log record without secrets, before it becomes JSON: redacting JSON could remove
    its quotes."""
    match value:
        case None | bool() | int() | float() | date():
            return value
        case dict():
            return {
                str(key): "…" if _SECRET_KEY.search(str(key)) else _redacted(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [_redacted(inner) for inner in value]
        case _:
            return redact(str(value))


@contextmanager
def logging_to_stderr(level: str) -> Iterator[LogWriter]:
    """Let every logger of this process write such lines, in a thread, until the end of the block.

    Logging never fails and never blocks: see `LogWriter`, which is yielded for lines that don't go
    through the logging module.
    """
    with LogWriter(sys.stderr) as writer:
        handler = LineHandler(writer)
        handler.setFormatter(Formatter())
        _configure(level.upper(), handler)
        try:
            yield writer
        finally:
            logging.captureWarnings(False)
            logging.getLogger().removeHandler(handler)


def _configure(level: str, handler: logging.Handler) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {"()": lambda: handler}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {
                "uvicorn": {"level": level, "handlers": [], "propagate": True},
                # Replaced by the app's own access lines.
                "uvicorn.access": {"level": "CRITICAL"},
                **{name: {"level": "WARNING"} for name in _VERBOSE_LIBRARIES},
            },
        }
    )
    # Warnings that aren't logged go straight to the standard error, which may block.
    logging.captureWarnings(True)


def access_line(method: str, path: str, status: int, took_ms: float, request_id: str) -> str:
    """The access line of a request, without its query, which may hold anything.

    It bypasses the logging module and JSON's, which take as long as answering the request does.

    Args:
        method, path: labels of our own; see `RequestTelemetry`.
        status: of the response.
        took_ms: how long it took.
        request_id: of letters and digits, dots, dashes and underscores.
    """
    # Nothing in it needs to be escaped: clients choose neither the labels nor, but for its letters
    # and digits, the id.
    return (
        f'{{"at": "{timestamp(int(time.time()))}", "level": "INFO", "logger": "wearcast.access",'
        f' "message": "{method} {path}", "status": {status}, "took_ms": {took_ms:.3f},'
        f' "request_id": "{request_id}"}}'
    )
