"""Starts and stops the process that keeps the index in step."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from feedsvc.index.indexer import Flag, Indexer, IndexTask
from feedsvc.index.parse import die_with_parent
from feedsvc.index.sync import Progress

_RESTART_SECONDS = 2.0
_STOP_SECONDS = 5.0

_log = logging.getLogger(__name__)


class IndexerProcess:
    """An `Indexer` in a process of its own, started again if it dies.

    `start_logging` is called there first; it, `clock` and `progress` must be functions of a
    module.
    """

    def __init__(
        self,
        task: IndexTask,
        clock: Callable[[], datetime],
        progress: Progress,
        start_logging: Callable[[], None],
    ) -> None:
        # Spawned: a fork of a process with threads may hang.
        self._context = multiprocessing.get_context("spawn")
        self.synced = self._context.Event()
        self._arguments = (task, self.synced, clock, progress, start_logging)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="feedsvc-indexer")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the process; what it was writing is as if it had not begun."""
        self._stopped.set()
        self._thread.join()

    def _supervise(self) -> None:
        while not self._stopped.is_set():
            process = self._context.Process(target=_run, args=self._arguments)
            process.start()
            while process.is_alive() and not self._stopped.is_set():
                process.join(timeout=0.2)
            if self._stopped.is_set():
                process.terminate()
                process.join(_STOP_SECONDS)
                process.kill()
                process.join()
                return
            _log.error("the indexing process ended, starting it again exit=%s", process.exitcode)
            self._stopped.wait(_RESTART_SECONDS)


def _run(
    task: IndexTask,
    synced: Flag,
    clock: Callable[[], datetime],
    progress: Progress,
    start_logging: Callable[[], None],
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this
    stopped = threading.Event()

    def end(*_: object) -> NoReturn:
        stopped.set()  # for what waits in watchfiles, which drops an exception
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    die_with_parent()
    start_logging()
    Indexer(task, synced, clock, progress).run(stopped)
