"""Deltas of feeds: what is new or changed since the version a client has (RFC 3229, with the
`feed` instance manipulation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from feedsvc.web.representation import Answer, Representation

ENTRIES = "feedsvc.entries"
"""Where a view leaves the digests of the entries of its feed, by id."""
KNOWN_ENTRIES = "feedsvc.known_entries"
"""The digests of what a client has: the view then renders what is new or changed alone."""

_OF_THE_WHOLE = {"content-length", "content-encoding", "cache-control", "vary", "last-modified"}


def wants_delta(environ: Mapping[str, Any], made: Representation) -> bool:
    """Whether the client understands the manipulation and names a version that it has."""
    asked = environ.get("HTTP_A_IM")
    return (
        asked is not None
        and made.entries is not None
        and "HTTP_IF_NONE_MATCH" in environ
        and environ["REQUEST_METHOD"] == "GET"
        and parse_accept_header(asked, Accept).quality("feed") > 0
    )


def delta_answer(whole: Answer, made: Representation, part: bytes) -> Answer:
    """226 with `part` instead of the `whole` (RFC 3229 §10.4.1).

    Not compressed: that would be an instance manipulation too, and clients differ in whether
    they undo a content coding before or after it.
    """
    headers = [pair for pair in whole.headers if pair[0].lower() not in _OF_THE_WHOLE | {"etag"}]
    headers += [
        ("ETag", made.tag()),
        ("IM", "feed"),
        ("Cache-Control", "no-store, im"),
        ("Vary", "A-IM, If-None-Match"),
        ("Content-Length", str(len(part))),
    ]
    saved = len(made.body) - len(part)
    return Answer("226 IM Used", headers, [part], counts=whole.counts, saved_bytes=saved)
