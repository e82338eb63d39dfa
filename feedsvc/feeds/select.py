"""FeedQuery -> FeedSelection: which articles, under which title. Format-free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol
from urllib.parse import quote

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.query import FeedQuery
from feedsvc.model import Article, Facet, FacetCount, Naming, Related, Site, Viewpoint


class ArticleView(Protocol):
    """What a store answers for one viewpoint."""

    def articles(self, facet: Facet | None = None, slug: str = "") -> tuple[Article, ...]: ...
    def label(self, facet: Facet, slug: str) -> str | None: ...
    def counts(self, facet: Facet) -> tuple[FacetCount, ...]: ...
    def related(self, article: Article) -> tuple[Related, ...]: ...


class ArticleStore(Protocol):
    """The store that `select` is handed."""

    def view(self, viewpoint: Viewpoint) -> ArticleView: ...
    def knows(self, facet: Facet, slug: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class FeedSelection:
    """A feed's contents: the newest `articles`, and what is said of them together.

    The articles are as `present` leaves them. `total` counts what the
    query matches beyond the limit. `id` doesn't change with scheme or host.
    """

    query: FeedQuery
    id: str
    title: str
    description: str
    image: str | None
    updated: datetime
    articles: tuple[Article, ...]
    total: int


def select(
    query: FeedQuery, store: ArticleStore, site: Site, viewpoint: Viewpoint, limit: int | None
) -> FeedSelection:
    """Answer `query` with at most `limit` articles, newest first.

    Raises `UnknownFeedError` for a name that no article and no configuration uses, and
    `NotReadyError` before the first complete reading.
    """
    view = store.view(viewpoint)
    naming = _naming(query, store, site, view)
    matching = view.articles(query.facet, query.slug)
    articles = tuple(present(article, view, viewpoint) for article in matching[:limit])
    moments = [article.updated for article in articles if article.updated is not None]
    return FeedSelection(
        query=query,
        id=f"tag:{site.id_authority},{site.since.isoformat()}:{quote(query.name)}",
        title=_preview_mark(viewpoint) + naming.title,
        description=naming.description,
        image=naming.image,
        updated=max(moments, default=site.since_moment),
        articles=articles,
        total=len(matching),
    )


def _naming(query: FeedQuery, store: ArticleStore, site: Site, view: ArticleView) -> Naming:
    if query.facet is None:
        return Naming(site.title, site.description, site.icon)
    configured = site.namings.get((query.facet, query.slug))
    if configured is None and not store.knows(query.facet, query.slug):
        raise _unknown(query.facet, query.slug, view)
    configured = configured or Naming()
    # The spelling comes from what is shown: an article that is held back gives nothing away.
    label = view.label(query.facet, query.slug) or query.slug
    return Naming(
        title=configured.title or f"{label} – {site.title}",
        description=configured.description or _describe(query.facet, label, site),
        image=configured.image or site.icon,
    )


def _describe(facet: Facet, label: str, site: Site) -> str:
    link = {
        Facet.TOPIC: "about",
        Facet.PROVIDER: "from",
        Facet.CATEGORY: "in",
        Facet.TYPE: "of type",
    }
    return f"Stories {link[facet]} {label} on {site.title}"


def present(article: Article, view: ArticleView, viewpoint: Viewpoint) -> Article:
    """`article` as it may be shown now: without related articles that are held back, and
    with the time of its last change, but never one that lies ahead.
    """
    published, updated = article.published, article.updated
    if updated is None or updated > viewpoint.now or (published and updated < published):
        updated = published
    return replace(article, updated=updated, related=view.related(article))


def _preview_mark(viewpoint: Viewpoint) -> str:
    return "[Preview] " if viewpoint.preview else ""


def _unknown(facet: Facet, slug: str, view: ArticleView) -> UnknownFeedError:
    listed = [count.slug for count in view.counts(facet)]
    nearest = tuple(get_close_matches(slug, listed, n=3))
    return UnknownFeedError(f"There is no feed {facet}/{slug}.", nearest)
