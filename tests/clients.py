"""Clients that send exactly what a test says, the site they ask, and the server it is on."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import brotli
import zstandard
from faults import PATIENCE_SECONDS, FaultyServer, wait_until
from PIL import Image as Picture
from side_by_side import free_port
from werkzeug.http import parse_date

Address = int | Path | tuple[str, int]
"""A port on 127.0.0.1, a Unix socket, or host and port."""

DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstandard.ZstdDecompressor().decompress,
}
HOST = "news.example.org"


@dataclass(frozen=True)
class Reply:
    """What came back; names of headers in lower case, in their order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        """The one header of that name, in lower case."""
        found = [value for one, value in self.headers if one == name]
        assert len(found) < 2, f"{name} stands there twice: {found}"
        return found[0] if found else None

    def date(self, name: str) -> datetime:
        parsed = parse_date(self[name])
        assert parsed is not None, f"{name}: {self[name]}"
        return parsed

    @property
    def tag(self) -> str:
        assert self["etag"] is not None
        return str(self["etag"])

    @property
    def plain(self) -> bytes:
        """The body without its coding."""
        coding = self["content-encoding"]
        return DECODERS[coding](self.body) if coding else self.body

    def without(self, *names: str) -> dict[str, str]:
        """All headers but those; none may stand there twice."""
        assert len(dict(self.headers)) == len(self.headers), self.headers
        return {name: value for name, value in self.headers if name not in names}


def connect(address: Address) -> socket.socket:
    if isinstance(address, Path):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            raise
        return connection
    there = ("127.0.0.1", address) if isinstance(address, int) else address
    return socket.create_connection(there, PATIENCE_SECONDS)


def send(address: Address, request: bytes, method: str = "GET") -> Reply:
    """Send `request` as it is, over a connection of its own."""
    with connect(address) as connection:
        connection.sendall(request)
        return receive(connection, method)


def receive(connection: socket.socket, method: str = "GET") -> Reply:
    answer = http.client.HTTPResponse(connection, method=method)
    try:
        answer.begin()
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Reply(answer.status, headers, answer.read())
    finally:
        answer.close()


def compose(
    target: str,
    headers: Mapping[str, str | None] | None = None,
    method: str = "GET",
    version: str = "HTTP/1.1",
) -> bytes:
    """A request; a header that is `None` is left out."""
    all_headers: dict[str, str | None] = {"Host": HOST, "Connection": "close"} | dict(headers or {})
    lines = [f"{method} {target} {version}"]
    lines += [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def ask(
    address: Address,
    target: str = "/feed.rss",
    headers: Mapping[str, str | None] | None = None,
    method: str = "GET",
    version: str = "HTTP/1.1",
) -> Reply:
    return send(address, compose(target, headers, method, version), method)


class Visitor:
    """A client that keeps its connection, for many requests."""

    def __init__(self, address: Address) -> None:
        self._connection = connect(address)

    def ask(
        self,
        target: str,
        headers: Mapping[str, str | None] | None = None,
        method: str = "GET",
    ) -> Reply:
        request = compose(target, {"Connection": None} | dict(headers or {}), method)
        self._connection.sendall(request)
        return receive(self._connection, method)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def put(folder: Path, name: str, front_matter: str = "", body: str = "") -> None:
    """An article called as its file, put in place at once."""
    fields = f"title: {name}\n" if "title:" not in front_matter else ""
    if "publishedDateTime:" not in front_matter:
        fields += "publishedDateTime: 2026-01-01\n"
    part = folder / f".{name}"
    part.write_text(f"---\n{fields}{front_matter.strip()}\n---\n{body}\n", encoding="utf-8")
    part.rename(folder / f"{name}.md")


def write_site(directory: Path, config: str = "feeds: {limit: 3}\n") -> Path:
    """Eight articles with everything that has an address: give back their folder."""
    folder = directory / "articles"
    folder.mkdir()
    Picture.effect_noise((64, 64), 90).save(folder / "noise.png")
    for day in range(1, 9):
        put(
            folder,
            f"story-{day}",
            f"publishedDateTime: 2026-01-0{day}\nslug: story-{day}\ntopics: [Sea, Deep Water]\ncategory: News\n"
            f"type: article\nprovider: {{name: Paper, domain: paper.example}}\n"
            "images: [noise.png]",
            "The tide comes in and the tide goes out. " * 40,
        )
    (directory / "config.yaml").write_text(
        f"site: {{url: 'https://{HOST}/'}}\n"
        f"content: {{folders: [articles], watch_seconds: 0.1}}\n{config}"
    )
    return folder


@contextmanager
def serving(
    directory: Path,
    address: Callable[[FaultyServer], Address] = lambda server: server.port,
    arguments: tuple[str, ...] = (),
    prefix: tuple[str, ...] = (),
    **options: object,
) -> Iterator[FaultyServer]:
    """`feedsvc serve` in `directory`, once all its workers answer; see `FaultyServer`."""
    server = FaultyServer(directory, "", *prefix, arguments=arguments, **options)
    try:
        wait_until(lambda: is_open(address(server)) or server.process.poll() is not None)
        assert server.process.poll() is None, server.log
        yield server
        if server.process.poll() is None:
            assert server.stop() == 0, server.log
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def is_open(address: Address) -> bool:
    """Whether a feed can be had there."""
    try:
        return ask(address, "/feed.json").status == 200
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def nginx(directory: Path, locations: str, settings: str = "") -> Iterator[int]:
    """nginx with `locations` on a port of its own; `settings` are those of its `http`."""
    directory.mkdir()
    port = free_port()
    (directory / "nginx.conf").write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {directory}/pid; error_log {directory}/errors;\n"
        "events { worker_connections 64; }\n"
        f"http {{ {settings} access_log off; client_body_temp_path {directory}/body;\n"
        f"proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;\n"
        f"uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;\n"
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https;\n"
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
        f"server {{ listen 127.0.0.1:{port};\n{locations}\n}} }}\n"
    )
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", directory, "-c", directory / "nginx.conf"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_up(port))
        yield port
    finally:
        process.terminate()
        process.wait(10)


def is_up(port: int) -> bool:
    try:
        return ask(port, "/nothing").status > 0
    except OSError:
        return False
