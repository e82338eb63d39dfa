"""The feed that a request asks for, and the one address that it has."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from feedsvc.errors import QueryError
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery
from feedsvc.feeds.vocabulary import VOCABULARY, name_of, parse_query, shown
from feedsvc.model import Facet
from feedsvc.slugs import slugify
from feedsvc.web.shelf import shelf

Listed = tuple[Facet, str]
"""A facet and the names of it in a path, joined by +."""


def asked_feed(*listed: Listed, saved: str = "") -> FeedQuery:
    """The feed of a path with these names and of the request's parameters. Raises `QueryError`."""
    given = list(request.args.items(multi=True))
    if saved:
        for name, value in given:
            if value.strip():
                raise QueryError(
                    name, "no parameter: what a saved feed holds is configured", shown(value)
                )
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
    return parse_query([*in_path, *given], resolve)


def is_spelt(query: FeedQuery, plain_path: str) -> bool:
    """Whether the request has the address of `query`, whose path is `plain_path`."""
    given = tuple(request.args.items(multi=True))
    return request.path == f"/{plain_path}" and given == query.parameters


def resolve(facet: Facet, text: str) -> str:
    """The name that somebody meant: as it is, in another spelling, or a label."""
    return _known(facet, text) or name_of(facet, text)


def _known(facet: Facet, text: str) -> str | None:
    view = shelf().view()
    spellings = dict.fromkeys((text, name_of(facet, text), slugify(text)))
    # What can't be printed is in no name, and PostgreSQL refuses some of it.
    possible = (name for name in spellings if name and name.isprintable())
    return next((name for name in possible if view.knows(facet, name)), None)


def _split(facet: Facet, text: str) -> Iterable[str]:
    parts = text.split("+")
    if len(parts) == 1 or all(_known(facet, part) for part in parts):
        return parts
    # Labels such as C++ have plus signs of their own, and some write + for a space.
    whole = _known(facet, text) or _known(facet, " ".join(parts))
    if whole is not None:
        return [whole]
    if "" in parts:
        expected = f"{VOCABULARY[PARAMETER_OF[facet]].expected}, or several joined by one + each"
        raise QueryError(PARAMETER_OF[facet], expected, shown(text))
    return parts
