"""Measuring while nothing else runs: on a busy machine a p99 is that of the other programs.

What decides is the processor time that others took meanwhile, never the figure itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.measure import MeasureError, tree_of

ALLOWED_CORES = 0.2
_TRIES = 8
_PAUSE_SECONDS = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")
_T = TypeVar("_T")


def quietly(measure: Callable[[], _T], strict: bool = True) -> _T:
    """What `measure` gives, from a time in which other programs took next to nothing.

    A few tries; raises `MeasureError` if there is no such time. Not `strict`, the first will do.
    """
    found = 0.0
    for _ in range(_TRIES):
        start, before = time.monotonic(), _seconds_of_others()
        result = measure()
        found = (_seconds_of_others() - before) / (time.monotonic() - start)
        if found <= ALLOWED_CORES or not strict:
            return result
        time.sleep(_PAUSE_SECONDS)
    raise MeasureError(
        f"other programs took {found:.1f} cores, expected at most {ALLOWED_CORES} ({_TRIES} tries)"
    )


def _seconds_of_others() -> float:
    """Processor time on our cores that isn't ours, up to now."""
    names = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    busy = sum(sum(map(int, line[1:4])) for line in lines if line[0] in names)
    return (busy - sum(map(_ticks, tree_of(os.getpid())))) / _TICKS


def _ticks(pid: int) -> int:
    """Of a process, and of its children that have ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return sum(map(int, text.rpartition(")")[2].split()[11:15]))
