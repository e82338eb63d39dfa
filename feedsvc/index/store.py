"""The store: opens views of the index, and knows whether it may be answered from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from feedsvc import __version__
from feedsvc.errors import IndexDamagedError, NotReadyError, StorageError
from feedsvc.index.postgres import PostgresDatabase
from feedsvc.index.sqlite import SqliteDatabase
from feedsvc.index.state import State, read_state
from feedsvc.index.view import View
from feedsvc.model import Viewpoint


class Lock(Protocol):
    """The right to write."""

    @property
    def is_held(self) -> bool: ...
    def close(self) -> None: ...


class Database(Protocol):
    """What the two engines have in common; see `SqliteDatabase` for what each does."""

    def snapshot(self) -> Connection: ...
    def change(self, *, fresh: bool = False) -> AbstractContextManager[Connection]: ...
    def lock(self) -> Lock | None: ...
    def changes(self, stopped: threading.Event) -> Iterator[bool]: ...
    def report_damage(self) -> None: ...
    @property
    def is_damaged(self) -> bool: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """Where an index lies: in the server of `url`, else in `directory`, in files of `name`.

    `rules` is a digest of everything that decides how files are read: what was read by other
    rules is not answered from.
    """

    directory: Path
    name: str
    rules: str
    url: str | None = None


class Store:
    """The index at `place`. Safe to share between threads and to open in many processes.

    `may_answer` says whether the state that is there is known to be up to date.
    """

    def __init__(
        self,
        place: IndexPlace,
        may_answer: Callable[[], bool] = lambda: True,
        version: str = __version__,
    ) -> None:
        self.rules = place.rules
        self.version = version
        self.database: Database = (
            SqliteDatabase(place.directory, place.name)
            if place.url is None
            else PostgresDatabase(place.url)
        )
        self._may_answer = may_answer

    def __str__(self) -> str:
        return str(self.database)

    def view(self, viewpoint: Viewpoint) -> View:
        """What `viewpoint` sees. Raises `NotReadyError` before the first complete reading,
        `StorageError` if the index can't be read.
        """
        if not self._may_answer():
            raise NotReadyError("The articles are still being read.")
        connection = self.database.snapshot()
        try:
            state = read_state(connection)
            if state is None or state.rules != self.rules:
                raise NotReadyError("The articles are still being read.")
            return View(connection, state, viewpoint, self.database.report_damage)
        except IndexDamagedError:
            self.database.report_damage()
            connection.close()
            raise
        except BaseException:
            connection.close()
            raise

    @property
    def is_ready(self) -> bool:
        """Whether there is a complete state to answer from."""
        try:
            return self._may_answer() and self.state() is not None
        except StorageError:
            return False

    def state(self) -> State | None:
        """The last complete state that was read by this store's rules, if there is one.

        Raises `StorageError` if that can't be known now: what isn't seen need not be gone.
        """
        try:
            with self.database.snapshot() as connection:
                found = read_state(connection)
        except (NotReadyError, IndexDamagedError):
            return None
        return found if found is not None and found.rules == self.rules else None

    def generations(self, stopped: threading.Event) -> Iterator[int | None]:
        """The number of the state that is there, again and again until `stopped`: at once after
        a change, and else often enough that whoever hears nothing for seconds knows that
        something is wrong. `None` while no state can be read.
        """
        generation = None
        for may_differ in self.database.changes(stopped):
            if may_differ or generation is None:
                generation = self._generation()
            yield generation

    def _generation(self) -> int | None:
        with suppress(StorageError):
            state = self.state()
            return None if state is None else state.generation
        return None

    def close(self) -> None:
        self.database.close()
