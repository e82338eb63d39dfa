"""The index in a PostgreSQL server, for more than one machine.

All web processes read from it; whoever has the advisory lock writes. Each version of the
tables has a schema of its own, so that old and new processes can run side by side for a while.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, create_engine, event
from sqlalchemy import text as sql
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.schema import CreateSchema

from feedsvc.errors import ConfigError, IndexDamagedError, NotReadyError, StorageError
from feedsvc.index.schema import VERSION, create_tables

SCHEMA = f"feedsvc_index_v{VERSION}"
CHANNEL = SCHEMA
_LOCK = f"hashtextextended('{SCHEMA}', 0)"
_TABLES = sql("SELECT tablename FROM pg_tables WHERE schemaname = :schema")
_POLL_SECONDS = 0.5
_CONNECT_SECONDS = 5
_UNDEFINED = ("42P01", "3F000", "42703")  # table, schema, column: SQLSTATE


class PostgresDatabase:
    """The index in the database of `url` (`postgresql+psycopg://…`).

    Raises `ConfigError` if the driver isn't installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = create_engine(
                url,
                pool_size=4,
                max_overflow=-1,
                pool_pre_ping=True,
                connect_args={"connect_timeout": _CONNECT_SECONDS},
                execution_options={"schema_translate_map": {None: SCHEMA}},
            )
        except ImportError:
            raise ConfigError(
                "index.url: expected the PostgreSQL driver, found none; "
                "install it with: pip install 'feedsvc[postgresql]'"
            ) from None
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._alone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self._engine, "handle_error", self._failed)

    def __str__(self) -> str:
        return self._engine.url.render_as_string(hide_password=True)

    def snapshot(self) -> Connection:
        """A connection that sees one state of the index; to be closed.

        Raises `NotReadyError` if there is none yet, `StorageError` if it can't be read.
        """
        connection = self._reading.connect()
        try:
            there = connection.execute(sql(f"SELECT to_regclass('{SCHEMA}.state')")).scalar_one()
        except BaseException:
            connection.close()
            raise
        if there is None:
            connection.close()
            raise NotReadyError("The articles are still being read.")
        return connection

    @contextmanager
    def change(self, *, fresh: bool = False) -> Iterator[Connection]:
        """A transaction that changes the index. With `fresh` the tables are there, whatever was
        wrong with them. Raises `StorageError` if it can't be written, `IndexDamagedError` if
        tables are missing.
        """
        with self._engine.begin() as connection:
            connection.execute(sql(f"SELECT pg_advisory_xact_lock({_LOCK} + 1)"))
            if fresh:
                connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
                create_tables(connection)
            yield connection
            if fresh:
                # Else it plans for empty tables until it finds out by itself, minutes later.
                for table in connection.execute(_TABLES, {"schema": SCHEMA}).scalars().all():
                    connection.execute(sql(f'ANALYZE {SCHEMA}."{table}"'))
            connection.execute(sql(f"NOTIFY {CHANNEL}"))

    def lock(self) -> PostgresLock | None:
        """The right to write, until it is closed or the connection ends; `None`: another has it."""
        connection = self._alone.connect()
        try:
            if connection.execute(sql(f"SELECT pg_try_advisory_lock({_LOCK})")).scalar_one():
                return PostgresLock(connection)
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def changes(self, stopped: threading.Event) -> Iterator[bool]:
        """After each look, whether another state may be there than before."""
        while not stopped.is_set():
            with suppress(StorageError), self._alone.connect() as connection:
                connection.execute(sql(f"LISTEN {CHANNEL}"))
                yield True
                driver = connection.connection.driver_connection
                while driver is not None and not stopped.is_set():
                    told = any(driver.notifies(timeout=_POLL_SECONDS, stop_after=1))
                    connection.execute(sql("SELECT 1"))  # raises when the server is gone
                    yield told
            yield True
            stopped.wait(_POLL_SECONDS)

    def report_damage(self) -> None:
        """PostgreSQL keeps its own pages; what it hands out damaged is made anew on request."""

    @property
    def is_damaged(self) -> bool:
        return False

    def close(self) -> None:
        self._engine.dispose()

    def _failed(self, context: ExceptionContext) -> None:
        if context.is_pre_ping:
            return  # a connection that broke while it waited is replaced by another
        error = context.original_exception
        code = getattr(error, "sqlstate", None)
        if code in _UNDEFINED:
            raise IndexDamagedError(f"the index isn't there: {self}") from error
        reason = " ".join(str(error).split())
        raise StorageError(f"the index can't be used: {reason}: {self}") from error


class PostgresLock:
    """The right to write, held by a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def is_held(self) -> bool:
        try:
            self._connection.execute(sql("SELECT 1"))
        except StorageError:
            return False
        return True

    def close(self) -> None:
        self._connection.invalidate()  # really closed: the lock is the connection's
        self._connection.close()
