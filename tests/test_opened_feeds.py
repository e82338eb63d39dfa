"""A feed that a person opens in a browser is a page; nothing else changes, for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients import Visitor, ask, nginx, serving, write_site
from faults import FaultyServer, wait_until
from lxml import html
from support import Site

OPENED = {"Sec-Fetch-Dest": "document"}
FEEDS = [
    *(f"/{path}.{format}" for path in ("feed", "topics/sea", "topics/sea/providers/paper.example",
      "feeds/best", "archive/1", "topics/sea/archive/1") for format in ("rss", "atom", "json")),
    *(f"/custom.{format}?q=tide" for format in ("rss", "atom", "json")),
    "/rss", "/atom.xml", "/old/sea.xml",
]  # fmt: skip
ITSELF = "itself"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("opened")
    write_site(
        directory,
        "feeds: {limit: 3, saved: {best: {topic: Sea}}}\nserver: {workers: 1}\n"
        "serving: {old_addresses: {/old/sea.xml: /topics/sea.rss}}\n",
    )
    with serving(directory) as server:
        yield server


@pytest.mark.parametrize("path", FEEDS)
def test_each_feed_is_a_page_where_a_person_opens_it(server: FaultyServer, path: str) -> None:
    with Visitor(server.port) as visitor:
        before = visitor.ask(path)
        page = visitor.ask(path, OPENED)
        after = visitor.ask(path)
        assert before.body == after.body
        assert before.without("date", "expires") == after.without("date", "expires")
        assert before["content-type"].startswith("application/")
        assert page["content-type"] == "text/html; charset=utf-8"
        assert page["cache-control"] == "private, no-store"
        assert page["x-robots-tag"] == "noindex"
        assert page["last-modified"] is None
        for reply in (before, page):
            assert "Sec-Fetch-Dest" in str(reply["vary"]).split(", ")
        # What a person has from before says nothing of the page.
        known = {"If-None-Match": before["etag"], "If-Modified-Since": before["last-modified"]}
        assert visitor.ask(path, OPENED | known).body == page.body
        assert visitor.ask(path, known).status == 304
        tree = html.fromstring(page.body.decode())
        [raw] = [link for link in tree.iter("a") if ITSELF in link.text_content()]
        itself = visitor.ask(raw.get("href"), OPENED)
        assert itself.body == before.body
        assert itself["etag"] == before["etag"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Dest": "Document"},
        {"Sec-Fetch-Mode": "navigate"},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
    ],
)
def test_nobody_else_gets_the_page(server: FaultyServer, headers: dict[str, str]) -> None:
    for path in ("/feed.rss", "/topics/sea.json"):
        assert ask(server.port, path, headers).body == ask(server.port, path).body


@pytest.mark.parametrize("query", ["raw", "raw=1", "raw=", "utm_source=x&raw", "raw&fbclid=1"])
def test_raw_is_no_other_feed(server: FaultyServer, query: str) -> None:
    for path, more in (("/topics/sea.rss", ""), ("/custom.rss", "q=tide&")):
        plain = ask(server.port, f"{path}?{more}".rstrip("?&"))
        for headers in ({}, OPENED):
            raw = ask(server.port, f"{path}?{more}{query}", headers)
            assert (raw.status, raw.body, raw["etag"]) == (200, plain.body, plain["etag"])


def test_raw_stays_where_an_address_is_spelt_otherwise(tmp_path: Path) -> None:
    write_site(
        tmp_path,
        "serving: {old_addresses: {/old/sea.xml: /topics/sea.rss}, other_addresses: redirect}\n",
    )
    with serving(tmp_path) as server:
        for path, target in (
            ("/topics/SEA.rss?raw", "/topics/sea.rss?raw"),
            ("/custom.rss?topic=sea&has=image&raw", "/custom.rss?has=image&topic=sea&raw"),
            ("/old/sea.xml?raw", "/topics/sea.rss?raw"),
            ("/old/sea.xml", "/topics/sea.rss"),
        ):
            moved = ask(server.port, path, OPENED)
            assert (moved.status, moved["location"]) == (301, target)


def test_who_opens_too_many_has_to_wait(tmp_path: Path) -> None:
    write_site(tmp_path, "serving: {rate: {requests: 2, seconds: 60}}\n")
    with serving(tmp_path, server__workers=1) as server:
        told = [ask(server.port, "/topics/sea.rss", OPENED).status for _ in range(6)]
    assert told[0] == 200
    assert told[-1] == 429


def test_only_feeds_are_opened(server: FaultyServer) -> None:
    for path in ("/api/feeds.json", "/api/openapi.json", "/static/style.css", "/feeds.opml"):
        assert ask(server.port, path, OPENED).body == ask(server.port, path).body
        assert "Sec-Fetch-Dest" not in str(ask(server.port, path)["vary"])


def test_mistakes_are_told_as_ever(server: FaultyServer) -> None:
    people = OPENED | {"Accept": "text/html"}
    assert ask(server.port, "/topics/seaa.rss", people).status == 404
    assert b"Did you mean" in ask(server.port, "/topics/seaa.rss", people).body
    assert ask(server.port, "/archive/99.rss", people).status == 404
    assert ask(server.port, "/custom.rss?limit=many", people).status == 400
    assert ask(server.port, "/topics/SEA.rss", people).status == 301


def test_a_format_that_is_not_served_is_no_page(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__formats=["atom"])
    site.read()
    assert site.client.get("/feed.rss", headers=OPENED).status_code == 404
    assert site.client.get("/feed.atom", headers=OPENED).mimetype == "text/html"


def test_a_change_is_seen_on_the_page_too(tmp_path: Path) -> None:
    folder = write_site(tmp_path)
    with serving(tmp_path) as server:
        assert b"A late story" not in ask(server.port, "/feed.rss", OPENED).body
        (folder / "late.md").write_text(
            "---\ntitle: A late story\npublishedDateTime: 2026-01-20\n---\n"
        )
        wait_until(lambda: b"A late story" in ask(server.port, "/feed.rss", OPENED).body)


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("first", [OPENED, {}], ids=["person first", "reader first"])
def test_a_cache_between_gives_each_their_own(
    server: FaultyServer, tmp_path: Path, first: dict[str, str]
) -> None:
    locations = (
        "location / { proxy_cache shared; "
        f"proxy_pass http://127.0.0.1:{server.port}; add_header X-Cache $upstream_cache_status; }}"
    )
    cache = f"proxy_cache_path {tmp_path}/cache keys_zone=shared:1m;"
    with nginx(tmp_path / "nginx", locations, cache) as port:
        ask(port, "/topics/sea.rss", first)
        for _ in range(2):
            page = ask(port, "/topics/sea.rss", OPENED)
            assert page["content-type"] == "text/html; charset=utf-8"
            assert page["x-cache"] in {"MISS", "BYPASS"}
            feed = ask(port, "/topics/sea.rss")
            assert feed["content-type"] == "application/rss+xml; charset=utf-8"
            assert feed.body == ask(server.port, "/topics/sea.rss").body
        assert feed["x-cache"] == "HIT"
