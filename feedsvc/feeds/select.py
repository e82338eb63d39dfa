"""FeedQuery -> FeedSelection: which articles, under which title. Format-free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Protocol

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.fold import WITHIN, Folding, is_near
from feedsvc.feeds.naming import NameView, meant_by, name_feed
from feedsvc.feeds.pace import Windows, closes_at, in_one_window, paced
from feedsvc.feeds.query import FeedQuery, story_path
from feedsvc.feeds.site import FeedOptions, Naming, Site
from feedsvc.model import EVERYTHING, Article, Filter, Hit, Order, Related

_SECOND = timedelta(seconds=1)
_AT_ONCE = 2
"""Times the limit: so many are looked at first where not each becomes an entry."""
_MOST_AT_ONCE = 5000


class Matches(Windows, Protocol):
    """The articles that a store found."""

    def namesakes(self, hits: Iterable[Hit], within: timedelta) -> Mapping[int, Sequence[Hit]]: ...


class ArticleView(NameView, Protocol):
    """What a store answers for one viewpoint, `until` something changes by itself."""

    @property
    def until(self) -> datetime | None: ...
    def find(self, wanted: Filter = EVERYTHING) -> Matches: ...
    def oldest(self, wanted: Filter) -> datetime | None: ...
    def articles(self, hits: Iterable[Hit]) -> tuple[Article, ...]: ...
    def related(self, articles: Sequence[Article]) -> list[tuple[Related, ...]]: ...


@dataclass(frozen=True, slots=True)
class FeedSelection:
    """A feed's contents: `articles` in their order, and what is said of them together.

    The articles are as `present` leaves them. `total` counts the entries that the feed has with
    all its archive. `id` doesn't change with scheme or host. `page` is `None` for the
    subscription document, else the number of an archive page, the oldest being 1 (RFC 5005 §4);
    `previous_page` is the next older one, if there is one. `until` is when something in it
    appears, expires or changes by itself.
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


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The entries of one document, and what each stands for."""

    hits: tuple[Hit, ...]
    total: int
    previous_page: int | None = None
    folding: Folding | None = None


def select(
    query: FeedQuery, view: ArticleView, site: Site, limit: int, page: int | None = None
) -> FeedSelection:
    """Answer `query` with at most `limit` articles, if it names no limit of its own.

    With `page`, the archive page of that number: as many articles counted from the oldest, so
    that newer ones never move it. The subscription document holds at least what is in no
    full page. Raises `UnknownFeedError` for a name that no article and no configuration
    uses and for a page that isn't full.
    """
    naming = name_feed(query, view, site)
    meant = meant_by(query, view, site)
    limit = meant.limit or limit
    if meant.has_archive:
        chosen = _choose_page(meant, view, site, limit, page, query.name)
    elif page is None:
        chosen = _choose(meant, view, site, limit)
    else:
        raise UnknownFeedError(f"{query.name} has no archive: its entries change places.")
    articles = _articles(chosen, view, site.options)
    moments = [article.updated for article in articles if article.updated is not None]
    return FeedSelection(
        query=query,
        page=page,
        previous_page=chosen.previous_page,
        id=f"tag:{site.id_authority},{site.since.isoformat()}:{query.name}",
        title=naming.title,
        description=naming.description,
        image=naming.image,
        updated=max(moments, default=site.since_moment),
        articles=articles,
        total=chosen.total,
        options=_options(naming, meant, site),
        until=_until(meant, view, site),
    )


def _choose_page(
    query: FeedQuery, view: ArticleView, site: Site, limit: int, page: int | None, name: str
) -> _Chosen:
    """The newest articles, or those of one page of the archive."""
    found = view.find(query.filter_at(view.viewpoint.now, site.zone))
    total = found.total
    full_pages = total // limit
    if page is None:
        previous = full_pages if total > limit else None
        return _Chosen(found.hits(first=0, count=limit), total, previous)
    if not 1 <= page <= full_pages:
        raise UnknownFeedError(f"There is no archive page {page} of {name}.")
    hits = found.hits(first=total - page * limit, count=limit)
    return _Chosen(hits, total, page - 1 or None)


def _choose(query: FeedQuery, view: ArticleView, site: Site, limit: int) -> _Chosen:
    """The articles of a feed whose entries don't stay where they are."""
    now, zone = view.viewpoint.now, site.zone
    wanted = query.filter_at(now, zone)
    found = view.find(wanted)
    folding = _folding(query, wanted, found, view, zone) if query.folds else None
    if query.pace is not None:
        hits = paced(found, query.pace, now, zone, limit, folding)
    elif folding is not None:
        hits = tuple(islice(_unfolded(found, query.order, limit, folding), limit))
    else:
        hits = found.hits(query.order, 0, limit)
    return _Chosen(hits, len(hits), folding=folding)


