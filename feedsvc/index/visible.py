"""What may be shown: `model.Viewpoint` for rows and for sets of keys instead of articles.

Shared by the view, which asks, and by the writer, which counts in advance what is asked often.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TypeVar

from pyroaring import BitMap
from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from feedsvc.index.moments import NEVER
from feedsvc.index.postings import PREVIEWED, PUBLIC, Posting, Postings
from feedsvc.index.records import REMOVED
from feedsvc.index.schema import article, rival, turning_point
from feedsvc.index.state import State

_CHUNK = 500  # values in one statement: few different statements, none too long

T = TypeVar("T")


def shown(rows: FromClause, now: int, *, preview: bool) -> ColumnElement[bool]:
    """Whether `rows`, of `article`, may be seen at `now`."""
    if preview:
        return rows.c.held < REMOVED
    return and_(rows.c.held == 0, rows.c.visible_from <= now, rows.c.visible_until > now)


def shown_keys(
    connection: Connection, postings: Postings, state: State, now: int, *, preview: bool
) -> BitMap:
    """The keys of all that may be seen at `now`."""
    if preview:
        return postings.one(PREVIEWED)
    keys = postings.one(PUBLIC)
    if state.counted_at <= now < state.counted_until:
        return keys
    # Worked out for another moment: what changed by itself in between is looked at again.
    first, last = sorted((state.counted_at, now))
    passed = select(turning_point.c.article).where(
        turning_point.c.moment > first, turning_point.c.moment <= last
    )
    for chunk in chunks(connection.execute(passed.distinct()).scalars().all()):
        is_shown = select(article.c.key).where(
            article.c.key.in_(chunk), shown(article, now, preview=False)
        )
        keys -= BitMap(chunk)
        keys |= BitMap(connection.execute(is_shown).scalars())
    return keys


def without_rivals(connection: Connection, keys: BitMap, outdone: BitMap) -> BitMap:
    """`keys` without those of which a newer one of the same id is among them; `outdone` are all
    that are second to any.
    """
    doubtful = keys & outdone
    for chunk in chunks(doubtful):
        mine, better = rival.alias(), rival.alias()
        both = select(mine.c.article, better.c.article).where(
            mine.c.article.in_(chunk),
            better.c.identity == mine.c.identity,
            better.c.position < mine.c.position,
        )
        keys = keys - BitMap(worse for worse, one in connection.execute(both) if one in keys)
    return keys


def count_names(
    connection: Connection,
    postings: Postings,
    facet: str,
    slugs: Collection[str] | None,
    visible: BitMap,
    outdone: BitMap,
) -> dict[tuple[str, str], int]:
    """How many articles of `visible` are listed under names of `facet` (`None`: all), by slug
    and label; only those with any.
    """
    counts: dict[tuple[str, str], int] = {}
    for slug, found in groupby(postings.of_kind(facet, slugs), _slug):
        spellings = {label: keys & visible for (*_, label), keys in found}
        listed = BitMap.union(*spellings.values())
        if not listed.isdisjoint(outdone):
            left = without_rivals(connection, listed, outdone)
            spellings = {label: keys & left for label, keys in spellings.items()}
        counts |= {(slug, label): len(keys) for label, keys in spellings.items() if keys}
    return counts


def _slug(row: tuple[Posting, BitMap]) -> str:
    return row[0][1]


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
