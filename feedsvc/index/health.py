"""Whether the index is in step with the folders: told by the process that keeps it so."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.sharedctypes import RawArray

_IN_STEP, _FAILING, _HEARD, _WRITER = range(4)


class IndexHealth:
    """Shared with the processes that it is handed to when they start. Without a lock: who is
    killed holds none, and each number is written at once.

    Only the process that writes the index tells that it is in step. Where that is another
    server's, nothing is known of it here but that somebody holds the right to write.
    """

    def __init__(self) -> None:
        self._numbers = RawArray(ctypes.c_double, 4)

    def in_step(self, now: datetime) -> None:
        """The folders have been looked through, and the index has what is in them."""
        self._numbers[_IN_STEP] = now.timestamp()
        self._numbers[_FAILING] = 0

    def failing(self, now: datetime) -> None:
        """They can't be, or it can't be written."""
        if not self._numbers[_FAILING]:
            self._numbers[_FAILING] = now.timestamp()

    def begin(self) -> None:
        """This process has the right to write from now on."""
        self._numbers[_WRITER] = os.getpid()

    def alive(self, now: datetime, pause_seconds: float = 0) -> None:
        """The process that writes is at work, and may say nothing for `pause_seconds`."""
        self._numbers[_HEARD] = now.timestamp() + pause_seconds

    def end(self) -> None:
        """This process has it no more."""
        if self._numbers[_WRITER] == os.getpid():
            self._numbers[_WRITER] = 0

    def held_elsewhere(self) -> None:
        """Somebody has it. If that is none of the processes that share this, what they told of
        the index is no more.
        """
        if not _is_running(int(self._numbers[_WRITER])):
            for one in (_WRITER, _IN_STEP, _FAILING, _HEARD):
                self._numbers[one] = 0

    @property
    def in_step_at(self) -> datetime | None:
        """When it was in step last."""
        return _moment(self._numbers[_IN_STEP])

    @property
    def failing_since(self) -> datetime | None:
        return _moment(self._numbers[_FAILING])

    @property
    def heard_at(self) -> datetime | None:
        """When the process that writes was to be heard of last; later than now while it works
        at something long.
        """
        return _moment(self._numbers[_HEARD])


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _is_running(pid: int) -> bool:
    if not pid:
        return False
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False
