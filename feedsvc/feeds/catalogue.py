"""What feeds there are, and what a query means: for programs, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import msgspec

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.naming import in_words, name_feed
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.feeds.select import ArticleView, select
from feedsvc.feeds.site import Site
from feedsvc.model import Facet, Order

_NEWEST = 5

Json = dict[str, object]


class CatalogueView(ArticleView, Protocol):
    """What a store answers to who lists everything."""

    def newest(self, facet: Facet) -> dict[str, datetime]: ...


def list_feeds(view: CatalogueView, site: Site, addresses: Addresses, limit: int) -> bytes:
    """Every feed: of everything, saved ones, and each topic, provider, category, type, author
    and language with something to show.
    """
    feeds = [
        _saved(FeedQuery(), view, site, addresses, limit, "everything"),
        *(
            _saved(FeedQuery(saved=name), view, site, addresses, limit, "saved")
            for name in site.saved
        ),
        *(feed for facet in Facet for feed in _listed(facet, view, site, addresses)),
    ]
    return _encode({"title": site.title, "home_page_url": addresses.base_url, "feeds": feeds})


def _saved(
    query: FeedQuery, view: CatalogueView, site: Site, addresses: Addresses, limit: int, kind: str
) -> Json:
    selection = select(query, view, site, limit)
    dates = [one.published for one in selection.articles if one.published is not None]
    return _feed(query, view, site, addresses, kind) | _numbers(
        selection.total, max(dates, default=None)
    )


def _listed(facet: Facet, view: CatalogueView, site: Site, addresses: Addresses) -> Iterator[Json]:
    newest = view.newest(facet)
    for count in view.counts(facet):
        query = feed_of(facet, count.slug)
        feed = _feed(query, view, site, addresses, facet.value) | {"name": count.slug}
        yield feed | _numbers(count.count, newest.get(count.slug))


def _feed(
    query: FeedQuery, view: CatalogueView, site: Site, addresses: Addresses, kind: str
) -> Json:
    naming = name_feed(query, view, site)
    return {
        "kind": kind,
        "name": query.saved,
        "title": naming.title,
        "description": naming.description,
        "home_page_url": addresses.page(query),
        "urls": _urls(query, site, addresses),
    }


def _numbers(entries: int, newest: datetime | None) -> Json:
    return {"entries": entries, "newest": newest}


def _urls(query: FeedQuery, site: Site, addresses: Addresses) -> dict[str, str]:
    return {name: addresses.feed(query, Format(name)) for name in site.formats}


def explain(
    query: FeedQuery, view: ArticleView, site: Site, addresses: Addresses, limit: int
) -> bytes:
    """What `query` means: its addresses, itself in words, how many stories match, and the five
    newest that it shows. Raises what `select` raises.
    """
    selection = select(replace(query, order=Order.NEWEST), view, site, limit)
    matches = view.find(query.filter_at(view.viewpoint.now, site.zone)).total
    return _encode(
        {
            "title": in_words(query, view),
            "feed_title": name_feed(query, view, site).title,
            "parameters": [list(pair) for pair in sorted(query.as_parameters())],
            "home_page_url": addresses.page(query),
            "urls": _urls(query, site, addresses),
            "matches": matches,
            "newest": [
                {
                    "id": article.id,
                    "title": article.title,
                    "url": addresses.link(article),
                    "published": article.published,
                }
                for article in selection.articles[:_NEWEST]
            ],
        }
    )


def _encode(value: object) -> bytes:
    """Times as RFC 3339."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
