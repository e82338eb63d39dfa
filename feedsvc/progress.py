"""How far the reading of many files has come: a bar on a terminal, else lines of the log."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_WORTH_TELLING = 500  # files
_LOG_SECONDS = 5.0

_log = logging.getLogger(__name__)


@contextmanager
def show_progress(total: int) -> Iterator[Callable[[int], object]]:
    """A bar with rate and time left on a terminal; elsewhere a line of the log now and then."""
    if total < _WORTH_TELLING:
        yield lambda done: None
    elif sys.stderr.isatty():
        with tqdm(total=total, unit=" files", desc="reading articles", leave=False) as bar:
            yield bar.update
    else:
        yield _LogProgress(total)


class _LogProgress:
    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._started = self._told = time.monotonic()

    def __call__(self, done: int) -> None:
        self._done += done
        at = time.monotonic()
        if at - self._told > _LOG_SECONDS or self._done == self._total:
            self._told = at
            rate = self._done / max(at - self._started, 0.001)
            _log.info("articles read files=%d of=%d rate=%d/s", self._done, self._total, rate)
