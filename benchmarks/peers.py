"""What feedsvc is measured beside: constant bytes, nginx, and a plain Flask app."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from benchmarks.answers import FEED, KINDS, Answer, Ask, Kind, ask_for, checked
from benchmarks.constant_app import WORKERS, write_answer
from benchmarks.measure import MeasureError
from benchmarks.service import Server, free_port

START_SECONDS = 120.0
_ROOT = Path(__file__).parent.parent

# What nginx is best at: sendfile, open files kept, no log, as many requests as one likes.
_NGINX = """\
daemon off;
%(user)s
worker_processes 2;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  open_file_cache max=64 inactive=600s;
  open_file_cache_valid 600s;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_temp_path tmp-body;
  proxy_temp_path tmp-proxy;
  fastcgi_temp_path tmp-fastcgi;
  uwsgi_temp_path tmp-uwsgi;
  scgi_temp_path tmp-scgi;
  types {}
  default_type "%(type)s";
  server {
    listen 127.0.0.1:%(port)d reuseport backlog=1024;
    root files;
    etag on;
    gzip_static on;
    gzip_vary on;
    %(headers)s
  }
}
"""

# Headers that nginx makes for its files.
_OF_NGINX = {
    *("accept-ranges", "connection", "content-encoding", "content-length", "content-type", "date"),
    *("etag", "keep-alive", "last-modified", "server", "transfer-encoding", "vary"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A running server and how to ask it for each kind of answer, over as many connections."""

    server: Server
    asks: Mapping[Kind, Ask]
    answers: Mapping[Kind, Answer]
    connections: int

    @property
    def name(self) -> str:
        return self.server.name


def target(server: Server, asks: Mapping[Kind, Ask], body: bytes, connections: int) -> Target:
    """The server as a target. Raises `MeasureError` unless each of its answers is right."""
    answers = {kind: checked(server, kind, ask, body) for kind, ask in asks.items()}
    return Target(server, asks, answers, connections)


def uncompressed(server: Server, kinds: Collection[Kind], body: bytes, connections: int) -> Target:
    """A server that never compresses as a target: asked as for `kinds`, it gives identity."""
    asks = {kind: ask_for(server, kind) for kind in kinds}
    answers = {kind: checked(server, "200 identity", ask, body) for kind, ask in asks.items()}
    return Target(server, asks, answers, connections)


def constant_paths(kinds: Mapping[Kind, Answer]) -> dict[Kind, Ask]:
    """How the constant app is asked; the headers are the same, since they are read as well."""
    return {kind: Ask(_path(kind), _headers(kind, answer)) for kind, answer in kinds.items()}


def start_constant(folder: Path, answers: Mapping[Kind, Answer]) -> Server:
    """granian with the bytes and headers of `answers`."""
    folder.mkdir()
    file = folder / "answers.json"
    content = {
        _path(kind): write_answer(one.status, one.headers, one.body)
        for kind, one in answers.items()
    }
    # Whoever asks whether it is there wants a 200.
    content["/"] = write_answer(200, {"content-length": "0"}, b"")
    file.write_text(json.dumps(content))
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.constant_app", str(file), str(port)]
    return Server("the constant app", command, port, _here())


def start_nginx(folder: Path, answers: Mapping[Kind, Answer]) -> Server:
    """nginx with the bytes of `answers` as files, in `folder`, which is made."""
    (folder / "files").mkdir(parents=True)
    file = folder / "files" / FEED.lstrip("/")
    plain = answers["200 identity"]
    file.write_bytes(plain.body)
    if "200 gzip" in answers:
        packed = file.with_name(file.name + ".gz")
        packed.write_bytes(answers["200 gzip"].body)
        shutil.copystat(file, packed)
    others = {name: v for name, v in plain.headers.items() if name not in _OF_NGINX}
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        _NGINX
        % {
            "user": f"user {getpass.getuser()};" if os.geteuid() == 0 else "",
            "port": port,
            "type": plain.headers["content-type"],
            "headers": "\n    ".join(f"add_header {n} {json.dumps(v)};" for n, v in others.items()),
        }
    )
    command = [program("nginx"), "-p", f"{folder}/", "-c", str(config), "-e", "stderr"]
    return Server("nginx", command, port)


def start_plain(articles: Path) -> Server:
    """gunicorn with the plain app; it reads the articles before it starts its workers."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--preload", "--timeout", "120"),
        *("--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}", "--log-level", "error"),
        f"benchmarks.plain_app:create_app({str(articles)!r})",
    ]
    return Server("the plain app", command, port, _here())


def check_same_entries(ours: bytes, theirs: bytes) -> None:
    """Raise `MeasureError` unless both RSS feeds list the same entries."""
    here, there = _entries(ours), _entries(theirs)
    if not here or len(here) != len(there):
        raise MeasureError(f"the plain app: expected {len(here)} entries, found {len(there)}")
    for one, other in zip(here, there, strict=True):
        if one != other:
            raise MeasureError(f"the plain app: expected {one}, found {other}")


def ask_all(server: Server, kinds: tuple[Kind, ...] = KINDS) -> dict[Kind, Ask]:
    """How to ask a server that goes by the request's headers."""
    return {kind: ask_for(server, kind) for kind in kinds}


def program(name: str) -> str:
    """Where a Debian program is; some are found by root alone."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MeasureError(f"{name}: expected the program, found none; apt-get install {name}")
    return found


def _entries(feed: bytes) -> list[dict[str, object]]:
    names = ("title", "link", "guid", "pubDate", "description")
    return [
        {name: _text(item, name) for name in names}
        | {"categories": sorted(str(one.text) for one in item.findall("category"))}
        | {"enclosures": [one.get("url") for one in item.findall("enclosure")]}
        for item in etree.fromstring(feed).findall("channel/item")
    ]


def _text(item: etree._Element, name: str) -> str:
    found = item.findtext(name) or ""
    return found.replace("+0000", "GMT") if name == "pubDate" else found


def _path(kind: Kind) -> str:
    return "/" + kind.replace(" ", "-")


def _headers(kind: Kind, answer: Answer) -> dict[str, str]:
    if kind == "200 identity":
        return {}
    etag = {"If-None-Match": answer.headers.get("etag", '""')} if kind == "304" else {}
    return {"Accept-Encoding": "gzip"} | etag


def _here() -> dict[str, str]:
    """This folder's own modules are found wherever one stands."""
    return {"PYTHONPATH": str(_ROOT)}
