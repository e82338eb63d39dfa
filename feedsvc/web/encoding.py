"""Content codings: which one a client gets, and the compressing (RFC 9110 §8.4, §12.5.3)."""

from __future__ import annotations

import gzip
from functools import lru_cache

import brotli
import zstandard
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

IDENTITY = "identity"
# The next levels take several times as long for little less: see docs/decisions.md.
_LEVELS = {"br": 8, "zstd": 12, "gzip": 9}
_CODINGS = tuple(_LEVELS)
"""In the order of preference where a client has none."""
_COMPRESSIBLE = (
    "text/",
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/manifest+json",
    "image/svg+xml",
)
_LONGEST_HEADER = 500


def is_compressible(content_type: str) -> bool:
    """Whether it is worth trying: pictures are compressed already."""
    return content_type.startswith(_COMPRESSIBLE)


def accepted_codings(header: str | None) -> tuple[str, ...]:
    """Codings of ours that `Accept-Encoding` allows, best first, up to and with identity.

    Without the header, or where it forbids everything we have, that is identity alone.
    """
    if not header or len(header) > _LONGEST_HEADER:
        return (IDENTITY,)
    return _accepted(header)


@lru_cache(maxsize=1000)
def _accepted(header: str) -> tuple[str, ...]:
    accept = parse_accept_header(header, Accept)
    named = {coding.lower() for coding, _ in accept}
    qualities = {coding: accept.quality(coding) for coding in _CODINGS}
    # Identity that isn't named is allowed, as what is left when nothing better is (§12.5.3).
    identity = accept.quality(IDENTITY) if IDENTITY in named else 0
    better = [coding for coding in _CODINGS if qualities[coding] > 0]
    better = [coding for coding in better if qualities[coding] >= identity]
    better.sort(key=lambda coding: -qualities[coding])
    return (*better, IDENTITY)


def compress(coding: str, body: bytes) -> bytes:
    """`body` in `coding`: the same bytes each time."""
    match coding:
        case "br":
            return bytes(brotli.compress(body, quality=_LEVELS[coding]))
        case "zstd":
            return zstandard.ZstdCompressor(level=_LEVELS[coding]).compress(body)
        case "gzip":
            return gzip.compress(body, _LEVELS[coding], mtime=0)
    raise ValueError(coding)
