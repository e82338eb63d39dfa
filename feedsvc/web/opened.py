"""Feeds that a person opens in a browser: there a page is answered, everywhere else the feed.

Browsers alone say that they open a document (Fetch Metadata, `Sec-Fetch-Dest`); `Accept` tells
nothing, since feed readers name text/html in it too. They say so over HTTPS and on this machine
only: elsewhere, and in old browsers, the feed is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feedsvc.feeds.query import Format

OPENED = "feedsvc.opened"
"""Set in the environ of a request for a feed by a person."""

DECIDED_BY = "Sec-Fetch-Dest"
"""The header that decides it: what answers for feeds vary by."""

RAW = "raw"
"""The query parameter with which a person gets the feed itself."""

ASKED_RAW = "feedsvc.asked_raw"
"""Set in the environ of a request that has it, which no view sees in the query."""

_DOCUMENT = "document"
_FEED = re.compile(rf"/(?!api/|static/|media/).+\.(?:{'|'.join(Format)})")
_IS_RAW = re.compile(rf"(?:^|&){RAW}(?:[=&]|$)")


def tell_opened(environ: dict[str, Any], query_string: str) -> None:
    """Set `OPENED` and `ASKED_RAW`; `query_string` is as it was asked for."""
    is_feed = _FEED.fullmatch(environ["PATH_INFO"]) is not None
    environ[ASKED_RAW] = is_feed and _IS_RAW.search(query_string) is not None
    is_document = environ.get("HTTP_SEC_FETCH_DEST") == _DOCUMENT
    environ[OPENED] = is_feed and is_document and not environ[ASKED_RAW]


def still_raw(url: str, environ: Mapping[str, Any]) -> str:
    """Where a request for another spelling of `url` is sent."""
    if not environ[ASKED_RAW]:
        return url
    return f"{url}{'&' if '?' in url else '?'}{RAW}"
