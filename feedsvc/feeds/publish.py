"""Query + format -> the finished answer: bytes, content type, validator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.jsonfeed import render_json
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.rss_atom import render_atom, render_rss
from feedsvc.feeds.select import ArticleView, select
from feedsvc.model import Site

_RENDERERS = {Format.RSS: render_rss, Format.ATOM: render_atom, Format.JSON: render_json}


@dataclass(frozen=True, slots=True)
class RenderedFeed:
    """`etag` is the opaque tag without its quotes, made of the bytes (RFC 9110 §8.8.3).

    `max_age_seconds` is how long it may be kept without asking: never past the moment at which
    a held-back article appears or one expires.
    """

    body: bytes
    content_type: str
    etag: str
    max_age_seconds: int


def publish(
    query: FeedQuery,
    format: Format,
    view: ArticleView,
    site: Site,
    limit: int,
    base_url: str,
    page: int | None = None,
) -> RenderedFeed:
    """Select and render. Raises what `select` raises."""
    selection = select(query, view, site, limit, page)
    body = _RENDERERS[format](selection, site, Addresses(base_url))
    etag = hashlib.sha256(body).hexdigest()[:32]
    max_age_seconds = lifetime(
        selection.options.max_age_seconds, selection.until, view.viewpoint.now
    )
    content_type = f"{format.content_type}; charset=utf-8"
    return RenderedFeed(body, content_type, etag, max_age_seconds)


def lifetime(max_age_seconds: int, until: datetime | None, now: datetime) -> int:
    """How many seconds an answer may be kept: `max_age_seconds`, but never past `until`."""
    if until is None:
        return max_age_seconds
    # Never below 0: between the view and now, the moment may have come.
    return max(0, min(max_age_seconds, int((until - now).total_seconds())))
