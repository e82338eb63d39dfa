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

_DOCUMENT = "document"
_FEED = re.compile(rf"/(?!api/|static/|media/).+\.(?:{'|'.join(Format)})")
_IS_RAW = re.compile(rf"(?:^|&){RAW}(?:[=&]|$)")


def is_opened(environ: Mapping[str, Any], query_string: str) -> bool:
    """Whether a person opens what is at the path, as it is in `environ`; `query_string` is as it
    was asked for.
    """
    return (
        environ.get("HTTP_SEC_FETCH_DEST") == _DOCUMENT
        and _FEED.fullmatch(environ["PATH_INFO"]) is not None
        and _IS_RAW.search(query_string) is None
    )
