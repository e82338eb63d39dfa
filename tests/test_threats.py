"""The threats of docs/threats.md that no other test holds."""

from __future__ import annotations

import ast
import errno
import importlib
import inspect
import itertools
import os
import pkgutil
import re
import resource
import socket
import stat
import struct
import subprocess
import time
import tomllib
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_installed
from pathlib import Path

import licences
import pytest
from clients import HOST, Reply, ask, compose, connect, put, receive, serving, write_site
from faults import FEEDSVC, FaultyServer, variables
from fuzz.targets import TARGETS
from lxml import html as lxml_html
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image as Picture
from support import BASE_URL, FIXTURES, NOW, ROOT, RULES, Site, fill, source_of, temporary_store
from test_serving_fastpath import PATHS

import feedsvc
from benchmarks import flood
from benchmarks.measure import memory_of
from feedsvc.content.article import read_article
from feedsvc.index.store import IndexPlace, Store
from feedsvc.inside import open_inside
from feedsvc.model import ParsedFile, Problem

DOCUMENT = ROOT / "docs" / "threats.md"
DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&lt;b&gt;{{7*7}}"
SECRET = b"the secret of the house"
MODULES = sorted(Path(feedsvc.__file__).parent.rglob("*.py"))
BROWSER = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}


# The document


def rows() -> list[tuple[str, str]]:
    """Each threat, and the tests that are named for it."""
    lines = re.findall(r"^\| (.+?) \| .+ \| (.+?) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return [
        (threat, tests) for threat, tests in lines if "---" not in threat and threat != "threat"
    ]


def test_every_threat_has_a_test_that_exists() -> None:
    found = rows()
    assert len(found) > 40
    for threat, tests in found:
        named = re.findall(r"`(test_\w+\.py)::(?:(Test\w+)::)?(test_\w+)`", tests)
        assert named, threat
        assert len(named) == tests.count("::") - sum(bool(one[1]) for one in named), tests
        for file, group, name in named:
            source = (ROOT / "tests" / file).read_text()
            assert re.search(rf"def {name}\(", source), f"{file}::{name}"
            assert not group or f"class {group}" in source, group


# What is served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("threats")
    folder = write_site(
        directory,
        "server: {workers: 1}\nfeeds: {limit: 3, saved: {best: {topic: [Sea, Deep Water], has: image}}}\n",
    )
    (directory / "secret.txt").write_bytes(SECRET)
    (folder / "secret.txt").write_bytes(SECRET)
    put(folder, "held", "published: false\nslug: held\ntopics: [Sea]", SECRET.decode())
    with serving(directory) as server:
        yield server


UPWARDS = [
    "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "%25252e%25252e%25252f", "..\\", "..%5c",
    "%2e%2e%5c", "%255c..%255c", "..%00/", "%00../", "..;/", "....//", "%c0%ae%c0%ae%c0%af", "%e0%80%ae./",
    "․․/", "．．／", "..%ef%bc%8f", "..%u2215", "./", "/", "//", "%2f", "~/", "C:\\", "file:///",
]  # fmt: skip
PLACES = ["/", "/media/", "/media/articles/", "/static/", "/stories/", "/topics/", "/feeds/",
          "/embed/", "/badge/", "/archive/", "/custom/", "/providers/paper.example/", "/sitemap/"]  # fmt: skip


def test_no_address_leads_to_a_file(server: FaultyServer) -> None:
    for place in PLACES:
        for up in UPWARDS:
            for target in (
                f"{up * 4}etc/passwd",
                f"{up}secret.txt",
                f"{up}held.md",
                f"{up}config.yaml",
            ):
                path = (place + target).encode().decode("latin-1")
                reply = ask(server.port, path)
                assert reply.status in {301, 308, 400, 404}, (path, reply)
                for text in (SECRET, b"root:", b"content: {", b"---\ntitle"):
                    assert text not in reply.body, path


def test_files_that_no_article_names_are_not_served(server: FaultyServer) -> None:
    assert ask(server.port, "/media/articles/noise.png").status == 200
    for name in ("secret.txt", "story-1.md", "held.md", "", ".", "..", ".held", "noise.png/"):
        assert ask(server.port, f"/media/articles/{name}").status in {404, 308}


