"""What is answered where there is no answer: a page for people, a problem document (RFC 9457)
for programs.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from flask import Response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import NotReadyError, QueryError, StorageError, UnknownFeedError
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, feed_of
from feedsvc.model import Facet
from feedsvc.web.page import render_page
from feedsvc.web.shelf import shelf

_FACETS = {name: facet for facet, name in PARAMETER_OF.items()}
_TITLES = {400: "This address asks for nothing that there can be", 404: "There is no such feed"}
_SAID = {
    HTTPStatus.NOT_FOUND: ("Not found", "There is nothing at this address."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong here",
        "This page could not be made. The fault is on our side and has been noted.",
    ),
}
_MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 2

_log = logging.getLogger(__name__)


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


def not_ready(error: Exception) -> Response:
    """503."""
    if isinstance(error, StorageError):
        _log.error("%s", error)  # names what is nobody's business outside
        error = NotReadyError("The articles can't be read at the moment.")
    detail = f"{error} Please try again in a moment."
    response = _respond(HTTPStatus.SERVICE_UNAVAILABLE, "Not ready yet", detail)
    response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def failed(error: HTTPException) -> AnyResponse:
    """Anything else. Of what isn't there it says nothing of why."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return AnyResponse.force_type(error.get_response())
    status = HTTPStatus(error.code)
    title, detail = _SAID.get(status, (status.phrase, error.description or status.description))
    response = _respond(status, title, detail)
    for name, value in error.get_response().headers:  # such as Allow and Content-Range
        if name not in response.headers:
            response.headers[name] = value
    return response


def _answer(
    status: HTTPStatus,
    detail: str,
    parameter: str,
    found: str,
    expected: str,
    nearest: tuple[str, ...],
) -> Response:
    return _respond(
        status,
        _TITLES[status],
        detail,
        {"parameter": parameter, "found": found, "expected": expected, "nearest": list(nearest)},
        nearest=[(name, _feed_of(parameter, name)) for name in nearest],
        facet=_facet_of(parameter),
    )


def _respond(
    status: HTTPStatus,
    title: str,
    detail: str,
    members: dict[str, object] | None = None,
    **context: object,
) -> Response:
    """A page with `context`, or a document with `members`, those that are empty left out."""
    if _is_for_people():
        body: str | bytes = _page(title, detail, context)
        content_type = "text/html; charset=utf-8"
    else:
        told = {"title": title, "status": status.value, "detail": detail} | (members or {})
        known = {name: value for name, value in told.items() if value}
        body, content_type = msgspec.json.encode(known) + b"\n", _MEDIA_TYPE
    response = Response(body, status, content_type=content_type)
    response.headers["Vary"] = "Accept"
    return response


def _page(title: str, detail: str, context: dict[str, object]) -> str:
    try:
        return render_page("problem.html", None, title=title, detail=detail, **context)
    except Exception:  # a site's own template may be what went wrong in the first place
        _log.exception("the page that tells of an error could not be made")
        return f"<!doctype html>\n<title>{escape(title)}</title>\n<p>{escape(detail)}</p>\n"


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
