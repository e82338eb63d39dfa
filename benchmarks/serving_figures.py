"""The figures of serving: each is measured here, and says whether it is what is wanted."""

from __future__ import annotations

import contextlib
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks.answers import FEED, Answer, Ask, Kind, checked, identity, read_answer
from benchmarks.crowd import idle, slow
from benchmarks.load import flood, flood_counting
from benchmarks.measure import MeasureError, memory_of
from benchmarks.paced import Latencies, Paced
from benchmarks.peers import START_SECONDS, Target
from benchmarks.quiet import quietly
from benchmarks.service import Installation, Server
from benchmarks.table import Figure, spread

_SETTLE_SECONDS = 0.3
_PEAKS = 3
_MB = 1e6
_DISTINCT = 10_000
_QUERY = FEED + "?utm_x="
_LIMIT_SECONDS = 1800.0
_FOUND_BY = 64
"""So many connections are enough for every answering process to get one."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything."""

    runs: int
    seconds: int
    connections: int
    idle: int
    slow: int
    requests: int
    strict: bool = True
    """Whether a round counts only while other programs take next to nothing."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A target beside feedsvc, and how many times its requests per second are wanted."""

    target: Target
    wanted: Mapping[Kind, float]


def throughput(ours: Target, peers: Sequence[Peer], kind: Kind, effort: Effort) -> Iterator[Figure]:
    """All in turn, the other way round in every second round; the ratios of each round."""
    peers = [peer for peer in peers if kind in peer.wanted]
    targets = [ours, *(peer.target for peer in peers)]
    for one in targets:
        _rate(one, kind, 1)
    rates: dict[str, list[float]] = {one.name: [] for one in targets}
    for number in range(effort.runs):
        for one in targets if number % 2 == 0 else reversed(targets):
            rates[one.name].append(_quiet_rate(one, kind, effort))
    for one in targets:
        size = one.answers[kind].size / 1000
        rate = f"{_rounded(rates[one.name])} requests/s"
        yield Figure(f"  {kind} of {size:,.1f} KB, {one.name}", rate)
    for peer in peers:
        found = ratios(rates[ours.name], rates[peer.target.name])
        wanted = peer.wanted[kind]
        yield Figure(
            f"{kind}, against {peer.target.name}",
            spread(found, "times"),
            f"at least {wanted:g} times",
            statistics.median(found) >= wanted,
        )


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def peak(ours: Target, kind: Kind, effort: Effort) -> float:
    """The most requests per second, the median of some rounds."""
    _rate(ours, kind, 1)
    return statistics.median(_quiet_rate(ours, kind, effort) for _ in range(_PEAKS))


def latency(ours: Target, kind: Kind, rate: float, effort: Effort) -> Iterator[Figure]:
    """Requests at even intervals, whatever the answers do."""
    with _paced(ours, kind, effort) as load:
        load.run(rate, 1)
        found = [
            quietly(lambda: load.run(rate, effort.seconds), effort.strict)
            for _ in range(effort.runs)
        ]
    p99 = [one.milliseconds(99) for one in found]
    yield Figure("  p50 of that", spread([one.milliseconds(50) for one in found], "ms"))
    yield Figure("  p99 of the load's own lateness", _own(found))
    yield Figure(
        f"p99 at half of peak load, {rate:,.0f} requests/s of {kind}",
        spread(p99, "ms"),
        "at most 5 ms",
        statistics.median(p99) <= 5,
    )


def beside_idle(ours: Target, kind: Kind, rate: float, effort: Effort) -> Iterator[Figure]:
    """With idle connections open, and without."""
    ask, answer = ours.asks["304"], ours.answers["304"]

    def crowd() -> AbstractContextManager[None]:
        return idle(ours.server.port, ours.name, effort.idle, ask, answer)

    yield from _beside(ours, kind, rate, effort, crowd, f"{effort.idle:,} idle connections")


def beside_slow(ours: Target, kind: Kind, rate: float, effort: Effort) -> Iterator[Figure]:
    """With slow readers of the identity feed, and without."""

    def crowd() -> AbstractContextManager[None]:
        return slow(ours.server.port, ours.name, effort.slow, ours.asks["200 identity"])

    yield from _beside(ours, kind, rate, effort, crowd, f"{effort.slow:,} slow readers")


