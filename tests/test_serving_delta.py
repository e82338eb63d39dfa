"""Deltas (RFC 3229): who asks for them gets what is new or changed, and nothing else."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from clients import Reply, ask, put, serving, write_site
from faults import FaultyServer, wait_until

NEWER = "publishedDateTime: 2026-02-0{}\ntopics: [Sea]"
FORMATS = ("rss", "atom", "json")
FEEDS = "feeds: {limit: 50}\n"


def titles(reply: Reply) -> set[str]:
    if reply.body.startswith(b"{"):
        return {item["title"] for item in json.loads(reply.body)["items"]}
    parsed = feedparser.parse(reply.body)
    assert not parsed.bozo, parsed.bozo_exception
    return {entry.title for entry in parsed.entries}


def delta(server: FaultyServer, path: str, *tags: str, **headers: str) -> Reply:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(server.port, path, {"A-IM": "feed", "If-None-Match": ", ".join(tags)} | told)


def wait_for(server: FaultyServer, *paths: str, title: str, is_there: bool = True) -> None:
    wait_until(lambda: all((title in titles(ask(server.port, path))) == is_there for path in paths))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path, FEEDS)


@pytest.fixture
def server(folder: Path) -> Iterator[FaultyServer]:
    # Of several workers, another one may hear of a change a moment later.
    with serving(folder.parent, server__workers=1, serving__delta="true") as server:
        yield server


def test_it_is_off_by_default(folder: Path) -> None:
    with serving(folder.parent, server__workers=1) as server:
        before = ask(server.port, "/feed.rss")
        put(folder, "new", NEWER.format(1))
        wait_for(server, "/feed.rss", title="new")
        reply = delta(server, "/feed.rss", before.tag)
        assert (reply.status, reply["im"]) == (200, None)
        assert len(titles(reply)) == 9


def test_only_what_is_new_or_changed_in_every_format(server: FaultyServer, folder: Path) -> None:
    paths = [f"/feed.{format}" for format in FORMATS] + ["/topics/sea.rss"]
    before = {path: ask(server.port, path) for path in paths}
    put(folder, "new", NEWER.format(1))
    put(
        folder,
        "story-3",
        "title: Rewritten\nslug: story-3\npublishedDateTime: 2026-01-03\ntopics: [Sea]",
    )
    wait_for(server, *paths, title="new")
    wait_for(server, *paths, title="Rewritten")
    for path in paths:
        whole = ask(server.port, path)
        reply = delta(server, path, before[path].tag, Accept_Encoding="gzip, br")
        assert reply.status == 226
        assert titles(reply) == {"new", "Rewritten"}
        assert len(reply.body) < len(whole.body)
        assert reply["im"] == "feed"
        assert reply.tag == whole.tag
        assert reply["cache-control"] == "no-store, im"
        assert reply["vary"] is not None
        assert {"a-im", "if-none-match"} <= set(reply["vary"].lower().split(", "))
        assert reply["content-type"] == whole["content-type"]
        assert reply["content-length"] == str(len(reply.body))
        assert reply["content-encoding"] is None
        assert reply["last-modified"] is None
        # Whoever has put them together has the whole.
        same = delta(server, path, reply.tag)
        assert (same.status, same.tag, same.body) == (304, reply.tag, b"")
        # And nothing of it is what others get.
        for headers in ({}, {"If-None-Match": before[path].tag}, {"A-IM": "feed"}):
            assert ask(server.port, path, headers).body == whole.body
        head = ask(server.port, path, {"A-IM": "feed", "If-None-Match": before[path].tag}, "HEAD")
        assert (head.status, head.tag) == (200, whole.tag)


def test_who_understands_it_says_so(server: FaultyServer, folder: Path) -> None:
    before = ask(server.port, "/feed.rss")
    put(folder, "new", NEWER.format(1))
    wait_for(server, "/feed.rss", title="new")
    for asked in ("feed", "vcdiff, feed;q=0.5", "FEED", "feed, gzip"):
        assert delta(server, "/feed.rss", before.tag, A_IM=asked).status == 226, asked


def test_what_is_no_request_for_it(server: FaultyServer, folder: Path) -> None:
    before = ask(server.port, "/feed.rss")
    page, archive = ask(server.port, "/"), ask(server.port, "/topics.opml")
    put(folder, "new", NEWER.format(1))
    wait_for(server, "/feed.rss", title="new")
    for other in ("vcdiff", "feed;q=0", "", "\xff", ";;,", "feeds"):
        assert delta(server, "/feed.rss", before.tag, A_IM=other).status == 200, other
    for unknown in ('"unknown"', "W/", "", '""', "garbage", "*,"):
        assert delta(server, "/feed.rss", unknown).status == 200, unknown
    assert delta(server, "/feed.json", before.tag).status == 200  # a version of another feed
    assert delta(server, "/feed.rss", "*").status == 304
    for path, reply in (("/", page), ("/topics.opml", archive)):
        assert delta(server, path, reply.tag)["im"] is None
    assert delta(server, "/feed.rss", '"unknown"', before.tag, 'W/"other"').status == 226
    assert delta(server, "/feed.rss", f"W/{before.tag}").status == 226
    coded = before.tag.strip('"') + "-gzip"
    assert delta(server, "/feed.rss", f'"{coded}"').status == 226


def test_versions_survive_a_restart_and_are_bounded(folder: Path) -> None:
    options = {"server__workers": 1, "serving__delta": "true", "serving__delta_versions": 2}
    tags = []
    with serving(folder.parent, **options) as server:
        tags.append(ask(server.port, "/feed.rss").tag)
        put(folder, "one", NEWER.format(1))
        wait_for(server, "/feed.rss", title="one")
        assert delta(server, "/feed.rss", tags[0]).status == 226
    with serving(folder.parent, **options) as server:
        assert titles(delta(server, "/feed.rss", tags[0])) == {"one"}
        tags.append(ask(server.port, "/feed.rss").tag)
        # The time of a version is told by seconds.
        wait_until(
            lambda: ask(server.port, "/feed.rss")["last-modified"] != ask(server.port, "/")["date"]
        )
        put(folder, "two", NEWER.format(2))
        wait_for(server, "/feed.rss", title="two")
        assert titles(delta(server, "/feed.rss", tags[1])) == {"two"}
        assert delta(server, "/feed.rss", tags[0]).status == 200


def test_a_removed_article_is_no_fault(server: FaultyServer, folder: Path) -> None:
    before = ask(server.port, "/feed.rss")
    (folder / "story-4.md").unlink()
    wait_for(server, "/feed.rss", title="story-4", is_there=False)
    reply = delta(server, "/feed.rss", before.tag)
    assert (reply.status, titles(reply)) == (226, set())
    assert delta(server, "/feed.rss", reply.tag).status == 304
    put(folder, "new", NEWER.format(1))
    wait_for(server, "/feed.rss", title="new")
    assert titles(delta(server, "/feed.rss", before.tag)) == {"new"}


@pytest.mark.needs("newsboat")
def test_newsboat_keeps_in_step(folder: Path, tmp_path: Path) -> None:
    with serving(folder.parent, server__workers=1, serving__delta="true") as server:
        (tmp_path / "urls").write_text(f"http://127.0.0.1:{server.port}/feed.atom\n")
        (tmp_path / "config").write_text("")

        def stored() -> set[str]:
            subprocess.run(
                ["newsboat", "-u", tmp_path / "urls", "-C", tmp_path / "config",
                 "-c", tmp_path / "cache.db", "-x", "reload"],
                check=True, timeout=60, capture_output=True,
            )  # fmt: skip
            with sqlite3.connect(tmp_path / "cache.db") as cache:
                rows = cache.execute("SELECT title FROM rss_item").fetchall()
            cache.close()
            assert len(rows) == len(set(rows))
            return {title for (title,) in rows}

        expected = {f"story-{day}" for day in range(1, 9)}
        assert stored() == expected
        put(folder, "new", NEWER.format(1))
        wait_for(server, "/feed.atom", title="new")
        assert stored() == expected | {"new"}
        assert stored() == expected | {"new"}
