"""A feed from the web: the answer, how it was reached, and what the second request gives.

http and https alone, a few redirects, so much time and so many bytes. What goes wrong is a
`Fault` in the result, not an exception.
"""

from __future__ import annotations

import gzip
import http.client
import io
import time
import urllib.request
import zlib
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from feedsvc import __version__
from feedsvc.validate.document import LIMIT_BYTES
from feedsvc.validate.values import is_web

MOST_REDIRECTS = 5

_TIMEOUT_SECONDS = 20
_LONGEST_SECONDS = 120
REDIRECTS = (301, 302, 303, 307, 308)
_ASK = {
    "User-Agent": f"feedsvc/{__version__} (validate)",
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is nothing to check: a rule with what was expected and found."""

    rule: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Names of `headers` are in lower case; `body` is unpacked."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect."""

    url: str
    status: int
    target: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """`answer` is the last one; `again` what came for its validators, if it had any. `fault` is
    why one of the two isn't there.
    """

    asked: str
    hops: tuple[Hop, ...]
    answer: Answer | None
    again: Answer | None = None
    fault: Fault | None = None


class _FaultError(Exception):
    def __init__(self, rule: str, expected: str, found: str) -> None:
        super().__init__(rule)
        self.fault = Fault(rule, expected, found)


def fetch(url: str) -> Fetched:
    """Get `url`, and once more with the validators of the answer."""
    hops: list[Hop] = []
    answer = None
    try:
        answer = _ask(url, {})
        while answer.status in REDIRECTS:
            hops.append(Hop(answer.url, answer.status, _target(answer)))
            if len(hops) > MOST_REDIRECTS:
                raise _FaultError(
                    "redirect-broken", f"at most {MOST_REDIRECTS} redirects", str(len(hops))
                )
            answer = None
            answer = _ask(hops[-1].target, {})
        validators = {
            "If-None-Match": answer.header("etag"),
            "If-Modified-Since": answer.header("last-modified"),
        }
        conditions = {name: value for name, value in validators.items() if value}
        again = _ask(answer.url, conditions) if conditions and answer.status == 200 else None
    except _FaultError as error:
        return Fetched(url, tuple(hops), answer, fault=error.fault)
    return Fetched(url, tuple(hops), answer, again)


def _target(answer: Answer) -> str:
    location = answer.header("location")
    try:
        target = urljoin(answer.url, location or "")
        ascii_address(target)
    except ValueError:
        target = ""
    if not location or not is_web(target):
        expected = "an http or https address in Location"
        raise _FaultError("redirect-broken", expected, location or "none")
    return target


def ascii_address(url: str) -> str:
    """The address as it is sent: host in IDNA, other signs in percent.

    Raises ValueError if there is none, or a name and password in it.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None:
        raise ValueError(url)
    host = parts.hostname.encode("idna" if not parts.hostname.isascii() else "ascii").decode()
    place = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        place += f":{parts.port}"
    safe = "/%:@!$&'()*+,;=~-._?"
    return urlunsplit(
        (parts.scheme, place, quote(parts.path or "/", safe), quote(parts.query, safe), "")
    )


def _ask(url: str, conditions: dict[str, str]) -> Answer:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
    ):
        opener.add_handler(handler)
    until = time.monotonic() + _LONGEST_SECONDS
    try:
        request = urllib.request.Request(  # noqa: S310 - its scheme has been looked at
            ascii_address(url), headers=_ASK | conditions
        )
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            headers = tuple((name.lower(), value) for name, value in response.getheaders())
            raw = _read(response, until)
            answer = Answer(url, response.status, headers, raw)
            return Answer(url, answer.status, headers, _unpacked(answer))
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        found = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise _FaultError("fetch-failed", "an answer", found) from error


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    body = bytearray()
    while chunk := response.read1(2**16):
        body += chunk
        if len(body) > LIMIT_BYTES:
            raise _too_large()
        if time.monotonic() > until:
            expected = f"an answer within {_LONGEST_SECONDS} seconds"
            raise _FaultError("fetch-failed", expected, f"{len(body):,} bytes by then")
    if response.length:
        expected = f"{len(body) + response.length:,} bytes, as Content-Length says"
        raise _FaultError("fetch-failed", expected, f"{len(body):,}")
    return bytes(body)


def _unpacked(answer: Answer) -> bytes:
    """RFC 9110 §8.4.1.3: only gzip was asked for."""
    coding = (answer.header("content-encoding") or "identity").strip().lower()
    if coding == "identity" or not answer.body:
        return answer.body
    if coding not in ("gzip", "x-gzip"):
        raise _FaultError("coding-unknown", "gzip or no Content-Encoding", coding)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(answer.body)) as packed:
            body = packed.read(LIMIT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _FaultError("coding-unknown", "gzip, as Content-Encoding says", "none") from error
    if len(body) > LIMIT_BYTES:
        raise _too_large()
    return body


def _too_large() -> _FaultError:
    return _FaultError("feed-too-large", f"at most {LIMIT_BYTES:,} bytes", "more")
