"""Starts and stops the process that keeps the index in step."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import NoReturn

from setproctitle import setproctitle

from feedsvc.index.health import IndexHealth
from feedsvc.index.indexer import Indexer, IndexTask
from feedsvc.index.parse import die_with_parent
from feedsvc.index.sync import Progress

_RESTART_SECONDS = 2.0
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.2

_log = logging.getLogger(__name__)


class IndexerProcess:
    """An `Indexer` in a process of its own, started again if it dies.

    `start_logging` is called there first; it, `clock` and `progress` can be sent to another
    process. `health` is told of the index.
    """

    def __init__(
        self,
        task: IndexTask,
        clock: Callable[[], datetime],
        progress: Progress,
        start_logging: Callable[[], None],
        health: IndexHealth,
    ) -> None:
        # Spawned: a fork of a process with threads may hang.
        self._context = multiprocessing.get_context("spawn")
        self.synced = threading.Event()
        self._health = health
        self._clock = clock
        self._arguments = (health, task, clock, progress, start_logging)
        self._stopped = threading.Event()
        # Else Python would wait for its end before it runs what calls `stop`.
        self._thread = threading.Thread(target=self._supervise, name="feedsvc-indexer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the process; what it was writing is as if it had not begun."""
        self._stopped.set()
        self._thread.join()

    def _supervise(self) -> None:
        while not self._stopped.is_set():
            try:
                exit_code = self._run_once()
            except OSError as error:
                _log.error("the indexing process could not be started: %s", error.strerror)
            else:
                if not self._stopped.is_set():
                    self._health.failing(self._clock())  # until it, or another, is in step
                    _log.error("the indexing process ended, starting it again exit=%s", exit_code)
            self._stopped.wait(_RESTART_SECONDS)

    def _run_once(self) -> int | None:
        # A pipe, not a lock that both share: who is killed while holding one blocks the other.
        told, telling = self._context.Pipe(duplex=False)
        with told:
            with telling:
                # Ctrl-C is for this process alone; what it starts inherits that from its first
                # moment on, unless multiprocessing first starts its tracker, which unblocks it.
                resource_tracker.ensure_running()
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                arguments = (telling, self.synced.is_set(), *self._arguments)
                process = self._context.Process(target=_run, args=arguments)
                process.start()
            waiting: list[Connection | int] = [process.sentinel, told]
            while process.is_alive() and not self._stopped.is_set():
                if told in wait(waiting, _LOOK_SECONDS):
                    waiting.remove(told)  # it says one thing, or it ended
                    with suppress(EOFError):
                        told.recv_bytes()
                        self.synced.set()
            process.terminate()
            process.join(_STOP_SECONDS)
            process.kill()
            process.join()
            return process.exitcode


class _Telling:
    """A flag that the other process learns of."""

    def __init__(self, connection: Connection, is_set: bool) -> None:
        self._connection = connection
        self._is_set = is_set

    def set(self) -> None:
        if not self._is_set:
            self._is_set = True
            with suppress(OSError):  # it is gone, and this one goes with it
                self._connection.send_bytes(b"synced")

    def is_set(self) -> bool:
        return self._is_set


def _run(
    connection: Connection,
    is_synced: bool,
    health: IndexHealth,
    task: IndexTask,
    clock: Callable[[], datetime],
    progress: Progress,
    start_logging: Callable[[], None],
) -> None:
    stopped = threading.Event()

    def end(*_: object) -> NoReturn:
        stopped.set()  # for what waits in watchfiles, which drops an exception
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    die_with_parent()
    setproctitle("feedsvc indexer")
    start_logging()
    Indexer(task, _Telling(connection, is_synced), clock, progress, health).run(stopped)
