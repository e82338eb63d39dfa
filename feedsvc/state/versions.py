"""When the bytes of each answer last changed, and which entries its earlier versions held.

Kept so that `Last-Modified` is the same in every process, survives a restart and never goes
back. All of it may be lost: clients then fetch once more than they would have had to.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    case,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

SCHEMA = "feedsvc_state"
_MOST_KEYS = 200_000
_PRUNED = 20_000
"""How many of the longest unchanged go at once: one sweep for many new ones."""
_BUSY_SECONDS = 1
_CONNECT_SECONDS = 5
_PRUNE_EVERY = 1000
_TRIES = 5
# Several processes that make the file at once: for this SQLite doesn't wait by itself.
_LOCKED = "database is locked"
_LOCKED_SECONDS = 0.05

T = TypeVar("T")

_metadata = MetaData()
_changed = Table(
    "changed",
    _metadata,
    Column("key", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # seconds since 1970
    Column("generation", BigInteger, nullable=False),  # of the index, when it changed
    Index("changed_by_time", "at"),
)
_version = Table(
    "version",
    _metadata,
    Column("key", Text, primary_key=True),
    Column("etag", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("entries", LargeBinary, nullable=False),
)

_entries = msgspec.msgpack.Decoder(dict[str, bytes])
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """Where versions are kept: in the server of `url`, else in `directory`, in a file `name`."""

    directory: Path
    name: str
    url: str | None = None


class Versions:
    """The versions at `place`. Safe to share between threads, and between processes.

    `kept` is how many versions of one feed are remembered with their entries. If nothing can be
    written, nothing is known: that is logged, and no answer fails for it.
    """

    def __init__(self, place: VersionPlace, kept: int = 0) -> None:
        self._place = place
        self._kept = kept
        self._inserted = 0
        self._engine: Engine | None = None
        self._guard = threading.Lock()

    def changed_at(
        self, key: str, etag: str, now: datetime, generation: int = 0
    ) -> datetime | None:
        """Since when the answer `key` has been the one of `etag`, in whole seconds.

        Of a change the time is `now`, but always a second later than that of the version before:
        dates of HTTP can't tell less apart. `None` if that isn't known, or if a later
        `generation` of the index has changed the answer already.
        """
        at = self._try(lambda one: self._recorded(one, key, etag, now, generation))
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def _recorded(
        self, connection: Connection, key: str, etag: str, now: datetime, generation: int
    ) -> int | None:
        seconds = int(now.timestamp())
        row = connection.execute(select(_changed).where(_changed.c.key == key)).first()
        if row is None:
            connection.execute(
                insert(_changed).values(key=key, etag=etag, at=seconds, generation=generation)
            )
            self._inserted += 1
            if self._inserted % _PRUNE_EVERY == 0:
                _prune(connection)
            return seconds
        if row.etag == etag:
            return int(row.at)
        if generation < row.generation:
            return None
        at = max(seconds, row.at + 1)
        same = (_changed.c.key == key, _changed.c.etag == row.etag)
        new = {"etag": etag, "at": at, "generation": generation}
        if not connection.execute(update(_changed).where(*same).values(**new)).rowcount:
            raise _OvertakenError
        return int(at)

    def remember(self, key: str, etag: str, entries: Mapping[str, bytes], now: datetime) -> None:
        """Note which `entries` the version `etag` of a feed has: digests by id."""
        seconds = int(now.timestamp())
        self._try(lambda one: _remember(one, key, etag, entries, seconds, self._kept))

    def entries(self, key: str, etag: str) -> Mapping[str, bytes] | None:
        """The digests by id that version `etag` had; `None` if it is no longer known."""
        wanted = select(_version.c.entries).where(_version.c.key == key, _version.c.etag == etag)
        packed = self._try(lambda connection: connection.execute(wanted).scalar_one_or_none())
        return None if packed is None else _entries.decode(packed)

    def _try(self, work: Callable[[Connection], T]) -> T | None:
        """Do `work` in a transaction: again, if another process has done the same meanwhile."""
        for _ in range(_TRIES):
            try:
                with self._open().begin() as connection:
                    return work(connection)
            except (IntegrityError, _OvertakenError):
                continue
            except (SQLAlchemyError, OSError) as error:
                reason = str(getattr(error, "orig", None) or error)
                if reason == _LOCKED:
                    time.sleep(_LOCKED_SECONDS)
                    continue
                _log.error("when answers changed can't be recorded: %s", " ".join(reason.split()))
                break
        return None

    def close(self) -> None:
        """Let the file or server go."""
        with self._guard:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _open(self) -> Engine:
        with self._guard:
            if self._engine is None:
                self._engine = _make_engine(self._place)
            return self._engine


class _OvertakenError(Exception):
    """Another process has changed the same row."""


def _make_engine(place: VersionPlace) -> Engine:
    if place.url is not None:
        engine = create_engine(
            place.url,
            pool_size=4,
            max_overflow=-1,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
            execution_options={"schema_translate_map": {None: SCHEMA}},
        )
    else:
        place.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = create_engine(
            f"sqlite:///{place.directory / place.name}.sqlite",
            connect_args={"timeout": _BUSY_SECONDS},
        )
        event.listen(engine, "connect", _set_up_sqlite)
    try:
        with engine.begin() as connection:
            if place.url is not None:
                connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
            _create_tables(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _create_tables(connection: Connection) -> None:
    # Not `create_all`, which looks first: other processes start at the same time.
    for table in _metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _set_up_sqlite(connection: object, _: object) -> None:
    # What a power cut takes away costs each client one fetch; waiting for the disk costs more.
    for pragma in ("journal_mode = WAL", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _prune(connection: Connection) -> None:
    number = connection.execute(select(func.count()).select_from(_changed)).scalar_one()
    if number > _MOST_KEYS:
        # Combinations that anybody can make up go first, then what hasn't changed for longest.
        is_made_up = or_(_changed.c.key.contains("?"), _changed.c.key.contains("+"))
        rank = case((is_made_up, 0), else_=1)
        oldest = select(_changed.c.key).order_by(rank, _changed.c.at).limit(_PRUNED)
        connection.execute(delete(_changed).where(_changed.c.key.in_(oldest)))
        connection.execute(delete(_version).where(_version.c.key.not_in(select(_changed.c.key))))


def _remember(
    connection: Connection, key: str, etag: str, entries: Mapping[str, bytes], now: int, kept: int
) -> None:
    this = (_version.c.key == key, _version.c.etag == etag)
    if connection.execute(select(_version.c.at).where(*this)).first() is not None:
        connection.execute(update(_version).where(*this).values(at=now))
        return
    packed = msgspec.msgpack.encode(entries)
    connection.execute(insert(_version).values(key=key, etag=etag, at=now, entries=packed))
    of_key = _version.c.key == key
    newest = select(_version.c.etag).where(of_key).order_by(_version.c.at.desc()).limit(kept)
    connection.execute(delete(_version).where(of_key, _version.c.etag.not_in(newest)))
