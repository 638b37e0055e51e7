"""Logs: a JSON object a line on the standard error, with the request it belongs to and without secrets."""

import asyncio
import json
import logging
import logging.config
import re
import time
from contextvars import ContextVar
from datetime import date
from typing import Any, Final, TextIO

from pythonjsonlogger.json import JsonFormatter

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of any."""

_IS: Final = r"\\*[\"']?\s*(?:[=:]|,(?=\s*b?[\"']))\s*b?\\*"
"""Between a name and its value: as in a query, a header, a setting, a dict, or a pair of bytes."""
_KEYS: Final = r"(?:signature|credential|secret|passw(?:or)?d|token|(?:access|secret|auth|service|api)[_-]?key(?:_?id)?)"
_SECRETS: Final = re.compile(rf"(?i)({_KEYS}{_IS})(?:\"[^\"]*\"?|'[^']*'?|[^\s&\"',]+)")
_AUTHORIZATION: Final = re.compile(rf"(?i)(authorization{_IS}[\"']?)[^\r\n\"']+")
_SECRET_KEY: Final = re.compile(rf"(?i)(?:{_KEYS}|authorization)$")
_LINES: Final = 200
"""Access lines gathered before they are written, if their time doesn't come first."""

_KEY_IDS: Final = re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")
_USER_INFO: Final = re.compile(r"://[^\s\"?]+@")


def redact(text: str) -> str:
    """The text without what looks like a key, a password or the signature of an address."""
    text = _SECRETS.sub(r"\1…", _AUTHORIZATION.sub(r"\1…", text))
    return _KEY_IDS.sub("…", _USER_INFO.sub("://…@", text))


class Formatter(JsonFormatter):
    """One JSON object a line: time, level, logger, message, what else was given, and the request's id."""

    def __init__(self) -> None:
        super().__init__("{message}", style="{", datefmt="%Y-%m-%dT%H:%M:%S%z", json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put time, level and logger first, whatever else bears their names; add the request's id, where there is one."""
        own = {"at": self.formatTime(record, self.datefmt), "level": record.levelname, "logger": record.name}
        log_data.update(own)
        super().add_fields(log_data, record, message_dict)
        log_data.update(own)
        log_data.pop("color_message", None)  # uvicorn's, for terminals
        if request_id := REQUEST_ID.get():
            log_data.setdefault("request_id", request_id)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """What is written; a secret that got into a message, a traceback or something beside them doesn't get out."""
        cleaned: dict[str, Any] = _cleaned(super().process_log_record(log_data))
        return cleaned


def _cleaned(value: Any) -> Any:
    """A part of a log record without secrets; before it becomes JSON, whose own quotes must stay."""
    match value:
        case None | bool() | int() | float() | date():
            return value
        case dict():
            return {str(key): "…" if _SECRET_KEY.search(str(key)) else _cleaned(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_cleaned(inner) for inner in value]
        case _:
            return redact(str(value))


def configure_logging(level: str) -> None:
    """Let every logger of this process write such lines; uvicorn's own access lines give way to ours."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": Formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {
                "uvicorn": {"level": level.upper(), "handlers": [], "propagate": True},
                "uvicorn.access": {"level": "CRITICAL"},
                # They tell of every request and of their own settings.
                **{name: {"level": "WARNING"} for name in ("botocore", "aiobotocore", "s3fs", "fsspec", "asyncio")},
            },
        }
    )


class AccessLog:
    """A line a request, in the same form, gathered and written together: the logging module takes as long as the answer does."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def add(self, method: str, path: str, status: int, took_ms: float) -> None:
        """Note a request; its query may hold anything, so it isn't told."""
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()),
            "level": "INFO",
            "logger": "wearcast.access",
            "message": f"{method} {path}",
            "status": status,
            "took_ms": round(took_ms, 3),
            "request_id": REQUEST_ID.get(),
        }
        self._lines.append(json.dumps(line))
        if len(self._lines) >= _LINES:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()

    async def keep_flushing(self, every_s: float = 0.5) -> None:
        """Write again and again, and once more at the end."""
        try:
            while True:
                await asyncio.sleep(every_s)
                self.flush()
        finally:
            self.flush()
