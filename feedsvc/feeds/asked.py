"""The feed that an address means: its path, and its parameters where it has some.

Which articles there are decides what a name means, so the functions are handed what gives a view;
it is asked for where names are, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from feedsvc.errors import QueryError
from feedsvc.feeds.naming import NameView, find_name, resolve
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, Format
from feedsvc.feeds.vocabulary import VOCABULARY, parse_query, shown
from feedsvc.model import Facet

_ENDING = re.compile(rf"\.({'|'.join(Format)})\Z")
_ARCHIVE = re.compile(r"(?:(.*)/)?archive/([1-9][0-9]{0,8})")

Parameters = Sequence[tuple[str, str]]
Listed = tuple[Facet, str]
"""A facet and the names of it in a path, joined by +."""
ViewOf = Callable[[], NameView]


def asked_feed(view: ViewOf, given: Parameters, *listed: Listed, saved: str = "") -> FeedQuery:
    """The feed of a path with these names and of the parameters `given`. Raises `QueryError`."""
    if saved:
        refuse(given, "what a saved feed holds is configured")
        return FeedQuery(saved=saved)
    in_path = [
        (PARAMETER_OF[facet], name) for facet, text in listed for name in _split(facet, text, view)
    ]
    named = {name for name, _ in in_path}
    if len(named) < len(listed):
        parameter = PARAMETER_OF[listed[0][0]]
        raise QueryError(parameter, "names joined by +, or two different kinds", "the same twice")
    for name, value in given:
        if name in named and value.strip():
            raise QueryError(
                name, "to stand in the path or in the query, not in both", shown(value)
            )
    return parse_query([*in_path, *given], lambda facet, text: resolve(facet, text, view()))


def feed_at(path: str, given: Parameters, view: ViewOf) -> FeedQuery | None:
    """The feed that `path`, relative to the site and not percent-encoded, is about, be it that of
    the feed or of its page: `feed`, `topics/ai.rss`, `topics/ai/providers/reuters.com/`,
    `feeds/weekend`, `custom`; `None` if it is about none. Raises `QueryError`.
    """
    match _ENDING.sub("", path).strip("/").split("/"):
        case ["" | "feed" | "archive" | "custom"]:
            return asked_feed(view, given)
        case ["feeds", name]:
            return asked_feed(view, given, saved=name)
        case [facet, name] if facet in set(Facet):
            return asked_feed(view, given, (Facet(facet), name))
        case [facet, name, other, other_name] if {facet, other} <= set(Facet):
            return asked_feed(view, given, (Facet(facet), name), (Facet(other), other_name))
    return None


def take_apart(path: str) -> tuple[str, Format | None, int | None]:
    """The path of a feed without ending and archive, its format, and the number of the archive
    page, as far as `path` names them: `topics/ai/archive/2.rss` is `topics/ai`, RSS, 2.
    """
    ending = _ENDING.search(path)
    plain = _ENDING.sub("", path).strip("/")
    page = _ARCHIVE.fullmatch(plain)
    if page:
        plain = page[1] or ""
    return plain, Format(ending[1]) if ending else None, int(page[2]) if page else None


def refuse(given: Parameters, reason: str) -> None:
    """Raise `QueryError` if there are any parameters."""
    for name, value in given:
        if value.strip():
            raise QueryError(name, f"no parameter: {reason}", shown(value))


def _split(facet: Facet, text: str, view: ViewOf) -> Iterable[str]:
    parts = text.split("+")
    if not all(part.strip() for part in parts) or not all(
        len(parts) == 1 or find_name(facet, part, view()) for part in parts
    ):
        # Labels such as C++ have plus signs of their own, and some write + for a space.
        whole = find_name(facet, text, view()) or find_name(facet, " ".join(parts), view())
        if whole is not None:
            return [whole]
    if not all(part.strip() for part in parts):
        expected = f"{VOCABULARY[PARAMETER_OF[facet]].expected}, or several joined by one + each"
        raise QueryError(PARAMETER_OF[facet], expected, shown(text))
    return parts
