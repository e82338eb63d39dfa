"""GET over HTTP, for the feeds of a running feedsvc: with limits, since the other side may be
anything.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from feedsvc import __version__
from feedsvc.errors import SideError

MOST_BYTES = 100_000_000
"""A larger document isn't read."""
_TIMEOUT_SECONDS = 30.0  # without a byte
_PATIENCE_SECONDS = 300.0  # for a whole document
_TRIES = 4
_MOST_REDIRECTS = 5
_LONGEST_WAIT_SECONDS = 60
_PART_BYTES = 1 << 16
_SCHEMES = frozenset({"http", "https"})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class _Answer:
    """`location` is where it redirects to, `seconds` how long it asks to wait."""

    status: int
    body: bytes
    location: str
    seconds: float


class Fetch:
    """Gets what is below `base`, which ends in a slash."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = OpenerDirector()
        # Of urllib's what is needed: no files, no FTP, and redirects are looked at below.
        for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
            self._opener.add_handler(handler)
        self._opener.addheaders = [("User-Agent", f"feedsvc/{__version__}")]

    def __call__(self, path: str) -> bytes | None:
        """What is at `path`, percent-encoded; `None` if nothing is. Raises `SideError`."""
        url = self._base + path
        try:
            return self._follow(url)
        except URLError as error:
            raise SideError(f"{url}: {error.reason}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SideError(f"{url}: {error}") from None

    def _follow(self, url: str) -> bytes | None:
        there = url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._ask(there)
            if answer.status == HTTPStatus.OK:
                return answer.body
            if answer.status in _GONE:
                return None
            if not answer.location:
                raise SideError(f"{there}: expected an answer, found {answer.status}")
            # Never out of what is encrypted.
            allowed = _SCHEMES if urlsplit(there).scheme == "http" else {"https"}
            there = urljoin(there, answer.location)
            if urlsplit(there).scheme not in allowed:
                expected = " or ".join(sorted(allowed))
                raise SideError(f"{url}: expected to be sent to {expected}, found {there}")
        raise SideError(f"{url}: expected at most {_MOST_REDIRECTS} redirects, found more")

    def _ask(self, url: str) -> _Answer:
        """Ask once more if that is what it says."""
        for _ in range(_TRIES - 1):
            answer = self._get(url)
            if answer.status not in _LATER:
                return answer
            time.sleep(answer.seconds)
        return self._get(url)

    def _get(self, url: str) -> _Answer:
        until = time.monotonic() + _PATIENCE_SECONDS
        parts: list[bytes] = []
        size = 0
        request = Request(url)  # noqa: S310  _opener knows no other schemes
        with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            while part := answer.read1(_PART_BYTES):
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES:
                    raise SideError(f"{url}: expected at most {MOST_BYTES:,} bytes, found more")
                if time.monotonic() > until:
                    raise SideError(f"{url}: expected an answer in {_PATIENCE_SECONDS:.0f} seconds")
            is_redirect = answer.status in range(300, 400)
            location = answer.headers.get("Location", "") if is_redirect else ""
            seconds = _seconds(answer.headers.get("Retry-After"))
            return _Answer(answer.status, b"".join(parts), location, seconds)


def _seconds(retry_after: str | None) -> float:
    number = int(retry_after) if retry_after and retry_after.isdecimal() else 1
    return float(min(number, _LONGEST_WAIT_SECONDS))
