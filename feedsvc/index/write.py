"""Changes the index inside one transaction: rows out, rows in, then what follows from them.

What follows is worked out for the names and ids that were touched alone, so that one saved
article costs the same in a large archive as in a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from feedsvc.index.moments import NEVER, microseconds
from feedsvc.index.postings import (
    HEAT,
    OUTDONE,
    PREVIEWED,
    PUBLIC,
    PUBLISHED,
    QUALITY,
    WITH_IMAGE,
    Changes,
    Posting,
    Postings,
    number_postings,
    seconds_of,
)
from feedsvc.index.records import REMOVED, ArticleRow, FileRow, pack, read_names
from feedsvc.index.schema import (
    FACTS,
    address,
    article,
    asset,
    file,
    metadata,
    picture,
    rival,
    tally,
    turning_point,
)
from feedsvc.index.search import forget_all_words, forget_words, put_words
from feedsvc.index.state import State, write_state
from feedsvc.index.visible import chunks, count_names, next_turning_point, shown
from feedsvc.model import Facet, SourceFile

# Clocks of several machines differ; moments further back are of no interest to any of them.
_CLOCKS_DIFFER = timedelta(days=1)
_FACETS = frozenset(Facet)
_identity = attrgetter("identity")


class Writer:
    """One change of the index, made for the moment `now`. Nothing of it is seen before the
    transaction is committed.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = microseconds(now)
        self._oldest_moment = microseconds(now - _CLOCKS_DIFFER)
        largest = connection.execute(select(func.max(file.c.key))).scalar_one()
        self._next_key = 1 if largest is None else largest + 1
        self._changes = Changes()
        self._named: dict[str, set[str]] = {}
        self._identities: set[str] = set()

    def clear(self) -> None:
        """Forget everything."""
        for table in metadata.tables.values():
            self._connection.execute(delete(table))
        forget_all_words(self._connection)

    def touch(self, files: Iterable[tuple[int, SourceFile]]) -> None:
        """Note the size and time of files, by key, that otherwise stayed what they were."""
        statement = (
            update(file)
            .where(file.c.key == bindparam("of"))
            .values(size=bindparam("new_size"), changed_ns=bindparam("new_time"))
        )
        for chunk in chunks(files):
            values = [
                {"of": key, "new_size": source.size, "new_time": source.changed_ns}
                for key, source in chunk
            ]
            self._connection.execute(statement, values)

    def remove(self, keys: Iterable[int]) -> None:
        """Forget files, by key, and what they gave."""
        for chunk in chunks(keys):
            self._withdraw(chunk)
            for table in FACTS:
                self._connection.execute(delete(table).where(table.c.article.in_(chunk)))
            forget_words(self._connection, chunk)
            self._connection.execute(delete(article).where(article.c.key.in_(chunk)))
            self._connection.execute(delete(file).where(file.c.key.in_(chunk)))

    def put(self, rows: Sequence[FileRow], known: Mapping[tuple[str, str], int]) -> None:
        """Take in `rows`; `known` has the keys of those files that are there already, by the
        folder's name and the path in it.
        """
        if not rows:
            return
        names = [(row.source.folder_name, row.source.path) for row in rows]
        self.remove([known[name] for name in names if name in known])
        keyed = []
        for name, row in zip(names, rows, strict=True):
            keyed.append((known.get(name, self._next_key), row))
            self._next_key += name not in known
        articles = [(key, row.article) for key, row in keyed if row.article is not None]
        self._insert(file, (_file_values(key, row) for key, row in keyed))
        self._insert(article, (_article_values(key, row) for key, row in articles))
        for key, one in articles:
            self._post(key, one)
        self._insert(
            address,
            ({"key": one, "article": key} for key, row in keyed for one in row.addresses),
        )
        self._insert(
            asset,
            (
                {"path": one.path, "article": key, "size": one.size, "changed_ns": one.changed_ns}
                for key, row in keyed
                for one in row.assets
            ),
        )
        self._insert(
            picture,
            (
                {"url": url, "article": key, "payload": payload}
                for key, row in articles
                for url, payload in row.pictures
            ),
        )
        self._insert(
            turning_point,
            (
                {"moment": moment, "article": key}
                for key, row in articles
                for moment in row.turning_points
                if moment > self._oldest_moment
            ),
        )
        put_words(self._connection, [(key, row.words) for key, row in articles])

    def finish(self, before: State | None, after: State) -> None:
        """Work out what follows from the changes since `before`, and note `after` with it."""
        if before is not None:
            self._note_time_passed(before.counted_at)
        for chunk in chunks(sorted(self._identities)):
            self._settle(chunk)
        self._changes.write(self._connection)
        postings = Postings(self._connection)
        public, outdone = postings.one(PUBLIC), postings.one(OUTDONE)
        for facet, slugs in sorted(self._named.items()):
            for chunk in chunks(sorted(slugs)):
                old = delete(tally).where(tally.c.facet == facet, tally.c.slug.in_(chunk))
                self._connection.execute(old)
            counts = count_names(self._connection, postings, facet, slugs, public, outdone)
            self._insert(
                tally,
                (
                    {"facet": facet, "slug": slug, "label": label, "articles": number}
                    for (slug, label), number in counts.items()
                ),
            )
        until = next_turning_point(self._connection, self._now)
        write_state(self._connection, replace(after, counted_at=self._now, counted_until=until))

    def _insert(self, table: Table, values: Iterable[dict[str, object]]) -> None:
        rows = list(values)
        if rows:
            self._connection.execute(insert(table), rows)

    def _post(self, key: int, row: ArticleRow) -> None:
        self._identities.add(row.identity)
        for which in _postings_of(row.names, row.quality, row.heat, row.age, row.has_image):
            self._changes.add(which, key)
            self._note_named(which)
        if row.held < REMOVED:
            self._changes.add(PREVIEWED, key)
        if not row.held and row.visible_from <= self._now < row.visible_until:
            self._changes.add(PUBLIC, key)

    def _withdraw(self, keys: Sequence[int]) -> None:
        columns = (article.c.key, article.c.identity, article.c.names)
        numbers = (article.c.quality, article.c.heat, article.c.age, article.c.has_image)
        there = select(*columns, *numbers).where(article.c.key.in_(keys))
        for key, identity, names, *values in self._connection.execute(there):
            self._identities.add(identity)
            for which in (*_postings_of(read_names(names), *values), PREVIEWED, PUBLIC, OUTDONE):
                self._changes.remove(which, key)
                self._note_named(which)

    def _note_named(self, which: Posting) -> None:
        kind, name, _ = which
        if kind in _FACETS:
            self._named.setdefault(kind, set()).add(name)

    def _note_time_passed(self, counted_at: int) -> None:
        """What is seen, or no longer, because a moment came since that was last worked out."""
        first, last = sorted((counted_at, self._now))
        passed = select(turning_point.c.article).where(
            turning_point.c.moment > first, turning_point.c.moment <= last
        )
        is_shown = shown(article, self._now, preview=False)
        for chunk in chunks(self._connection.execute(passed.distinct()).scalars().all()):
            there = select(article.c.key, article.c.names, is_shown).where(article.c.key.in_(chunk))
            for key, names, is_public in self._connection.execute(there):
                (self._changes.add if is_public else self._changes.remove)(PUBLIC, key)
                for name in read_names(names):
                    self._note_named(name)

    def _settle(self, identities: Sequence[str]) -> None:
        """Rank the articles of each of these ids that is shared."""
        self._connection.execute(delete(rival).where(rival.c.identity.in_(identities)))
        ids = article.c.identity
        candidates = article.c.held < REMOVED
        shared = select(ids).where(ids.in_(identities), candidates).group_by(ids)
        ranked = (
            select(ids, article.c.key)
            .where(ids.in_(shared.having(func.count() > 1)), candidates)
            .order_by(ids, article.c.age, article.c.path)
        )
        rivals = [
            {"article": row.key, "identity": identity, "position": position}
            for identity, group in groupby(self._connection.execute(ranked), _identity)
            for position, row in enumerate(group)
        ]
        self._insert(rival, rivals)
        everyone = select(article.c.key).where(ids.in_(identities))
        outdone = {one["article"] for one in rivals if one["position"]}
        for key in self._connection.execute(everyone).scalars():
            (self._changes.add if key in outdone else self._changes.remove)(OUTDONE, key)


def _postings_of(
    names: Iterable[Posting], quality: int | None, heat: int | None, age: int, has_image: bool
) -> Iterator[Posting]:
    """Where an article stands that has this."""
    yield from names
    yield from number_postings(QUALITY, quality)
    yield from number_postings(HEAT, heat)
    yield from number_postings(PUBLISHED, None if age == NEVER else seconds_of(-age))
    if has_image:
        yield WITH_IMAGE


def _file_values(key: int, row: FileRow) -> dict[str, object]:
    return {
        "key": key,
        "folder": row.source.folder_name,
        "path": row.source.path,
        "size": row.source.size,
        "changed_ns": row.source.changed_ns,
        "digest": row.digest,
        "problems": row.problems,
    }


def _article_values(key: int, row: ArticleRow) -> dict[str, object]:
    return {
        "key": key,
        "identity": row.identity,
        "slug": row.slug,
        "path": row.path,
        "age": row.age,
        "held": row.held,
        "visible_from": row.visible_from,
        "visible_until": row.visible_until,
        "quality": row.quality,
        "heat": row.heat,
        "has_image": row.has_image,
        "title_key": row.title_key,
        "day": row.day,
        "names": pack(row.names),
        "payload": row.payload,
    }
