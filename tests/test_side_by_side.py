"""Tests in several processes don't get into each other's way."""

from __future__ import annotations

import fcntl
import threading
from contextlib import closing
from pathlib import Path

from faults import wait_until
from side_by_side import Turns, ports_of


def is_locked(file: Path) -> bool:
    with file.open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_who_is_alone_waits_for_others_and_is_not_overtaken(tmp_path: Path) -> None:
    order = []

    def run(turns: Turns, name: str, *, is_alone: bool) -> None:
        with turns.take(is_alone=is_alone, is_next_alone=False):
            order.append(name)

    with (
        closing(Turns(tmp_path)) as one,
        closing(Turns(tmp_path)) as two,
        closing(Turns(tmp_path)) as three,
    ):
        with one.take(is_alone=False, is_next_alone=False):
            run(two, "beside", is_alone=False)
            alone = threading.Thread(target=run, args=(two, "alone"), kwargs={"is_alone": True})
            alone.start()
            wait_until(lambda: is_locked(tmp_path / "door"))
            late = threading.Thread(target=run, args=(three, "late"), kwargs={"is_alone": False})
            late.start()
            order.append("first")
        alone.join()
        late.join()
    assert order == ["beside", "first", "alone", "late"]


def test_nobody_comes_between_two_that_are_alone(tmp_path: Path) -> None:
    with closing(Turns(tmp_path)) as turns:
        for is_next_alone in (True, False):
            with turns.take(is_alone=True, is_next_alone=is_next_alone):
                assert is_locked(tmp_path / "door")
                assert is_locked(tmp_path / "room")
            assert is_locked(tmp_path / "door") == is_next_alone
            assert not is_locked(tmp_path / "room")


def test_no_two_processes_have_a_port_in_common() -> None:
    ports = [ports_of(worker, 3) for worker in range(3)]
    assert sorted(port for one in ports for port in one) == list(range(20000, 32768))
