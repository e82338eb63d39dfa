"""What is answered to who asks for a feed that there isn't: a page for people, a problem document
(RFC 9457) for programs.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from flask import Response, render_template, request

from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, feed_of
from feedsvc.model import Facet
from feedsvc.web.shelf import page_context, shelf

_FACETS = {name: facet for facet, name in PARAMETER_OF.items()}
_TITLES = {400: "This address asks for nothing that there can be", 404: "There is no such feed"}
_MEDIA_TYPE = "application/problem+json"


def unknown_feed(error: UnknownFeedError) -> Response:
    """404."""
    facet = _facet_of(error.parameter)
    listed_at = "feeds/" if error.parameter == "feed" else facet and f"{facet}/"
    expected = f"one of those at {shelf().base_url}{listed_at}" if listed_at else ""
    return _answer(
        HTTPStatus.NOT_FOUND, str(error), error.parameter, error.found, expected, error.nearest
    )


def mistaken_query(error: QueryError) -> Response:
    """400."""
    return _answer(
        HTTPStatus.BAD_REQUEST,
        f"{error}.",
        error.parameter,
        error.found,
        error.expected,
        error.nearest,
    )


def _answer(
    status: HTTPStatus,
    detail: str,
    parameter: str,
    found: str,
    expected: str,
    nearest: tuple[str, ...],
) -> Response:
    if _is_for_people():
        body = render_template(
            "problem.html",
            title=_TITLES[status],
            detail=detail,
            nearest=[(name, _feed_of(parameter, name)) for name in nearest],
            facet=_facet_of(parameter),
            **page_context(),
        )
        response = Response(body, status, content_type="text/html; charset=utf-8")
    else:
        told = {
            "title": _TITLES[status],
            "status": status.value,
            "detail": detail,
            "parameter": parameter,
            "found": found,
            "expected": expected,
            "nearest": list(nearest),
        }
        members = {name: value for name, value in told.items() if value}
        response = Response(msgspec.json.encode(members) + b"\n", status, content_type=_MEDIA_TYPE)
    response.headers["Vary"] = "Accept"
    return response


def _is_for_people() -> bool:
    """Browsers ask for HTML by name; programs that take anything get what programs can read."""
    accepted = request.accept_mimetypes
    is_named = "text/html" in accepted.values()
    return is_named and accepted["text/html"] >= accepted[_MEDIA_TYPE] and accepted["text/html"] > 0


def _facet_of(parameter: str) -> Facet | None:
    return _FACETS.get(parameter.removeprefix("all_").removeprefix("not_"))


def _feed_of(parameter: str, name: str) -> FeedQuery | None:
    if parameter == "feed":
        return FeedQuery(saved=name)
    facet = _facet_of(parameter)
    return None if facet is None else feed_of(facet, name)
