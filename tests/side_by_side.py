"""What lets several processes run the tests side by side, as `make test` does with pytest-xdist.

Each process runs whole files, so that a server that the tests of a file share is started once.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import settings

# Those that take longest, the longest first: one that begins late is waited for.
LONGEST = (
    "test_browser.py",
    "test_faults_processes.py",
    "test_faults_serving.py",
    "test_algebra.py",
    "test_properties.py",
    "test_serving_fastpath.py",
    "test_serving_process.py",
    "test_cli.py",
    "test_faults.py",
    "test_embedding_browser.py",
    "test_embedding.py",
    "test_serving_conditional.py",
    "test_serving_delta.py",
    "test_search.py",
    "test_custom_feeds.py",
    "test_sync.py",
    "test_api.py",
)
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # such as gw1

if _WORKER:
    # How long an example takes says nothing while others run.
    settings.register_profile("side by side", deadline=None)
    settings.load_profile("side by side")


def ports_of(worker: int, workers: int) -> list[int]:
    """The loopback ports of one of several processes, in an order that no other run has.

    They are below those that outgoing connections get (32768 and up, ip(7)): so no connection
    takes one before its server does or while that is stopped, nor meets itself there.
    """
    ports = list(range(20000 + worker, 32768, workers))
    random.SystemRandom().shuffle(ports)
    return ports


_ports = cycle(
    ports_of(
        int(_WORKER.removeprefix("gw") or 0), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    )
)


def free_port() -> int:
    """A loopback port that no other test has, neither here nor in a process beside this one."""
    for _ in range(100):
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32767")


def common_folder(config: pytest.Config) -> Path | None:
    """A temporary folder of all processes of this run, if there are several."""
    return Path(config.option.basetemp).parent if _WORKER else None


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Only one process at a time gets in; the others wait."""
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # By itself: who was forked meanwhile holds the file, too.
            fcntl.flock(opened, fcntl.LOCK_UN)


class Turns:
    """Lets tests run beside those of other processes, or alone.

    Who runs is in the room, behind a door. Who wants to be alone stands in the door until the
    room is empty and stays there, so that nobody overtakes.
    """

    def __init__(self, folder: Path) -> None:
        self._door = (folder / "door").open("w")
        self._room = (folder / "room").open("w")
        self._is_in_door = False

    @contextmanager
    def take(self, *, is_alone: bool, is_next_alone: bool) -> Iterator[None]:
        if not self._is_in_door:
            fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        if not is_alone:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)
            self._is_in_door = is_alone and is_next_alone
            if is_alone and not is_next_alone:
                fcntl.flock(self._door, fcntl.LOCK_UN)

    def close(self) -> None:
        self._door.close()
        self._room.close()


_TURNS = pytest.StashKey[Turns]()


def _is_alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


def pytest_configure(config: pytest.Config) -> None:
    folder = common_folder(config)
    if folder is not None:
        config.stash[_TURNS] = Turns(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _TURNS in config.stash:
        config.stash[_TURNS].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first, and in each file those that run alone last, one after the other."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    files = {item.path: number for number, item in enumerate(reversed(items))}
    items.sort(
        key=lambda item: (
            ranks.get(item.path.name, len(ranks)),
            -files[item.path],
            _is_alone(item),
        )
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    turns = item.config.stash.get(_TURNS, None)
    if turns is None:
        return (yield)
    with turns.take(is_alone=_is_alone(item), is_next_alone=_is_alone(nextitem)):
        return (yield)
