"""What is given from memory is what would be rendered, and is forgotten when anything changes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clients import Reply, Visitor, ask, put, serving, write_site
from faults import FaultyServer, wait_until
from support import Clock, temporary_store

from feedsvc.config import load_settings
from feedsvc.model import Facet
from feedsvc.web import create_app

FORMATS = ("rss", "atom", "json")
LISTED = {
    Facet.TOPIC: "sea",
    Facet.PROVIDER: "paper.example",
    Facet.CATEGORY: "news",
    Facet.TYPE: "article",
}
PATHS = [
    "/",
    "/ns/feedsvc",
    "/archive/",
    "/archive/1/",
    "/topics/sea/archive/1/",
    "/topics/sea/providers/paper.example/archive/1/",
    "/feeds/best/archive/1/",
    "/custom/archive/1/?q=tide",
    "/build",
    "/build?q=tide",
    "/embed/topics/sea?accent=123",
    "/embed.js",
    "/embed-1.js",
    "/badge/topics/sea.svg",
    "/oembed?url=https://news.example.org/topics/sea/",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap/feeds.xml",
    "/sitemap/stories-1.xml",
    "/manifest.webmanifest",
    "/stories/story-1/",
    "/media/articles/noise.png",
    "/static/style.css",
    "/icon.png",
    "/icon-144.png",
    "/favicon.ico",
    "/subscriptions.opml",
    "/topics.opml",
    "/providers.opml",
    *(f"/feed.{format}" for format in FORMATS),
    *(f"/archive/1.{format}" for format in FORMATS),
    *(f"/{facet}/" for facet in Facet),
    *(f"/{facet}/{name}/" for facet, name in LISTED.items()),
    *(f"/{facet}/{name}.{format}" for facet, name in LISTED.items() for format in FORMATS),
    *(
        f"/{facet}/{name}/archive/1.{format}"
        for facet, name in LISTED.items()
        for format in FORMATS
    ),
    "/feeds/",
    "/feeds/best/",
    *(f"/feeds/best.{format}" for format in FORMATS),
    *(f"/feeds/best/archive/1.{format}" for format in FORMATS),
    "/topics/deep-water+sea/",
    "/topics/sea/providers/paper.example/",
    *(f"/topics/sea/providers/paper.example.{format}" for format in FORMATS),
    *(f"/topics/sea/providers/paper.example/archive/1.{format}" for format in FORMATS),
    "/custom?q=tide",
    *(f"/custom.{format}?q=tide" for format in FORMATS),
    *(f"/custom/archive/1.{format}?q=tide" for format in FORMATS),
    "/custom.rss?since=36500d",
    "/feeds.opml",
    "/api/feeds.json",
    "/api/query?q=tide",
    "/api/openapi.json",
]
OTHERS = [
    ("/rss", 200),
    ("/feed/", 200),
    ("/index.xml", 200),
    ("/old/sea.xml", 200),
    ("/feed.rss?utm_source=x", 200),
    ("/feed.rss?topci=sea", 400),
    ("/custom.rss?limit=0", 400),
    ("/custom.rss?foo=1", 400),
    ("/custom.rss?topic=sea&topic=Deep+Water", 301),
    ("/topics/sea+deep-water.rss", 301),
    ("/feed.rss?min_quality=1", 301),
    ("/custom.rss?topic=nobody", 404),
    ("/feeds/nobody.rss", 404),
    ("/custom/archive/9.rss?q=tide", 404),
    ("/topics/Deep%20Water.rss", 301),
    ("/topics/SEA/", 301),
    ("/topics", 308),
    ("/nothing", 404),
    ("/topics/nobody.json", 404),
    ("/topics/nobody/", 404),
    ("/archive/99.rss", 404),
    ("/media/articles/story-1.md", 404),
    ("/static/nothing.css", 404),
]
NEWEST = "publishedDateTime: 2026-02-01\n"
CODINGS = (None, "gzip", "br", "zstd")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("fastpath")
    write_site(
        directory,
        "feeds: {limit: 3, saved: {best: {topic: [Sea, Deep Water], has: image}}}\nserver: {workers: 1}\n"
        "serving: {old_addresses: {/old/sea.xml: /topics/sea.rss}}\n",
    )
    return directory


@pytest.fixture(scope="module")
def pair(directory: Path) -> Iterator[tuple[FaultyServer, FaultyServer]]:
    """With memory and without; they share what they know of versions."""
    with (
        serving(directory, serving__cache_mb=64) as with_memory,
        serving(directory, serving__cache_mb=0) as without,
    ):
        yield with_memory, without


def test_no_route_is_forgotten_here() -> None:
    with temporary_store([]) as store:
        app = create_app(load_settings(None, {}), store, Clock())
    routes = app.url_map.bind("localhost")
    covered = {routes.match(path.partition("?")[0], return_rule=True)[0].rule for path in PATHS}
    assert covered == {rule.rule for rule in app.url_map.iter_rules()}


def told_by(reply: Reply) -> dict[str, str]:
    """Its headers, but for what is the time, and in whichever order Flask lists methods."""
    told = reply.without("date", "expires")
    if "allow" in told:
        told["allow"] = ", ".join(sorted(told["allow"].split(", ")))
    return told


def compare(visitors: list[Visitor], *request: object) -> Reply:
    """The one answer that all of them get, and get again."""
    replies = [visitor.ask(*request) for _ in range(2) for visitor in visitors]  # type: ignore[arg-type]
    first = replies[0]
    for reply in replies[1:]:
        assert reply.status == first.status, request
        assert told_by(reply) == told_by(first), request
        assert reply.body == first.body, request
    return first


@pytest.mark.parametrize(("path", "status"), [*((path, 200) for path in PATHS), *OTHERS])
def test_memory_changes_no_byte(
    pair: tuple[FaultyServer, FaultyServer], path: str, status: int
) -> None:
    with Visitor(pair[0].port) as one, Visitor(pair[1].port) as other:
        visitors = [one, other]
        for coding in CODINGS:
            accepting = {"Accept-Encoding": coding}
            whole = compare(visitors, path, accepting)
            assert whole.status == status
            head = compare(visitors, path, accepting, "HEAD")
            assert told_by(head) == told_by(whole)
            assert head.body == b""
            tag = whole["etag"] or '"none"'
            changed = whole["last-modified"] or "Sun, 06 Nov 1994 08:49:37 GMT"
            for conditions, is_the_same in (
                ({"If-None-Match": tag}, True),
                ({"If-None-Match": '"another"'}, False),
                ({"If-Modified-Since": changed}, True),
                ({"If-None-Match": '"another"', "If-Modified-Since": changed}, False),
            ):
                method = "HEAD" if coding == "gzip" else "GET"
                reply = compare(visitors, path, accepting | conditions, method)
                expected = 304 if status == 200 and is_the_same else status
                assert reply.status == expected, conditions
        for method in ("POST", "PUT", "DELETE"):
            if status != 400:
                refused = compare(visitors, path, {"Content-Length": "0"}, method)
                assert refused.status in {405, 404}, method


class TestChanges:
    """Servers with several workers: what one of them knows, all know."""

    @pytest.fixture(scope="class")
    @staticmethod
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return write_site(tmp_path_factory.mktemp("changes"), "feeds: {limit: 50}\n")

    @pytest.fixture(scope="class")
    @staticmethod
    def server(folder: Path) -> Iterator[FaultyServer]:
        with serving(folder.parent, server__workers=2) as server:
            yield server

    @staticmethod
    def titles(server: FaultyServer) -> list[str]:
        reply = ask(server.port, "/feed.json")
        assert reply.status == 200
        return [item["title"] for item in json.loads(reply.body)["items"]]

    @staticmethod
    def everywhere(server: FaultyServer, text: bytes, path: str) -> set[bool]:
        """Whether `text` is there, whichever worker is asked."""
        return {text in ask(server.port, path).body for _ in range(30)}

    def settle(self, server: FaultyServer, text: bytes, *, is_there: bool) -> None:
        paths = ("/feed.rss", "/feed.atom", "/feed.json", "/", "/topics/sea/")
        wait_until(lambda: all(self.everywhere(server, text, path) == {is_there} for path in paths))

    def test_a_change_is_in_feeds_and_pages_of_every_worker(
        self, server: FaultyServer, folder: Path
    ) -> None:
        self.settle(server, b"Once upon", is_there=False)
        put(folder, "story-1", f"{NEWEST}title: Once upon\nslug: once\ntopics: [Sea]")
        self.settle(server, b"Once upon", is_there=True)
        put(
            folder,
            "story-1",
            f"{NEWEST}title: Once upon\nslug: once\ntopics: [Sea]\npublished: false",
        )
        self.settle(server, b"Once upon", is_there=False)
        assert {ask(server.port, "/stories/once/").status for _ in range(30)} == {404}
        (folder / "story-1.md").unlink()
        put(folder, "story-2", f"{NEWEST}title: Twice\ntopics: [Sea]")
        self.settle(server, b"Twice", is_there=True)

    def test_a_worker_that_comes_later_knows_it_too(
        self, server: FaultyServer, folder: Path
    ) -> None:
        put(folder, "story-2", f"{NEWEST}title: Thrice\ntopics: [Sea]")
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(server.workers()) == 2 and before[0] not in server.workers())
        self.settle(server, b"Thrice", is_there=True)

    @pytest.mark.alone
    def test_what_is_to_come_appears_and_what_expires_goes_by_itself(
        self, server: FaultyServer, folder: Path
    ) -> None:
        moment = datetime.now(UTC) + timedelta(seconds=3)
        put(folder, "ahead", f"publishedDateTime: {moment.isoformat()}\ntopics: [Sea]")
        put(folder, "going", f"expiryDate: {moment.isoformat()}\ntopics: [Sea]")
        seen: list[tuple[datetime, set[str]]] = []

        def is_over() -> bool:
            asked = datetime.now(UTC)
            found = set(self.titles(server)) & {"ahead", "going"}
            if datetime.now(UTC) < moment:
                assert "ahead" not in found
            if asked >= moment:
                assert found == {"ahead"}
            seen.append((asked, found))
            return asked > moment + timedelta(seconds=0.5)

        wait_until(is_over)
        assert {"going"} in [found for asked, found in seen if asked < moment]
        assert self.everywhere(server, b"going", "/topics/sea/") == {False}
        assert self.everywhere(server, b"ahead", "/topics/sea/") == {True}
