"""Query strings of addresses that take none: what is passed over, and what is a mistake.

Links are decorated with tracking parameters, and readers add some against caches: they change
nothing. But who writes `?topci=ai` would subscribe to more than they meant, so they are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import parse_qsl

from feedsvc.model import Facet

IGNORED = ("utm_*", "_", "fbclid", "gclid", "dclid", "msclkid", "yclid", "mc_cid", "mc_eid", "ref")
KNOWN = {"topic": Facet.TOPIC, "provider": Facet.PROVIDER, "category": Facet.CATEGORY,
         "type": Facet.TYPE}  # fmt: skip
_LIKENESS = 0.8
_MOST_PARAMETERS = 50
_REMEMBERED = 300  # characters


class Parameters:
    """What may stand in the query of a feed's address; `ignored` are patterns such as `mc_*`."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        self._ignored = (*IGNORED, *ignored)
        self._remember = lru_cache(maxsize=1000)(self._find_mistake)

    def find_mistake(self, query_string: str) -> str | None:
        """What is wrong with `query_string`, as a sentence; `None`: nothing."""
        find = self._remember if len(query_string) <= _REMEMBERED else self._find_mistake
        return find(query_string)

    def _find_mistake(self, query_string: str) -> str | None:
        try:
            pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            return f"This address has more than {_MOST_PARAMETERS} parameters."
        for name, _ in pairs:
            if any(fnmatchcase(name, pattern) for pattern in self._ignored):
                continue
            nearest = get_close_matches(name.lower(), KNOWN, n=1, cutoff=_LIKENESS)
            if nearest:
                return _explain(name, nearest[0])
        return None


def _explain(name: str, known: str) -> str:
    shown = ascii(name[:50])
    meant = "" if name == known else f" It looks like {known!r}."
    return (
        f"The parameter {shown} means nothing at this address.{meant} "
        f"A feed of one {known} is at /{KNOWN[known]}/<name>.<format>; "
        "without the parameter, this address is the feed of all it names."
    )
