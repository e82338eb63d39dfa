"""All addresses of a site that a file can stand for, as paths below the site's root."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from feedsvc.config import Settings
from feedsvc.feeds.query import FeedQuery, Format, feed_of, story_path
from feedsvc.feeds.select import select
from feedsvc.index.view import View
from feedsvc.model import Facet
from feedsvc.web.discovery import sitemap_names
from feedsvc.web.embed import components

_FOR_SERVERS = frozenset({"/build", "/custom", "/oembed", "/api/query", "/api/openapi.json"})
"""What answers questions, or describes who does."""


def site_paths(app: Flask, view: View, settings: Settings) -> Iterator[str]:
    """Each once, percent-encoded."""
    yield from dict.fromkeys(_paths(app, view, settings))


def _paths(app: Flask, view: View, settings: Settings) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.arguments <= set(rule.defaults or ()) and rule.rule not in _FOR_SERVERS:
            yield rule.rule
    yield from (f"/sitemap/{name}.xml" for name in sitemap_names(view))
    names = app.extensions["feedsvc"].files
    yield from (f"/static/{name}" for name in names)
    yield from (f"/{name}" for name in components(names))
    for facet in Facet:
        yield f"/{facet}/"
    for query in _queries(view, settings):
        yield from _of_feed(query, view, settings)
    for article in view.every():
        yield f"/{story_path(article.slug)}"
        yield from (f"/{image.url}" for image in article.all_images if image.path is not None)


def _queries(view: View, settings: Settings) -> Iterator[FeedQuery]:
    yield FeedQuery()
    yield from (FeedQuery(saved=name) for name in settings.feeds.saved)
    for facet in Facet:
        yield from (feed_of(facet, one.slug) for one in view.counts(facet))


def _of_feed(query: FeedQuery, view: View, settings: Settings) -> Iterator[str]:
    """The feed, its page, its archive, its frame and its badge."""
    newest = select(query, view, settings.describe_site(), settings.feeds.limit)
    yield f"/{query.page_path}"
    yield f"/{query.path_below('embed')}"
    yield f"/{query.path_below('badge', '.svg')}"
    for page in (None, *range(1, (newest.previous_page or 0) + 1)):
        if page is not None:
            yield f"/{query.archive_page_path(page)}"
        for name in settings.feeds.formats:
            yield f"/{query.feed_path(Format(name), page)}"
