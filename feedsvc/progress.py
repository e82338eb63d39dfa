"""How far something with many parts has come: a bar on a terminal, else lines of the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from feedsvc.console import stderr

_WORTH_TELLING = 500
_LOG_SECONDS = 5.0

_log = logging.getLogger(__name__)


@contextmanager
def show_progress(total: int, what: str = "articles read") -> Iterator[Callable[[int], object]]:
    """A bar with the time left on a terminal; elsewhere a line of the log now and then."""
    console = stderr()
    if total < _WORTH_TELLING:
        yield lambda done: None
    elif console.is_terminal:
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.advance(task, done)
    else:
        yield _LogProgress(total, what)


class _LogProgress:
    def __init__(self, total: int, what: str) -> None:
        self._total = total
        self._what = what
        self._done = 0
        self._started = self._told = time.monotonic()

    def __call__(self, done: int) -> None:
        self._done += done
        at = time.monotonic()
        if at - self._told > _LOG_SECONDS or self._done == self._total:
            self._told = at
            rate = self._done / max(at - self._started, 0.001)
            _log.info("%s files=%d of=%d rate=%d/s", self._what, self._done, self._total, rate)
