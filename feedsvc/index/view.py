"""The questions that feeds and pages ask of the index, as one viewpoint sees it.

A view is one snapshot: whatever is written meanwhile, its answers belong together. What may be
seen is asked in SQL here as `model.Viewpoint` says it; a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

from pyroaring import BitMap
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    bindparam,
    exists,
    func,
    select,
)

from feedsvc.errors import IndexDamagedError
from feedsvc.index.found import Found, find
from feedsvc.index.moments import microseconds, moment_of
from feedsvc.index.postings import OUTDONE, Postings
from feedsvc.index.records import read_article, read_image, read_problems
from feedsvc.index.schema import address, article, file, picture, posting, tally
from feedsvc.index.state import State
from feedsvc.index.visible import (
    chunks,
    count_names,
    next_turning_point,
    shown,
    shown_keys,
    without_rivals,
)
from feedsvc.model import (
    EVERYTHING,
    Article,
    Census,
    Facet,
    FacetCount,
    Filter,
    Hit,
    Image,
    Problem,
    Related,
    Viewpoint,
)

T = TypeVar("T")

_PAYLOADS = select(article.c.key, article.c.payload).where(
    article.c.key.in_(bindparam("keys", expanding=True))
)


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
        self._postings = Postings(connection, report_damage)

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

    @cached_property
    def until(self) -> datetime | None:
        """When something next appears, expires or changes by itself, if it does."""
        return moment_of(next_turning_point(self._connection, self._now))

    def find(self, wanted: Filter = EVERYTHING) -> Found:
        """What meets `wanted`: of articles that share an id, only the newest of those."""
        keys = self._matching(wanted)
        kept = without_rivals(self._connection, keys, self._postings.one(OUTDONE))
        return Found(self._connection, self._postings, kept)

    def oldest(self, wanted: Filter) -> datetime | None:
        """The second in which the oldest article that meets `wanted` was published, be it or not
        that a newer one shares its id.
        """
        return Found(self._connection, self._postings, self._matching(wanted)).oldest

    def articles(self, hits: Iterable[Hit]) -> tuple[Article, ...]:
        """The articles of `hits`, in their order."""
        keys = [hit.key for hit in hits]
        read: dict[int, Article] = {}
        for chunk in chunks(keys):
            for row in self._connection.execute(_PAYLOADS, {"keys": chunk}):
                read[row.key] = self._unpack(read_article, row.payload)
        return tuple(read[key] for key in keys)

    def every(self) -> Iterator[Article]:
        """All articles that this viewpoint sees, also those whose id a newer one has, in no order
        that means anything.
        """
        keys = [hit.key for hit in Found(self._connection, self._postings, self._visible).hits()]
        for chunk in chunks(keys):
            for row in self._connection.execute(_PAYLOADS, {"keys": chunk}):
                yield self._unpack(read_article, row.payload)

    def label(self, facet: Facet, slug: str) -> str | None:
        """The commonest spelling among the articles shown; `None` if there are none."""
        spellings = {label: number for (_, label), number in self._tally(facet, slug).items()}
        return _commonest(Counter(spellings)) if spellings else None

    def counts(self, facet: Facet) -> tuple[FacetCount, ...]:
        """The names of `facet` with something to show, by label."""
        spellings: dict[str, Counter[str]] = {}
        for (slug, label), number in self._tally(facet).items():
            spellings.setdefault(slug, Counter())[label] = number
        counts = (
            FacetCount(slug, _commonest(found), found.total()) for slug, found in spellings.items()
        )
        return tuple(sorted(counts, key=lambda count: (count.label.casefold(), count.slug)))

    def newest(self, facet: Facet) -> dict[str, datetime]:
        """The second in which the newest article under each name was published, if it has one."""
        found: dict[str, datetime] = {}
        for (_, slug, _), keys in self._postings.of_kind(facet.value):
            newest = Found(self._connection, self._postings, keys & self._visible).newest
            if newest is not None:
                found[slug] = max(newest, found.get(slug, newest))
        return found

    def knows(self, facet: Facet, slug: str) -> bool:
        """Whether any article, visible or not, is listed under this name."""
        named = exists().where(posting.c.kind == facet.value, posting.c.name == slug)
        return bool(self._connection.execute(select(named)).scalar_one())

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

    def problems(self, *, hints: bool = False) -> tuple[Problem, ...]:
        """Everything to report: what can't be read, what was ignored, which names clash; with
        `hints` also what may not be as it was meant.
        """
        told = self._connection.execute(select(file.c.problems).where(file.c.problems.is_not(None)))
        found = [
            *self._state.problems,
            *(
                problem
                for row in told
                for problem in self._unpack(read_problems, row.problems)
                if hints or problem.severity != "info"
            ),
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

    @cached_property
    def _visible(self) -> BitMap:
        preview = self.viewpoint.preview
        return shown_keys(self._connection, self._postings, self._state, self._now, preview=preview)

    def _matching(self, wanted: Filter) -> BitMap:
        return find(self._connection, self._postings, self._visible, wanted)

    def _tally(self, facet: Facet, slug: str | None = None) -> dict[tuple[str, str], int]:
        """How many articles are shown under each name and spelling."""
        counted = self._state.counted_at <= self._now < self._state.counted_until
        if self.viewpoint.preview or not counted:
            slugs = None if slug is None else [slug]
            outdone = self._postings.one(OUTDONE)
            return count_names(
                self._connection, self._postings, facet, slugs, self._visible, outdone
            )
        wanted = select(tally).where(tally.c.facet == facet.value)
        if slug is not None:
            wanted = wanted.where(tally.c.slug == slug)
        rows = self._connection.execute(wanted)
        return {(row.slug, row.label): row.articles for row in rows}

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
    return Problem(path, None, field, reason, "warning", f"duplicate-{field}")
