"""Whether the index is in step with the folders: told by the process that keeps it so."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime
from multiprocessing.sharedctypes import RawArray


class IndexHealth:
    """Shared with the processes that it is handed to when they start. Without a lock: who is
    killed holds none, and each number is written at once.
    """

    def __init__(self) -> None:
        self._seconds = RawArray(ctypes.c_double, 2)

    def in_step(self, now: datetime) -> None:
        """The folders have been looked through, and the index has what is in them."""
        self._seconds[0] = now.timestamp()
        self._seconds[1] = 0

    def failing(self, now: datetime) -> None:
        """They can't be, or it can't be written."""
        if not self._seconds[1]:
            self._seconds[1] = now.timestamp()

    @property
    def in_step_at(self) -> datetime | None:
        """When it was in step last."""
        return _moment(self._seconds[0])

    @property
    def failing_since(self) -> datetime | None:
        return _moment(self._seconds[1])


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
