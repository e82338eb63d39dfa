"""The app for other WSGI servers: `gunicorn feedsvc.wsgi:app`.

It is made when a server asks for it, from the `config.yaml` of the working directory and FEEDSVC_
variables, as `feedsvc serve` does. Each process that answers has one that indexes; of all of these
one works and the others wait for its place.
"""

from __future__ import annotations

import atexit
import multiprocessing.process
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.config import CONFIG_NAME, load_settings
from feedsvc.index.health import IndexHealth
from feedsvc.index.indexer import IndexTask
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.logs import LogOptions
from feedsvc.progress import show_progress
from feedsvc.wiring import log_options, make_app, now, task_of

if TYPE_CHECKING:
    from flask import Flask

    app: Flask


def __getattr__(name: str) -> Flask:
    if name != "app":
        raise AttributeError(name)
    return _start()


class _Indexing:
    """The indexer of this process, and of each that a server forks from it."""

    def __init__(self, task: IndexTask, log: LogOptions) -> None:
        self.health = IndexHealth()
        self._task = task
        self._log = log
        self._start()
        os.register_at_fork(after_in_child=self._start_in_child)
        atexit.register(self._stop)

    def is_synced(self) -> bool:
        return self._indexer.synced.is_set()

    def _start_in_child(self) -> None:
        # The parent's indexer is no child of this one, which would fail to wait for it at its end.
        multiprocessing.process._children.clear()  # type: ignore[attr-defined]
        self._start()

    def _start(self) -> None:
        self._indexer = IndexerProcess(self._task, now, show_progress, self._log, self.health)
        self._indexer.start()

    def _stop(self) -> None:
        self._indexer.stop()


@cache
def _start() -> Flask:
    file = Path(CONFIG_NAME)
    settings = load_settings(file if file.is_file() else None)
    log = log_options(settings)
    log()
    task = task_of(settings)
    indexing = _Indexing(task, log)
    return make_app(settings, Store(task.place, indexing.is_synced), health=indexing.health)
