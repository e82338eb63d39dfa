"""Files on their way to clients that take their time."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from clients import ask, put, serving
from PIL import Image as Picture

from feedsvc.web.bodies import _LARGEST_WHOLE, _MOST_STREAMS, Files


class Body:
    """A body that notes whether it was closed."""

    def __init__(self, *parts: bytes) -> None:
        self.parts, self.is_closed = parts, False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.is_closed = True


SMALL = {"content-length": "4"}
LARGE = {"content-length": str(_LARGEST_WHOLE + 1)}


def test_who_fetches_one_file_gets_the_same_bytes() -> None:
    files = Files(1000)
    first, second = Body(b"ab", b"cd"), Body(b"ab", b"cd")
    [one] = files.sendable("tag", SMALL, first)  # type: ignore[misc]
    [other] = files.sendable("tag", SMALL, second)  # type: ignore[misc]
    assert one == b"abcd"
    assert other is one
    assert first.is_closed
    assert second.is_closed
    assert list(files.sendable("other", SMALL, Body(b"else")) or ()) == [b"else"]
    assert list(files.sendable(None, SMALL, Body(b"part")) or ()) == [b"part"]


def test_what_is_kept_is_bounded() -> None:
    files = Files(1000)
    for number in range(100):
        assert files.sendable(str(number), SMALL, Body(bytes(100)))
    assert files._kept.currsize <= 1000
    assert list(files.sendable("large", SMALL, Body(bytes(2000))) or ()) == [bytes(2000)]
    assert list(Files(0).sendable("none", SMALL, Body(b"abcd")) or ()) == [b"abcd"]


def test_few_large_files_are_streamed_at_a_time() -> None:
    files = Files(1000)
    streams = [files.sendable("tag", LARGE, Body(b"a", b"b")) for _ in range(_MOST_STREAMS)]
    assert [list(stream or ()) for stream in streams] == [[b"a", b"b"]] * _MOST_STREAMS
    refused = Body(b"a")
    assert files.sendable("tag", LARGE, refused) is None
    assert refused.is_closed
    for _ in range(2):  # a server may close twice
        streams[0].close()  # type: ignore[union-attr]
    assert files.sendable("tag", LARGE, Body(b"a")) is not None
    assert files.sendable("tag", LARGE, Body(b"a")) is None


def test_slow_downloads_keep_nobody_else_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, size in (("large", 8_000_000), ("huge", _LARGEST_WHOLE + 1_000_000)):
        file = folder / f"{name}.png"
        Picture.new("RGB", (8, 8)).save(file)
        with file.open("ab") as more:  # only there to be large
            more.write(bytes(size))
    put(folder, "a", "publishedDateTime: 2026-01-01\nimages: [large.png, huge.png]")
    with serving(tmp_path, server__workers=1) as server, ExitStack() as stack:
        for name, number in (("large", 12), ("huge", 4)):
            for _ in range(number):
                slow = stack.enter_context(socket.socket())
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.connect(("127.0.0.1", server.port))
                slow.sendall(f"GET /media/articles/{name}.png HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                assert slow.recv(1) == b"H"
            assert ask(server.port, "/feed.rss").status == 200
        reply = ask(server.port, "/media/articles/huge.png")
        assert (reply.status, reply["retry-after"]) == (503, "10")
