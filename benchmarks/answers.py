"""Asking a server as a feed reader does, and seeing that the answer is what it must be."""

from __future__ import annotations

import gzip
import socket
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.measure import MeasureError
from benchmarks.service import Server

Kind = Literal["200 gzip", "200 identity", "304"]
KINDS: tuple[Kind, ...] = ("200 gzip", "200 identity", "304")
FEED = "/feed.rss"
_TIMEOUT_SECONDS = 60.0
_PART = 1 << 16


@dataclass(frozen=True, slots=True)
class Ask:
    """A GET request for `path` with `headers` of its own."""

    path: str = FEED
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, port: int) -> bytes:
        """Its bytes."""
        headers = {"Host": f"127.0.0.1:{port}"} | self.headers
        lines = [f"GET {self.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `head` as it was sent, `headers` by their names in lower case."""

    status: int
    head: bytes
    headers: dict[str, str]
    body: bytes

    @property
    def size(self) -> int:
        """All bytes of it."""
        return len(self.head) + len(self.body)

    @property
    def keeps(self) -> bool:
        """Whether the connection stays open for the next request."""
        return self.headers.get("connection", "keep-alive").lower() != "close"


def fetch(server: Server, ask: Ask) -> Answer:
    """The answer to `ask`. Raises `MeasureError` if it isn't HTTP with a length."""
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, timeout=_TIMEOUT_SECONDS) as connection:
        connection.sendall(ask.request(server.port))
        return read_answer(connection, server.name)


def read_answer(connection: socket.socket, name: str) -> Answer:
    """The next answer on `connection`, which leads to the server of this name."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _part(connection, name)
    head, _, body = got.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in rest)}
    status = int(first.split()[1])
    length = 0 if status == 304 else int(headers.get("content-length", -1))
    if length < 0:
        raise MeasureError(f"{name}: expected an answer with Content-Length, found none")
    parts = [body]
    while (missing := length - sum(map(len, parts))) > 0:
        parts.append(_part(connection, name))
    if missing:
        raise MeasureError(f"{name}: expected {length:,} bytes, found {-missing:,} more")
    return Answer(status, head + b"\r\n\r\n", headers, b"".join(parts))


def identity(server: Server) -> bytes:
    """The feed as it is without compression."""
    return checked(server, "200 identity", Ask()).body


def ask_for(server: Server, kind: Kind) -> Ask:
    """How to get an answer of this kind; for 304, with the ETag that the server gave."""
    if kind == "200 identity":
        return Ask()
    reader = {"Accept-Encoding": "gzip"}
    if kind == "200 gzip":
        return Ask(headers=reader)
    etag = fetch(server, Ask(headers=reader)).headers.get("etag")
    if etag is None:
        raise MeasureError(f"{server.name}: expected an ETag, found none")
    return Ask(headers=reader | {"If-None-Match": etag})


def checked(server: Server, kind: Kind, ask: Ask, body: bytes | None = None) -> Answer:
    """The answer to `ask`. Raises `MeasureError` unless it is of this kind; `body` is what the
    feed must hold, where it is known.
    """
    answer = fetch(server, ask)
    expected = 304 if kind == "304" else 200
    if answer.status != expected:
        raise MeasureError(f"{server.name}: {kind}: expected {expected}, found {answer.status}")
    if kind == "304":
        return answer
    wanted, found = "gzip" if kind == "200 gzip" else "identity", _encoding(answer)
    if found != wanted:
        raise MeasureError(f"{server.name}: {kind}: expected Content-Encoding {wanted}, is {found}")
    content = gzip.decompress(answer.body) if found == "gzip" else answer.body
    if not content or body not in (None, content):
        raise MeasureError(f"{server.name}: {kind}: the feed is another, of {len(content):,} bytes")
    return answer


def _encoding(answer: Answer) -> str:
    return answer.headers.get("content-encoding", "identity")


def _part(connection: socket.socket, name: str) -> bytes:
    part = connection.recv(_PART)
    if not part:
        raise MeasureError(f"{name} closed the connection before its answer was complete")
    return part
