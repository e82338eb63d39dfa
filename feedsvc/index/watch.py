"""Keeps the store in step with the folders, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from feedsvc.content.article import ArticleRules
from feedsvc.content.scan import Scanner
from feedsvc.index.store import Store
from feedsvc.index.sync import sync

_log = logging.getLogger(__name__)


class Watcher:
    """Reads the folders once, then again each `interval_seconds` (0: never) until stopped.

    `on_ready` is called after the first complete reading.
    """

    def __init__(
        self,
        store: Store,
        scanner: Scanner,
        rules: ArticleRules,
        interval_seconds: float,
        on_ready: Callable[[], None],
    ) -> None:
        self._store = store
        self._scanner = scanner
        self._rules = rules
        self._interval_seconds = interval_seconds
        self._on_ready = on_ready
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedsvc-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        sync(self._store, self._scanner, self._rules)
        self._on_ready()
        while self._interval_seconds and not self._stopped.wait(self._interval_seconds):
            plan = sync(self._store, self._scanner, self._rules)
            if plan:
                _log.info(
                    "articles read again added=%d changed=%d removed=%d",
                    len(plan.added),
                    len(plan.changed),
                    len(plan.removed),
                )