class TestLinks:
    @pytest.fixture
    @staticmethod
    def outside(tmp_path: Path) -> Path:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "a.md").write_text(f"---\n{DATED}title: Secret\n---\n")
        Picture.new("RGB", (2, 2)).save(outside / "p.png")
        return outside

    def test_a_file_that_becomes_a_link_after_it_was_listed(
        self, site: Site, outside: Path
    ) -> None:
        for name, link, target in (
            ("a.md", "a.md", outside / "a.md"),
            ("sub/a.md", "sub", outside),
        ):
            file = site.write(name, f"{DATED}title: Mine")
            source = source_of(file, site.folder)
            assert read_article(source, RULES).article is not None  # type: ignore[union-attr]
            file.unlink()
            if link == "sub":
                file.parent.rmdir()
            (site.folder / link).symlink_to(target)
            parsed = read_article(source, RULES)
            assert parsed is not None
            assert parsed.article is None
            assert "it leads out of the content folder" in str(parsed.problems[0])

    def test_a_picture_whose_folder_becomes_a_link(self, site: Site, outside: Path) -> None:
        (site.folder / "pics").mkdir()
        Picture.new("RGB", (2, 2)).save(site.folder / "pics" / "p.png")
        site.write("a.md", f"{DATED}title: A\nimages: [pics/p.png]")
        site.read()
        assert site.client.get("/media/articles/pics/p.png", buffered=True).status_code == 200
        (site.folder / "pics").rename(site.folder / "away")
        (site.folder / "pics").symlink_to(outside)
        assert site.client.get("/media/articles/pics/p.png").status_code == 404

    def test_what_was_opened_decides(self, site: Site, outside: Path) -> None:
        inside = site.folder / "inside"
        inside.write_bytes(b"x")
        (site.folder / "ok").symlink_to("inside")
        (site.folder / "out").symlink_to(outside / "a.md")
        os.mkfifo(site.folder / "pipe")
        for name in ("inside", "ok", "../articles/inside"):
            with open_inside(site.folder, site.folder / name) as stream:
                assert stream.read() == b"x"
        (site.folder.parent / "alias").symlink_to(site.folder)
        with open_inside(site.folder.parent / "alias", inside) as stream:
            assert stream.read() == b"x"
        with open_inside(site.folder, site.folder / "pipe") as stream:  # doesn't wait for a writer
            assert stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for name in ("out", "../outside/a.md"):
            with pytest.raises(OSError, match="leads out") as caught:
                open_inside(site.folder, site.folder / name)
            assert caught.value.errno == errno.ELOOP
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    def test_a_picture_that_becomes_a_pipe_keeps_nobody_waiting(self, site: Site) -> None:
        Picture.new("RGB", (2, 2)).save(site.folder / "p.png")
        site.write("a.md", f"{DATED}title: A\nimages: [p.png]")
        site.read()
        (site.folder / "p.png").unlink()
        os.mkfifo(site.folder / "p.png")
        assert site.client.get("/media/articles/p.png").status_code == 404

    def test_a_hard_link_is_a_file_like_any(self, site: Site) -> None:
        file = site.write(".kept", f"{DATED}title: A")
        os.link(file, site.folder / "a.md")
        site.read()
        assert site.titles("/feed.json") == ["A"]


# Markup


def is_harmless(text: str) -> None:
    """Nothing of `HOSTILE` became markup."""
    for element in lxml_html.document_fromstring(text).iter():
        assert element.get("src") != "x"
        assert not [name for name in element.attrib if name.startswith("on")]
        if element.tag == "script":
            is_ours = element.get("src", "").startswith("/static/pages.js?v=")
            assert is_ours or element.get("type") == "application/ld+json"
    assert "49" not in re.findall(r"&lt;b&gt;(\d+)", text)  # nor a template


def test_configured_texts_stay_text(make_site: Callable[..., Site]) -> None:
    site = make_site(
        site__title=HOSTILE, site__description=HOSTILE, serving__frame_ancestors=["*"],
        feeds__saved={"best": {"topic": "Sea", "title": HOSTILE, "description": HOSTILE}},
    )  # fmt: skip
    site.write("a.md", f"{DATED}title: A\nslug: a\ntopics: [Sea]", "Text.")
    site.read()
    for path in ("/", "/topics/sea/", "/feeds/best/", "/feeds/", "/stories/a/", "/build",
                 "/embed/feed", "/embed/feeds/best", "/nothing", "/archive/"):  # fmt: skip
        is_harmless(site.client.get(path, headers=BROWSER).text)
    for path in ("/feed.rss", "/feed.atom", "/subscriptions.opml", "/feeds/best.rss",
                 "/badge/feeds/best.svg", "/sitemap.xml",
                 f"/oembed?format=xml&url={BASE_URL}feeds/best/"):  # fmt: skip
        names = [one.tag for one in lxml_html.etree.fromstring(site.client.get(path).data).iter()]
        assert not {"script", "img"} & {str(name).rpartition("}")[2] for name in names}


def test_what_is_asked_for_stays_text(make_site: Callable[..., Site]) -> None:
    site = make_site(serving__frame_ancestors=["*"])
    site.write("a.md", f"{DATED}title: A\ntopics: [Sea]")
    site.read()
    names = ["q", "topic", "provider", "min_quality", "since", "order", "limit", "pace", "theme", "accent",
             "url", "format", "maxwidth", HOSTILE]  # fmt: skip
    for place in (
        "/custom",
        "/build",
        "/custom.rss",
        "/api/query",
        "/oembed",
        "/embed/feed",
        "/badge/feed.svg",
    ):
        for name in names:
            answer = site.client.get(place, query_string={name: HOSTILE}, headers=BROWSER)
            assert answer.status_code in {200, 301, 400, 404, 501}
            if answer.mimetype == "text/html":
                is_harmless(answer.text)
            else:
                assert answer.mimetype in {
                    "application/problem+json", "application/json", "image/svg+xml", "application/rss+xml"
                }  # fmt: skip
    for place in ("/", "/topics/", "/stories/", "/embed/", "/media/articles/", "/feeds/"):
        answer = site.client.get(place + HOSTILE.replace("/", ""), headers=BROWSER)
        is_harmless(answer.text)


