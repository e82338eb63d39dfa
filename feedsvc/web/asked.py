"""The feed that a request asks for, and the one address that it has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from flask import request

from feedsvc.errors import QueryError
from feedsvc.feeds.naming import find_name, resolve
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, Format
from feedsvc.feeds.vocabulary import VOCABULARY, parse_query, shown
from feedsvc.model import Facet
from feedsvc.web.shelf import shelf

_ENDING = re.compile(rf"\.(?:{'|'.join(Format)})\Z")

Parameters = list[tuple[str, str]]
Listed = tuple[Facet, str]
"""A facet and the names of it in a path, joined by +."""


def asked_feed(*listed: Listed, saved: str = "", given: Parameters | None = None) -> FeedQuery:
    """The feed of a path with these names and of the parameters `given`, by default those of the
    request. Raises `QueryError`.
    """
    given = asked_parameters() if given is None else given
    if saved:
        _refuse(given, "what a saved feed holds is configured")
        return FeedQuery(saved=saved)
    in_path = [
        (PARAMETER_OF[facet], name) for facet, text in listed for name in _split(facet, text)
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
    return parse_query([*in_path, *given], _resolve)


def feed_at(path: str, given: Parameters) -> FeedQuery | None:
    """The feed that `path`, relative to the site, is about, be it that of the feed or of its page:
    `feed`, `topics/ai.rss`, `topics/ai/providers/reuters.com/`, `feeds/weekend`, `custom`, or
    another address of it; `None` if it is about none. Raises `QueryError`.
    """
    path = shelf().aliases.target(f"/{path.strip('/')}") or path
    match _ENDING.sub("", path).strip("/").split("/"):
        case ["" | "feed" | "archive" | "custom"]:
            return asked_feed(given=given)
        case ["feeds", name]:
            return asked_feed(saved=name, given=given)
        case [facet, name] if facet in set(Facet):
            return asked_feed((Facet(facet), name), given=given)
        case [facet, name, other, other_name] if {facet, other} <= set(Facet):
            return asked_feed((Facet(facet), name), (Facet(other), other_name), given=given)
    return None


def is_spelt(query: FeedQuery, plain_path: str) -> bool:
    """Whether the request has the address of `query`, whose path is `plain_path`."""
    return request.path == f"/{plain_path}" and tuple(asked_parameters()) == query.parameters


def refuse_parameters(reason: str) -> None:
    """Raise `QueryError` if there are any."""
    _refuse(asked_parameters(), reason)


def _refuse(given: Parameters, reason: str) -> None:
    for name, value in given:
        if value.strip():
            raise QueryError(name, f"no parameter: {reason}", shown(value))


def asked_parameters() -> list[tuple[str, str]]:
    """The parameters of the request in their order, which `request.args` doesn't keep."""
    return parse_qsl(request.query_string.decode(), keep_blank_values=True)


def _resolve(facet: Facet, text: str) -> str:
    return resolve(facet, text, shelf().view())


def _split(facet: Facet, text: str) -> Iterable[str]:
    view = shelf().view()
    parts = text.split("+")
    if not all(part.strip() for part in parts) or not all(
        len(parts) == 1 or find_name(facet, part, view) for part in parts
    ):
        # Labels such as C++ have plus signs of their own, and some write + for a space.
        whole = find_name(facet, text, view) or find_name(facet, " ".join(parts), view)
        if whole is not None:
            return [whole]
    if not all(part.strip() for part in parts):
        expected = f"{VOCABULARY[PARAMETER_OF[facet]].expected}, or several joined by one + each"
        raise QueryError(PARAMETER_OF[facet], expected, shown(text))
    return parts
