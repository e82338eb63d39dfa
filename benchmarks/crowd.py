"""Connections that do next to nothing: idle ones, and readers as slow as can be."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
from collections.abc import Iterator

from benchmarks.answers import Answer, Ask, read_answer
from benchmarks.measure import MeasureError

_TIMEOUT_SECONDS = 60.0
_SMALL_BUFFER = 4096
_ETHERNET = 1460
"""Bytes of a segment. Over loopback the kernel would buffer megabytes for the sender."""


def allow_files(count: int) -> None:
    """Raise the limit of open files, for this process and those that it starts from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        with contextlib.suppress(ValueError, OSError):  # only root may
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, count))
            hard = count
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@contextlib.contextmanager
def idle(port: int, name: str, count: int, ask: Ask, answer: Answer) -> Iterator[None]:
    """As many connections that made one request each and stay open; all have to."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS)
            opened.append(stack.enter_context(one))
            one.sendall(ask.request(port))
            if (found := read_answer(one, name).status) != answer.status:
                raise MeasureError(f"{name}: expected {answer.status}, found {found}")
            one.setblocking(False)
        _check_open(opened, name)
        yield
        _check_open(opened, name)


@contextlib.contextmanager
def slow(port: int, name: str, count: int, ask: Ask) -> Iterator[None]:
    """As many readers that ask and read one byte a second; none may be cut off."""
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(_small_window()) for _ in range(count)]
        for one in opened:
            one.connect(("127.0.0.1", port))
            one.sendall(ask.request(port))
            one.setblocking(False)
        reader = threading.Thread(target=_read_slowly, args=(opened, ended), daemon=True)
        reader.start()
        stack.callback(reader.join)
        stack.callback(ended.set)
        ended.wait(1.5)  # each has had its first byte
        yield
        _check_open(opened, name)


def _small_window() -> socket.socket:
    one = socket.socket()
    one.settimeout(_TIMEOUT_SECONDS)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _ETHERNET)
    return one


def _read_slowly(opened: list[socket.socket], ended: threading.Event) -> None:
    """A byte of each in turn, all of them in a second."""
    while True:
        for one in opened:
            if ended.wait(1 / len(opened)):
                return
            with contextlib.suppress(OSError):  # whoever was cut off is counted at the end
                one.recv(1)


def _check_open(opened: list[socket.socket], name: str) -> None:
    closed = sum(map(_is_closed, opened))
    if closed:
        raise MeasureError(f"{name} closed {closed:,} of {len(opened):,} connections")


def _is_closed(one: socket.socket) -> bool:
    """Of a socket that doesn't block; one with a timeout would wait, whatever flags say."""
    try:
        return not one.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
