"""The feeds, their archives and the lists of them: `/feed.rss`, `/topics/ai.atom`,
`/providers/reuters.com/archive/1.json`, `/subscriptions.opml`.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, request
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.delta import digests
from feedsvc.feeds.opml import Outline, render_opml
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.model import Facet
from feedsvc.slugs import slugify
from feedsvc.web.delta import ENTRIES, KNOWN_ENTRIES
from feedsvc.web.shelf import shelf

blueprint = Blueprint("feeds", __name__)

_FACETS = ",".join(Facet)
_FORMATS = ",".join(Format)


class PageNumber(IntegerConverter):
    """The number of an archive page, in one spelling."""

    regex = r"[1-9][0-9]{0,8}"


@blueprint.get(f"/feed.<any({_FORMATS}):format>")
@blueprint.get(f"/archive/<page:page>.<any({_FORMATS}):format>")
def everything(format: str, page: int | None = None) -> AnyResponse:
    try:
        return _answer(FeedQuery(), Format(format), page)
    except UnknownFeedError as error:
        return _unknown(error, None)


@blueprint.get(f"/<any({_FACETS}):facet>/<name>.<any({_FORMATS}):format>")
@blueprint.get(f"/<any({_FACETS}):facet>/<name>/archive/<page:page>.<any({_FORMATS}):format>")
def listed(facet: str, name: str, format: str, page: int | None = None) -> AnyResponse:
    query = FeedQuery(Facet(facet), name)
    try:
        return _answer(query, Format(format), page)
    except UnknownFeedError as error:
        respelled = respell(query)
        if respelled is not None:
            return redirect(shelf().prefix + respelled.feed_path(Format(format), page), 301)
        return _unknown(error, Facet(facet))


@blueprint.get("/subscriptions.opml")
def subscriptions() -> AnyResponse:
    return _opml([(None, ""), (Facet.TOPIC, "Topics"), (Facet.PROVIDER, "Providers")])


@blueprint.get("/topics.opml")
def topics() -> AnyResponse:
    return _opml([(Facet.TOPIC, "Topics")])


@blueprint.get("/providers.opml")
def providers() -> AnyResponse:
    return _opml([(Facet.PROVIDER, "Providers")])


def _opml(groups: list[tuple[Facet | None, str]]) -> AnyResponse:
    here = shelf()
    view = here.view()
    outlines: list[Outline] = []
    for facet, title in groups:
        if facet is None:
            outlines.append(here.outline(FeedQuery()))
        else:
            feeds = tuple(
                here.outline(FeedQuery(facet, count.slug)) for count in view.counts(facet)
            )
            outlines.append(Outline(title, feeds=feeds))
    body = render_opml(here.site, outlines)
    response = make_response(body)
    response.content_type = "text/x-opml; charset=utf-8"
    return here.keep(response, here.site.options.max_age_seconds)


def respell(query: FeedQuery) -> FeedQuery | None:
    """The feed that somebody meant who typed its name in another spelling, if there is one."""
    if query.facet is None:
        return None
    is_domain = query.facet is Facet.PROVIDER and "." in query.slug
    slug = query.slug.lower() if is_domain else slugify(query.slug)
    known = slug != query.slug and shelf().view().knows(query.facet, slug)
    return FeedQuery(query.facet, slug) if known else None


def _answer(query: FeedQuery, format: Format, page: int | None) -> AnyResponse:
    here = shelf()
    if format not in here.formats:
        abort(404)
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
    return here.keep(response, feed.selection.options.max_age_seconds, is_feed=True)


def _unknown(error: UnknownFeedError, facet: Facet | None) -> Response:
    addresses = shelf().addresses()
    lines = [str(error)]
    if error.nearest:
        lines.append(f"The nearest names are: {', '.join(error.nearest)}.")
    if facet is None:
        lines.append(f"All feeds: {addresses.base_url}")
    else:
        lines.append(f"All feeds of this kind: {addresses.facet(facet)}")
    return Response("\n".join(lines) + "\n", 404, content_type="text/plain; charset=utf-8")
