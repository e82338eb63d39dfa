"""What is logged: lines on standard error, for people or as JSON for programs.

An event is a text with `name=value` in it; as JSON these are members of their own. A fault that
lasts is told once a minute, so that it fills no disk: each request may meet it, and each new try.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is answered in this thread, if one is."""

_REPEAT_SECONDS = 60.0
_MOST_KNOWN = 100
_VALUE = re.compile(r"(?:\b(\w++)=)?%([a-z%])")
_HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How to log; can be sent to another process. `secrets` are never written."""

    format: str = "text"
    level: str = "info"
    secrets: tuple[str, ...] = ()

    def __call__(self) -> None:
        """Log to standard error from now on; called in each process."""
        handler = logging.StreamHandler()
        handler.setFormatter((_Json if self.format == "json" else _Text)(self.secrets))
        handler.addFilter(OnceAMinute())
        root = logging.getLogger()
        root.handlers[:] = [handler]
        root.setLevel(self.level.upper())
        logging.getLogger("watchfiles").setLevel(logging.ERROR)  # it tells of each change


@contextmanager
def request_named(name: str) -> Iterator[None]:
    """Have all that is logged meanwhile in this thread say that it belongs to the request."""
    token = REQUEST_ID.set(name)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)


class _Text(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._secrets = _forms(secrets)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        name = REQUEST_ID.get()
        if name and " request=" not in text:
            first, *trace = text.split("\n", 1)
            text = "\n".join((f"{first} request={name}", *trace))
        return _without(self._secrets, text)


class _Json(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = _forms(secrets)

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_values(record),
        }
        if name := REQUEST_ID.get():
            told.setdefault("request", name)
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        # Before it is encoded: a secret with quotes in it would be another text then.
        clean = {name: self._clean(value) for name, value in told.items()}
        return json.dumps(clean, ensure_ascii=False)

    def _clean(self, value: object) -> object:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return _without(self._secrets, str(value))


def _values(record: logging.LogRecord) -> dict[str, object]:
    """The event without its values, and these by their names."""
    arguments = record.args
    if not arguments or not isinstance(arguments, tuple) or not isinstance(record.msg, str):
        return {}
    found = [match for match in _VALUE.finditer(record.msg) if match[2] != "%"]
    if len(found) != len(arguments):
        return {}
    named = {one[1]: value for one, value in zip(found, arguments, strict=True) if one[1]}
    unnamed = tuple(v for one, v in zip(found, arguments, strict=True) if not one[1])
    text = re.sub(r"\s*\b\w+=%[a-z](?:/s)?", "", record.msg) % unnamed
    return {"event": text} | named if named else {}


def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """`secrets` as they may stand in a text: also as Python, JSON and URLs have them."""
    found = (
        form
        for one in secrets
        for form in (one, repr(one)[1:-1], ascii(one)[1:-1], json.dumps(one)[1:-1],
                     json.dumps(one, ensure_ascii=False)[1:-1], quote(one, safe=""))
    )  # fmt: skip
    # One may be a part of another.
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True))


def _without(secrets: tuple[str, ...], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


class OnceAMinute(logging.Filter):
    """Drops an error that was told less than a minute ago."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        message, now = record.getMessage(), time.monotonic()
        with self._guard:
            last = self._told.pop(message, None)
            is_new = last is None or now - last >= _REPEAT_SECONDS
            self._told[message] = now if last is None or is_new else last
            if len(self._told) > _MOST_KNOWN:
                del self._told[next(iter(self._told))]
        return is_new
