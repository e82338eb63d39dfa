"""The bodies of answers that Flask streams: files, mostly.

The server holds one of its few Python threads for as long as it streams, be the client ever so
slow. What is in memory as a whole it sends by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from cachetools import LRUCache

_LARGEST_WHOLE = 16_000_000
_MOST_STREAMS = 2  # fewer than the threads of a worker


class Files:
    """Makes bodies sendable. Of those with an entity tag, `max_bytes` are kept, so that many who
    fetch one have the same bytes.
    """

    def __init__(self, max_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(max_bytes, len)
        self._guard = threading.Lock()
        self._streams = threading.BoundedSemaphore(_MOST_STREAMS)

    def sendable(
        self, etag: str | None, headers: Mapping[str, str], body: Iterable[bytes]
    ) -> Iterable[bytes] | None:
        """`body` as a whole, or as a stream if it is very large; `None` if there are too many of
        these. `headers` are its own, by their names in lower case.
        """
        if int(headers.get("content-length", _LARGEST_WHOLE + 1)) <= _LARGEST_WHOLE:
            return [self._whole(etag, body)]
        if not self._streams.acquire(blocking=False):
            close(body)
            return None
        return _Stream(body, self._streams)

    def _whole(self, etag: str | None, body: Iterable[bytes]) -> bytes:
        if etag is None:
            return join(body)
        with self._guard:
            known = self._kept.get(etag)
        if known is not None:
            close(body)
            return known
        read = join(body)
        with self._guard:
            if len(read) <= self._kept.maxsize:
                self._kept[etag] = read
        return read


class _Stream:
    """A body that gives its place back when it is over."""

    def __init__(self, body: Iterable[bytes], streams: threading.BoundedSemaphore) -> None:
        self._body = body
        self._streams = streams
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Called by the server, whether all was sent or not (PEP 3333)."""
        if self._is_open:
            self._is_open = False
            self._streams.release()
            close(self._body)


def join(body: Iterable[bytes]) -> bytes:
    """All of `body`, which is closed."""
    try:
        return b"".join(body)
    finally:
        close(body)


def close(body: Iterable[bytes]) -> None:
    """Tell `body` that nothing more of it is wanted."""
    end = getattr(body, "close", None)
    if end is not None:
        end()
