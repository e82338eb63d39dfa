"""The pages for people: what there is, what a feed holds, one story."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, make_response, redirect, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.naming import name_feed
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.select import present
from feedsvc.feeds.site import Naming
from feedsvc.model import Facet
from feedsvc.web.asked import asked_feed, is_spelt
from feedsvc.web.shelf import page_context, shelf

blueprint = Blueprint("pages", __name__)

_FACETS = ",".join(Facet)
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
    here = shelf()
    view = here.view()
    selection = here.select(FeedQuery())
    lists = [(facet, _TITLES[facet], view.counts(facet)) for facet in _ON_START]
    return _page("start.html", selection=selection, lists=lists, saved=_saved())


@blueprint.get("/feeds/")
def saved_feeds() -> AnyResponse:
    return _page("saved.html", saved=_saved())


@blueprint.get(f"/<any({_FACETS}):facet>/")
def listing(facet: str) -> AnyResponse:
    kind = Facet(facet)
    counts = shelf().view().counts(kind)
    return _page("facet.html", facet=kind, title=_TITLES[kind], counts=counts)


@blueprint.get(f"/<any({_FACETS}):facet>/<name>/")
def listed(facet: str, name: str) -> AnyResponse:
    return _feed_page(asked_feed((Facet(facet), name)))


@blueprint.get(f"/<any({_FACETS}):facet>/<name>/<any({_FACETS}):other_facet>/<other_name>/")
def listed_twice(facet: str, name: str, other_facet: str, other_name: str) -> AnyResponse:
    return _feed_page(asked_feed((Facet(facet), name), (Facet(other_facet), other_name)))


@blueprint.get("/custom")
def custom() -> AnyResponse:
    return _feed_page(asked_feed())


@blueprint.get("/feeds/<name>/")
def saved(name: str) -> AnyResponse:
    return _feed_page(asked_feed(saved=name))


def _feed_page(query: FeedQuery) -> AnyResponse:
    here = shelf()
    selection = here.select(query)
    if not is_spelt(query, query.plain_page_path):
        return redirect(here.prefix + query.page_path, 301)
    return _page("feed.html", until=selection.until, selection=selection)


def _saved() -> list[tuple[FeedQuery, Naming]]:
    here = shelf()
    return [(query, name_feed(query, here.view(), here.site)) for query in here.saved_feeds()]


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
    detail = "There is nothing at this address."
    return _page("problem.html", 404, title="Not found", detail=detail, nearest=[])


def _page(
    template: str, status: int = 200, until: datetime | None = None, **context: object
) -> AnyResponse:
    body = render_template(template, **page_context(), **context)
    response = make_response(body, status)
    return shelf().keep(response, 0, until=until) if status == 200 else response