def _folding(
    query: FeedQuery, wanted: Filter, found: Matches, view: ArticleView, zone: tzinfo
) -> Folding:
    if isinstance(query.since, timedelta):
        # What is too old to be shown still stands for what is the same: else the same story would
        # come again when its first version leaves.
        found = view.find(replace(wanted, start=None))

    def belong(one: Hit, other: Hit) -> bool:
        pace = query.pace
        return is_near(one, other) if pace is None else in_one_window(one, other, pace, zone)

    return Folding(lambda hits: found.namesakes(hits, WITHIN), belong)


def _unfolded(found: Matches, order: Order, limit: int, folding: Folding) -> Iterator[Hit]:
    """All that was found, in its order, without what is folded."""
    first, count = 0, _AT_ONCE * limit
    while first < found.total:
        hits = found.hits(order, first, count)
        yield from folding.fold(hits)
        first += count
        count = min(_AT_ONCE * count, _MOST_AT_ONCE)


def _articles(chosen: _Chosen, view: ArticleView, options: FeedOptions) -> tuple[Article, ...]:
    articles = present(view.articles(chosen.hits), view, options)
    if chosen.folding is None:
        return articles
    behind = [chosen.folding.behind(hit) for hit in chosen.hits]
    others = iter(view.articles(hit for hits in behind for hit in hits))
    return tuple(
        _standing_for(article, [next(others) for _ in hits])
        for article, hits in zip(articles, behind, strict=True)
    )


def _standing_for(article: Article, others: Sequence[Article]) -> Article:
    """`article` with the `others` as its related links, before those that it has."""
    folded = tuple(map(_as_related, others))
    urls = {one.url for one in folded}
    own = tuple(one for one in article.related if one.url not in urls)
    return replace(article, related=(*folded, *own))


def _as_related(article: Article) -> Related:
    return Related(
        article.title, article.url or story_path(article.slug), provider=article.provider
    )


def _until(query: FeedQuery, view: ArticleView, site: Site) -> datetime | None:
    """When something next changes by itself: in the archive, in the calendar, or because an age
    is reached.
    """
    now, zone = view.viewpoint.now, site.zone
    moments = [view.until]
    if query.pace is not None:
        moments.append(closes_at(query.pace, now, zone))
    if isinstance(query.since, timedelta):
        oldest = view.oldest(query.filter_at(now, zone))
        moments.append(oldest and oldest + query.since + _SECOND)
    if isinstance(query.until, timedelta):
        start, end = query.start(now, zone), query.end(now, zone)
        coming = max(filter(None, (start, end)))
        oldest = view.oldest(replace(query.filter, start=coming))
        moments.append(oldest and oldest + query.until + _SECOND)
    return min((moment for moment in moments if moment is not None), default=None)


def _options(naming: Naming, query: FeedQuery, site: Site) -> FeedOptions:
    full_text = naming.full_text
    if query.content is not None:
        full_text = query.content == "full"
    return replace(
        site.options,
        full_text=site.options.full_text if full_text is None else full_text,
        images=query.images or site.options.images,
    )


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
