"""What is logged: lines on standard error. A fault that lasts is told once a minute, so that it
fills no disk: each request may meet it, and each new try.
"""

from __future__ import annotations

import logging
import threading
import time

_REPEAT_SECONDS = 60.0
_MOST_KNOWN = 100


def start_logging() -> None:
    """Log to standard error; called in each process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("watchfiles").setLevel(logging.ERROR)  # it tells of each change
    for handler in logging.getLogger().handlers:
        handler.addFilter(OnceAMinute())


class OnceAMinute(logging.Filter):
    """Drops an error that was told less than a minute ago."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        message, now = record.getMessage(), time.monotonic()
        with self._guard:
            last = self._told.pop(message, None)
            is_new = last is None or now - last >= _REPEAT_SECONDS
            self._told[message] = now if last is None or is_new else last
            if len(self._told) > _MOST_KNOWN:
                del self._told[next(iter(self._told))]
        return is_new
