"""Which rows may be shown, in SQL: `model.Viewpoint` for tables instead of articles.

Shared by the view, which asks, and by the writer, which counts in advance what is asked often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, select

from feedsvc.index.moments import NEVER
from feedsvc.index.records import REMOVED
from feedsvc.index.schema import listing, rival, turning_point

_CHUNK = 500  # values in one statement: few different statements, none too long

T = TypeVar("T")

Listed = tuple[str, str, str]
"""Facet, slug and spelling of what articles are listed under; ("", "", "") for all of them."""


def shown(rows: FromClause, now: int, *, preview: bool) -> ColumnElement[bool]:
    """Whether `rows`, of `article` or `listing`, may be seen at `now`."""
    if preview:
        return rows.c.held < REMOVED
    return and_(rows.c.held == 0, rows.c.visible_from <= now, rows.c.visible_until > now)


def is_outdone(now: int, *, preview: bool) -> ColumnElement[bool]:
    """Whether a row of `listing` gives way: a newer article of the same id is listed there too."""
    mine, better, other = rival.alias(), rival.alias(), listing.alias()
    return exists().where(
        mine.c.article == listing.c.article,
        better.c.identity == mine.c.identity,
        better.c.position < mine.c.position,
        other.c.article == better.c.article,
        other.c.facet == listing.c.facet,
        other.c.slug == listing.c.slug,
        shown(other, now, preview=preview),
    )


def count_listed(
    connection: Connection, facet: str, slugs: Collection[str] | None, now: int, *, preview: bool
) -> Counter[Listed]:
    """How many articles are shown under names of `facet` (`None`: all), by spelling."""
    # All articles have one name and one spelling: to sort them by it takes longest of all.
    names = (listing.c.facet, listing.c.slug, listing.c.label) if facet else ()
    wanted = select(func.count(), *names).group_by(*names)
    wanted = wanted.where(listing.c.facet == facet, shown(listing, now, preview=preview))
    counts: Counter[Listed] = Counter()
    for chunk in [None] if slugs is None else chunks(sorted(slugs)):
        named = wanted if chunk is None else wanted.where(listing.c.slug.in_(chunk))
        for number, *name in connection.execute(named):
            counts[_listed(name)] += number
        outdone = named.where(is_outdone(now, preview=preview))
        # Few are, if any: to ask it of each row above would cost more than all the rest.
        rivals = select(rival.c.article).where(rival.c.position > 0)
        for keys in chunks(connection.execute(rivals).scalars().all()):
            for number, *name in connection.execute(outdone.where(listing.c.article.in_(keys))):
                counts[_listed(name)] -= number
    return +counts


def _listed(name: Sequence[str]) -> Listed:
    return (name[0], name[1], name[2]) if name else ("", "", "")


def next_turning_point(connection: Connection, now: int) -> int:
    """The first moment after `now` at which something changes by itself, or `NEVER`."""
    moments = select(func.min(turning_point.c.moment)).where(turning_point.c.moment > now)
    found: int | None = connection.execute(moments).scalar_one()
    return NEVER if found is None else found


def chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """`values` in parts that one statement can hold."""
    waiting = iter(values)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk
