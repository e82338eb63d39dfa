"""Keeps the index in step with the folders, in a process of its own.

Of all processes that share an index one writes; the others wait for its place. What goes wrong
is told and tried again: the next round may be the one that withdraws a story.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from feedsvc.content.article import ArticleRules
from feedsvc.content.scan import Scanner
from feedsvc.errors import FeedsvcError, StorageError
from feedsvc.index.health import IndexHealth
from feedsvc.index.store import IndexPlace, Lock, Store
from feedsvc.index.sync import Progress, Synced, sync
from feedsvc.index.watch import Changed, WatchMode, watch
from feedsvc.metrics import SYNC_SECONDS

_TRY_LOCK_SECONDS = 0.5
_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 30.0  # reading everything again and again would be a load of its own
_CHECK_SECONDS = 300.0  # all is looked through, in case that the system lost an event
_LONGEST_STEP_SECONDS = 300.0  # of a large archive: listing it, a batch of its files, writing it

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexTask:
    """What an indexing process has to know; can be sent to one."""

    place: IndexPlace
    folders: tuple[Path, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    rules: ArticleRules
    watch: WatchMode
    poll_seconds: float

    def scanner(self) -> Scanner:
        return Scanner(self.folders, self.include, self.exclude)


class Flag(Protocol):
    """A `threading.Event`, or one that tells another process."""

    def set(self) -> None: ...
    def is_set(self) -> bool: ...


class Indexer:
    """One process's part in keeping an index; `synced` is set once it can be answered from.

    `clock` gives the present time, aware.
    """

    def __init__(
        self,
        task: IndexTask,
        synced: Flag,
        clock: Callable[[], datetime],
        progress: Progress,
        health: IndexHealth | None = None,
    ) -> None:
        self._task = task
        self._store = Store(task.place)
        self._scanner = task.scanner()
        self._synced = synced
        self._clock = clock
        self._progress = progress
        self._health = health or IndexHealth()
        self._is_failing = False
        self._is_renewed = False

    def run(self, stopped: threading.Event) -> None:
        """Until `stopped`: wait for the right to write, then keep the index in step."""
        told = False
        while not stopped.is_set():
            try:
                lock = self._store.database.lock()
            except StorageError as error:
                self._fail("%s; trying again", error)
            else:
                if lock is not None:
                    with closing(lock):
                        self._health.begin()
                        self._keep_in_step(lock, stopped)
                        self._health.end()
                    told = False
                    continue
                self._health.held_elsewhere()
                if not told and self._store.is_ready:
                    _log.info("another process keeps the index in step index=%s", self._store)
                    self._synced.set()
                    told = True
            stopped.wait(_TRY_LOCK_SECONDS)
        self._store.close()

    def _keep_in_step(self, lock: Lock, stopped: threading.Event) -> None:
        task = self._task
        everything = True
        checked = 0.0
        wait_seconds = _RETRY_SECONDS
        for changed in watch(task.folders, task.watch, task.poll_seconds, stopped):
            if not lock.is_held:
                _log.warning("the right to write the index was lost index=%s", self._store)
                return
            if everything or (
                time.monotonic() - checked > _CHECK_SECONDS and task.watch != "never"
            ):
                changed = None
            if changed is None:
                checked = time.monotonic()
            self._health.alive(self._clock(), _LONGEST_STEP_SECONDS if changed is None else 0)
            done = self._sync(changed)
            everything = done is None
            if done is None:
                self._health.alive(self._clock(), wait_seconds)
                stopped.wait(wait_seconds)
                wait_seconds = min(2 * wait_seconds, _LONGEST_RETRY_SECONDS)
                continue
            wait_seconds = _RETRY_SECONDS
            self._succeed()

    def _succeed(self) -> None:
        self._synced.set()
        now = self._clock()
        self._health.in_step(now)
        # Events come several times a second, else that is how long nothing happens.
        self._health.alive(now, self._task.poll_seconds)
        if self._is_failing:
            self._is_failing = False
            _log.info("the index is in step with the folders again index=%s", self._store)
        if not self._is_renewed:
            self._is_renewed = self._renew()

    def _fail(self, message: str, *details: object) -> None:
        """Tell of a fault; what is known from before it is better than nothing."""
        _log.error(message, *details)
        self._is_failing = True
        self._health.failing(self._clock())
        if not self._synced.is_set() and self._store.is_ready:
            self._synced.set()

    def _renew(self) -> bool:
        """Read everything again if another version of feedsvc read it, while that answers.

        Whether that is settled: as long as a folder is away, what is known of it is kept.
        """
        try:
            state = self._store.state()
        except StorageError:
            return False
        names = {folder.name for folder in self._task.folders}
        if state is not None and any(problem.path in names for problem in state.problems):
            return False
        if state is not None and state.made_by != self._store.version:
            _log.info("reading everything again: it was read by feedsvc %s", state.made_by)
            self._sync(None, rebuild=True)
            self._health.alive(self._clock(), self._task.poll_seconds)
        return True

    @contextmanager
    def _told_progress(self, total: int) -> Iterator[Callable[[int], object]]:
        """`progress`, and the process is known to be alive meanwhile."""
        with self._progress(total) as advance:

            def go_on(done: int) -> None:
                self._health.alive(self._clock(), _LONGEST_STEP_SECONDS)
                advance(done)

            go_on(0)
            yield go_on

    def _sync(self, changed: Changed, *, rebuild: bool = False) -> Synced | None:
        """What was done, `None` if it couldn't be."""
        started = time.monotonic()
        try:
            done = sync(
                self._store,
                self._scanner,
                self._task.rules,
                self._clock(),
                changed=changed,
                rebuild=rebuild,
                progress=self._told_progress,
            )
        except FeedsvcError as error:
            self._fail("the articles could not be read, trying again: %s", error)
            return None
        except Exception as error:
            _log.exception("the articles could not be read")
            self._fail("trying again after a fault of feedsvc: %s", type(error).__name__)
            return None
        if done.plan or rebuild:
            SYNC_SECONDS.observe(time.monotonic() - started)
        if self._synced.is_set():
            self._tell(done)
        return done

    def _tell(self, done: Synced) -> None:
        if done.plan:
            _log.info(
                "articles read again added=%d changed=%d removed=%d",
                len(done.plan.added),
                len(done.plan.changed),
                len(done.plan.removed),
            )
        for problem in done.problems:
            _log.warning("%s", problem)
