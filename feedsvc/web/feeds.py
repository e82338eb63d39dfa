"""The feeds: `/feed.rss`, `/topics/ai.atom`, `/providers/reuters.com.json`."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.model import Facet
from feedsvc.slugs import slugify
from feedsvc.web.shelf import shelf

blueprint = Blueprint("feeds", __name__)

_FACETS = ",".join(Facet)
_FORMATS = ",".join(Format)


@blueprint.get(f"/feed.<any({_FORMATS}):format>")
def everything(format: str) -> AnyResponse:
    return _answer(FeedQuery(), Format(format))


@blueprint.get(f"/<any({_FACETS}):facet>/<name>.<any({_FORMATS}):format>")
def listed(facet: str, name: str, format: str) -> AnyResponse:
    query = FeedQuery(Facet(facet), name)
    try:
        return _answer(query, Format(format))
    except UnknownFeedError as error:
        respelled = respell(query)
        if respelled is not None:
            return redirect(shelf().prefix + respelled.feed_path(Format(format)), 301)
        return _unknown(error, Facet(facet))


def respell(query: FeedQuery) -> FeedQuery | None:
    """The feed that somebody meant who typed its name in another spelling, if there is one."""
    if query.facet is None:
        return None
    is_domain = query.facet is Facet.PROVIDER and "." in query.slug
    slug = query.slug.lower() if is_domain else slugify(query.slug)
    known = slug != query.slug and shelf().store.knows(query.facet, slug)
    return FeedQuery(query.facet, slug) if known else None


def _answer(query: FeedQuery, format: Format) -> AnyResponse:
    here = shelf()
    if format not in here.formats:
        abort(404)
    feed = publish(
        query,
        format,
        here.store,
        here.site,
        here.viewpoint(),
        here.settings.feeds.limit,
        here.addresses().base_url,
    )
    response = make_response(feed.body)
    response.content_type = feed.content_type
    response.set_etag(feed.etag)
    # Caches may keep it but must ask: an article that is withdrawn is gone at once.
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)


def _unknown(error: UnknownFeedError, facet: Facet) -> Response:
    here = shelf()
    lines = [str(error)]
    if error.nearest:
        lines.append(f"The nearest names are: {', '.join(error.nearest)}.")
    lines.append(f"All feeds of this kind: {here.addresses().facet(facet)}")
    return Response("\n".join(lines) + "\n", 404, content_type="text/plain; charset=utf-8")
