"""One line of the log for each request, and the name by which other lines belong to it."""

from __future__ import annotations

import itertools
import json
import logging
import re
import secrets
import time
from typing import Any

from feedsvc.web.proxies import Proxies
from feedsvc.web.representation import Answer

REQUEST_ID = "X-Request-Id"
"""The header in which clients are told."""
_NAME = "feedsvc.request_id"
_BEGUN = "feedsvc.begun"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PLAIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_LONGEST = 500

_log = logging.getLogger("feedsvc.access")


class RequestIds:
    """Names for requests: unique, and cheap to make."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._start = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    def of(self, environ: dict[str, Any]) -> str:
        """That which a trusted proxy has given this request, else one of our own."""
        name: str | None = environ.get(_NAME)
        if name is None:
            given = environ.get("HTTP_X_REQUEST_ID", "")
            is_given = _GIVEN.fullmatch(given) and self._proxies.trusts(environ["REMOTE_ADDR"])
            name = environ[_NAME] = given if is_given else f"{self._start}-{next(self._numbers):x}"
        return name


class AccessLog:
    """Logs requests as `name=value`, in the order in which they end."""

    def __init__(self, proxies: Proxies, names: RequestIds) -> None:
        self._proxies = proxies
        self._names = names

    def begin(self, environ: dict[str, Any]) -> None:
        """Take note of what was asked for, before anything is changed in it."""
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        query = environ["QUERY_STRING"]
        asked = f"{path}?{query}" if query else path
        client = self._proxies.client_of(environ)
        environ[_BEGUN] = (time.perf_counter(), asked, client, self._names.of(environ))

    def end(self, environ: dict[str, Any], answer: Answer, source: str) -> str:
        """Log the request, and give back its name."""
        started, asked, client, name = environ[_BEGUN]
        told = {key: value for key, value in answer.headers if key == "Content-Length"}
        _log.info(
            "request method=%s path=%s status=%s bytes=%s ms=%s cache=%s client=%s agent=%s "
            "request=%s",
            _written(environ["REQUEST_METHOD"]),
            _written(asked),
            int(answer.status[:3]),
            0 if environ["REQUEST_METHOD"] == "HEAD" else int(told.get("Content-Length", 0)),
            round((time.perf_counter() - started) * 1000, 1),
            source,
            _written(client),
            _written(environ.get("HTTP_USER_AGENT", "")),
            name,
        )
        return str(name)


def _written(value: str) -> str:
    """`value`, as JSON text if there is anything but plain characters in it: nobody can write
    lines of their own.
    """
    text = value[:_LONGEST] or "-"
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
