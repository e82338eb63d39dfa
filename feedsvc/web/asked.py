"""The feed that a request asks for, and the one address that it has."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import request

from feedsvc.feeds import asked
from feedsvc.feeds.asked import Listed, Parameters
from feedsvc.feeds.query import FeedQuery
from feedsvc.web.shelf import shelf


def asked_feed(*listed: Listed, saved: str = "") -> FeedQuery:
    """The feed of a path with these names and of the parameters of the request. Raises
    `QueryError`.
    """
    return asked.asked_feed(shelf().view, asked_parameters(), *listed, saved=saved)


def feed_at(path: str, given: Parameters) -> FeedQuery | None:
    """The feed that `path`, relative to the site, is about, or is another address of; `None` if
    it is about none. Raises `QueryError`.
    """
    path = shelf().aliases.target(f"/{path.strip('/')}") or path
    return asked.feed_at(path, given, shelf().view)


def is_spelt(query: FeedQuery, plain_path: str) -> bool:
    """Whether the request has the address of `query`, whose path is `plain_path`."""
    return request.path == f"/{plain_path}" and tuple(asked_parameters()) == query.parameters


def refuse_parameters(reason: str) -> None:
    """Raise `QueryError` if there are any."""
    asked.refuse(asked_parameters(), reason)


def asked_parameters() -> list[tuple[str, str]]:
    """The parameters of the request in their order, which `request.args` doesn't keep."""
    return parse_qsl(request.query_string.decode(), keep_blank_values=True)
