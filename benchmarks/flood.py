"""A gigabyte of requests, most of which nobody should send: `make flood`.

Random bytes, half requests, headers without end, requests one behind the other on a connection
whose answers nobody reads, and ordinary ones in between, to a real `feedsvc serve`. It has to
stand: no answer is a fault of its own, no worker ends, their memory stays below a bound, and
afterwards every feed is what it was before, byte for byte.
"""

from __future__ import annotations

import random
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks.archive import Archive, write_archive
from benchmarks.measure import MeasureError, memory_of
from benchmarks.service import Installation, Service

PATHS = ("/feed.rss", "/feed.atom", "/feed.json", "/", "/subscriptions.opml", "/sitemap.xml")
_MB = 1_000_000
_ARTICLES = 200
_PATIENCE_SECONDS = 10.0
_CONFIG = "server: {workers: 2}\nserving: {cache_mb: 32}\n"
_ALLOWED_5XX = {501, 503, 505}  # no such method, too much at a time, no such version

Make = Callable[[random.Random], bytes]


def ordinary(chance: random.Random) -> bytes:
    """What readers send."""
    path = chance.choice(PATHS)
    coding = chance.choice(("gzip", "br", "zstd", "identity"))
    return _request(f"GET {path} HTTP/1.1", f"Accept-Encoding: {coding}")


def pipelined(chance: random.Random) -> bytes:
    """Many at once, without waiting for an answer."""
    many = b"".join(ordinary(chance) for _ in range(chance.randrange(1, 200)))
    return many.replace(b"Connection: close\r\n", b"") + ordinary(chance)


def noise(chance: random.Random) -> bytes:
    """No request at all."""
    return chance.randbytes(chance.randrange(1, 500_000))


def noisy_headers(chance: random.Random) -> bytes:
    """A request whose headers hold whatever a byte can be."""
    value = chance.randbytes(chance.randrange(1, 2000)).replace(b"\r", b"").replace(b"\n", b"")
    name = chance.choice((b"Host", b"Accept-Encoding", b"If-None-Match", b"A-IM", b"Range", b"Via"))
    return b"GET /feed.rss HTTP/1.1\r\nHost: localhost\r\n" + name + b": " + value + b"\r\n\r\n"


def half(chance: random.Random) -> bytes:
    """One that stops in the middle."""
    whole = ordinary(chance)
    return whole[: chance.randrange(1, len(whole))]


def endless_header(chance: random.Random) -> bytes:
    """A header of up to a megabyte."""
    return _request("GET /feed.rss HTTP/1.1", "X-Long: " + "a" * chance.randrange(1000, _MB))


def many_headers(chance: random.Random) -> bytes:
    lines = (f"X-{number}: {number}" for number in range(chance.randrange(50, 5000)))
    return _request("GET /feed.rss HTTP/1.1", *lines)


def long_address(chance: random.Random) -> bytes:
    """An address of up to 200 kB, with made-up words in it."""
    words = "+".join(f"w{chance.randrange(10**9)}" for _ in range(chance.randrange(1, 20_000)))
    return _request(f"GET /custom.rss?q={words} HTTP/1.1")


def made_up(chance: random.Random) -> bytes:
    """Addresses that nobody asks for twice, to push out what is kept."""
    number = chance.randrange(10**9)
    paths = (f"/custom.rss?q=w{number}", f"/topics/t{number}.rss", f"/%{number % 256:02x}%00..%2f")
    return _request(f"GET {chance.choice(paths)} HTTP/1.1")


def with_body(chance: random.Random) -> bytes:
    """A body that nobody wants, of the length that is said, of another, or in chunks."""
    body = chance.randbytes(chance.randrange(0, 500_000))
    size = max(0, len(body) + chance.choice((0, 0, -5, 5, 10**9)))
    sizes = chance.choice(
        (f"Content-Length: {size}", "Transfer-Encoding: chunked",
         f"Content-Length: {size}\r\nTransfer-Encoding: chunked", "Content-Length: -1",
         "Content-Length: 1\r\nContent-Length: 2")
    )  # fmt: skip
    return _request(f"{chance.choice(('POST', 'GET', 'PUT'))} /feed.rss HTTP/1.1", sizes) + body


