"""Who asks, for which host and path: through proxies and without, as HTTP allows and as it doesn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import HOST, Reply, ask, is_open, nginx, send, serving, write_site
from faults import FaultyServer
from werkzeug.test import create_environ

from feedsvc.web.proxies import Proxies


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("door")
    write_site(directory)
    (directory / "config.yaml").write_text(  # without site.url: the address is that of the request
        "content: {folders: [articles]}\nfeeds: {limit: 3}\nserver: {workers: 1}\n"
    )
    return directory


@pytest.fixture(scope="module")
def plain(directory: Path) -> Iterator[FaultyServer]:
    with serving(directory) as server:
        yield server


@pytest.fixture(scope="module")
def trusting(directory: Path) -> Iterator[FaultyServer]:
    proxies = ["127.0.0.1", "10.0.0.0/8", "::1"]
    with serving(directory, server__trusted_proxies=proxies) as server:
        yield server


@pytest.fixture(scope="module")
def below(directory: Path) -> Iterator[FaultyServer]:
    """With a public address that has a path, and old addresses that lead on."""
    with serving(
        directory,
        lambda server: server.port,
        site__url=f"https://{HOST}/news/",
        server__trusted_hosts=["feeds.example.net", ".trusted.example"],
        serving__old_addresses={"/old/sea.xml": "/topics/sea.rss"},
        serving__other_addresses="redirect",
        serving__ignored_parameters=["campaign", "pk_*"],
    ) as server:
        yield server


def base_of(reply: Reply) -> str:
    """The address of the site that a feed tells."""
    assert reply.status == 200, reply
    return str(json.loads(reply.body)["feed_url"]).removesuffix("feed.json")


FORWARDED = [
    ({}, f"http://{HOST}/"),
    ({"X-Forwarded-Proto": "https"}, f"https://{HOST}/"),
    ({"X-Forwarded-Proto": "gopher"}, f"http://{HOST}/"),
    ({"X-Forwarded-Host": "a.example"}, "http://a.example/"),
    ({"X-Forwarded-Host": "a.example", "X-Forwarded-Port": "81"}, "http://a.example:81/"),
    ({"X-Forwarded-Host": "a.example:82", "X-Forwarded-Port": "81"}, "http://a.example:82/"),
    ({"X-Forwarded-Host": "a.example", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"},
     "https://a.example/"),
    ({"X-Forwarded-Prefix": "/news"}, f"http://{HOST}/news/"),
    ({"X-Forwarded-Prefix": "//evil"}, f"http://{HOST}/"),
    ({"X-Forwarded-Prefix": "/a b"}, f"http://{HOST}/"),
    # What stands left of the last hop that is trusted was told by anybody.
    ({"X-Forwarded-For": "6.6.6.6, 7.7.7.7", "X-Forwarded-Host": "evil.example, a.example"},
     "http://a.example/"),
    ({"X-Forwarded-For": "7.7.7.7, 10.0.0.1", "X-Forwarded-Host": "a.example, inner.example"},
     "http://a.example/"),
    ({"Forwarded": "for=7.7.7.7;host=a.example;proto=https"}, "https://a.example/"),
    ({"Forwarded": 'For="[2001:db8::1]:4711";Host="a.example";Proto=HTTPS'}, "https://a.example/"),
    ({"Forwarded": "for=6.6.6.6;host=evil.example, for=7.7.7.7;host=a.example"}, "http://a.example/"),
    ({"Forwarded": "for=7.7.7.7;host=a.example, for=10.0.0.1;host=inner.example"},
     "http://a.example/"),
    ({"Forwarded": "for=_hidden;host=a.example"}, "http://a.example/"),
    ({"Forwarded": ";;;=,\""}, f"http://{HOST}/"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "base"), FORWARDED)
def test_the_word_of_trusted_proxies_counts(
    trusting: FaultyServer, plain: FaultyServer, headers: dict[str, str], base: str
) -> None:
    for _ in range(2):  # the second comes from memory
        assert base_of(ask(trusting.port, "/feed.json", headers)) == base
        assert base_of(ask(trusting.port, "/feed.json")) == f"http://{HOST}/"
        assert base_of(ask(plain.port, "/feed.json", headers)) == f"http://{HOST}/"


@pytest.mark.parametrize("path", ["/feed.json", "/news/feed.json"])
def test_a_prefix_may_be_kept_or_taken_away(trusting: FaultyServer, path: str) -> None:
    headers = {"X-Forwarded-Prefix": "/news/"}
    assert base_of(ask(trusting.port, path, headers)) == f"http://{HOST}/news/"
    page = ask(trusting.port, path.replace("feed.json", ""), headers)
    assert b'href="/news/static/style.css?v=' in page.body


@pytest.mark.parametrize(
    ("headers", "peer", "client"),
    [
        ({}, "192.0.2.1", "192.0.2.1"),
        ({"X-Forwarded-For": "7.7.7.7"}, "192.0.2.1", "192.0.2.1"),
        ({"X-Forwarded-For": "7.7.7.7"}, "127.0.0.1", "7.7.7.7"),
        ({"X-Forwarded-For": "7.7.7.7"}, "::ffff:127.0.0.1", "7.7.7.7"),
        ({"X-Forwarded-For": "6.6.6.6, 7.7.7.7"}, "127.0.0.1", "7.7.7.7"),
        ({"X-Forwarded-For": "6.6.6.6, 7.7.7.7, 10.1.2.3"}, "127.0.0.1", "7.7.7.7"),
        ({"X-Forwarded-For": "7.7.7.7:4711"}, "127.0.0.1", "7.7.7.7"),
        ({"X-Forwarded-For": "unknown"}, "127.0.0.1", "127.0.0.1"),
        ({"Forwarded": 'for="[2001:db8::1]:4711"'}, "127.0.0.1", "2001:db8::1"),
        ({"Forwarded": "for=6.6.6.6, for=7.7.7.7, for=10.0.0.1"}, "127.0.0.1", "7.7.7.7"),
        ({"Forwarded": "for=7.7.7.7", "X-Forwarded-For": "8.8.8.8"}, "127.0.0.1", "8.8.8.8"),
        ({"X-Forwarded-For": "7.7.7.7"}, "", ""),
    ],
)
def test_who_the_client_is(headers: dict[str, str], peer: str, client: str) -> None:
    environ = create_environ("/feed.rss", headers=headers) | {"REMOTE_ADDR": peer}
    before = dict(environ)
    assert Proxies(["127.0.0.0/8", "10.0.0.0/8"]).client_of(environ) == client
    assert environ == before


def test_whoever_connects_to_a_unix_socket_may_be_trusted() -> None:
    environ = create_environ("/", headers={"X-Forwarded-For": "7.7.7.7"}) | {"REMOTE_ADDR": ""}
    assert Proxies(["unix"]).client_of(environ) == "7.7.7.7"


@pytest.mark.parametrize("prefix", ["", "/news"])
def test_an_address_with_a_path(below: FaultyServer, prefix: str) -> None:
    reply = ask(below.port, f"{prefix}/feed.json")
    assert base_of(reply) == f"https://{HOST}/news/"
    assert ask(below.port, f"{prefix}/topics/sea.rss").status == 200
    assert ask(below.port, f"{prefix}/stories/story-1/").status == 200
    for path, there in (
        ("/old/sea.xml", "/news/topics/sea.rss"),
        ("/rss", "/news/feed.rss"),
        ("/atom.xml", "/news/feed.atom"),
        ("/topics/SEA.rss", "/news/topics/sea.rss"),
    ):
        moved = ask(below.port, prefix + path)
        assert (moved.status, moved["location"]) == (301, there)
    slash = ask(below.port, f"{prefix}/topics?x=1")
    assert (slash.status, slash["location"]) == (308, "/news/topics/")


@pytest.mark.parametrize(
    ("path", "there"),
    [("/feed", "rss"), ("/feed/", "rss"), ("/feed.xml", "rss"), ("/rss", "rss"), ("/rss.xml", "rss"),
     ("/index.xml", "rss"), ("/atom", "atom"), ("/atom/", "atom"), ("/atom.xml", "atom")],
)  # fmt: skip
def test_usual_addresses_are_the_feed(plain: FaultyServer, path: str, there: str) -> None:
    reply, feed = ask(plain.port, path), ask(plain.port, f"/feed.{there}")
    assert (reply.status, reply.body, reply.tag) == (200, feed.body, feed.tag)


@pytest.mark.parametrize(
    ("host", "is_known"),
    [(HOST, True), (HOST.upper(), True), (f"{HOST}.", True), (f"{HOST}:8080", True),
     (f"{HOST}.:81", True), ("feeds.example.net", True), ("a.trusted.example", True),
     ("localhost", True), ("127.0.0.1:99", True), ("[::1]:99", True),
     ("trusted.example.evil", False), ("evil.example", False), (f"evil.{HOST}", False),
     (f"{HOST}.evil.example", False), (f"{HOST}@evil.example", False), ("a b", False),
     ("evil.example/", False), ("[", False)],
)  # fmt: skip
def test_only_known_hosts_are_answered(below: FaultyServer, host: str, is_known: bool) -> None:
    for path in ("/feed.rss", "/", "/rss", "/nothing"):
        reply = ask(below.port, path, {"Host": host})
        assert (reply.status != 400) == is_known
        assert b"evil" not in reply.body


class TestRequests:
    def test_a_host_is_needed_but_not_by_http_1_0(
        self, plain: FaultyServer, below: FaultyServer
    ) -> None:
        assert ask(plain.port, "/feed.rss", {"Host": None}).status == 400
        for server in (plain, below):
            reply = ask(server.port, "/feed.json", {"Host": None}, version="HTTP/1.0")
            assert reply.status == 200
        assert base_of(reply) == f"https://{HOST}/news/"

    def test_http_1_0_gets_no_chunks_and_the_end(self, plain: FaultyServer) -> None:
        reply = ask(plain.port, "/feed.rss", {"Connection": None}, version="HTTP/1.0")
        assert reply.status == 200
        assert reply["transfer-encoding"] is None
        assert reply["content-length"] == str(len(reply.body))

    def test_a_target_may_be_absolute(self, plain: FaultyServer) -> None:
        reply = ask(plain.port, f"http://{HOST}/feed.json")
        assert base_of(reply) == f"http://{HOST}/"
        assert ask(plain.port, f"http://{HOST}/topics/sea.rss?utm_source=x").status == 200

    @pytest.mark.parametrize(
        ("host", "base"),
        [(f"{HOST}:80", f"http://{HOST}/"), (f"{HOST}:81", f"http://{HOST}:81/"),
         (HOST.upper(), f"http://{HOST}/")],
    )  # fmt: skip
    def test_ports(self, plain: FaultyServer, host: str, base: str) -> None:
        assert base_of(ask(plain.port, "/feed.json", {"Host": host})) == base

    @pytest.mark.parametrize(
        "request_line", [b"GET", b"GET /\x00 HTTP/1.1", b"\xff\xff", b"GET / HTTP/9.9"]
    )
    def test_what_is_no_request_ends_nothing(
        self, plain: FaultyServer, request_line: bytes
    ) -> None:
        assert send(plain.port, request_line + b"\r\nHost: x\r\n\r\n").status in {400, 505}
        assert is_open(plain.port)


@pytest.mark.parametrize(
    ("query", "status"),
    [("utm_source=a&utm_medium=b", 200), ("_=1", 200), ("fbclid=x", 200), ("ref=x", 200),
     ("anything=1", 200), ("", 200), ("topci=ai", 400), ("topic=ai", 400), ("Topics=ai", 400),
     ("provider=x", 404), ("provider=Paper.example", 301), ("q=tide&utm_source=a", 301), ("utm_source=a&topci=x", 400), ("&".join(["a=1"] * 160), 400),
     ("%ff=%fe", 200), ("campaign=x&pk_topic=y", 200)],
)  # fmt: skip
def test_parameters(below: FaultyServer, query: str, status: int) -> None:
    plain = ask(below.port, "/topics/sea.rss")
    reply = ask(below.port, f"/topics/sea.rss?{query}")
    assert reply.status == status
    if status == 200:
        assert (reply.body, reply.tag) == (plain.body, plain.tag)
    elif status != 301:
        assert reply["cache-control"] in {"no-store", "no-cache"}
        assert b"<" not in reply.body


@pytest.mark.needs("nginx")
def test_behind_nginx(trusting: FaultyServer, below: FaultyServer, tmp_path: Path) -> None:
    to, to_below = f"http://127.0.0.1:{trusting.port}", f"http://127.0.0.1:{below.port}"
    prefix = "proxy_set_header X-Forwarded-Prefix"
    passed = (
        "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; "
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    )
    locations = (
        f"location / {{ proxy_pass {to}; }}\n"
        f"location /kept/ {{ proxy_pass {to}; {passed} {prefix} /kept; }}\n"
        f"location /taken/ {{ proxy_pass {to}/; {passed} {prefix} /taken; }}\n"
        f"location /news/ {{ proxy_pass {to_below}; }}\n"
        f"location /other/ {{ proxy_pass {to_below}/; }}\n"
    )
    with nginx(tmp_path / "nginx", locations) as port:
        for path, base in (("/", "/"), ("/kept/", "/kept/"), ("/taken/", "/taken/"),
                           ("/news/", "/news/"), ("/other/", "/news/")):  # fmt: skip
            reply = ask(port, f"{path}feed.json", {"Accept-Encoding": "br"})
            assert reply["content-encoding"] == "br"
            text = json.loads(reply.plain)
            assert text["feed_url"] == f"https://{HOST}{base}feed.json"
            page = ask(port, path)
            assert f'href="{base}static/style.css?'.encode() in page.body
            same = ask(port, f"{path}feed.json", {"If-None-Match": reply.tag})
            assert (same.status, same.body) == (304, b"")
        assert ask(port, "/kept/static/style.css").status == 200
        assert ask(port, "/kept/topics/SEA.rss")["location"] == "/kept/topics/sea.rss"
        spoofed = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
        assert b"evil" not in ask(port, "/news/feed.json", spoofed).body


@pytest.mark.parametrize(
    ("believed", "client"),
    [(["x-forwarded-for"], "8.8.8.8"), (["forwarded"], "7.7.7.7"), ([], "127.0.0.1")],
)
def test_headers_that_a_proxy_does_not_set_are_not_believed(
    believed: list[str], client: str
) -> None:
    headers = {"Forwarded": "for=7.7.7.7", "X-Forwarded-For": "8.8.8.8"}
    environ = create_environ("/feed.rss", headers=headers) | {"REMOTE_ADDR": "127.0.0.1"}
    assert Proxies(["127.0.0.1"], believed).client_of(environ) == client
