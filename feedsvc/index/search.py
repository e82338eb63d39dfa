"""Full-text search over title, excerpt, body, provider and topics: FTS5 or `tsvector`.

Both are given words that are already cut and folded (words.py), so both find the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyroaring import BitMap
from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    table,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSQUERY

from feedsvc.index import schema

_GAP = 2
"""Words between two fields: no phrase reaches from one into the other."""

_fts5 = table("search", column("rowid"), column("search"))
_COLUMNS = ", ".join(("rowid", *schema.SEARCH_COLUMNS))
_PUT_FTS5 = f"INSERT INTO search ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  constants


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def put_words(connection: Connection, rows: Sequence[tuple[int, tuple[list[str], ...]]]) -> None:
    """Make articles, by key, found by the words of their fields."""
    if not rows:
        return
    if is_sqlite(connection):
        values = [(key, *(" ".join(words) for words in fields)) for key, fields in rows]
        connection.exec_driver_sql(_PUT_FTS5, values)
        return
    statement = schema.search.insert().values(
        article=bindparam("key"), words=sql("CAST(:vector AS tsvector)")
    )
    connection.execute(statement, [{"key": key, "vector": _vector(fields)} for key, fields in rows])


def forget_words(connection: Connection, keys: Sequence[int]) -> None:
    if is_sqlite(connection):
        connection.exec_driver_sql("DELETE FROM search WHERE rowid = ?", [(key,) for key in keys])
    else:
        connection.execute(schema.search.delete().where(schema.search.c.article.in_(keys)))


def forget_all_words(connection: Connection) -> None:
    if is_sqlite(connection):
        connection.exec_driver_sql("DELETE FROM search")
    else:
        connection.execute(schema.search.delete())


def keys_with(connection: Connection, phrases: Iterable[Sequence[str]]) -> BitMap:
    """The keys of the articles that hold all `phrases`."""
    key: ColumnElement[int]
    if is_sqlite(connection):
        wanted = " AND ".join(f'"{" ".join(words)}"' for words in phrases)
        key, match = _fts5.c.rowid, _fts5.c.search.op("MATCH")(wanted)
    else:
        query = " & ".join(" <-> ".join(f"'{word}'" for word in words) for words in phrases)
        key, match = schema.search.c.article, schema.search.c.words.op("@@")(cast(query, TSQUERY))
    # As one text: a row for each takes several times as long.
    keys = func.aggregate_strings(cast(key, Text), ",")
    found: str | None = connection.execute(select(keys).where(match)).scalar_one()
    return BitMap(map(int, found.split(","))) if found else BitMap()


def _vector(fields: Iterable[Sequence[str]]) -> str:
    """The words with their positions, as PostgreSQL writes a `tsvector`."""
    positions: dict[str, list[int]] = {}
    position = 1
    for words in fields:
        for word in words:
            positions.setdefault(word, []).append(position)
            position += 1
        position += _GAP
    return " ".join(f"'{word}':{','.join(map(str, found))}" for word, found in positions.items())