# Headers


def is_clean(reply: Reply) -> None:
    for name, value in reply.headers:
        assert re.fullmatch(r"[a-z0-9-]+", name), name
        assert re.fullmatch(r"[\x20-\x7e]*", value), (name, value)
        assert name not in {"set-cookie", "x-injected"}


def test_no_line_end_gets_into_a_header(server: FaultyServer) -> None:
    for end in (
        "%0d%0a",
        "%0a",
        "%0d",
        "%00",
        "%e5%98%8a%e5%98%8d",
        "%250d%250a",
        "%c2%85",
        "\\r\\n",
    ):
        injected = f"{end}X-Injected:%201{end}Set-Cookie:%20a=b{end}{end}<script>"
        for path in ("/", "/topics/", "/topics/SEA", "/feed.rss/", "/custom.rss?topic=", "/topics/SEA.rss?",
                     "/topics?x=", "/custom.rss?q=", "/media/articles/", "/oembed?url=", "/embed/feed?accent=",
                     "/rss?", "/static/", "/feeds/best", "/archive?a="):  # fmt: skip
            reply = ask(server.port, path + injected, {"Accept-Encoding": "identity"})
            is_clean(reply)
            assert reply.status < 500


def test_nothing_in_an_article_gets_into_a_header(site: Site) -> None:
    evil = "a\\r\\nX-Injected: 1\\r\\n\\r\\n<b>"
    Picture.new("RGB", (2, 2)).save(site.folder / "p\r\nX-Injected: 1.png")
    site.write(
        "a\nX-Injected: 1.md",
        f'{DATED}title: "{evil}"\nslug: "{evil}"\ntopics: ["{evil}"]\nlocale: "{evil}"\n'
        f'provider: {{name: "{evil}"}}\nimages: ["p\\r\\nX-Injected: 1.png", "p%0D%0AX-Injected%3A%201.png"]',
        "![](p%0D%0AX-Injected%3A%201.png)",
    )
    site.read()
    text = site.client.get("/").text + site.client.get("/feed.rss").text
    paths = set(re.findall(r'(?:href|src)="(?:https://news\.example\.org)?(/[^"]*)"', text))
    assert any(path.startswith("/media/") for path in paths)
    assert any(path.startswith("/topics/") for path in paths)
    for path in paths:
        answer = site.client.get(path, buffered=True)
        assert answer.status_code < 500, path
        assert "X-Injected" not in answer.headers
        assert not re.search(r"[\r\n]", "".join(f"{a}{b}" for a, b in answer.headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"}, {"X-Host": "evil.example"}, {"X-Original-URL": "/nothing"},
        {"X-Rewrite-URL": "/nothing"}, {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-Scheme": "nothttps"},
        {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Prefix": "/evil"}, {"Forwarded": "host=evil.example"},
        {"X-Forwarded-Port": "1"}, {"X-Forwarded-Server": "evil.example"}, {"Cookie": "a=b"},
        {"Authorization": "Basic eDp5"}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example"},
        {"User-Agent": "<script>"}, {"Accept-Language": "../../x"}, {"X_Forwarded_Host": "evil.example"},
    ],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_no_header_that_a_cache_overlooks_changes_an_answer(
    server: FaultyServer, headers: dict[str, str]
) -> None:
    for path in ("/feed.json", "/", "/topics/SEA.rss", "/topics", "/stories/story-1/"):
        poisoned, clean = ask(server.port, path, headers), ask(server.port, path)
        assert poisoned.without("date") == clean.without("date")
        assert (poisoned.status, poisoned.body) == (clean.status, clean.body)


SMUGGLED = b"GET /topics/sea.json HTTP/1.1\r\nHost: news.example.org\r\n\r\n"
START = b"GET /feed.rss HTTP/1.1\r\nHost: news.example.org\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        START + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
        START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        START + b"Transfer-Encoding: xchunked\r\n\r\n",
        START + b"Transfer-Encoding : chunked\r\n\r\n",
        START + b"Content-Length: -1\r\n\r\n",
        START + b"Content-Length: +0\r\n\r\n",
        START + b"Content-Length: 0x0\r\n\r\n",
        START + b"X: a\r\n Content-Length: 0\r\n\r\n",
        START + b"X: a\rContent-Length: 0\r\n\r\n",
        START + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    ],
    ids=range(11),
)
def test_no_second_request_is_smuggled(server: FaultyServer, request_bytes: bytes) -> None:
    """granian refuses it, or answers once and closes: nothing behind it is read as a request."""
    with connect(server.port) as connection:
        connection.sendall(request_bytes + SMUGGLED)
        came = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                came += part
    assert came.count(b"HTTP/1.1 ") <= 1
    assert b"topics/sea.json" not in came


def test_there_is_one_host(server: FaultyServer) -> None:
    for second in ("evil.example", HOST):
        request = compose("/feed.rss").replace(b"\r\n\r\n", f"\r\nHost: {second}\r\n\r\n".encode())
        with connect(server.port) as connection:
            connection.sendall(request)
            reply = receive(connection)
        assert reply.status == 400
        assert b"evil" not in reply.body


# How much


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/feed.rss?x=" + "a" * 60_000, {}, 200),
        ("/feed.rss?x=" + "a" * 70_000, {}, 414),
        ("/feed.rss", {"X-Long": "a" * 60_000}, 200),
        ("/feed.rss", {"X-Long": "a" * 1_000_000}, 431),
        ("/feed.rss", {f"X-{number}": "a" for number in range(90)}, 200),
        ("/feed.rss", {f"X-{number}": "a" for number in range(110)}, 431),
        ("/feed.rss", {"Cookie": "a=b; " * 10_000}, 200),
    ],
    ids=["url", "long-url", "header", "long-header", "headers", "many-headers", "cookies"],
)
def test_requests_have_limits(
    server: FaultyServer, target: str, headers: dict[str, str], status: int
) -> None:
    assert ask(server.port, target, headers).status == status


