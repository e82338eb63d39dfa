"""Keeps the store in step with the folders, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from feedsvc.content.article import ArticleRules
from feedsvc.content.scan import Scanner
from feedsvc.errors import FeedsvcError
from feedsvc.index.store import Store
from feedsvc.index.sync import sync

_RETRY_SECONDS = 5.0
"""Where the folders are read only once, and that failed."""

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
        """Ask the thread to end; a reading under way is not waited for, it is in memory alone."""
        self._stopped.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._stopped.is_set():
            was_ready = self._store.is_ready
            self._sync()
            if self._store.is_ready and not was_ready:
                self._announce()
            if not self._interval_seconds and self._store.is_ready:
                return
            self._stopped.wait(self._interval_seconds or _RETRY_SECONDS)

    def _sync(self) -> None:
        # Whatever goes wrong, the next round must come: it may be the one that withdraws a story.
        try:
            was_ready = self._store.is_ready
            done = sync(self._store, self._scanner, self._rules)
        except FeedsvcError as error:
            _log.error("the articles could not be read; trying again: %s", error)
            return
        except Exception:
            _log.exception("the articles could not be read; trying again")
            return
        if not was_ready:
            return  # the report names everything
        if done.plan:
            _log.info(
                "articles read again added=%d changed=%d removed=%d",
                len(done.plan.added),
                len(done.plan.changed),
                len(done.plan.removed),
            )
        for problem in done.problems:
            _log.warning("%s", problem)

    def _announce(self) -> None:
        try:
            self._on_ready()
        except Exception:
            _log.exception("the report could not be printed")
