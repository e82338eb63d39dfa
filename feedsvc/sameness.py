"""When two addresses lead to the same article, or two titles tell the same story, whatever their
spelling.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from feedsvc.words import words_of

_TRACKING = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$|ref$", re.IGNORECASE)
_PLAIN = re.compile(r"https?://(?:www\.)?([a-z0-9.-]+(?:/[A-Za-z0-9._~!$'()*+,;=:@/-]*)?)")


def normal_address(url: str) -> str:
    """What the different spellings of one address share: without scheme, `www.`, tracking
    parameters, fragment and closing slash, percent-encoding resolved.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is not None:  # the usual case, ten times as fast
        return f"{plain[1].rstrip('/')}?[]"
    try:
        parts = urlsplit(url)
    except ValueError:  # an id may be any text that looks like an address
        return url
    host = (parts.hostname or "").removeprefix("www.")
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.match(name)
    ]
    path = unquote(parts.path).rstrip("/")
    return f"{host}{path}?{sorted(query)}" if host else unquote(url)


def address_key(url: str) -> int:
    """`normal_address(url)` as a signed number of 64 bits, for an index."""
    return _number(normal_address(url))


def title_key(title: str) -> int:
    """The words of `title` as a signed number of 64 bits: case, accents and signs don't count."""
    return _number(" ".join(words_of(title)) or title)


def _number(text: str) -> int:
    normal = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(normal, digest_size=8).digest(), signed=True)
