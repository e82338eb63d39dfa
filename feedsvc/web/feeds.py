"""The feeds, their archives and the lists of them: `/feed.rss`, `/topics/ai.atom`,
`/topics/ai/providers/reuters.com.rss`, `/custom.json?min_quality=60`, `/feeds/weekend.rss`,
`/providers/reuters.com/archive/1.json`, `/subscriptions.opml`.
"""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, request
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.delta import digests
from feedsvc.feeds.naming import name_feed
from feedsvc.feeds.opml import Outline, render_opml
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.model import Facet
from feedsvc.web.asked import asked_feed, is_spelt, refuse_parameters
from feedsvc.web.delta import ENTRIES, KNOWN_ENTRIES
from feedsvc.web.feed_page import opened_page
from feedsvc.web.opened import DECIDED_BY, OPENED, still_raw
from feedsvc.web.shelf import shelf

blueprint = Blueprint("feeds", __name__)

_FACETS = ",".join(Facet)
_END = f".<any({','.join(Format)}):format>"
_ARCHIVE = f"/archive/<page:page>{_END}"
_ONE = f"/<any({_FACETS}):facet>/<name>"
_TWO = f"{_ONE}/<any({_FACETS}):other_facet>/<other_name>"


class PageNumber(IntegerConverter):
    """The number of an archive page, in one spelling."""

    regex = r"[1-9][0-9]{0,8}"


@blueprint.get(f"/feed{_END}")
@blueprint.get(_ARCHIVE)
@blueprint.get(f"/custom{_END}")
@blueprint.get(f"/custom{_ARCHIVE}")
def custom(format: str, page: int | None = None) -> AnyResponse:
    return _answer(asked_feed(), Format(format), page)


@blueprint.get(f"{_ONE}{_END}")
@blueprint.get(f"{_ONE}{_ARCHIVE}")
def listed(facet: str, name: str, format: str, page: int | None = None) -> AnyResponse:
    return _answer(asked_feed((Facet(facet), name)), Format(format), page)


@blueprint.get(f"{_TWO}{_END}")
@blueprint.get(f"{_TWO}{_ARCHIVE}")
def listed_twice(
    facet: str,
    name: str,
    other_facet: str,
    other_name: str,
    format: str,
    page: int | None = None,
) -> AnyResponse:
    query = asked_feed((Facet(facet), name), (Facet(other_facet), other_name))
    return _answer(query, Format(format), page)


@blueprint.get(f"/feeds/<name>{_END}")
@blueprint.get(f"/feeds/<name>{_ARCHIVE}")
def saved(name: str, format: str, page: int | None = None) -> AnyResponse:
    return _answer(asked_feed(saved=name), Format(format), page)


@blueprint.get("/subscriptions.opml")
def subscriptions() -> AnyResponse:
    everything = shelf().outline(FeedQuery())
    groups = [_saved_group(), _group(Facet.TOPIC, "Topics"), _group(Facet.PROVIDER, "Providers")]
    return _opml([everything, *groups])


@blueprint.get("/feeds.opml")
def saved_feeds() -> AnyResponse:
    return _opml([_saved_group()])


@blueprint.get("/topics.opml")
def topics() -> AnyResponse:
    return _opml([_group(Facet.TOPIC, "Topics")])


@blueprint.get("/providers.opml")
def providers() -> AnyResponse:
    return _opml([_group(Facet.PROVIDER, "Providers")])


def _saved_group() -> Outline:
    here = shelf()
    feeds = tuple(here.outline(query) for query in here.saved_feeds())
    return Outline("Feeds", feeds=feeds)


def _group(facet: Facet, title: str) -> Outline:
    here = shelf()
    counts = here.view().counts(facet)
    return Outline(title, feeds=tuple(here.outline(feed_of(facet, one.slug)) for one in counts))


def _opml(outlines: list[Outline]) -> AnyResponse:
    refuse_parameters("this is a list of feeds")
    here = shelf()
    # Topics and providers have their groups even where there are none yet.
    kept = [one for one in outlines if one.feed_url or one.feeds or one.title != "Feeds"]
    response = make_response(render_opml(here.site, kept))
    response.content_type = "text/x-opml; charset=utf-8"
    return here.keep(response, here.site.options.max_age_seconds)


def _answer(query: FeedQuery, format: Format, page: int | None) -> AnyResponse:
    here = shelf()
    if format not in here.formats:
        abort(404)
    if not is_spelt(query, query.plain_path(format, page)):
        name_feed(query, here.view(), here.site)  # only what there is has an address
        address = here.prefix + query.feed_path(format, page)
        return redirect(still_raw(address, request.environ), 301)
    if request.environ[OPENED]:
        return opened_page(query, format, page)
    feed = publish(
        query,
        format,
        here.view(),
        here.site,
        here.settings.feeds.limit,
        here.base_url,
        page,
        request.environ.get(KNOWN_ENTRIES),
    )
    if here.settings.serving.delta and page is None:
        request.environ[ENTRIES] = digests(feed.selection)
    response = make_response(feed.body)
    response.content_type = feed.content_type
    response.headers["Vary"] = DECIDED_BY
    return here.keep(
        response, feed.selection.options.max_age_seconds, is_feed=True, until=feed.selection.until
    )