def memory(installation: Installation, cache_mb: int, effort: Effort) -> Iterator[Figure]:
    """What the answering processes hold after many requests of different addresses."""
    with installation.serve() as service:
        service.ready(START_SECONDS)
        answer = checked(service, "200 identity", Ask(_QUERY + "0"), identity(service))
        with _asked_once(service, answer):
            workers = service.answering()
        if not workers:
            raise MeasureError("no process was found that answers")
        time.sleep(2)
        before = sum(memory_of(pid).pss for pid in workers)
        done, end = 0, time.monotonic() + _LIMIT_SECONDS
        while done < effort.requests:
            if time.monotonic() > end:
                raise MeasureError(f"{done:,} requests took over {_LIMIT_SECONDS:.0f} s")
            done += flood_counting(
                service.port,
                Ask(_QUERY),
                answer,
                service.name,
                effort.connections,
                effort.seconds,
                done,
                _DISTINCT,
            ).requests
        time.sleep(2)
        held = [memory_of(pid).pss for pid in workers]
    if not all(held):
        raise MeasureError("an answering process ended")
    growth, most = sum(held) - before, 1.2 * cache_mb * _MB * len(workers)
    found = f"{growth / _MB:.1f} MB, from {before / _MB:.0f} to {sum(held) / _MB:.0f} MB"
    yield Figure(
        f"memory gained by {done:,} requests of {_DISTINCT:,} addresses",
        f"{found}, in {len(workers)} processes",
        f"at most {most / _MB:.1f} MB, 1.2 times {cache_mb} MB each",
        growth <= most,
    )


def _beside(
    ours: Target,
    kind: Kind,
    rate: float,
    effort: Effort,
    crowd: Callable[[], AbstractContextManager[None]],
    name: str,
) -> Iterator[Figure]:
    def both() -> tuple[Latencies, Latencies]:
        alone = load.run(rate, effort.seconds)
        with crowd():
            time.sleep(_SETTLE_SECONDS)
            crowded = load.run(rate, effort.seconds)
        time.sleep(1)
        return alone, crowded

    with _paced(ours, kind, effort) as load:
        load.run(rate, 1)
        found = [quietly(both, effort.strict) for _ in range(effort.runs)]
    without, beside = ([pair[place] for pair in found] for place in (0, 1))
    p99, p99_beside = ([one.milliseconds(99) for one in some] for some in (without, beside))
    yield Figure("  p99 without", spread(p99, "ms"))
    yield Figure(f"  p99 with {name}", spread(p99_beside, "ms"))
    yield Figure("  p99 of the load's own lateness", _own(without + beside))
    times = ratios(p99_beside, p99)
    yield Figure(
        f"p99 with {name}, against without",
        spread(times, "times"),
        "at most 2 times",
        statistics.median(times) <= 2,
    )


@contextlib.contextmanager
def _asked_once(server: Server, answer: Answer) -> Iterator[None]:
    """Each of a number of connections has had one and the same answer, and is still open."""
    with contextlib.ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        opened = [
            stack.enter_context(socket.create_connection(address, timeout=START_SECONDS))
            for _ in range(_FOUND_BY)
        ]
        for one in opened:
            one.sendall(Ask(_QUERY + "0").request(server.port))
            if read_answer(one, server.name).size != answer.size:
                raise MeasureError(f"{server.name}: the answer is another the second time")
        yield


def _paced(ours: Target, kind: Kind, effort: Effort) -> Paced:
    ask, answer = ours.asks[kind], ours.answers[kind]
    return Paced(ours.server.port, ask, answer, ours.name, effort.connections)


def _rate(one: Target, kind: Kind, seconds: int) -> float:
    time.sleep(_SETTLE_SECONDS)
    ask, answer = one.asks[kind], one.answers[kind]
    return flood(one.server.port, ask, answer, one.name, one.connections, seconds).rate


def _quiet_rate(one: Target, kind: Kind, effort: Effort) -> float:
    return quietly(lambda: _rate(one, kind, effort.seconds), effort.strict)


def _rounded(values: Sequence[float]) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    digits = 0 if middle >= 100 else 1
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f}, n={len(values)})"


def _own(found: Sequence[Latencies]) -> str:
    core = statistics.median(one.core for one in found)
    return f"{spread([one.own_milliseconds for one in found], 'ms')}, it took {core:.0%} of a core"
