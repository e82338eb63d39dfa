"""The articles that were read, in memory, and the questions feeds and pages ask of them.

The store holds one complete state at a time: whoever asks while the folder is read again
gets the state before, never half of the next. A view is kept until the next moment at which
something appears, expires or changes by itself.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from feedsvc.errors import NotReadyError
from feedsvc.model import (
    Article,
    Facet,
    FacetCount,
    Image,
    ParsedFile,
    Problem,
    Related,
    SyncPlan,
    Viewpoint,
)

_TRACKING = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$|ref$", re.IGNORECASE)
_UNDATED = datetime.min.replace(tzinfo=UTC)


class View:
    """What one viewpoint sees: newest first, ties by id in code-point order, each id once a feed.

    Of two articles with one id a feed holds the newer; `clashes` names the other. `until` is
    the moment at which something appears, expires or changes by itself, if there is one.
    `left_out` are addresses of articles that can't be shown because of a fault.
    """

    def __init__(
        self,
        articles: Iterable[Article],
        viewpoint: Viewpoint,
        until: datetime | None = None,
        left_out: Iterable[str] = (),
    ) -> None:
        self.until = until
        shown: list[Article] = []
        hidden: list[Article] = []
        for article in sorted(articles, key=lambda article: (article.id, article.path)):
            (shown if viewpoint.shows(article) else hidden).append(article)
        seen = {address for article in shown for address in _addresses(article)}
        self._hidden = {address for article in hidden for address in _addresses(article)}
        self._hidden |= {normal_address(url) for url in left_out}
        self._hidden -= seen
        self._now = viewpoint.now
        shown.sort(key=lambda article: article.published or _UNDATED, reverse=True)
        self._articles, self.clashes = _one_each(shown)
        self._stories: dict[str, Article] = {}
        self._images: dict[str, Image] = {}
        members: dict[tuple[Facet, str], list[Article]] = {}
        spellings: dict[tuple[Facet, str], Counter[str]] = {}
        for article in shown:
            first = self._stories.setdefault(article.slug, article)
            if first.id != article.id:
                self.clashes += (_clash(article, first, "slug", article.slug),)
            for image in article.all_images:
                if image.path is not None:
                    self._images.setdefault(image.url, image)
            for facet in Facet:
                for term in article.terms(facet):
                    members.setdefault((facet, term.slug), []).append(article)
                    spellings.setdefault((facet, term.slug), Counter())[term.label] += 1
        self._members = {name: _one_each(listed)[0] for name, listed in members.items()}
        self._labels = {name: _commonest(counts) for name, counts in spellings.items()}

    def articles(self, facet: Facet | None = None, slug: str = "") -> tuple[Article, ...]:
        """Everything, or what is listed under one topic, provider, category or type."""
        if facet is None:
            return self._articles
        return self._members.get((facet, slug), ())

    def label(self, facet: Facet, slug: str) -> str | None:
        """The commonest spelling among the articles shown; `None` if there are none."""
        return self._labels.get((facet, slug))

    def counts(self, facet: Facet) -> tuple[FacetCount, ...]:
        """The names of `facet` with something to show, by label."""
        counts = [
            FacetCount(slug, self._labels[(kind, slug)], len(articles))
            for (kind, slug), articles in self._members.items()
            if kind is facet
        ]
        return tuple(sorted(counts, key=lambda count: (count.label.casefold(), count.slug)))

    def story(self, slug: str) -> Article | None:
        return self._stories.get(slug)

    def related(self, article: Article) -> tuple[Related, ...]:
        """The related articles of `article`, but for those that are held back, in this folder
        or by what is said of them: naming them would give them away.
        """
        return tuple(related for related in article.related if not self._hides(related))

    def _hides(self, related: Related) -> bool:
        if related.is_hidden:
            return True
        if related.visible_from is not None and related.visible_from > self._now:
            return True
        urls = (related.url, *related.other_urls)
        return any(normal_address(url) in self._hidden for url in urls)

    def image(self, url: str) -> Image | None:
        """Our image of the address `url` (`media/…`), if a shown article names it."""
        return self._images.get(url)


@dataclass(frozen=True, slots=True)
class Census:
    """How many articles there are, and why some can't be seen now."""

    visible: int
    unpublished: int
    future: int
    expired: int
    removed: int
    left_out: int

    @property
    def total(self) -> int:
        """The articles that could be read."""
        return self.visible + self.unpublished + self.future + self.expired + self.removed


