"""The pages for people: what there is, what a feed holds, one story."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.select import present
from feedsvc.model import Facet
from feedsvc.web.feeds import respell
from feedsvc.web.shelf import shelf

blueprint = Blueprint("pages", __name__)

_FACETS = ",".join(Facet)
_FORMAT_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON Feed"}
_REASONS = {
    "unpublished": "not published",
    "future": "its date is to come",
    "expired": "its expiry date is over",
}
_ON_START = (Facet.TOPIC, Facet.PROVIDER, Facet.CATEGORY, Facet.TYPE)
_TITLES = {
    Facet.TOPIC: "Topics",
    Facet.PROVIDER: "Providers",
    Facet.CATEGORY: "Categories",
    Facet.TYPE: "Types",
    Facet.AUTHOR: "Authors",
    Facet.LANGUAGE: "Languages",
}


@blueprint.get("/")
def start() -> AnyResponse:
    selection = shelf().select(FeedQuery())
    view = shelf().view()
    lists = [(facet, _TITLES[facet], view.counts(facet)) for facet in _ON_START]
    return _page("start.html", selection=selection, lists=lists)


@blueprint.get(f"/<any({_FACETS}):facet>/")
def listing(facet: str) -> AnyResponse:
    kind = Facet(facet)
    counts = shelf().view().counts(kind)
    return _page("facet.html", facet=kind, title=_TITLES[kind], counts=counts)


@blueprint.get(f"/<any({_FACETS}):facet>/<name>/")
def listed(facet: str, name: str) -> AnyResponse:
    query = FeedQuery(Facet(facet), name)
    try:
        return _page("feed.html", selection=shelf().select(query))
    except UnknownFeedError as error:
        respelled = respell(query)
        if respelled is not None:
            return redirect(shelf().prefix + respelled.page_path, 301)
        nearest = [FeedQuery(query.facet, slug) for slug in error.nearest]
        message = str(error)
        return _page("unknown.html", 404, message=message, facet=Facet(facet), nearest=nearest)


@blueprint.get("/stories/<slug>/")
def story(slug: str) -> AnyResponse:
    here = shelf()
    view = here.view()
    article = view.story(slug)
    if article is None:
        abort(404)
    [shown] = present([article], view, here.site.options)
    return _page("story.html", article=shown)


@blueprint.get("/ns/feedsvc")
def namespace() -> AnyResponse:
    return _page("namespace.html")


def not_found(error: HTTPException) -> AnyResponse:
    """Any address that leads nowhere. Says nothing of why."""
    return _page("unknown.html", 404, message="There is nothing at this address.", nearest=[])


def _page(template: str, status: int = 200, **context: object) -> AnyResponse:
    here = shelf()
    body = render_template(
        template,
        site=here.site,
        preview=here.preview,
        viewpoint=here.viewpoint(),
        reasons=_REASONS,
        zone=here.settings.zone,
        formats=here.formats,
        everything=FeedQuery(),
        FeedQuery=FeedQuery,
        Facet=Facet,
        format_names=_FORMAT_NAMES,
        here=here.page_addresses(),
        **context,
    )
    response = make_response(body, status)
    return here.keep(response, 0) if status == 200 else response
