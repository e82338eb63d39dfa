"""The running server, asked on this machine as a proxy would ask it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from feedsvc.config import Settings
from feedsvc.doctor.answer import Answer
from feedsvc.web.door import reachable

_SECONDS = 5.0
_MOST_BYTES = 20_000_000
_NOBODY = "nobody.invalid"  # RFC 6761


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)


def ask_running(settings: Settings, *, is_there: bool = False) -> Iterator[Answer]:
    """Whether it answers where it is to listen, and as the site that it is to be. `is_there`: one
    that keeps the index in step runs.
    """
    place = _place(settings)
    try:
        healthy, ready = _ask(settings, "/healthz"), _ask(settings, "/readyz")
    except (OSError, http.client.HTTPException):
        if is_there:
            advice = "was it started with --host, --port or --socket, or with other variables?"
            yield Answer("warning", f"a feedsvc runs, but doesn't answer at {place}", advice)
        else:
            advice = "start feedsvc serve, then ask again"
            yield Answer("info", f"nobody answers at {place}", advice)
        return
    if healthy.status != 200 or healthy.body != b"ok\n":
        advice = "stop that one, or choose another server.port"
        yield Answer("error", f"another program answers at {place}", advice)
        return
    yield Answer("ok", f"feedsvc answers at {place}")
    if ready.status != 200:
        yield Answer("error", ready.body.decode(errors="replace").strip(), "see its log")
        return
    yield from _ask_feed(settings)
    yield from _ask_as_somebody_else(settings)


def _ask_feed(settings: Settings) -> Iterator[Answer]:
    site = urlsplit(settings.site.url or f"http://{_host(settings)}/")
    path = f"{site.path}feed.{settings.feeds.formats[0]}"
    reply = _ask(settings, path, {"Host": site.netloc.rpartition("@")[2]})
    if reply.status != 200:
        yield Answer(
            "error",
            f"{path} is answered with {reply.status} for the host of site.url",
            "the server may run with another configuration: start it again",
        )
        return
    told = f"{settings.site.url}feed.{settings.feeds.formats[0]}"
    if settings.site.url and not _names(reply.body, told):
        advice = "the server may run with another configuration: start it again"
        yield Answer("error", f"the feed doesn't call itself {told}", advice)
    else:
        yield Answer("ok", f"{path} is answered for {site.netloc}")


def _names(body: bytes, address: str) -> bool:
    escaped = json.dumps(address)[1:-1].encode(), address.replace("&", "&amp;").encode()
    return any(one in body for one in escaped)


def _ask_as_somebody_else(settings: Settings) -> Iterator[Answer]:
    """What a proxy may pass on that a client has made up."""
    path = f"{urlsplit(settings.site.url or '/').path}feed.{settings.feeds.formats[0]}"
    foreign = _ask(settings, path, {"Host": _NOBODY})
    if foreign.status == 200 and _NOBODY.encode() in foreign.body:
        yield Answer(
            "warning",
            "a made-up Host is answered with a feed that carries it",
            "set site.url, or server.trusted_hosts",
        )
    own = urlsplit(settings.site.url or f"http://{_host(settings)}/").netloc.rpartition("@")[2]
    forged = {"X-Forwarded-Host": _NOBODY, "Forwarded": f"host={_NOBODY}", "Host": own}
    reply = _ask(settings, path, forged)
    if reply.status == 200 and _NOBODY.encode() in reply.body:
        yield Answer(
            "warning",
            "this machine is a trusted proxy: what it forwards decides the addresses in feeds",
            "set site.url, and have the proxy replace these headers (deploy/nginx.conf)",
        )


def _ask(settings: Settings, path: str, headers: Mapping[str, str] | None = None) -> _Reply:
    with closing(_connection(settings)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        reply = connection.getresponse()
        told = {name.lower(): value for name, value in reply.getheaders()}
        return _Reply(reply.status, told, reply.read(_MOST_BYTES))


def _connection(settings: Settings) -> http.client.HTTPConnection:
    if settings.socket_file is not None:
        return _SocketConnection(str(settings.socket_file))
    host = reachable(settings.server.host)
    return http.client.HTTPConnection(host, settings.server.port, timeout=_SECONDS)


def _host(settings: Settings) -> str:
    """As what it is asked if it has no address of its own: a socket's path is no host."""
    return "localhost" if settings.socket_file is not None else _place(settings)


def _place(settings: Settings) -> str:
    if settings.socket_file is not None:
        return str(settings.socket_file)
    host = settings.server.host
    return f"[{host}]:{settings.server.port}" if ":" in host else f"{host}:{settings.server.port}"
