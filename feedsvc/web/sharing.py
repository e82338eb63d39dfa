"""Which answers other sites may read in a browser (CORS, Fetch Standard §3.2): feeds and what goes
with them, whole, unchanged or refused. Never what is for one person alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feedsvc.web.aliases import USUAL
from feedsvc.web.opened import OPENED

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ANYBODY = (ALLOW_ORIGIN, "*")
EXPOSED = ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link, Retry-After")

_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "A-IM, Cache-Control, If-Modified-Since, If-None-Match"),
    ("Access-Control-Max-Age", "86400"),
]
_SHARED = re.compile(
    r".+\.(?:rss|atom|json|opml)|/(?:api|badge)/.+|/(?:oembed|embed(?:-\d+)?\.js)"
    rf"|(?:{'|'.join(map(re.escape, USUAL))})/?"
)

Headers = list[tuple[str, str]]


def sharing_headers(environ: Mapping[str, Any]) -> Headers:
    """What the answer to a request says of who may read it: nothing, or that anybody may."""
    if environ.get(OPENED) or _SHARED.fullmatch(environ["PATH_INFO"]) is None:
        return []
    if environ["REQUEST_METHOD"] == "OPTIONS":
        return [ANYBODY, EXPOSED, *_PREFLIGHT]
    return [ANYBODY, EXPOSED]
