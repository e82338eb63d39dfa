"""What a command costs: wall time, and the peak memory of all its processes together.

Memory is sampled, time is not: asking the kernel for the share of every page holds a large
process up, so a command is run once for its time and once for its memory. PSS counts a page
that several processes share once; RSS counts it in each of them.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SAMPLE_SECONDS = 0.02
_STOP_SECONDS = 10.0
_PROC = Path("/proc")
_ESTABLISHED = "01"


class MeasureError(Exception):
    """A figure that can't be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a number of processes."""

    pss: int = 0
    rss: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.pss + other.pss, self.rss + other.rss)

    def peak_with(self, other: Memory) -> Memory:
        return Memory(max(self.pss, other.pss), max(self.rss, other.rss))


def wall_seconds(command: Sequence[str], timeout_seconds: float) -> float:
    """How long `command` takes. Raises `MeasureError` if it fails or takes too long."""
    start = time.perf_counter()
    with _started(command) as (process, output):
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise MeasureError(f"{_name(command)} took over {timeout_seconds:.0f} s") from None
        seconds = time.perf_counter() - start
        _check(command, process, output)
    return seconds


def peak_memory(command: Sequence[str], timeout_seconds: float) -> Memory:
    """The most that `command` and the processes it starts hold at one time."""
    peak = Memory()
    with _started(command) as (process, output):
        end = time.monotonic() + timeout_seconds
        while process.poll() is None:
            if time.monotonic() > end:
                raise MeasureError(f"{_name(command)} took over {timeout_seconds:.0f} s")
            peak = peak.peak_with(sum(map(memory_of, tree_of(process.pid)), Memory()))
            time.sleep(SAMPLE_SECONDS)
        _check(command, process, output)
    return peak


def memory_of(pid: int) -> Memory:
    """What the process `pid` holds; nothing, if it has ended."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return Memory()
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    return Memory(sizes["Pss"], sizes["Rss"]) if sizes else Memory()


def tree_of(pid: int) -> tuple[int, ...]:
    """`pid`, the processes that it started, and theirs."""
    found = [pid]
    for parent in found:
        for task in _listed(_PROC / str(parent) / "task"):
            with contextlib.suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return tuple(dict.fromkeys(found))


def connected(pids: Iterable[int], port: int) -> tuple[int, ...]:
    """Those of `pids` that hold an established connection to `port` of this machine (IPv4)."""
    sockets = set()
    for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        if state == _ESTABLISHED and int(local.split(":")[1], 16) == port:
            sockets.add(f"socket:[{inode}]")
    return tuple(pid for pid in pids if sockets & set(_open_files(pid)))


def title_of(pid: int) -> str:
    """The command line of the process `pid`, or what it calls itself; empty if it has ended."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def stop(process: subprocess.Popen[bytes]) -> None:
    """End `process` and whatever it started; asked first, then made to."""
    family = tree_of(process.pid)
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    for pid in reversed(family):
        # Its group is a session of ours, so a number that was given away again is spared.
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
    process.wait()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of a hundred don't exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


@contextlib.contextmanager
def _started(
    command: Sequence[str],
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process, output
        finally:
            stop(process)


def _check(command: Sequence[str], process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    if process.returncode:
        output.seek(0)
        said = output.read().decode(errors="replace").strip().splitlines() or ["nothing"]
        raise MeasureError(
            f"{_name(command)} ended with status {process.returncode} and said: {said[-1]}"
        )


def _name(command: Sequence[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:2]])


def _open_files(pid: int) -> Iterator[str]:
    for link in _listed(_PROC / str(pid) / "fd"):
        with contextlib.suppress(OSError):
            yield str(link.readlink())


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []
