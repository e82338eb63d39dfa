"""The pages for people: what there is, what a feed holds, one story."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Blueprint, abort
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.naming import name_feed
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.select import present
from feedsvc.feeds.site import Naming
from feedsvc.index.view import View
from feedsvc.model import Article, Facet, FacetCount, Filter, Names
from feedsvc.web.asked import asked_feed
from feedsvc.web.days import stories_per_day
from feedsvc.web.feed_page import all_stories, feed_page
from feedsvc.web.page import answer_page
from feedsvc.web.shelf import shelf
from feedsvc.web.structured import news_article
from feedsvc.web.subscribe import subscription

blueprint = Blueprint("pages", __name__)

FACETS = ",".join(Facet)
TITLES = {
    Facet.TOPIC: "Topics",
    Facet.PROVIDER: "Providers",
    Facet.CATEGORY: "Categories",
    Facet.TYPE: "Types",
    Facet.AUTHOR: "Authors",
    Facet.LANGUAGE: "Languages",
}
_ON_START = (Facet.TOPIC, Facet.PROVIDER, Facet.CATEGORY, Facet.TYPE)
_STORIES_ON_START = 13
_NAMES_ON_START = 30
_MORE_STORIES = 4
_ONE = f"/<any({FACETS}):facet>/<name>"
_TWO = f"{_ONE}/<any({FACETS}):other_facet>/<other_name>"
_FRAME = re.compile(r"<iframe\b[^>]*></iframe>")
_MEDIA = re.compile(r"<(video|audio)\b")
_HEADING = re.compile(r"<(/?)h([1-5])\b")
_ARCHIVE = "/archive/<page:page>/"


@blueprint.get("/")
def start() -> AnyResponse:
    here = shelf()
    view = here.view()
    selection = here.select(FeedQuery())
    lists = [(facet, TITLES[facet], view.counts(facet)) for facet in _ON_START]
    days = stories_per_day(view, here.settings.zone)
    return answer_page(
        "start.html",
        until=days.until,
        selection=selection,
        articles=selection.articles[:_STORIES_ON_START],
        lists=[(facet, title, _commonest(counts), len(counts)) for facet, title, counts in lists],
        saved=_saved(),
        days=days,
        subscription=subscription(FeedQuery(), here.formats, here.addresses()),
    )


def _commonest(counts: Sequence[FacetCount]) -> list[FacetCount]:
    """Those with the most stories, in their order."""
    kept = set(sorted(counts, key=lambda one: -one.count)[:_NAMES_ON_START])
    return [one for one in counts if one in kept]


@blueprint.get("/feeds/")
def saved_feeds() -> AnyResponse:
    return answer_page("saved.html", saved=_saved())


@blueprint.get(f"/<any({FACETS}):facet>/")
def listing(facet: str) -> AnyResponse:
    kind = Facet(facet)
    counts = shelf().view().counts(kind)
    return answer_page("facet.html", facet=kind, title=TITLES[kind], counts=counts)


@blueprint.get("/archive/")
def stories() -> AnyResponse:
    query = asked_feed()
    return all_stories() if query == FeedQuery() else feed_page(query)


@blueprint.get(_ARCHIVE)
def older_stories(page: int) -> AnyResponse:
    return feed_page(asked_feed(), page)


@blueprint.get(f"{_ONE}/")
@blueprint.get(f"{_ONE}{_ARCHIVE}")
def listed(facet: str, name: str, page: int | None = None) -> AnyResponse:
    return feed_page(asked_feed((Facet(facet), name)), page)


@blueprint.get(f"{_TWO}/")
@blueprint.get(f"{_TWO}{_ARCHIVE}")
def listed_twice(
    facet: str, name: str, other_facet: str, other_name: str, page: int | None = None
) -> AnyResponse:
    return feed_page(asked_feed((Facet(facet), name), (Facet(other_facet), other_name)), page)


@blueprint.get("/custom")
@blueprint.get(f"/custom{_ARCHIVE}")
def custom(page: int | None = None) -> AnyResponse:
    return feed_page(asked_feed(), page)


@blueprint.get("/feeds/<name>/")
@blueprint.get(f"/feeds/<name>{_ARCHIVE}")
def saved(name: str, page: int | None = None) -> AnyResponse:
    return feed_page(asked_feed(saved=name), page)


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
    return answer_page(
        "story.html",
        language=shown.language,
        article=shown,
        body=_as_part_of_page(here.page_addresses().html(shown.html)),
        structured=news_article(shown, here.addresses(), here.site),
        more=_more_like(article, view),
    )


def _as_part_of_page(html: str) -> str:
    """The text of a story below its title. Nothing in it tells others who reads here: films are
    fetched when they are played, and players, each of which has a link beside it, are left out.
    """
    html = _MEDIA.sub(r'<\1 preload="none"', _FRAME.sub("", html))
    if "<h1" in html:
        html = _HEADING.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)
    return html


def _more_like(article: Article, view: View) -> tuple[Article, ...]:
    """The newest other stories about any of its topics."""
    if not article.topics:
        return ()
    topics = Names(Facet.TOPIC, any=tuple(topic.slug for topic in article.topics))
    hits = view.find(Filter((topics,))).hits(first=0, count=_MORE_STORIES + 1)
    return view.articles([hit for hit in hits if hit.id != article.id][:_MORE_STORIES])


@blueprint.get("/ns/feedsvc")
def namespace() -> AnyResponse:
    return answer_page("namespace.html")
