"""Load at a given rate: requests leave at their moments, whether or not answers have come.

What wrk can't do. Each request has a moment at which it is due, one after the other at even
intervals; its latency counts from then until its answer is complete, also where it had to wait
for a free connection. A server that pauses is charged with everybody who waits meanwhile.
"""

from __future__ import annotations

import contextlib
import gc
import select
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks.answers import Answer, Ask
from benchmarks.measure import MeasureError, percentile

_BUFFER = 1 << 20
_LATEST_SECONDS = 30.0
"""An answer that comes later than this after the last request ends the measurement."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of each request, how late the load itself sent those that needn't wait, and the
    share of a core that the load took.
    """

    seconds: Sequence[float]
    late: Sequence[float]
    core: float

    def milliseconds(self, percent: float) -> float:
        return 1000 * percentile(self.seconds, percent)

    @property
    def own_milliseconds(self) -> float:
        """The part of the p99 that may be the load's own."""
        return 1000 * percentile(self.late, 99) if self.late else 0.0


class Paced:
    """Asks the server on `port` at a rate, over as many `connections`; each answer has to be
    like `answer`. Made before many other files are open: `select` can't wait for high numbers.
    """

    def __init__(self, port: int, ask: Ask, answer: Answer, name: str, connections: int) -> None:
        self._request = ask.request(port)
        self._address = ("127.0.0.1", port)
        self._name, self._connections = name, connections
        self._start = answer.head[:12]
        self._length, self._keeps = len(answer.body), answer.keeps
        self._epoll = select.epoll()
        self._buffer = bytearray(_BUFFER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()

    def run(self, rate: float, seconds: float) -> Latencies:
        """Ask `rate` times a second."""
        with self._opened() as free, _no_collector():
            return self._run(free, rate, max(1, int(rate * seconds)))

    def _run(self, free: deque[_Connection], rate: float, total: int) -> Latencies:
        by_number = {one.socket.fileno(): one for one in free}
        waiting: deque[float] = deque()
        took: list[float] = []
        late: list[float] = []
        begin, due = time.perf_counter() + 0.01, 0
        end, busy = begin + total / rate + _LATEST_SECONDS, time.thread_time()
        while len(took) < total:
            now = time.perf_counter()
            while due < total and (moment := begin + due / rate) <= now:
                due += 1
                if free and not waiting:
                    late.append(now - moment)
                    free.popleft().send(self._request, moment)
                else:
                    waiting.append(moment)
            # `poll` counts in milliseconds, `select` in microseconds.
            wait = begin + due / rate - time.perf_counter() if due < total else 1.0
            select.select([self._epoll], [], [], max(0.0, wait))
            for number, _ in self._epoll.poll(0):
                one = by_number[number]
                if not self._receive(one):
                    continue
                took.append(time.perf_counter() - one.due)
                if not self._keeps:
                    del by_number[number]
                    one = self._renewed(one)
                    by_number[one.socket.fileno()] = one
                free.append(one)
                # In turn, so that the answering processes have equal parts.
                if waiting:
                    free.popleft().send(self._request, waiting.popleft())
            if now > end:
                raise MeasureError(f"{self._name}: {total - len(took):,} answers never came")
        busy = time.thread_time() - busy
        return Latencies(took, late, busy / (time.perf_counter() - begin))

    def _receive(self, one: _Connection) -> bool:
        """Read what has come; whether the answer is complete."""
        count = one.socket.recv_into(self._buffer)
        if not count:
            raise MeasureError(f"{self._name} closed a connection under load")
        if one.left is None:
            one.head += self._buffer[:count]
            if (stop := one.head.find(b"\r\n\r\n")) < 0:
                return False
            if not one.head.startswith(self._start):
                start = bytes(one.head[:12]).decode("latin-1")
                raise MeasureError(f"{self._name}: expected {self._start.decode()}, found {start}")
            one.left, count = self._length, len(one.head) - stop - 4
        one.left -= count
        if one.left < 0:
            raise MeasureError(f"{self._name}: expected a body of {self._length:,} bytes, got more")
        return one.left == 0

    @contextlib.contextmanager
    def _opened(self) -> Iterator[deque[_Connection]]:
        self._open: set[_Connection] = set()
        try:
            yield deque(self._connect() for _ in range(self._connections))
        finally:
            for one in self._open:
                one.socket.close()

    def _connect(self) -> _Connection:
        one = _Connection(socket.create_connection(self._address, timeout=_LATEST_SECONDS))
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._epoll.register(one.socket, select.EPOLLIN)
        self._open.add(one)
        return one

    def _renewed(self, one: _Connection) -> _Connection:
        self._open.discard(one)
        self._epoll.unregister(one.socket)
        one.socket.close()
        return self._connect()


class _Connection:
    """A connection with at most one request under way, which was `due` at a moment."""

    __slots__ = ("due", "head", "left", "socket")

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.due = 0.0
        self.head = bytearray()
        self.left: int | None = None

    def send(self, request: bytes, due: float) -> None:
        self.due, self.left = due, None
        self.head.clear()
        self.socket.sendall(request)


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """The load's own pauses aren't the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
