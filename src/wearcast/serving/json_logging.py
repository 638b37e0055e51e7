"""Logs: a JSON object a line on the standard error, with the request it belongs to and without
secrets."""

import logging
import logging.config
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

from wearcast.serving.log_writer import LineHandler, LogWriter, log_line

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of any."""

_SEPARATOR: Final = r"\\*[\"']?\s*(?:[=:]|,(?=\s*b?[\"']))\s*b?\\*"
"""Between a name and its value: as in a query, a header, a setting, a dict, or a pair of bytes."""
_KEYS: Final = (
    r"(?:signature|credential|secret|passw(?:or)?d|token"
    r"|(?:access|secret|auth|service|api)[_-]?key(?:_?id)?)"
)
_SECRETS: Final = re.compile(rf"(?i)({_KEYS}{_SEPARATOR})(?:\"[^\"]*\"?|'[^']*'?|[^\s&\"',]+)")
_AUTHORIZATION: Final = re.compile(rf"(?i)(authorization{_SEPARATOR}[\"']?)[^\r\n\"']+")
_SECRET_KEY: Final = re.compile(rf"(?i)(?:{_KEYS}|authorization)$")
_KEY_IDS: Final = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")
_USER_INFO: Final = re.compile(r"://[^\s\"?]+@")


def redact(text: str) -> str:
    """The text without what looks like a key, a password or the signature of an address."""
    text = _SECRETS.sub(r"\1…", _AUTHORIZATION.sub(r"\1…", text))
    return _KEY_IDS.sub("…", _USER_INFO.sub("://…@", text))


class Formatter(JsonFormatter):
    """One JSON object a line: time, level, logger, message, what else was given, and the request's
    id."""

    def __init__(self) -> None:
        super().__init__(
            "{message}", style="{", datefmt="%Y-%m-%dT%H:%M:%S%z", json_ensure_ascii=False
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Put time, level and logger first, whatever else bears their names; add the request's id,
        where there is one."""
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
        """What is written; a secret that got into a message, a traceback or something beside them
        doesn't get out."""
        redacted: dict[str, Any] = _redacted(super().process_log_record(log_data))
        return redacted


def _redacted(value: Any) -> Any:
    """A part of a log record without secrets; before it becomes JSON, whose own quotes must
    stay."""
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
    """Let every logger of this process write such lines, in a thread of its own, and the last of
    them at the end.

    Logging never fails and never waits: see `LogWriter`, which this gives for lines that are no
    records.
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
                # Our own access lines take their place.
                "uvicorn.access": {"level": "CRITICAL"},
                # They tell of every request and of their own settings.
                **{
                    name: {"level": "WARNING"}
                    for name in ("botocore", "aiobotocore", "s3fs", "fsspec", "asyncio")
                },
            },
        }
    )
    # By themselves they go straight to the standard error, which may take for ever.
    logging.captureWarnings(True)


def access_line(method: str, path: str, status: int, took_ms: float) -> str:
    """The line of a request; its query may hold anything, so it isn't told.

    It is made without the logging module, which takes as long as the answer does.
    """
    fields = {"status": status, "took_ms": round(took_ms, 3), "request_id": REQUEST_ID.get()}
    return log_line("INFO", "wearcast.access", f"{method} {path}", **fields)