def test_a_body_is_not_even_read(server: FaultyServer) -> None:
    for encoding in ({"Content-Length": str(10**12)}, {"Transfer-Encoding": "chunked"}):
        with connect(server.port) as connection:
            connection.sendall(compose("/feed.rss", encoding, "POST"))
            assert receive(connection).status == 405  # nothing of it was sent yet


def test_who_is_slow_keeps_nobody_waiting(server: FaultyServer) -> None:
    with ExitStack() as opened:
        for number in range(300):
            slow = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            slow.sendall((compose("/feed.rss") * 2)[: 10 + number % 60])
        for _ in range(20):
            assert ask(server.port, "/feed.rss").status == 200


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The processor's, at best: others may use the machine meanwhile."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def grows_evenly(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """Four times as much takes about four times as long, not sixteen."""
    small, large = make(size), make(4 * size)
    if seconds(large) > 0.05:
        once = seconds(small, 3)
        for _ in range(3):
            if (taken := seconds(large)) < 7 * once + 0.02:
                return
        pytest.fail(f"{once:.3f} s have become {taken:.3f} s")


FRONT_MATTERS: dict[str, Callable[[int], str]] = {
    "yaml-flow": lambda n: f"---\na: {'[' * n}\n---\n",
    "yaml-keys": lambda n: "---\n" + "".join(f"k{i}: v\n" for i in range(n)) + "---\n",
    "yaml-quotes": lambda n: "---\na: " + "'" * n + "\n---\n",
    "yaml-colons": lambda n: "---\na" + ": a" * n + "\n---\n",
    "yaml-blank": lambda n: "---\na: b\n" + "\n" * n + "c: d\n---\n",
    "yaml-scalar": lambda n: "---\na: |\n" + "  x\n" * n + "---\n",
    "yaml-anchors": lambda n: "---\n" + "".join(f"k{i}: &a{i} v\n" for i in range(n)) + "---\n",
    "yaml-related": lambda n: "---\nrelated:\n" + "- title: a\n" * n + "---\n",
    "fences": lambda n: "---\na: b\n" + "----x\n" * n,
    "dashes": lambda n: "---" + "-" * n + "x\n---\n",
    "toml-keys": lambda n: "+++\n" + "".join(f"k{i} = 1\n" for i in range(n)) + "+++\n",
    "toml-dotted": lambda n: "+++\n" + ".".join(["a"] * n) + " = 1\n+++\n",
    "toml-quoted": lambda n: "+++\n" + ".".join(['"a"'] * n) + " = 1\n+++\n",
    "toml-inline": lambda n: "+++\nx = {" + " . ".join(["a"] * n) + " = 1}\n+++\n",
    "toml-table": lambda n: "+++\n[" + ".".join(["a"] * n) + "]\n+++\n",
    "toml-string": lambda n: '+++\na = """' + "\\n" * n + '"""\n+++\n',
    "toml-lists": lambda n: "+++\na = " + "[" * n + "\n+++\n",
    "toml-number": lambda n: "+++\na = 0x" + "f" * n + "\n+++\n",
    "json-blank": lambda n: "{" + "\n" * n + '"a": 1, "b": 2}',
    "json-keys": lambda n: "{" + ",\n".join(f'"k{i}": 1' for i in range(n)) + "}",
    "json-lists": lambda n: '{"a": ' + "[" * n,
    "json-number": lambda n: '{"a": ' + "9" * n + "}",
}
BODIES: dict[str, Callable[[int], str]] = {
    one: (lambda n, one=one: one * n)  # type: ignore[misc]
    for one in (
        "[", "![", "[a](", "*a_ ", "**x", "`` ` ", "<", "<a ", "<!--", "^[", "[^", "[^a]", "> ", "- ", "| ",
        "&", "\\", "<http://", "<b>", "<p><b>x", "</p>", "~~a ", "x<!A ", "x<![CDATA[", "***", "_*", "[a](b \"",
        "- [ ] a\n", "> a\n", "[a]: b\n", "<img>a", "<input>a", "<a href=#>a</a>", "<iframe></iframe>a",
        "<td style='text-align :", "<table><tr><td>", "&#x41;",
    )
}  # fmt: skip
BODIES |= {
    "nested": lambda n: "[" * n + "a" + "](b)" * n,
    "footnotes": lambda n: "".join(f"x[^{i}]\n\n[^{i}]: y\n\n" for i in range(n // 4)),
    "srcset": lambda n: f'<img src=a srcset="{"a, " * n}">',
    "headings": lambda n: "# " + "#" * n + " a",
    "spaces": lambda n: "a" + " " * n + "b",
}

# Where it would show later.
LONGER = {"- [ ] a\n": 1000, "<img>a": 3000, "<input>a": 3000, "<a href=#>a</a>": 2500}


def reads(folder: Path, text: str) -> Callable[[], object]:
    file = folder / f"{len(text)}.md"
    file.write_text(text)
    source = source_of(file, folder)
    return lambda: read_article(source, RULES)


@pytest.mark.parametrize("name", FRONT_MATTERS)
def test_no_front_matter_takes_ever_longer(name: str, tmp_path: Path) -> None:
    grows_evenly(lambda size: reads(tmp_path, FRONT_MATTERS[name](size)), 700)


@pytest.mark.parametrize("name", BODIES)
def test_no_body_takes_ever_longer(name: str, tmp_path: Path) -> None:
    head = f"---\n{DATED}title: A\n---\n"
    size = LONGER.get(name, 400)
    grows_evenly(lambda size: reads(tmp_path, head + BODIES[name](size)), size)


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression that a module keeps, by its name there."""
    found: dict[str, re.Pattern[str]] = {}
    for module in pkgutil.walk_packages(feedsvc.__path__, "feedsvc."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    found[f"{module.name}.{name}"] = value
    return found


HANDED_ON = {"_JSON_KEY": "match", "_TOML_KEY": "match"}


def ways_of(name: str, pattern: re.Pattern[str]) -> set[Callable[[str], object]]:
    """How the module uses it; to search takes longest."""
    module, _, own = name.rpartition(".")
    source = inspect.getsource(importlib.import_module(module))
    used = set(re.findall(rf"\b{own}\.(\w+)\(", source)) or {HANDED_ON.get(own, "search")}
    searching = {"search", "sub", "subn", "findall", "finditer", "split"}
    return {
        pattern.search if one in searching else getattr(pattern, one) for one in used - {"pattern"}
    }


def test_no_regular_expression_explodes() -> None:
    """Each of its own letters, and each pair, again and again, and then what it doesn't expect."""
    found = patterns()
    assert len(found) > 50
    slow = []
    for name, pattern in found.items():
        letters = list(dict.fromkeys("a0 \n-/\"'[]:" + re.sub(r"\\.", "", pattern.pattern)))[:20]
        units = letters + [a + b for a, b in itertools.pairwise(letters)]
        for unit, way in itertools.product(units, ways_of(name, pattern)):
            text = unit * (3000 // len(unit)) + "\x00"
            started = time.process_time()
            way(text)
            if time.process_time() - started > 0.004:
                small = seconds(partial(way, text[: len(text) // 4] + "\x00"), 3)
                if seconds(partial(way, text), 3) > 9 * small + 0.003:
                    slow.append((name, unit))
    assert slow == []


def test_tables_do_not_grow_without_end(tmp_path: Path) -> None:
    """Short rows are filled up: of a table of 2 kB that is 650 kB, but not of each one again."""
    table = "|a" * 300 + "\n" + "|-" * 300 + "\n" + "|\n" * 300 + "\n\n"
    parsed = reads(tmp_path, f"---\n{DATED}title: A\n---\n{table * 4}")()
    assert isinstance(parsed, ParsedFile)
    assert parsed.article is not None
    assert parsed.article.html.count("<table>") == 1
    few = reads(tmp_path, f"---\n{DATED}title: A\n---\n" + "|a|b|\n|-|-|\n|1|2|\n\n" * 50)()
    assert isinstance(few, ParsedFile)
    assert few.article is not None
    assert few.article.html.count("<table>") == 50


@pytest.mark.parametrize("text", [
    '{"published": false, "title": "A", "quality": %s}' % ("9" * 5000),
    "+++\npublished = false\nquality = %s\n+++\n" % ("9" * 5000),
    "+++\npublished = false\nquality = 0x%s\n+++\n" % ("f" * 5000),
], ids=["json", "toml", "toml-hex"])  # fmt: skip
def test_a_number_that_is_too_long_publishes_nothing(site: Site, text: str) -> None:
    """Python refuses to read it, and python-frontmatter takes what fails for text alone."""
    (site.folder / "a.md").write_text(text)
    site.read()
    assert site.titles("/feed.json") == []
    [problem] = site.problems()
    assert "expected numbers of at most 4,300 digits" in problem


def test_half_a_character_stops_nothing(site: Site) -> None:
    """JSON can name one; no database and no log can hold it."""
    site.write("good.md", f"{DATED}title: Good")
    half = "\\ud800"
    (site.folder / "a.md").write_text(
        f'{{"title": "A{half}", "{half}": 1, "{half}": 2, "excer{half}pt": 3, "slug": "{half}",'
        f' "topics": ["{half}", "x{half}"], "images": ["{half}.png"], "publishedDateTime": "2026-03-04"}}'
    )
    (site.folder / "b.md").write_text(f'{{"title": "B", "pub{half}lished": false}}')
    site.read()
    assert site.titles("/feed.json") == ["Good", "A"]
    assert all(problem.isprintable() for problem in site.problems())


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_picture_is_never_unpacked(site: Site) -> None:
    """One of 65,000 by 65,000 pixels would take gigabytes, a text in it, too."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0))
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 50_000_000))
    for name, chunks in (("big.png", head), ("text.png", head + text)):
        (site.folder / name).write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
        )
    site.write("a.md", f"{DATED}title: A\nimages: [big.png, text.png]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    site.read()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert site.titles("/feed.json") == ["A"]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "ICO", "TIFF"])
def test_a_broken_picture_is_none(kind: str, site: Site) -> None:
    import random

    chance = random.Random(kind)
    Picture.new("RGB", (16, 16)).save(site.folder / "p", kind)
    whole = (site.folder / "p").read_bytes()
    source = source_of(site.write("a.md", f"{DATED}title: A\nimages: [p]"), site.folder)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 5, 20))):
            broken[chance.randrange(min(len(broken), 60))] = chance.choice((0, 127, 255))
        (site.folder / "p").write_bytes(broken[: chance.choice((len(broken), 30))])
        assert read_article(source, RULES).article is not None  # type: ignore[union-attr]


def test_no_xml_is_read_but_with_everything_off_that_could_grow() -> None:
    """Feeds are read by `feedsvc validate` and `feedsvc diff` alone: without a document type, so
    that no entity of one can grow, or name a file.
    """
    reading = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not {"xml", "xmlrpc", "pickle", "marshal", "shelve"} & {
                    name.partition(".")[0] for name in names
                }, module
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func.attr
                assert called not in {"XML", "iterparse"}, module
                if called == "XMLParser":
                    reading.add(module.parent.name)
                    given = {
                        one.arg: one.value.value
                        for one in node.keywords
                        if isinstance(one.value, ast.Constant)
                    }
                    off = {"resolve_entities": False, "load_dtd": False, "no_network": True}
                    assert off.items() <= given.items(), module
                    assert not given.get("huge_tree"), module
                if called in {"fromstring", "parse"} and isinstance(node.func.value, ast.Name):
                    assert node.func.value.id != "etree" or len(node.args) == 2, module
    assert reading <= {"validate", "compare"}


def test_what_is_looked_for_takes_no_longer_the_more_words_there_are(server: FaultyServer) -> None:
    def asks(size: int) -> float:
        words = "+".join(f"w{number}" for number in range(size))
        started = time.monotonic()
        assert ask(server.port, f"/custom.json?q={words}").status in {200, 400}
        return time.monotonic() - started

    asks(10)
    small, large = min(asks(700), asks(701)), min(asks(5600), asks(5601))
    assert large < max(0.5, 20 * small)


def test_digests_have_no_known_collisions() -> None:
    for module in MODULES:
        text = module.read_text()
        assert not re.search(r"\bmd5\b|\bsha1\b|PYTHONHASHSEED", text), module
        calls = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call)]
        assert "hash" not in {one.func.id for one in calls if isinstance(one.func, ast.Name)}, (
            module
        )


# What is held back

HELD = (
    "title: Wyvernish title\nslug: wyvernish-slug\nexcerpt: wyvernish excerpt\ntopics: [Sea]\n"
    "category: News\nprovider: {name: Paper, domain: paper.example, authors: [Wyvern Person]}\n"
    "type: article\nlocale: en\nimages: [wyvern.png]\nquality: 99\nheat: 99\nwebUrl: https://wyvern.example/\n"
    "authors: [Wyvern Person]\n"
)


REASONS = ["published: false", "draft: true", "removed: true", "expiryDate: 2026-04-01",
           "publishedDateTime: 2027-01-01"]  # fmt: skip


def test_nothing_shows_that_an_article_is_held_back(make_site: Callable[..., Site]) -> None:
    """Every answer is, byte for byte, what it is without such articles."""
    site = make_site(
        feeds__saved={"best": {"topic": "Sea"}}, serving__frame_ancestors=["*"], feeds__limit=2
    )
    for number in range(5):
        site.write(
            f"{number}.md",
            f"{DATED}title: Open {number}\nslug: open-{number}\ntopics: [Sea]\ncategory: News\ntype: article\n"
            f"id: open-{number}\nprovider: {{name: Paper, domain: paper.example}}\nlocale: en\n"
            "related: [{title: Other, webUrl: 'https://b.example/'}]",
            "The tide.",
        )
    Picture.new("RGB", (2, 2)).save(site.folder / "wyvern.png")
    site.read()
    paths = [
        "/", "/archive/", "/archive/1/", "/archive/1.rss", "/feed.rss", "/feed.atom", "/feed.json", "/topics/",
        "/topics/sea/", "/topics/sea.rss", "/providers/", "/providers/paper.example/", "/categories/", "/types/",
        "/authors/", "/languages/", "/feeds/", "/feeds/best.json", "/custom?q=wyvernish", "/custom.rss?q=wyvern",
        "/custom.json?min_quality=98", "/custom.rss?topic=sea&order=heat", "/custom.json?author=wyvern-person",
        "/authors/wyvern-person.rss", "/build", "/build?q=wyvernish", "/api/feeds.json", "/api/query?q=wyvernish",
        "/api/query?topic=sea", "/embed/topics/sea", "/embed/feed?layout=cards", "/badge/topics/sea.svg",
        "/badge/feed.svg", f"/oembed?url={BASE_URL}topics/sea/", f"/oembed?url={BASE_URL}stories/wyvernish-slug/",
        "/stories/open-1/", "/stories/wyvernish-slug/", "/media/articles/wyvern.png", "/sitemap.xml",
        "/sitemap/feeds.xml", "/sitemap/stories-1.xml", "/subscriptions.opml", "/topics.opml", "/providers.opml",
        "/feeds.opml", "/robots.txt", "/custom.rss?topic=wyvernish",
    ]  # fmt: skip

    def seen() -> dict[str, tuple[int, list[tuple[str, str]], bytes]]:
        found = {}
        for path in paths:
            for headers in ({}, BROWSER):
                answer = site.client.get(path, headers=headers, buffered=True)
                found[f"{path} {len(headers)}"] = (
                    answer.status_code,
                    list(answer.headers),
                    answer.data,
                )
        return found

    before = seen()
    for number, reason in enumerate(REASONS):
        dated = "" if "publishedDateTime" in reason else DATED
        site.write(
            f"held-{number}.md", f"{dated}{HELD}{reason}\nid: held-{number}", "wyvernish text"
        )
    site.read()
    with site.view() as view:
        assert view.census().visible == 5
    after = seen()
    # The one thing that may be known (README): a name that only held-back articles use has a feed.
    for path in ("/authors/wyvern-person.rss", "/custom.json?author=wyvern-person"):
        for kind in (0, 2):
            held = after.pop(f"{path} {kind}")
            before.pop(f"{path} {kind}")
            assert b"yvernish" not in held[2]
    for path, answer in after.items():
        assert answer == before[path], path


# Browsers


def test_nothing_changes_state_over_http() -> None:
    from feedsvc.config import load_settings
    from feedsvc.web import create_app

    with temporary_store([]) as store:
        app = create_app(load_settings(None, {}), store, lambda: NOW)
    for rule in app.url_map.iter_rules():
        assert rule.methods is not None
        assert rule.methods <= {"GET", "HEAD", "OPTIONS"}, rule
    for module in MODULES:
        assert not re.search(r"set_cookie|flask import.*session", module.read_text()), module


SENT = {
    "text/html": {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    },
    "": {"x-content-type-options": "nosniff"},
}
SHARED = re.compile(
    r"/media/.+|.+\.(?:rss|atom|json|opml|svg|png|ico)|/embed.+|/oembed.*|/api/.+|/(?:rss|feed)/?"
)
FAULTS = ["/nothing", "/topics/nobody/", "/feed.rss?topci=sea", "/custom.rss?limit=0", "/embed/nobody",
          "/media/articles/nothing.png", "/static/nothing", "/topics/%00", "/feed.rss?" + "&".join(["a=1"] * 160),
          "/topics", "/topics/SEA.rss", "/oembed", "/rss"]  # fmt: skip


@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
@pytest.mark.parametrize("path", [*PATHS, *FAULTS])
def test_every_answer_tells_browsers_what_it_may_do(
    server: FaultyServer, path: str, headers: dict[str, str]
) -> None:
    reply = ask(server.port, path, headers)
    kind = (reply["content-type"] or "").partition(";")[0]
    is_frame = path.startswith("/embed/") and kind == "text/html"
    for name, value in SENT.get(kind, SENT[""]).items():
        if name != "cross-origin-resource-policy" or (reply.status == 200 and not is_frame):
            assert reply[name] == value, name
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in str(reply["content-security-policy"]).split(";")
    )
    assert policy["default-src"] == "'none'"
    assert "'unsafe-inline'" not in policy.get("script-src", "") + policy.get("default-src", "")
    if kind == "text/html":
        assert policy["base-uri"] == "'none'"
        assert "camera=()" in str(reply["permissions-policy"])
        assert "unsafe" not in str(reply["content-security-policy"])
        assert is_frame or policy["frame-ancestors"] == "'none'"
    elif kind.startswith("image/"):
        assert "sandbox" in policy
    else:
        assert policy["frame-ancestors"] == "'none'"
    if reply.status == 200 and kind != "text/html":
        expected = "cross-origin" if SHARED.fullmatch(path.partition("?")[0]) else "same-origin"
        assert reply["cross-origin-resource-policy"] == expected
    assert reply["server"] is None or "granian" in str(reply["server"])
    assert reply["set-cookie"] is None


def test_a_preview_is_for_no_other_site(make_site: Callable[..., Site]) -> None:
    preview = make_site(preview=True, site__url=None)
    Picture.new("RGB", (2, 2)).save(preview.folder / "p.png")
    preview.write("a.md", f"{DATED}title: A\npublished: false\nimages: [p.png]")
    preview.read()
    for path in ("/feed.rss", "/media/articles/p.png", "/", "/badge/feed.svg", "/embed.js"):
        answer = preview.client.get(path, base_url="http://127.0.0.1:8000", buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers


# The machine it runs on


def test_no_password_gets_into_a_log(tmp_path: Path) -> None:
    write_site(tmp_path)
    for url in (
        "postgresql+psycopg://feedsvc:hunter2@127.0.0.1:1/x",
        "postgresql+psycopg://feedsvc:hunter2@[::/x",
        "mysql://feedsvc:hunter2@127.0.0.1/x",
    ):
        done = subprocess.run(
            [FEEDSVC, "index"], cwd=tmp_path, env=os.environ | variables({"index__url": url}),
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert done.returncode != 0
        assert "hunter2" not in done.stdout + done.stderr


def test_the_index_is_for_its_owner(server: FaultyServer, tmp_path: Path) -> None:
    """It holds the texts of what is held back."""
    made = tmp_path / "deep" / "index"
    with closing(Store(IndexPlace(made, "index", "rules"))) as store:
        fill(store, [])
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    directory = Path(f"/proc/{server.process.pid}/cwd").resolve() / ".feedsvc"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_file_name_is_no_command_of_a_terminal(site: Site) -> None:
    (site.folder / "a\x1b[31m\n2026 ERROR forged\u202e.md").write_text("no article")
    site.read()
    [problem] = site.problems()
    assert problem.isprintable()
    assert "a\\x1b[31m\\n2026 ERROR forged\\u202e.md:1: " in problem
    assert str(Problem("a.md", 1, "title", "expected “text”, found 'é'")) == (
        "a.md:1: title: expected “text”, found 'é'"
    )


# What others find


CORPUS = sorted((ROOT / "tests" / "fixtures" / "fuzz").glob("*/*"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_what_was_found_once_is_mended(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


def test_the_targets_take_every_article() -> None:
    files = [
        *sorted((ROOT / "seeds").glob("*.md"))[:8],
        *sorted((FIXTURES / "articles").rglob("*.md"))[:30],
    ]
    for file in files:
        for target in TARGETS.values():
            target(file.read_bytes())


def test_a_flood_of_hostile_requests(server: FaultyServer) -> None:
    """A few of the messages of `make flood`, which sends a gigabyte."""
    before = server.workers()
    known = {path: ask(server.port, path).body for path in flood.PATHS}
    tally = flood.flood(server.port, 6_000_000, seed=1, connections=8, seconds=5)
    assert tally.sent_bytes > 1_000_000
    flood.check(tally, before, server.workers())
    assert {path: ask(server.port, path).body for path in flood.PATHS} == known
    held = max(memory_of(pid).pss for pid in before)
    assert held < 300_000_000
    assert "Traceback" not in server.log


# What it is made of


def dependencies(extra: str = "") -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(one) for one in named]


def test_every_dependency_is_locked() -> None:
    locked = licences.locked()
    for wanted in (*dependencies(), *dependencies("postgresql")):
        found = locked[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(licences.version_of(found)), wanted
    assert len(locked) > len(dependencies())


def test_everything_locked_has_a_digest_and_no_place() -> None:
    text = licences.LOCK.read_text()
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(licences.locked())
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:60]
    assert "://" not in text
    assert not re.search(r"^\s*-(?:i\b|f\b|-index|-extra|-find|-trusted)", text, re.MULTILINE)


def test_the_licences_are_those_of_the_lock() -> None:
    table = re.findall(
        r"^\| ([a-z0-9-]+) \| (\d\S*) \| (.+) \|$", licences.DOCUMENT.read_text(), re.MULTILINE
    )
    told = {name: version for name, version, _ in table}
    assert told == {name: licences.version_of(one) for name, one in licences.locked().items()}
    for name, version, licence in table:
        # Of others what is installed here may say something else.
        with suppress(PackageNotFoundError):
            assert version_installed(name) != version or licence == licences.licence_of(name)
