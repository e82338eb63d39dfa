"""What a filter finds: a set of articles, to be counted, ranked and read in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pyroaring import BitMap
from sqlalchemy import Connection, Row, and_, bindparam, select

from feedsvc.index.moments import NEVER, microseconds, moment_of
from feedsvc.index.postings import (
    HEAT,
    PUBLISHED,
    QUALITY,
    WITH_IMAGE,
    Postings,
    second_at,
    seconds_of,
)
from feedsvc.index.schema import address, article
from feedsvc.index.search import keys_with
from feedsvc.index.slices import largest
from feedsvc.index.visible import chunks
from feedsvc.model import Filter, Hit, Order

_COLUMNS = (article.c.key, article.c.identity, article.c.age, article.c.quality, article.c.heat)
_ROWS = select(*_COLUMNS, article.c.path).where(
    article.c.key.in_(bindparam("keys", expanding=True))
)
_WINDOWS_AT_ONCE = 2000
_RANKED_BY = {Order.NEWEST: (), Order.HEAT: (HEAT,), Order.QUALITY: (QUALITY,)}


class Found:
    """The articles of `keys`, which `connection` can read."""

    def __init__(self, connection: Connection, postings: Postings, keys: BitMap) -> None:
        self._connection = connection
        self._postings = postings
        self._keys = keys

    @property
    def total(self) -> int:
        """How many they are."""
        return len(self._keys)

    @property
    def oldest(self) -> datetime | None:
        """The second in which the oldest that has a date was published."""
        return _second(self._postings.numbers(PUBLISHED).least(self._keys))

    @property
    def newest(self) -> datetime | None:
        """The second in which the newest was published."""
        return _second(self._postings.numbers(PUBLISHED).most(self._keys))

    def since(self, moments: Iterable[datetime]) -> list[int]:
        """How many of them were published at each of `moments` or later."""
        published = self._postings.numbers(PUBLISHED)
        return [len(published.at_least(self._keys, _number(moment))) for moment in moments]

    def hits(
        self, order: Order = Order.NEWEST, first: int = 0, count: int | None = None
    ) -> tuple[Hit, ...]:
        """`count` of them, from the one at `first` on, counted from 0."""
        last = self.total if count is None else min(first + count, self.total)
        kinds = (*_RANKED_BY[order], PUBLISHED)
        ranking = [keys for kind in kinds for keys in self._postings.numbers(kind).ranking]
        before, _ = largest(self._keys, ranking, first)
        sure, equal = largest(self._keys, ranking, last)
        rows = [row for chunk in chunks((sure | equal) - before) for row in self._rows(chunk)]
        rows.sort(key=_rank[order])
        skipped = first - len(before)
        return tuple(map(_hit, rows[skipped : skipped + max(0, last - first)]))

    def windows(self, start_of: Callable[[datetime], datetime]) -> Iterator[tuple[datetime, Found]]:
        """Those that have a date in windows of time, the newest first, each with the second in
        which it begins: that in which a moment lies begins at `start_of` it.
        """
        published = self._postings.numbers(PUBLISHED)
        left = self._keys & published.known
        while left:
            # Part by part, since small sets are handled faster.
            sure, equal = largest(left, published.ranking, _WINDOWS_AT_ONCE)
            oldest = _start(published.least(sure | equal), start_of)
            part = left if oldest is None else published.at_least(left, _number(oldest))
            left = left - part
            while (start := _start(published.most(part), start_of)) is not None:
                window = published.at_least(part, _number(start))
                part = part - window
                yield start, Found(self._connection, self._postings, window)

    def namesakes(self, hits: Iterable[Hit], within: timedelta) -> dict[int, tuple[Hit, ...]]:
        """For each of `hits`, by key, the others of them all that share its title or one of its
        addresses; not those whose dates are more than a day further away than `within`.
        """
        pairs: dict[int, set[int]] = {hit.key: set() for hit in hits}
        days = within.days + 1
        mine, other = address.alias(), address.alias()
        one, namesake = article.alias(), article.alias()
        is_near = namesake.c.day.between(one.c.day - days, one.c.day + days)
        by_title = select(one.c.key, namesake.c.key).join(
            namesake, and_(namesake.c.title_key == one.c.title_key, is_near)
        )
        by_address = (
            select(one.c.key, namesake.c.key)
            .join(mine, mine.c.article == one.c.key)
            .join(other, other.c.key == mine.c.key)
            .join(namesake, and_(namesake.c.key == other.c.article, is_near))
        )
        for chunk in chunks(pairs):
            for wanted in (by_title, by_address):
                for key, another in self._connection.execute(wanted.where(one.c.key.in_(chunk))):
                    if key != another and another in self._keys:
                        pairs[key].add(another)
        keys = sorted(set().union(*pairs.values()))
        known = {row.key: _hit(row) for chunk in chunks(keys) for row in self._rows(chunk)}
        return {key: tuple(known[one] for one in sorted(others)) for key, others in pairs.items()}

    def _rows(self, keys: Sequence[int]) -> Iterable[Row[tuple[int, str, int, int, int]]]:
        return self._connection.execute(_ROWS, {"keys": keys})


def find(connection: Connection, postings: Postings, keys: BitMap, wanted: Filter) -> BitMap:
    """Those of `keys` that meet the conditions of `wanted`."""
    for names in wanted.names:
        named = postings.named(names.facet, {*names.any, *names.all, *names.none})
        if names.any:
            keys = keys & BitMap.union(*(named[name] for name in names.any))
        for name in names.all:
            keys = keys & named[name]
        for name in names.none:
            keys = keys - named[name]
    for kind, minimum in ((QUALITY, wanted.min_quality), (HEAT, wanted.min_heat)):
        if minimum is not None:
            keys = postings.numbers(kind).at_least(keys, minimum)
    if wanted.has_image:
        keys = keys & postings.one(WITH_IMAGE)
    if wanted.start is not None:
        published = postings.numbers(PUBLISHED)
        keys = published.at_least(keys, _number(wanted.start))
    if wanted.end is not None:
        published = postings.numbers(PUBLISHED)
        keys = keys & published.known
        keys = keys - published.at_least(keys, _number(wanted.end))
    if wanted.phrases and keys:
        keys = keys & keys_with(connection, wanted.phrases)
    return keys


def _second(number: int | None) -> datetime | None:
    return None if number is None else second_at(number)


def _start(number: int | None, start_of: Callable[[datetime], datetime]) -> datetime | None:
    moment = _second(number)
    return None if moment is None else start_of(moment)


def _number(moment: datetime) -> int:
    return seconds_of(microseconds(moment))


def _hit(row: Row[tuple[int, str, int, int, int]]) -> Hit:
    published = None if row.age == NEVER else moment_of(-row.age)
    return Hit(row.key, row.identity, published, row.quality, row.heat)


def _by_date(row: Row[tuple[int, str, int, int, int]]) -> tuple[int, str, str]:
    return row.age, row.identity, row.path


def _measure(number: int | None) -> int:
    return 1 if number is None else -number


_rank = {
    Order.NEWEST: _by_date,
    Order.HEAT: lambda row: (_measure(row.heat), *_by_date(row)),
    Order.QUALITY: lambda row: (_measure(row.quality), *_by_date(row)),
}
