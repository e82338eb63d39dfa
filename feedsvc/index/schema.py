"""The tables of the index, once, for SQLite and PostgreSQL.

Everything here is derived from the files and can be made again. What is asked often stands in
columns; the rest of an article lies packed in `payload`. Times are whole microseconds since
1970 in UTC, so that both engines compare them alike; texts sort by code point in both.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeEngine

VERSION = 4
"""Raised with every change of a table, or of what is packed: the index is then made anew."""

metadata = MetaData()
_text: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")


def _key() -> Column[int]:
    return Column("article", BigInteger, primary_key=True, autoincrement=False)


def _facts(name: str, *columns: Column[int] | Column[str] | Column[bytes] | Index) -> Table:
    """A table of what is known of articles, kept in the order of its primary key."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False),
    Column("made_by", _text, nullable=False),  # the version of feedsvc that read the files
    Column("rules", _text, nullable=False),  # a digest of what decides how they are read
    Column("counted_at", BigInteger, nullable=False),  # from when to when `tally` holds
    Column("counted_until", BigInteger, nullable=False),
    Column("problems", LargeBinary, nullable=False),  # of the listing
    Column("roots", LargeBinary, nullable=False),  # which directories the folders were
)

# Each file that was read. Its key is also that of its article.
file = Table(
    "file",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("folder", _text, nullable=False),  # the folder's name, not where it lies
    Column("path", _text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("problems", LargeBinary),
    Index("file_by_path", "folder", "path", unique=True),
)

article = Table(
    "article",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("identity", _text, nullable=False),
    Column("slug", _text, nullable=False),
    Column("path", _text, nullable=False),
    Column("age", BigInteger, nullable=False),  # the time of publication, negated: newest first
    Column("held", SmallInteger, nullable=False),  # 0: not; 1: unpublished; 2: removed
    Column("visible_from", BigInteger, nullable=False),
    Column("visible_until", BigInteger, nullable=False),
    Column("quality", BigInteger),  # where it was measured
    Column("heat", BigInteger),
    Column("has_image", Boolean, nullable=False),
    Column("title_key", BigInteger, nullable=False),  # the same for titles that are the same
    Column("day", Integer),  # of publication, counted from the year 1
    Column("names", LargeBinary, nullable=False),  # packed: facet, slug and label of each
    Column("payload", LargeBinary, nullable=False),
    Index("article_by_identity", "identity"),
    Index("article_by_slug", "slug"),
    Index("article_by_title", "title_key", "day"),
)

# Which articles have a name, a bit of a number, or may be seen: see postings.py.
posting = Table(
    "posting",
    metadata,
    Column("kind", _text, primary_key=True),
    Column("name", _text, primary_key=True),
    Column("label", _text, primary_key=True),
    Column("keys", LargeBinary, nullable=False),
)

# How many articles the public sees under each name, by spelling, as `state.counted_at` has it.
tally = _facts(
    "tally",
    Column("facet", _text, primary_key=True),
    Column("slug", _text, primary_key=True),
    Column("label", _text, primary_key=True),
    Column("articles", BigInteger, nullable=False),
)

# Articles that share their id with others: a feed shows the one of the lowest position.
rival = _facts(
    "rival",
    _key(),
    Column("identity", _text, nullable=False),
    Column("position", Integer, nullable=False),
    Index("rival_by_identity", "identity", "position"),
)

# The addresses of articles, as `address_key` has them; of files without an article too.
address = _facts(
    "address",
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    _key(),
    Index("address_by_article", "article"),
)

picture = _facts(
    "picture",
    Column("url", _text, primary_key=True),
    _key(),
    Column("payload", LargeBinary, nullable=False),
    Index("picture_by_article", "article"),
)

# When what is shown of an article changes by itself.
turning_point = _facts(
    "turning_point",
    Column("moment", BigInteger, primary_key=True, autoincrement=False),
    _key(),
    Index("turning_point_by_article", "article"),
)

# The files beside an article that were looked for: its pictures.
asset = _facts(
    "asset",
    Column("path", _text, primary_key=True),
    _key(),
    Column("size", BigInteger),
    Column("changed_ns", BigInteger),
    Index("asset_by_article", "article"),
)

FACTS = (rival, address, picture, turning_point, asset)
"""The tables that hold rows of an article besides its own."""

# The words of articles; SQLite has its own kind of table for them, see search.py.
search = Table(
    "search",
    MetaData(),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Index("search_by_words", "words", postgresql_using="gin"),
)
SEARCH_COLUMNS = ("title", "excerpt", "body", "provider", "topics")


def create_tables(connection: Connection) -> None:
    """Create what isn't there yet."""
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            # Words come folded, see words.py: nothing but white space is to part them.
            f"CREATE VIRTUAL TABLE search USING fts5({', '.join(SEARCH_COLUMNS)}, tokenize='ascii')"
        )
    else:
        search.create(connection, checkfirst=True)
