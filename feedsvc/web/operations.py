"""What those ask who run the server: `/healthz`, `/readyz`, `/metrics`.

Answered before anything else, under any Host, so that whoever looks whether the server runs needs
to know nothing of the site.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from feedsvc import __version__
from feedsvc.errors import FeedsvcError
from feedsvc.index.health import IndexHealth
from feedsvc.index.store import Store
from feedsvc.metrics import Gauge, told
from feedsvc.model import Viewpoint
from feedsvc.web.door import Door
from feedsvc.web.meter import Meter
from feedsvc.web.representation import Answer, plain_answer

STALE = timedelta(seconds=60)
"""How long the index may fail to be brought in step, or nothing be heard of the process that does
it, before the server isn't ready any more.
"""
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class Operations:
    """Answers `PATHS`. Ready is a server whose index is complete, as far as is known in step: of
    one that another server writes nothing else is known.

    `/metrics` is for who has the `token`; if there is none, for this machine: a proxy on it that
    tells nothing of its clients can't be told from it.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        health: IndexHealth,
        door: Door,
        meter: Meter,
        token: str | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._health = health
        self._door = door
        self.meter = meter
        self._token = token

    def answer(self, environ: dict[str, Any]) -> Answer:
        """The answer to a request for one of `PATHS`."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            allowed = [("Allow", "GET, HEAD")]
            return plain_answer(HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD, please.\n", allowed)
        match environ["PATH_INFO"]:
            case "/healthz":
                answer = plain_answer(HTTPStatus.OK, "ok\n")
            case "/readyz":
                answer = self._ready()
            case _:
                answer = self._metrics(environ)
        if environ["REQUEST_METHOD"] == "HEAD":
            return Answer(answer.status, answer.headers, [])
        return answer

    def _ready(self) -> Answer:
        since, heard = self._health.failing_since, self._health.heard_at
        if not self._store.is_ready:
            reason = "the articles haven't been read yet, or the index can't be"
        elif since is not None and self._clock() - since > STALE:
            reason = f"the index hasn't been in step with the folders since {since:%H:%M:%S} UTC"
        elif heard is not None and self._clock() - heard > STALE:
            reason = f"the process that reads the articles is silent since {heard:%H:%M:%S} UTC"
        else:
            return plain_answer(HTTPStatus.OK, "ready\n")
        retry = [("Retry-After", "2")]
        return plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {reason}\n", retry)

    def _metrics(self, environ: dict[str, Any]) -> Answer:
        self._door.proxies.apply(environ)
        if self._token is not None:
            if not self._has_token(environ, self._token):
                asked = [("WWW-Authenticate", 'Bearer realm="metrics"')]
                text = "The metrics are for who sends the token.\n"
                return plain_answer(HTTPStatus.UNAUTHORIZED, text, asked)
        elif not self._door.is_from_here(environ):
            text = "The metrics are for this machine: no token is set.\n"
            return plain_answer(HTTPStatus.FORBIDDEN, text)
        self.meter.flush()
        body, content_type = told(environ.get("HTTP_ACCEPT", ""), list(self._gauges()))
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return Answer("200 OK", headers, [body])

    @staticmethod
    def _has_token(environ: dict[str, Any], token: str) -> bool:
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        is_one = scheme.lower() == "bearer"
        return is_one and hmac.compare_digest(given.strip().encode("latin-1"), token.encode())

    def _gauges(self) -> Iterator[Gauge]:
        yield "feedsvc_info", "What runs.", "version", {__version__: 1}
        now = self._clock()
        failing, in_step = self._health.failing_since, self._health.in_step_at
        heard = self._health.heard_at
        is_silent = heard is not None and now - heard > STALE
        yield (
            "feedsvc_index_failing",
            "Whether the index can't be kept in step.",
            float(failing is not None or is_silent),
        )
        if in_step is not None:
            age = max(0.0, (now - in_step).total_seconds())
            yield "feedsvc_index_age_seconds", "Since the index was found in step last.", age
        try:
            with self._store.view(Viewpoint(now)) as view:
                census = view.census()
                found = [problem.severity for problem in view.problems()]
                yield "feedsvc_index_generation", "The state of the index.", float(view.generation)
        except FeedsvcError:
            yield "feedsvc_index_ready", "Whether there is a complete state.", 0.0
            return
        yield "feedsvc_index_ready", "Whether there is a complete state.", 1.0
        yield (
            "feedsvc_articles",
            "Articles, by why they are seen or not.",
            "state",
            {
                "visible": census.visible,
                "unpublished": census.unpublished,
                "future": census.future,
                "expired": census.expired,
                "removed": census.removed,
                "left_out": census.left_out,
            },
        )
        yield (
            "feedsvc_problems",
            "What was found in the articles.",
            "severity",
            {name: found.count(name) for name in ("error", "warning")},
        )
