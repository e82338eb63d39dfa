"""Query + format -> the finished feed, as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.delta import only_new
from feedsvc.feeds.jsonfeed import render_json
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.rss_atom import render_atom, render_rss
from feedsvc.feeds.select import ArticleView, FeedSelection, select
from feedsvc.feeds.site import Site

_RENDERERS = {Format.RSS: render_rss, Format.ATOM: render_atom, Format.JSON: render_json}


@dataclass(frozen=True, slots=True)
class RenderedFeed:
    """`selection` is what the feed holds; the same selection gives the same `body`."""

    body: bytes
    content_type: str
    selection: FeedSelection


def publish(
    query: FeedQuery,
    format: Format,
    view: ArticleView,
    site: Site,
    limit: int,
    base_url: str,
    page: int | None = None,
    known: Mapping[str, bytes] | None = None,
) -> RenderedFeed:
    """Select and render. Of `known` entries, digests by id, only those that changed are shown.

    Raises what `select` raises.
    """
    selection = select(query, view, site, limit, page)
    if known is not None:
        selection = only_new(selection, known)
    body = _RENDERERS[format](selection, site, Addresses(base_url))
    return RenderedFeed(body, f"{format.content_type}; charset=utf-8", selection)
