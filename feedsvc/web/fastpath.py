"""The WSGI layer in front of Flask: finishes each answer, and gives what is rendered already.

Flask renders; here it is decided what of it a request gets: coded, conditional, with or without
a body, limited. With a `Memory` all of that is looked up where nothing has changed; without one
each answer is made anew, and is the same.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from feedsvc.logs import request_named
from feedsvc.state.versions import Versions
from feedsvc.web.access import REQUEST_ID, AccessLog, RequestIds
from feedsvc.web.bodies import Files, close, join
from feedsvc.web.conditional import can_decide, date_of, is_unchanged, named_tags
from feedsvc.web.delta import ENTRIES, KNOWN_ENTRIES, delta_answer, wants_delta
from feedsvc.web.door import BASE_URL, Door
from feedsvc.web.freshness import FRESHNESS, Freshness
from feedsvc.web.memory import Memory
from feedsvc.web.meter import KNOWN, Meter
from feedsvc.web.opened import OPENED
from feedsvc.web.operations import PATHS, Operations
from feedsvc.web.politeness import Politeness
from feedsvc.web.proxies import Key
from feedsvc.web.representation import (
    Answer,
    Headers,
    Representation,
    not_modified,
    plain_answer,
)
from feedsvc.web.sharing import ALLOW_ORIGIN, ANYBODY, EXPOSED, sharing_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

SOURCE = "feedsvc.source"
"""Where the environ says whether an answer was kept or made: the label `cache` of the metrics."""
_NOT_FOR_VIEWS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ACCEPT_ENCODING")
_FILES_BYTES = 32_000_000
_LONGEST_KEY = 4000
_MOST_VERSIONS = 10  # that a client names are looked for
_RANGE = re.compile(r"bytes=\d*-\d*")

Passed = tuple[str, Headers, Iterable[bytes]]


class FastPath:
    """WSGI in front of `app`, a Flask app, which `door` admits to. Without `memory` nothing is
    kept, without `versions` nobody knows when an answer changed. Unless it `shares`, other sites
    may read nothing.
    """

    def __init__(
        self,
        app: WSGIApplication,
        door: Door,
        clock: Callable[[], datetime],
        memory: Memory | None = None,
        versions: Versions | None = None,
        politeness: Politeness | None = None,
        *,
        shares: bool = True,
        operations: Operations | None = None,
        names: RequestIds | None = None,
        access: AccessLog | None = None,
    ) -> None:
        self._app = app
        self._door = door
        self._clock = clock
        self._memory = memory
        self._versions = versions
        self._politeness = politeness
        self._shares = shares
        self._operations = operations
        self._meter = operations.meter if operations else Meter()
        self._names = names or RequestIds(door.proxies)
        self._access = access
        self._is_behind_proxies = bool(door.proxies)
        self._files = Files(_FILES_BYTES if memory is not None else 0)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        now = self._clock()
        memory = self._memory
        if self._access is not None:
            self._access.begin(environ)
        if memory is None:
            answer = self._limited(environ, now, None)
        else:
            get = environ.get
            # Whatever decides an answer. Spelt out: a loop would take as long as all the rest.
            request: Key = (
                environ["REQUEST_METHOD"],
                get("PATH_INFO"),
                get("QUERY_STRING"),
                get("HTTP_HOST"),
                get("HTTP_ACCEPT_ENCODING"),
                get("HTTP_IF_NONE_MATCH"),
                get("HTTP_IF_MODIFIED_SINCE"),
                get("HTTP_A_IM"),
                get("HTTP_SEC_FETCH_DEST"),
                get("SCRIPT_NAME"),
                environ["wsgi.url_scheme"],
            )
            key: Key | None = request
            if self._is_behind_proxies:
                key = self._door.proxies.extend_key(request, environ)
            found = memory.answers.get(key)
            if found is None or now >= found.until or now >= memory.trusted_until:
                answer = self._limited(environ, now, key)
            elif found.counts and self._politeness is not None:
                answer = self._limited(environ, now, key, found)
            else:
                answer = found
                found.tally.number += 1
        headers = answer.headers.copy()  # the server's to change
        if self._access is not None:
            headers.append(
                (REQUEST_ID, self._access.end(environ, answer, environ.get(SOURCE, KNOWN)))
            )
        start_response(answer.status, headers)
        return answer.body

    def _limited(
        self, environ: dict[str, Any], now: datetime, key: Key | None, found: Answer | None = None
    ) -> Answer:
        """`found` or a new answer, unless the client has had too many."""
        if found is None:
            with request_named(self._names.of(environ)):
                environ[SOURCE] = "none"
                answer = self._shared(environ, self._answer(environ, now, key))
        else:
            answer = found
        politeness = self._politeness
        if politeness is not None and answer.counts:
            client = self._door.proxies.client_of(environ)
            wait_seconds = politeness.take(client, now.timestamp())
            if wait_seconds:
                answer = self._too_often(answer, wait_seconds)
        if found is None:
            self._meter.tally(environ, answer, environ[SOURCE]).number += 1
        elif answer is found:
            found.tally.number += 1
        else:  # the path is as the client has it: of which feed this is, its tally knows
            self._meter.like(found.tally, answer, KNOWN).number += 1
        return answer

    def _too_often(self, answer: Answer, wait_seconds: int) -> Answer:
        text = (
            "This feed is fetched very often without asking whether it has changed. "
            f"Please try again in {wait_seconds} s, and send If-None-Match with the ETag.\n"
        )
        headers = [("Retry-After", str(wait_seconds))]
        # Not asked anew: of an answer out of memory nobody has looked at the path.
        headers += [pair for pair in answer.headers if pair in (ANYBODY, EXPOSED)]
        return plain_answer(HTTPStatus.TOO_MANY_REQUESTS, text, headers)

    def _shared(self, environ: dict[str, Any], answer: Answer) -> Answer:
        """`answer` as other sites may read it: what is refused here Flask hasn't seen."""
        if not self._shares or any(name == ALLOW_ORIGIN for name, _ in answer.headers):
            return answer
        told = sharing_headers(environ)
        return replace(answer, headers=[*answer.headers, *told]) if told else answer

    def _answer(self, environ: dict[str, Any], now: datetime, key: Key | None) -> Answer:
        if self._operations is not None and environ["PATH_INFO"] in PATHS:
            return self._operations.answer(environ)
        has_host = bool(environ.get("HTTP_HOST"))  # else the version of HTTP decides as well
        refusal = self._door.admit(environ)
        if refusal is not None:
            return refusal
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            if method.upper() != method:  # Flask doesn't tell them apart (RFC 9110 §9.1)
                return plain_answer(HTTPStatus.NOT_IMPLEMENTED, "There is no such method.\n")
            return Answer(*self._run(environ))
        memory = self._memory
        if memory is None:
            environ[SOURCE] = "rendered"
            new = self._render(environ, now)
            return new if isinstance(new, Answer) else self._finish(environ, new, self._clock())
        memory.follow()
        answers = memory.answers
        name = (environ[BASE_URL], environ["PATH_INFO"], environ["QUERY_STRING"], environ[OPENED])
        environ[SOURCE] = "kept"
        made: Representation | Answer | None = memory.find(name, now)
        if made is None:
            environ[SOURCE] = "rendered"
            made = memory.make(name, now, lambda: self._render(environ, now))
            now = self._clock()  # it may have taken a while, which counts for how long it holds
        if isinstance(made, Answer):
            return made
        size = made.byte_size
        answer = self._finish(environ, made, now)
        if made.byte_size != size:
            memory.grown(name, made)
        if answer.until > now and has_host and _is_short(key):
            # Before it is kept, so that whoever gets it again counts with it.
            answer = replace(answer, tally=self._meter.tally(environ, answer, KNOWN))
            memory.keep_answer(answers, key, answer, name, made)
        return answer

    def _finish(self, environ: dict[str, Any], made: Representation, now: datetime) -> Answer:
        answer = made.answer(environ, now)
        if self._versions is None or not answer.counts or not wants_delta(environ, made):
            return answer
        for tag in islice(named_tags(environ["HTTP_IF_NONE_MATCH"]), _MOST_VERSIONS):
            known = self._versions.entries(self._recorded_as(environ), tag)
            if known is not None:
                inner = _for_views(environ) | {KNOWN_ENTRIES: known}
                *_, body = self._run(inner)
                part = join(body)
                fresh: Freshness | None = inner.get(FRESHNESS)
                # If the index changed in between, the part belongs to another version.
                is_of_it = fresh is not None and fresh.generation == made.fresh.generation
                if is_of_it and len(part) < len(made.body):
                    return delta_answer(answer, made, part)
        return answer

    def _render(self, environ: dict[str, Any], now: datetime) -> Representation | Answer:
        inner = _for_views(environ)
        started = time.perf_counter()
        passed = self._run(inner)
        self._meter.rendered(environ, time.perf_counter() - started)
        fresh: Freshness | None = inner.get(FRESHNESS)
        if fresh is None:
            return self._pass_on(environ, passed)
        _, headers, body = passed
        made = Representation(headers, join(body), fresh, inner.get(ENTRIES))
        if self._versions is not None and not fresh.is_private:
            recorded_as = self._recorded_as(environ)
            made.changed = self._versions.changed_at(
                recorded_as, made.etag, now, fresh.generation or 0
            )
            if made.entries is not None:
                self._versions.remember(recorded_as, made.etag, made.entries, now)
        return made

    def _pass_on(self, environ: dict[str, Any], passed: Passed) -> Answer:
        """An answer that isn't kept as such: a file, a redirect, an error."""
        status, headers, body = passed
        told = {name.lower(): value for name, value in headers}
        etag = told.get("etag")
        if etag is not None and is_unchanged(
            etag.strip('"'),
            date_of(told.get("last-modified")),
            environ.get("HTTP_IF_NONE_MATCH"),
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        ):
            close(body)
            return not_modified(headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            close(body)
            return Answer(status, headers, [])
        sent = self._files.sendable(etag if status.startswith("200") else None, told, body)
        if sent is None:
            text = "Too many large files are being sent. Please try again in a moment.\n"
            return plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, text, [("Retry-After", "10")])
        return Answer(status, headers, sent)

    def _recorded_as(self, environ: dict[str, Any]) -> str:
        """How `Versions` calls the answer: by its path, and by the address if that isn't fixed."""
        path = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace")
        if environ["QUERY_STRING"]:
            path += f"?{environ['QUERY_STRING']}"
        return path if self._door.has_fixed_address else f"{environ[BASE_URL]} {path}"

    def _run(self, environ: dict[str, Any]) -> Passed:
        started: list[tuple[str, Headers]] = []

        def start_response(status: str, headers: Headers, _: object = None) -> Callable[..., Any]:
            started[:] = [(status, headers)]
            return lambda data: None

        body = self._app(environ, start_response)
        status, headers = started[0]
        return status, headers, body


def _is_short(key: Key | None) -> bool:
    return key is not None and sum(map(len, filter(None, key))) < _LONGEST_KEY


def _for_views(environ: dict[str, Any]) -> dict[str, Any]:
    """`environ` without what is decided here."""
    inner = {name: value for name, value in environ.items() if name not in _NOT_FOR_VIEWS}
    inner["REQUEST_METHOD"] = "GET"
    # What can't be understood is passed over (RFC 9110 §14.2, §13.1.5): Flask would fail at it.
    if (
        environ["REQUEST_METHOD"] == "HEAD"
        or not _RANGE.fullmatch(inner.get("HTTP_RANGE", ""))
        or not can_decide(inner.get("HTTP_IF_RANGE", '""'))
    ):
        inner.pop("HTTP_RANGE", None)
        inner.pop("HTTP_IF_RANGE", None)
    return inner
