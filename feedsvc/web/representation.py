"""What was rendered, and each answer that can be made of it: coded, conditional, without body."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from werkzeug.http import http_date

from feedsvc.web.conditional import is_unchanged
from feedsvc.web.encoding import IDENTITY, accepted_codings, compress, is_compressible
from feedsvc.web.freshness import NOT_KEPT, Freshness
from feedsvc.web.guard import PLAIN

Headers = list[tuple[str, str]]

ONCE = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
_OVERHEAD_BYTES = 2000
# RFC 9110 §15.4.5 names those that a 304 must repeat; the others describe what isn't sent.
_ABOUT_THE_BODY = {"content-type", "content-length", "content-encoding", "last-modified"}


class Tally:
    """How often an answer was given, and how much of that has been told.

    Adding to a number is one step between two of which no other thread can come in CPython.
    """

    __slots__ = ("number", "told")

    def __init__(self) -> None:
        self.number = self.told = 0


NOT_TOLD = Tally()
"""Of answers that nobody counts by themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What WSGI sends. It may be given again to the same request until `until`.

    `counts` says that a client which gets many of these asks too often. `saved_bytes` are those
    that it didn't need to be sent; each time that it is given again is added to `tally`.
    """

    status: str
    headers: Headers
    body: Iterable[bytes]
    until: datetime = ONCE
    counts: bool = False
    saved_bytes: int = 0
    tally: Tally = NOT_TOLD


class Representation:
    """An answer of 200 as it was rendered. `changed` is since when it has been the same."""

    def __init__(
        self,
        headers: Headers,
        body: bytes,
        fresh: Freshness,
        entries: Mapping[str, bytes] | None = None,
    ) -> None:
        self.body = body
        self.etag = hashlib.sha256(body).hexdigest()[:32]
        self.fresh = fresh
        self.entries = entries
        self.changed: datetime | None = None
        told = {name.lower(): value for name, value in headers}
        self._is_compressible = is_compressible(told["content-type"])
        self._varies = [told["vary"]] if "vary" in told else []
        if self._is_compressible:
            self._varies.append("Accept-Encoding")
        own = {"content-length", "etag", "last-modified", "cache-control", "vary", "date"}
        self._headers = [pair for pair in headers if pair[0].lower() not in own]
        self._coded: dict[str, bytes] = {IDENTITY: body}
        self._guard = threading.Lock()

    @property
    def byte_size(self) -> int:
        """What it takes in memory, roughly."""
        return _OVERHEAD_BYTES + sum(map(len, self._coded.values()))

    def holds(self, now: datetime) -> bool:
        """Whether nothing has changed by itself since."""
        return self.fresh.until is None or now < self.fresh.until

    def once(self) -> Representation:
        """The same for one answer that nobody may keep."""
        other = copy(self)
        other.fresh = replace(NOT_KEPT, is_private=self.fresh.is_private)
        return other

    def answer(self, environ: Mapping[str, Any], now: datetime) -> Answer:
        """The answer to a GET or HEAD request."""
        coding, body = self._best(environ.get("HTTP_ACCEPT_ENCODING"))
        headers = self._all_headers(coding, now)
        until = self._said_until(now)
        if is_unchanged(
            self.etag,
            self._shown_change(now),
            environ.get("HTTP_IF_NONE_MATCH"),
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        ):
            return not_modified(headers, until, len(body))
        headers.append(("Content-Length", str(len(body))))
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        counts = self.fresh.is_feed or self.fresh.is_private
        return Answer("200 OK", headers, [] if is_head else [body], until, counts)

    def _best(self, accept_encoding: str | None) -> tuple[str, bytes]:
        if not self._is_compressible:
            return IDENTITY, self.body
        for coding in accepted_codings(accept_encoding):
            with self._guard:
                if coding not in self._coded:
                    coded = compress(coding, self.body)
                    # What doesn't get smaller isn't kept: identity stands for it.
                    self._coded[coding] = coded if len(coded) < len(self.body) else b""
                body = self._coded[coding]
            if body or coding == IDENTITY:
                return coding, body
        raise AssertionError("identity is always there")

    def _all_headers(self, coding: str, now: datetime) -> Headers:
        headers = [
            *self._headers,
            ("ETag", self.tag(coding)),
            ("Cache-Control", self.fresh.cache_control(now)),
        ]
        if (changed := self._shown_change(now)) is not None:
            headers.append(("Last-Modified", http_date(changed)))
        if self._varies:
            headers.append(("Vary", ", ".join(self._varies)))
        if coding != IDENTITY:
            headers.append(("Content-Encoding", coding))
        return headers

    def tag(self, coding: str = IDENTITY) -> str:
        """The strong entity tag: other bytes, another tag (RFC 9110 §8.8.3)."""
        return f'"{self.etag}"' if coding == IDENTITY else f'"{self.etag}-{coding}"'

    def _shown_change(self, now: datetime) -> datetime | None:
        # Of two changes in one second the second has a time that is still to come: until then
        # it isn't told, since nothing may have changed later than it was sent (§8.8.2.1).
        return self.changed if self.changed is not None and self.changed <= now else None

    def _said_until(self, now: datetime) -> datetime:
        until = self.fresh.said_until(now) or FOREVER
        if self.changed is not None and self.changed > now:
            return min(until, self.changed)
        return until


def not_modified(headers: Headers, until: datetime = ONCE, saved_bytes: int = 0) -> Answer:
    """304 for an answer that has `headers`."""
    kept = [pair for pair in headers if pair[0].lower() not in _ABOUT_THE_BODY]
    return Answer("304 Not Modified", kept, [], until, saved_bytes=saved_bytes)


def plain_answer(status: HTTPStatus, text: str, headers: Headers | None = None) -> Answer:
    """A refusal in words, which nobody keeps."""
    body = text.encode()
    return Answer(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *PLAIN,
            *(headers or []),
        ],
        [body],
    )