def broken(chance: random.Random) -> bytes:
    """An ordinary one in which some bytes are others."""
    whole = bytearray(ordinary(chance))
    for _ in range(chance.randrange(1, 6)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


KINDS: tuple[Make, ...] = (
    *(ordinary, pipelined, noise, noisy_headers, half, endless_header, many_headers),
    *(long_address, made_up, with_body, broken),
)
WHOLE = {ordinary, pipelined, endless_header, many_headers, long_address, made_up}
"""Those that surely get an answer, after which the server closes."""


def _request(line: str, *headers: str) -> bytes:
    lines = (line, "Host: localhost", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1")


@dataclass
class Tally:
    """What was sent, and what came back."""

    sent_bytes: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, sent: int, statuses: Sequence[int]) -> None:
        with self.guard:
            self.sent_bytes += sent
            self.requests[kind] += 1
            self.statuses.update(statuses)


def flood(port: int, total_bytes: int, seed: int, connections: int, seconds: float) -> Tally:
    """Send `total_bytes` over at most so many connections at a time, each with its own seed."""
    tally, end = Tally(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_send, args=(port, total_bytes, f"{seed}-{number}", tally, end))
        for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _send(port: int, total_bytes: int, seed: str, tally: Tally, end: float) -> None:
    chance = random.Random(seed)
    while tally.sent_bytes < total_bytes and time.monotonic() < end:
        make = chance.choice(KINDS)
        message = make(chance)
        # Some never look at the answer.
        patience = (_PATIENCE_SECONDS if make in WHOLE else 0.1) * (chance.random() < 0.7)
        tally.add(make.__name__, *_exchange(port, message, patience))


def _exchange(port: int, message: bytes, patience_seconds: float) -> tuple[int, list[int]]:
    """Send `message` and close; how much went, and the statuses that were answered by then."""
    sent, came = 0, b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as one:
        one.settimeout(_PATIENCE_SECONDS)
        with suppress(OSError):  # refused in the middle, which is its right
            for start in range(0, len(message), 65536):
                part = message[start : start + 65536]
                one.sendall(part)
                sent += len(part)
        one.settimeout(patience_seconds)
        while patience_seconds and (part := one.recv(65536)):
            came += part
    return sent, _statuses(came)


def _statuses(came: bytes) -> list[int]:
    """Of all answers in what came: none of ours has such a line in its text."""
    parts = came.split(b"HTTP/1.1 ")[1:]
    return [int(part[:3]) for part in parts if part[:3].isdigit()]


def check(tally: Tally, before: Sequence[int], after: Sequence[int]) -> None:
    """Raise `MeasureError` if anything was answered that must not be, or a worker ended."""
    faults = {code for code in tally.statuses if code >= 500} - _ALLOWED_5XX
    if faults:
        raise MeasureError(f"answers with {sorted(faults)} were seen: {dict(tally.statuses)}")
    if not tally.statuses[200]:
        raise MeasureError("nothing was answered with 200")
    if sorted(before) != sorted(after):
        raise MeasureError(f"workers {sorted(before)} have become {sorted(after)}")


def answers(service: Service) -> dict[str, tuple[int, bytes]]:
    return {path: service.get(path) for path in PATHS}


def run(
    directory: Path, megabytes: int, seed: int, connections: int, seconds: float, most: int
) -> str:
    """Flood a new service and say how it stood. Raises `MeasureError` if it didn't."""
    articles = directory / "articles"
    write_archive(articles, Archive(_ARTICLES, "seeds", seed))
    with Installation(directory / "site", articles, _CONFIG).serve() as service:
        service.ready(60)
        first, before, started = answers(service), service.workers(), time.monotonic()
        tally = flood(service.port, megabytes * _MB, seed, connections, seconds)
        took = time.monotonic() - started
        after = service.workers()
        check(tally, before, after)
        if answers(service) != first:
            raise MeasureError("the answers are no longer what they were")
        held = max(memory_of(worker).pss for worker in after)
    if held > most * _MB:
        raise MeasureError(f"a worker holds {held / _MB:.0f} MB, more than {most}")
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.requests.items()))
    statuses = ", ".join(f"{code} {count:,}" for code, count in sorted(tally.statuses.items()))
    return (
        f"sent {tally.sent_bytes / _MB:,.0f} MB in {sum(tally.requests.values()):,} messages, "
        f"{took:.0f} s, {connections} connections at a time, seed {seed}\n"
        f"messages: {kinds}\nanswers: {statuses}\n"
        f"no worker ended, the largest holds {held / _MB:.0f} MB (at most {most})\n"
        f"afterwards: {len(PATHS)} answers are what they were, byte for byte"
    )


@click.command()
@click.option("--megabytes", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--connections", type=click.IntRange(1, 256), default=16, show_default=True)
@click.option("--seconds", default=540.0, show_default=True, help="At most, for the sending.")
@click.option("--most", default=300, show_default=True, help="MB that a worker may hold.")
def main(megabytes: int, seed: int, connections: int, seconds: float, most: int) -> None:
    """Send a gigabyte of hostile requests to a feedsvc of its own, which has to stand."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-flood-") as directory:
        try:
            click.echo(run(Path(directory), megabytes, seed, connections, seconds, most))
        except MeasureError as error:
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