@dataclass(frozen=True, slots=True)
class _State:
    """One complete reading of the folder."""

    files: Mapping[tuple[str, str], ParsedFile]
    listing_problems: tuple[Problem, ...]
    names: frozenset[tuple[Facet, str]]

    def articles(self) -> Iterable[Article]:
        return (parsed.article for parsed in self.files.values() if parsed.article is not None)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A view, and since when it answers."""

    state: _State
    preview: bool
    since: datetime
    view: View


class Store:
    """The last complete state. Safe to share between threads."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    @property
    def is_ready(self) -> bool:
        return self._state is not None

    def known_files(self) -> tuple[ParsedFile, ...]:
        state = self._state
        return () if state is None else tuple(state.files.values())

    def listing_problems(self) -> tuple[Problem, ...]:
        """What was wrong with the listing that the state was made of."""
        return () if self._state is None else self._state.listing_problems

    def apply(
        self,
        plan: SyncPlan,
        parsed: Iterable[ParsedFile],
        listing_problems: tuple[Problem, ...] = (),
    ) -> None:
        """Replace the state by one in which `plan` is carried out, `parsed` being what it read."""
        files = dict(self._state.files) if self._state is not None else {}
        for gone in plan.removed:
            files.pop((gone.folder, gone.path), None)
        for one in parsed:
            files[(one.source.folder, one.source.path)] = one
        ordered = dict(sorted(files.items()))
        names = frozenset(
            (facet, term.slug)
            for one in ordered.values()
            if one.article is not None
            for facet in Facet
            for term in one.article.terms(facet)
        )
        self._state = _State(ordered, listing_problems, names)

    def view(self, viewpoint: Viewpoint) -> View:
        """What `viewpoint` sees. Raises `NotReadyError` before the first complete reading."""
        state, kept = self._ready(), self._kept
        if kept is not None and _still_answers(kept, state, viewpoint):
            return kept.view
        with self._lock:
            kept = self._kept
            if kept is not None and _still_answers(kept, state, viewpoint):
                return kept.view
            until = min(
                (
                    moment
                    for article in state.articles()
                    for moment in (
                        *article.turning_points,
                        *(other.visible_from for other in article.related if other.visible_from),
                    )
                    if moment > viewpoint.now
                ),
                default=None,
            )
            left_out = (url for parsed in state.files.values() for url in parsed.addresses)
            view = View(state.articles(), viewpoint, until, left_out)
            self._kept = _Kept(state, viewpoint.preview, viewpoint.now, view)
            return view

    def knows(self, facet: Facet, slug: str) -> bool:
        """Whether any article, visible or not, is listed under this name."""
        return (facet, slug) in self._ready().names

    def problems(self, viewpoint: Viewpoint) -> tuple[Problem, ...]:
        """Everything to report: what can't be read, what was ignored, which ids clash."""
        state = self._ready()
        found = [
            *state.listing_problems,
            *(problem for parsed in state.files.values() for problem in parsed.problems),
            *self.view(viewpoint).clashes,
        ]
        return tuple(
            sorted(found, key=lambda problem: (problem.path, problem.line or 0, problem.field))
        )

    def census(self, viewpoint: Viewpoint) -> Census:
        """Counts by what decides first: left out, removed, unpublished, future, expired."""
        state = self._ready()
        articles = list(state.articles())
        reasons = Counter(viewpoint.holds_back(article) for article in articles)
        broken = sum(problem.severity == "error" for problem in state.listing_problems)
        return Census(
            visible=reasons[None],
            unpublished=reasons["unpublished"],
            future=reasons["future"],
            expired=reasons["expired"],
            removed=reasons["removed"],
            left_out=len(state.files) - len(articles) + broken,
        )

    def _ready(self) -> _State:
        if self._state is None:
            raise NotReadyError("The articles are still being read.")
        return self._state


def _still_answers(kept: _Kept, state: _State, viewpoint: Viewpoint) -> bool:
    return (
        kept.state is state
        and kept.preview == viewpoint.preview
        and kept.since <= viewpoint.now
        and (kept.view.until is None or viewpoint.now < kept.view.until)
    )


def _addresses(article: Article) -> Iterator[str]:
    urls = (article.url, article.original_url, article.id)
    return (normal_address(url) for url in urls if url)


def normal_address(url: str) -> str:
    """What the different spellings of one address share: without scheme, `www.`, tracking
    parameters, fragment and closing slash, percent-encoding resolved.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # an id may be any text that looks like an address
        return url
    host = (parts.hostname or "").removeprefix("www.")
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.match(name)
    ]
    path = unquote(parts.path).rstrip("/")
    return f"{host}{path}?{sorted(query)}" if host else unquote(url)


def _clash(article: Article, served: Article, field: str, value: str) -> Problem:
    consequence = {
        "id": "where both belong to a feed, the newer is served",
        "slug": "the page shows the newer",
    }[field]
    what = "an id (or link) of its own" if field == "id" else "a slug of its own"
    reason = f"expected {what}, found that of {served.path}: {value}; {consequence}"
    return Problem(article.path, None, field, reason, "warning")


def _one_each(newest_first: list[Article]) -> tuple[tuple[Article, ...], tuple[Problem, ...]]:
    first: dict[str, Article] = {}
    clashes: list[Problem] = []
    for article in newest_first:
        served = first.setdefault(article.id, article)
        if served is not article:
            clashes.append(_clash(article, served, "id", article.id))
    return tuple(first.values()), tuple(clashes)


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda label: (-spellings[label], label))
