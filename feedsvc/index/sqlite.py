"""The index in a file: SQLite in WAL mode, so that readers never wait for the writer.

A file that is made from nothing is built beside, under another name, and put in place when it
is complete; its number tells the newest. What was there serves until then, whatever happens.
No name is used twice: a write-ahead log must never meet another file of its name.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from feedsvc.errors import IndexDamagedError, NotReadyError, StorageError
from feedsvc.index.schema import VERSION, create_tables

_POLL_SECONDS = 0.05
_BUSY_SECONDS = 30
_KEPT_CONNECTIONS = 4
_READING = ("cache_size = -2048", "query_only = ON")
_IN_PLACE = ("cache_size = -16384", "synchronous = NORMAL", "journal_size_limit = 67108864")
# Nobody sees it before it is complete, so nothing has to be undone.
_BESIDE = ("cache_size = -65536", "synchronous = OFF", "journal_mode = OFF")
# What the file holds is wrong.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG}
_DAMAGE_READING = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
}
_DAMAGE_TOLD = (
    "no such table",  # one that lost its tables is as good as none
    "no such column",
    "unsupported file format",
    "Could not decode to UTF-8",
)
# What it holds may be right, but this process can't use it; another file may do.
_USELESS = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}


class SqliteDatabase:
    """Index files `NAME-vVERSION-NUMBER-RANDOM.sqlite` in `directory`. Safe to share between
    threads.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._stem = f"{name}-v{VERSION}"
        self._files = re.compile(rf"{re.escape(self._stem)}-(\d{{6}})-[0-9a-f]{{8}}\.sqlite")
        # What earlier versions left, and builds that were broken off.
        self._leftovers = re.compile(rf"{re.escape(name)}-v(\d+)-\d{{6}}[^.]*\.sqlite.*")
        self._engines: dict[Path, Engine] = {}
        self._guard = threading.Lock()

    def __str__(self) -> str:
        return str(self._directory)

    def snapshot(self) -> Connection:
        """A connection that sees one state of the index; to be closed.

        Raises `NotReadyError` if there is none yet, `StorageError` if it can't be read.
        """
        for _ in range(3):  # the newest file may be replaced between the look and the opening
            path = self._newest()
            if path is None:
                break
            with suppress(_GoneError):
                return self._begin(path)
        raise NotReadyError("The articles are still being read.")

    def _begin(self, path: Path) -> Connection:
        connection = self._engine(path).connect()
        try:
            connection.exec_driver_sql("SELECT 1 FROM state").close()  # begins to read here
            # Of a file that was removed before this, the log may have been gone already.
            if not path.exists():
                raise _GoneError
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def change(self, *, fresh: bool = False) -> Iterator[Connection]:
        """A transaction that changes the newest file, or with `fresh` makes the next one.

        Raises `StorageError` if it can't be written, `IndexDamagedError` if it is damaged.
        """
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            newest = self._newest()
            if fresh or newest is None:
                with self._build() as connection:
                    yield connection
            else:
                with _transaction(newest, _IN_PLACE) as connection:
                    yield connection
        except OSError as error:
            raise StorageError(f"the index can't be written: {error.strerror}: {self}") from None
        except sqlite3.Error as error:
            raise _explain(error, self) from None

    @contextmanager
    def _build(self) -> Iterator[Connection]:
        newest = self._newest()
        number = int(self._files.fullmatch(newest.name)[1]) + 1 if newest else 1  # type: ignore[index]
        path = self._directory / f"{self._stem}-{number:06}-{secrets.token_hex(4)}.sqlite"
        part = path.with_name(f"{path.name}.part")
        _remove(part)
        try:
            with _transaction(part, _BESIDE) as connection:
                create_tables(connection)
                yield connection
            with closing(_connect(part, ())) as finished:
                finished.execute("PRAGMA journal_mode = WAL")
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.rename(path)
        except BaseException:
            _remove(part)
            raise
        self._prune(path)

    def lock(self) -> SqliteLock | None:
        """The right to write, until it is closed or the process ends; `None`: another has it."""
        path = self._directory / f"{self._stem}.lock"
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(f"the index can't be written: {error.strerror}: {self}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return SqliteLock(descriptor, path)

    def changes(self, stopped: threading.Event) -> Iterator[bool]:
        """After each look, whether another state may be there than before."""
        seen: object = None
        with ExitStack() as opened:
            connection: sqlite3.Connection | None = None
            path: Path | None = None
            while not stopped.is_set():
                newest = self._newest()
                may_differ = True
                with suppress(sqlite3.Error):
                    if newest != path or connection is None:
                        opened.close()
                        connection, path = None, newest
                        if newest is not None:
                            connection = opened.enter_context(closing(_connect(newest, _READING)))
                    version = (
                        connection.execute("PRAGMA data_version").fetchone() if connection else None
                    )
                    may_differ = (path, version) != seen
                    seen = (path, version)
                yield may_differ
                stopped.wait(_POLL_SECONDS)

    def report_damage(self) -> None:
        """Tell whoever writes that the newest file has to be made anew."""
        newest = self._newest()
        if newest is not None:
            self._report(newest)

    def _report(self, path: Path) -> None:
        with suppress(OSError):
            self._mark(path).touch()

    @property
    def is_damaged(self) -> bool:
        newest = self._newest()
        return newest is not None and self._mark(newest).exists()

    def close(self) -> None:
        with self._guard:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()

    def _newest(self) -> Path | None:
        try:
            names = [name for name in os.listdir(self._directory) if self._files.fullmatch(name)]  # noqa: PTH208  a tenth of the time, for each request
        except OSError:
            return None
        return self._directory / max(names) if names else None

    @staticmethod
    def _mark(path: Path) -> Path:
        return path.with_name(f"{path.name}.damaged")

    def _engine(self, path: Path) -> Engine:
        with self._guard:
            engine = self._engines.get(path)
            if engine is None:
                engine = self._engines[path] = self._reading_engine(path)
                for old in [other for other in self._engines if other != path]:
                    self._engines.pop(old).dispose()
            return engine

    def _reading_engine(self, path: Path) -> Engine:
        engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(path, _READING),
            poolclass=QueuePool,
            pool_size=_KEPT_CONNECTIONS,
            max_overflow=-1,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

        def failed(context: ExceptionContext) -> None:
            error = context.original_exception
            if not isinstance(error, sqlite3.Error):
                return
            if not path.exists():
                raise _GoneError from None
            if _is_damage(error):
                self._report(path)
            raise _explain(error, self) from error

        def let_go(_: object, record: ConnectionPoolEntry) -> None:
            if self._engines.get(path) is not engine:
                record.invalidate()  # closed at once: a file that was replaced takes no room

        event.listen(engine, "handle_error", failed)
        event.listen(engine, "checkin", let_go)
        return engine

    def _prune(self, newest: Path) -> None:
        for name in os.listdir(self._directory):  # noqa: PTH208
            found = self._leftovers.fullmatch(name)
            # A newer version may run beside this one during an update.
            if found and int(found[1]) <= VERSION and not name.startswith(newest.name):
                with suppress(OSError):  # what can't be removed does no harm
                    _remove(self._directory / name)


class SqliteLock:
    """The right to write; the operating system takes it back when the process ends."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    @property
    def is_held(self) -> bool:
        """Whether the file is still there: with another of its name, two would write."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False

    def close(self) -> None:
        os.close(self._descriptor)


class _GoneError(StorageError):
    """The file was replaced by a newer one."""


def _connect(path: Path, pragmas: Iterable[str], mode: str = "rw") -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,  # transactions begin where we say, not where the driver guesses
        check_same_thread=False,
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def _transaction(path: Path, pragmas: tuple[str, ...]) -> Iterator[Connection]:
    with _writing_engine(path, pragmas).begin() as connection:
        yield connection


@lru_cache(maxsize=2)  # an engine remembers how its statements are compiled
def _writing_engine(path: Path, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        "sqlite://", creator=lambda: _connect(path, pragmas, "rwc"), poolclass=NullPool
    )
    event.listen(engine, "begin", lambda one: one.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(engine, "handle_error", _raise_original)
    return engine


def _raise_original(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, sqlite3.Error):
        raise context.original_exception


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    wrong = code & 0xFF in _DAMAGE or code in _DAMAGE_READING
    return wrong or str(error).startswith(_DAMAGE_TOLD)


def _explain(error: sqlite3.Error, database: SqliteDatabase) -> StorageError:
    if _is_damage(error):
        return IndexDamagedError(f"the index is damaged: {error}: {database}")
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _USELESS:
        return IndexDamagedError(f"the index can't be used: {error}: {database}")
    return StorageError(f"the index can't be used: {error}: {database}")


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
