"""Query + format -> the finished answer: bytes, content type, validator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.jsonfeed import render_json
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.rss_atom import render_atom, render_rss
from feedsvc.feeds.select import ArticleStore, select
from feedsvc.model import Site, Viewpoint

_RENDERERS = {Format.RSS: render_rss, Format.ATOM: render_atom, Format.JSON: render_json}


@dataclass(frozen=True, slots=True)
class RenderedFeed:
    """`etag` is the opaque tag without its quotes, made of the bytes (RFC 9110 §8.8.3)."""

    body: bytes
    content_type: str
    etag: str


def publish(
    query: FeedQuery,
    format: Format,
    store: ArticleStore,
    site: Site,
    viewpoint: Viewpoint,
    limit: int,
    base_url: str,
) -> RenderedFeed:
    """Select and render. Raises what `select` raises."""
    selection = select(query, store, site, viewpoint, limit)
    body = _RENDERERS[format](selection, site, Addresses(base_url))
    etag = hashlib.sha256(body).hexdigest()[:32]
    return RenderedFeed(body, f"{format.content_type}; charset=utf-8", etag)
