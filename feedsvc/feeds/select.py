"""FeedQuery -> FeedSelection: which articles, under which title. Format-free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol
from urllib.parse import quote

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.site import FeedOptions, Naming, Site
from feedsvc.model import (
    EVERYTHING,
    Article,
    Facet,
    FacetCount,
    Filter,
    Hit,
    Names,
    Order,
    Related,
    Viewpoint,
)
from feedsvc.slugs import slugify


class Matches(Protocol):
    """The articles that a store found."""

    @property
    def total(self) -> int: ...
    def hits(
        self, order: Order = Order.NEWEST, first: int = 0, count: int | None = None
    ) -> tuple[Hit, ...]: ...


class ArticleView(Protocol):
    """What a store answers for one viewpoint, `until` something changes by itself."""

    viewpoint: Viewpoint

    @property
    def until(self) -> datetime | None: ...
    def find(self, wanted: Filter = EVERYTHING) -> Matches: ...
    def articles(self, hits: Iterable[Hit]) -> tuple[Article, ...]: ...
    def label(self, facet: Facet, slug: str) -> str | None: ...
    def counts(self, facet: Facet) -> tuple[FacetCount, ...]: ...
    def knows(self, facet: Facet, slug: str) -> bool: ...
    def related(self, articles: Sequence[Article]) -> list[tuple[Related, ...]]: ...


@dataclass(frozen=True, slots=True)
class FeedSelection:
    """A feed's contents: the newest `articles`, and what is said of them together.

    The articles are as `present` leaves them. `total` counts what the query matches in all.
    `id` doesn't change with scheme or host. `page` is `None` for the subscription document,
    else the number of an archive page, the oldest being 1 (RFC 5005 §4); `previous_page` is
    the next older one, if there is one. `until` is when an article appears or expires.
    """

    query: FeedQuery
    page: int | None
    previous_page: int | None
    id: str
    title: str
    description: str
    image: str | None
    updated: datetime
    articles: tuple[Article, ...]
    total: int
    options: FeedOptions
    until: datetime | None


def select(
    query: FeedQuery, view: ArticleView, site: Site, limit: int, page: int | None = None
) -> FeedSelection:
    """Answer `query` with at most `limit` articles, newest first.

    With `page`, the archive page of that number: `limit` articles counted from the oldest, so
    that newer ones never move it. The subscription document holds at least what is in no
    full page. Raises `UnknownFeedError` for a name that no article and no configuration
    uses and for a page that isn't full.
    """
    naming = name_feed(query, view, site)
    found = view.find(_filter(query))
    total = found.total
    full_pages = total // limit
    if page is None:
        first = 0
        previous_page = full_pages if total > limit else None
    elif 1 <= page <= full_pages:
        first = total - page * limit
        previous_page = page - 1 or None
    else:
        raise UnknownFeedError(f"There is no archive page {page} of {query.name}.")
    shown = view.articles(found.hits(first=first, count=limit))
    articles = present(shown, view, site.options)
    moments = [article.updated for article in articles if article.updated is not None]
    return FeedSelection(
        query=query,
        page=page,
        previous_page=previous_page,
        id=f"tag:{site.id_authority},{site.since.isoformat()}:{quote(query.name)}",
        title=naming.title,
        description=naming.description,
        image=naming.image,
        updated=max(moments, default=site.since_moment),
        articles=articles,
        total=total,
        options=_options(naming, site),
        until=view.until,
    )


def _filter(query: FeedQuery) -> Filter:
    return Filter((Names(query.facet, any=(query.slug,)),)) if query.facet else EVERYTHING


def _options(naming: Naming, site: Site) -> FeedOptions:
    if naming.full_text is None:
        return site.options
    return replace(site.options, full_text=naming.full_text)


def name_feed(query: FeedQuery, view: ArticleView, site: Site) -> Naming:
    """What the feed is called, as configured or as its articles spell it; raises as `select`."""
    mark = "[Preview] " if view.viewpoint.preview else ""
    if query.facet is None:
        return Naming(mark + site.title, site.description)
    # The spelling comes from what is shown: an article that is held back gives nothing away.
    label = view.label(query.facet, query.slug) or query.slug
    names = ((query.facet, query.slug), (query.facet, slugify(label)))
    configured = next((site.namings[name] for name in names if name in site.namings), None)
    if configured is None and not view.knows(query.facet, query.slug):
        raise _unknown(query.facet, query.slug, view)
    configured = configured or Naming()
    return Naming(
        title=mark + (configured.title or f"{label} – {site.title}"),
        description=configured.description or _describe(query.facet, label, site),
        image=configured.image,
        full_text=configured.full_text,
    )


def _describe(facet: Facet, label: str, site: Site) -> str:
    link = {
        Facet.TOPIC: "about",
        Facet.PROVIDER: "from",
        Facet.CATEGORY: "in",
        Facet.TYPE: "of type",
        Facet.AUTHOR: "by",
        Facet.LANGUAGE: "in",
    }
    return f"Stories {link[facet]} {label} on {site.title}"


def present(
    articles: Sequence[Article], view: ArticleView, options: FeedOptions
) -> tuple[Article, ...]:
    """`articles` as they may be shown now: without related articles that are held back, and
    each with the time of its last change, but never one that lies ahead.
    """
    match options.related:
        case "visible":
            related = view.related(articles)
        case "all":
            related = [article.related for article in articles]
        case "none":
            related = [() for _ in articles]
    now = view.viewpoint.now
    return tuple(
        replace(article, updated=_last_change(article, now), related=others)
        for article, others in zip(articles, related, strict=True)
    )


def _last_change(article: Article, now: datetime) -> datetime | None:
    published, updated = article.published, article.updated
    if updated is None or updated > now or (published and updated < published):
        return published
    return updated


def _unknown(facet: Facet, slug: str, view: ArticleView) -> UnknownFeedError:
    listed = [count.slug for count in view.counts(facet)]
    nearest = tuple(get_close_matches(slug, listed, n=3))
    return UnknownFeedError(f"There is no feed {facet}/{slug}.", nearest)
