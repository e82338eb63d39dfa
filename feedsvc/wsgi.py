"""The app for other WSGI servers: `gunicorn feedsvc.wsgi:app`.

It is made when a server asks for it, from the `config.yaml` of the working directory and FEEDSVC_
variables, as `feedsvc serve` does. Each process that answers has one that indexes; of all of these
one works and the others wait for its place.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.config import CONFIG_NAME, load_settings
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.logs import start_logging
from feedsvc.progress import show_progress
from feedsvc.wiring import make_app, now, task_of

if TYPE_CHECKING:
    from flask import Flask

    app: Flask


def __getattr__(name: str) -> Flask:
    if name != "app":
        raise AttributeError(name)
    return _start()


@cache
def _start() -> Flask:
    file = Path(CONFIG_NAME)
    settings = load_settings(file if file.is_file() else None)
    start_logging()
    task = task_of(settings)
    indexer = IndexerProcess(task, now, show_progress, start_logging)
    made = make_app(settings, Store(task.place, indexer.synced.is_set))
    indexer.start()
    atexit.register(indexer.stop)
    return made
