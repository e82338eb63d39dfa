"""Query strings: what of them belongs to an address, and what is passed over.

Links are decorated with tracking parameters, and readers add some against caches: they change
nothing. But who writes `?topci=ai` would subscribe to more than they meant, so what looks like
a word of the vocabulary stays, to be answered as the mistake it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import parse_qsl

from feedsvc.feeds.query import Format, encode
from feedsvc.feeds.vocabulary import VOCABULARY
from feedsvc.model import Facet
from feedsvc.web.opened import RAW

IGNORED = ("utm_*", "_", "fbclid", "gclid", "dclid", "msclkid", "yclid", "mc_cid", "mc_eid", "ref")
MEANINGFUL = frozenset(
    {"quality", "heat", "lang", "locale", "tag", "tags", "search", "query", "sort", "filter"}
    | {"keyword", "keywords", "exclude", "max", "count", "days"}
)
"""Not of the vocabulary, but whoever writes it wants to choose."""
_LIKENESS = 0.8
_MOST_PARAMETERS = 150  # with those that a form sends empty
_REMEMBERED = 300  # characters

_FEED = rf"\.(?:{'|'.join(Format)}|opml)"
# There every parameter counts, and one that is unknown is a mistake.
_STRICT = re.compile(
    rf"/(?:custom(?:{_FEED}|/archive/\d+(?:{_FEED}|/?)|/)?|build/?|api/query|embed/.+|badge/.+)"
)
# There they don't belong, but may be meant.
_LENIENT = re.compile(
    rf"/(?:(?:feeds|{'|'.join(Facet)})/.*|[^/]+{_FEED}|archive/.*|api/feeds\.json)"
)


# There nothing else does.
_OWN = {"/oembed": {"url", "format", "maxwidth", "maxheight"}}


class TooManyError(ValueError):
    """A query string with more parameters than any feed needs."""

    def __init__(self) -> None:
        super().__init__(f"This address has more than {_MOST_PARAMETERS} parameters.")


class Parameters:
    """What may stand in the query of an address; `ignored` are patterns such as `mc_*`."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        self._ignored = (*IGNORED, *ignored)
        self._remember = lru_cache(maxsize=1000)(self._clean)

    def clean(self, path: str, query_string: str) -> str:
        """What of `query_string` belongs to the address of `path`, in our own spelling and in
        the order in which it was given. Raises `TooManyError`.
        """
        own = _OWN.get(path)
        if own is not None:
            return encode(pair for pair in _pairs(query_string) if pair[0] in own)
        is_strict = bool(_STRICT.fullmatch(path))
        if not is_strict and not _LENIENT.fullmatch(path):
            return ""
        clean = self._remember if len(query_string) <= _REMEMBERED else self._clean
        return clean(query_string, is_strict)

    def _clean(self, query_string: str, is_strict: bool) -> str:
        pairs = _pairs(query_string)
        return encode(pair for pair in pairs if self._belongs(pair[0], is_strict))

    def _belongs(self, name: str, is_strict: bool) -> bool:
        if name in VOCABULARY:
            return True
        if name == RAW or any(fnmatchcase(name, pattern) for pattern in self._ignored):
            return False
        word = name.lower()
        is_meant = word in MEANINGFUL or bool(get_close_matches(word, VOCABULARY, 1, _LIKENESS))
        return is_strict or is_meant


def _pairs(query_string: str) -> list[tuple[str, str]]:
    """As WSGI writes it: each byte a character (PEP 3333)."""
    text = query_string.encode("latin-1", "replace").decode(errors="replace")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise TooManyError from None
