"""The questions that feeds and pages ask of the index, as one viewpoint sees it.

A view is one snapshot: whatever is written meanwhile, its answers belong together. What may be
seen is asked in SQL here as `model.Viewpoint` says it; a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    exists,
    func,
    select,
)

from feedsvc.errors import IndexDamagedError
from feedsvc.index.moments import microseconds, moment_of
from feedsvc.index.records import read_article, read_image, read_problems
from feedsvc.index.schema import address, article, file, listing, picture, tally
from feedsvc.index.search import keys_with
from feedsvc.index.state import State
from feedsvc.index.visible import (
    Listed,
    chunks,
    count_listed,
    is_outdone,
    next_turning_point,
    shown,
)
from feedsvc.model import (
    Article,
    Census,
    Facet,
    FacetCount,
    Image,
    Problem,
    Related,
    Viewpoint,
)
from feedsvc.words import phrases_of

T = TypeVar("T")


class View:
    """What `viewpoint` sees: newest first, ties by id in code-point order, each id once a feed.

    Of two articles with one id a feed holds the newer. To be closed, or used with `with`.
    """

    def __init__(
        self,
        connection: Connection,
        state: State,
        viewpoint: Viewpoint,
        report_damage: Callable[[], None],
    ) -> None:
        self.viewpoint = viewpoint
        self.generation = state.generation
        self._connection = connection
        self._state = state
        self._report_damage = report_damage
        self._now = microseconds(viewpoint.now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the snapshot go."""
        self._connection.close()

    @property
    def until(self) -> datetime | None:
        """When something next appears, expires or changes by itself, if it does."""
        return moment_of(next_turning_point(self._connection, self._now))

    def articles(
        self, facet: Facet | None = None, slug: str = "", first: int = 0, count: int | None = None
    ) -> tuple[Article, ...]:
        """`count` articles from the one at `first` on, counted from 0: of everything, or of
        what is listed under one topic, provider, category or type.
        """
        return self._read(self._listed(facet, slug).offset(first).limit(count))

    def total(self, facet: Facet | None = None, slug: str = "") -> int:
        """How many articles `articles` has in all."""
        return sum(self._spellings(facet, slug).values())

    def label(self, facet: Facet, slug: str) -> str | None:
        """The commonest spelling among the articles shown; `None` if there are none."""
        spellings = self._spellings(facet, slug)
        return _commonest(spellings) if spellings else None

    def counts(self, facet: Facet) -> tuple[FacetCount, ...]:
        """The names of `facet` with something to show, by label."""
        spellings: dict[str, Counter[str]] = {}
        for (_, slug, label), number in self._tally(facet).items():
            spellings.setdefault(slug, Counter())[label] = number
        counts = (
            FacetCount(slug, _commonest(found), found.total()) for slug, found in spellings.items()
        )
        return tuple(sorted(counts, key=lambda count: (count.label.casefold(), count.slug)))

    def knows(self, facet: Facet, slug: str) -> bool:
        """Whether any article, visible or not, is listed under this name."""
        named = exists().where(listing.c.facet == facet.value, listing.c.slug == slug)
        return bool(self._connection.execute(select(named)).scalar_one())

    def search(self, query: str, count: int) -> tuple[Article, ...]:
        """The newest articles that hold all words of `query`, those in quotes together."""
        phrases = phrases_of(query)
        if not phrases:
            return ()
        found = article.c.key.in_(keys_with(self._connection, phrases))
        return self._read(self._listed(None, "").where(found).limit(count))

    def story(self, slug: str) -> Article | None:
        """The article with a page of this name; of several, the newest."""
        wanted = select(article.c.payload).where(article.c.slug == slug, self._shown(article))
        row = self._first(wanted.order_by(article.c.age, article.c.identity, article.c.path))
        return self._unpack(read_article, row.payload) if row else None

    def related(self, articles: Sequence[Article]) -> list[tuple[Related, ...]]:
        """The related articles of each of `articles`, but for those that are held back, in
        this folder or by what is said of them: naming them would give them away.
        """
        keys = {key for one in articles for related in one.related for key in related.keys}
        hidden = self._hidden(keys)
        now = self.viewpoint.now
        return [
            tuple(
                related
                for related in one.related
                if not related.is_hidden
                and not (related.visible_from is not None and related.visible_from > now)
                and hidden.isdisjoint(related.keys)
            )
            for one in articles
        ]

    def _hidden(self, keys: Iterable[int]) -> set[int]:
        """Those of the addresses that lead to held-back articles alone."""
        hidden: set[int] = set()
        shown: set[int] = set()
        for chunk in chunks(sorted(keys)):
            wanted = (
                select(address.c.key, func.coalesce(self._shown(article), False).label("shown"))
                .select_from(address)
                .outerjoin(article, article.c.key == address.c.article)
                .where(address.c.key.in_(chunk))
            )
            for row in self._connection.execute(wanted):
                (shown if row.shown else hidden).add(row.key)
        return hidden - shown

    def image(self, url: str) -> Image | None:
        """Our image of the address `url` (`media/…`), if a shown article names it."""
        wanted = (
            select(picture.c.payload)
            .join(article, article.c.key == picture.c.article)
            .where(picture.c.url == url, self._shown(article))
        )
        row = self._first(wanted.order_by(article.c.age, article.c.identity, article.c.path))
        return self._unpack(read_image, row.payload) if row else None

    def problems(self) -> tuple[Problem, ...]:
        """Everything to report: what can't be read, what was ignored, which names clash."""
        told = self._connection.execute(select(file.c.problems).where(file.c.problems.is_not(None)))
        found = [
            *self._state.problems,
            *(problem for row in told for problem in self._unpack(read_problems, row.problems)),
            *self._clashes("id", article.c.identity),
            *self._clashes("slug", article.c.slug),
        ]
        return tuple(
            sorted(found, key=lambda problem: (problem.path, problem.line or 0, problem.field))
        )

    def _clashes(self, field: str, name: ColumnElement[str]) -> Iterator[Problem]:
        shared = select(name).where(self._shown(article)).group_by(name)
        wanted = (
            select(name.label("name"), article.c.identity, article.c.path)
            .where(name.in_(shared.having(func.count() > 1)), self._shown(article))
            .order_by(article.c.age, article.c.identity, article.c.path)
        )
        served: dict[str, Row[Any]] = {}
        for row in self._connection.execute(wanted):
            first = served.setdefault(row.name, row)
            if row is not first and (field == "id" or row.identity != first.identity):
                yield _clash(row.path, first.path, field, row.name)

    def census(self) -> Census:
        """Counts by what decides first: left out, removed, unpublished, future, expired."""
        future = article.c.visible_from > self._now
        expired = article.c.visible_until <= self._now
        wanted = select(article.c.held, future, expired, func.count()).group_by(
            article.c.held, future, expired
        )
        numbers: Counter[str] = Counter()
        for held, is_future, is_expired, number in self._connection.execute(wanted):
            kept_back = "future" if is_future else "expired" if is_expired else "visible"
            numbers[("unpublished", "removed")[held - 1] if held else kept_back] += number
        files = self._connection.execute(select(func.count()).select_from(file)).scalar_one()
        broken = sum(one.severity == "error" for one in self._state.problems)
        return Census(
            visible=numbers["visible"],
            unpublished=numbers["unpublished"],
            future=numbers["future"],
            expired=numbers["expired"],
            removed=numbers["removed"],
            left_out=files - numbers.total() + broken,
        )

    def _shown(self, rows: FromClause) -> ColumnElement[bool]:
        return shown(rows, self._now, preview=self.viewpoint.preview)

    def _spellings(self, facet: Facet | None, slug: str) -> Counter[str]:
        """How often each spelling of a name stands in the articles shown."""
        tally = self._tally(facet or "", slug)
        return Counter({label: number for (*_, label), number in tally.items()})

    def _tally(self, facet: str, slug: str | None = None) -> Counter[Listed]:
        preview = self.viewpoint.preview
        if preview or not self._state.counted_at <= self._now < self._state.counted_until:
            slugs = None if slug is None else [slug]
            return count_listed(self._connection, facet, slugs, self._now, preview=preview)
        wanted = select(tally).where(tally.c.facet == facet)
        if slug is not None:
            wanted = wanted.where(tally.c.slug == slug)
        rows = self._connection.execute(wanted)
        return Counter({(row.facet, row.slug, row.label): row.articles for row in rows})

    def _listed(self, facet: Facet | None, slug: str) -> Select[tuple[bytes]]:
        outdone = is_outdone(self._now, preview=self.viewpoint.preview)
        return (
            select(article.c.payload)
            .join(listing, listing.c.article == article.c.key)
            .where(listing.c.facet == (facet or ""), listing.c.slug == slug)
            .where(self._shown(listing), ~outdone)
            .order_by(listing.c.age, article.c.identity, article.c.path)
        )

    def _read(self, wanted: Select[tuple[bytes]]) -> tuple[Article, ...]:
        rows = self._connection.execute(wanted).all()
        return tuple(self._unpack(read_article, row.payload) for row in rows)

    def _unpack(self, read: Callable[[bytes], T], packed: bytes) -> T:
        try:
            return read(packed)
        except IndexDamagedError:
            self._report_damage()
            raise

    def _first(self, wanted: Any) -> Row[Any] | None:
        return self._connection.execute(wanted.limit(1)).first()


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda label: (-spellings[label], label))


def _clash(path: str, served: str, field: str, value: str) -> Problem:
    consequence = {
        "id": "where both belong to a feed, the newer is served",
        "slug": "the page shows the newer",
    }[field]
    what = "an id (or link) of its own" if field == "id" else "a slug of its own"
    reason = f"expected {what}, found that of {served}: {value}; {consequence}"
    return Problem(path, None, field, reason, "warning")
