"""The page of one feed: its stories as cards, its archive, and how to subscribe."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask import redirect
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, Format, encode
from feedsvc.feeds.select import FeedSelection
from feedsvc.model import Article, Facet, Filter, Term
from feedsvc.web.asked import is_spelt
from feedsvc.web.opened import DECIDED_BY
from feedsvc.web.page import answer_page
from feedsvc.web.shelf import shelf
from feedsvc.web.snippets import make_snippets
from feedsvc.web.subscribe import subscription
from feedsvc.words import words_of

_KINDS = {facet: name.capitalize() for facet, name in PARAMETER_OF.items()}
_MOST_RELATED = 12


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pages before and after one of an archive; 0 is the newest, `None`: there is none.

    The newest may begin with what the first full page has too: `shown` of the next older one's
    stories have been seen there.
    """

    newer: int | None
    older: int | None
    shown: int = 0


def feed_page(query: FeedQuery, page: int | None = None) -> AnyResponse:
    """The feed as a page, or the way to the one address of that page."""
    here = shelf()
    selection = here.select(query, page)
    path = query.plain_page_path if page is None else query.plain_archive_page_path(page)
    if not is_spelt(query, path):
        return redirect(here.page_addresses().page(query, page), 301)
    return _answer(selection, None)


def all_stories() -> AnyResponse:
    """The same of everything, whose page is the start page."""
    return _answer(shelf().select(FeedQuery()), None)


def opened_page(query: FeedQuery, format: Format, page: int | None) -> AnyResponse:
    """The same where a person has opened the feed itself."""
    response = _answer(shelf().select(query, page), format)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Vary"] = DECIDED_BY
    return response


def _answer(selection: FeedSelection, opened: Format | None) -> AnyResponse:
    here = shelf()
    query = selection.query
    return answer_page(
        "feed.html",
        until=selection.until,
        is_private=opened is not None,
        selection=selection,
        heading=(heading := heading_of(selection)),
        description=_description_of(selection, heading),
        kind=_kind_of(query),
        dates=_dates_of(selection.articles),
        alike=_alike(query.filter),
        opened=opened,
        neighbours=_neighbours(selection),
        subscription=subscription(query, here.formats, here.addresses()),
        pasted=make_snippets(query, heading),
        related=_related(query, selection.articles),
        change="" if query.saved else encode(sorted(query.as_parameters())),
    )


def heading_of(selection: FeedSelection) -> str:
    """The title without the site's name, which stands on each page anyway."""
    site = shelf().site
    if selection.query == FeedQuery():
        return "All stories"
    return selection.title.removesuffix(f" – {site.title}")


def _description_of(selection: FeedSelection, heading: str) -> str:
    """What it says, if it isn't the title once more, as where nobody has written one."""
    return "" if selection.description.endswith(heading) else selection.description


def _dates_of(articles: tuple[Article, ...]) -> tuple[datetime, datetime] | None:
    """Of the oldest and of the newest."""
    dates = [one.published for one in articles if one.published is not None]
    return (min(dates), max(dates)) if dates else None


def _alike(wanted: Filter) -> list[tuple[Term, Facet]]:
    """Topics and providers of that name, where words alone are searched for."""
    searched = {word for phrase in wanted.phrases for word in phrase}
    if not searched or wanted != Filter(phrases=wanted.phrases):
        return []
    found = [
        (Term(one.slug, one.label), facet)
        for facet in (Facet.TOPIC, Facet.PROVIDER)
        for one in shelf().view().counts(facet)
        if searched <= set(words_of(one.label))
    ]
    return found[:_MOST_RELATED]


def _kind_of(query: FeedQuery) -> str:
    if query.saved or query == FeedQuery():
        return "Feed"
    if query == FeedQuery(Filter(phrases=query.filter.phrases)):
        return "Search"
    names = query.filter.names
    is_listed = query.path != "custom" and len(names) == 1 and len(names[0].any) == 1
    return _KINDS[names[0].facet] if is_listed else "Feed of your own"


def _neighbours(selection: FeedSelection) -> Neighbours:
    page, older = selection.page, selection.previous_page
    if page is not None:
        limit = len(selection.articles)
        newer = page + 1 if (page + 1) * limit < selection.total else 0
        return Neighbours(newer, older)
    if older is None:
        return Neighbours(None, None)
    limit = len(selection.articles)
    shown = limit - (selection.total - older * limit)
    if shown == limit:
        return Neighbours(None, older - 1 or None)
    return Neighbours(None, older, shown)


def _related(query: FeedQuery, articles: tuple[Article, ...]) -> list[Term]:
    """The commonest other topics of these articles, in their commonest spelling."""
    view = shelf().view()
    asked = {name for one in query.filter.names if one.facet is Facet.TOPIC for name in one.any}
    found = Counter(topic.slug for article in articles for topic in article.topics)
    slugs = [slug for slug, _ in found.most_common() if slug not in asked][:_MOST_RELATED]
    return [Term(slug, view.label(Facet.TOPIC, slug) or slug) for slug in slugs]
