"""Clients that fetch whole feeds over and over: told to wait, and how long."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import ask, serving, write_site
from faults import FaultyServer, wait_until
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.web.politeness import SLOTS, Politeness, make_slots

NOW = 1_780_000_000.0


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("politeness")
    write_site(directory)
    return directory


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[FaultyServer]:
    with serving(
        directory,
        lambda server: server.port,
        server__workers=3,
        server__trusted_proxies=["127.0.0.1"],
        serving__rate={"requests": 5, "seconds": 10},
    ) as server:
        wait_until(lambda: len(server.workers()) == 3)
        yield server


def as_client(number: int) -> dict[str, str | None]:
    return {"X-Forwarded-For": f"198.51.100.{number}"}


def test_it_is_off_by_default(directory: Path) -> None:
    with serving(directory, server__workers=1) as server:
        assert {ask(server.port).status for _ in range(100)} == {200}


@pytest.mark.alone
def test_who_asks_too_often_is_told_when_to_come_again(server: FaultyServer) -> None:
    client = as_client(1)
    statuses = [ask(server.port, "/feed.rss", client).status for _ in range(8)]
    # Each of the workers would allow 5.
    assert statuses == [200] * 5 + [429] * 3
    refused = ask(server.port, "/feed.atom", client)
    assert refused.status == 429
    assert 1 <= int(str(refused["retry-after"])) <= 2
    assert refused["cache-control"] == "no-store"
    assert refused["content-type"] == "text/plain; charset=utf-8"
    assert refused["etag"] is None
    assert b"If-None-Match" in refused.body
    assert ask(server.port, "/feed.rss", as_client(2)).status == 200
    # It fills again, one after the other.
    wait_until(lambda: ask(server.port, "/feed.rss", client).status == 200)
    assert ask(server.port, "/feed.rss", client).status == 429


@pytest.mark.alone
def test_what_is_not_a_whole_feed_is_free(server: FaultyServer) -> None:
    client = as_client(3)
    reply = ask(server.port, "/feed.rss", client)
    known = client | {"If-None-Match": reply.tag}
    assert {ask(server.port, "/feed.rss", known).status for _ in range(30)} == {304}
    for path in (
        "/",
        "/topics.opml",
        "/icon.png",
        "/media/articles/noise.png",
        "/static/style.css",
    ):
        assert {ask(server.port, path, client).status for _ in range(10)} == {200}
    assert {ask(server.port, "/nothing", client).status for _ in range(10)} == {404}
    assert {ask(server.port, "/feed.rss?topci=x", client).status for _ in range(10)} == {400}
    for _ in range(4):
        assert ask(server.port, "/feed.rss", client).status == 200
    assert ask(server.port, "/feed.rss", client).status == 429
    assert ask(server.port, "/feed.rss", known).status == 304
    assert ask(server.port, "/", client).status == 200


@pytest.mark.alone
def test_all_feeds_count_together_whatever_the_coding(server: FaultyServer) -> None:
    client = as_client(4)
    asked = [("/feed.rss", "br"), ("/feed.json", "gzip"), ("/topics/sea.atom", None),
             ("/archive/1.rss", "zstd"), ("/rss", None)]  # fmt: skip
    for path, coding in asked:
        assert ask(server.port, path, client | {"Accept-Encoding": coding}).status == 200
    assert ask(server.port, "/feed.json", client).status == 429


@pytest.mark.alone
def test_a_client_is_who_the_proxy_says(server: FaultyServer) -> None:
    for number in range(8):  # what a client puts in front is nobody
        spoofed = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.5"}
        status = ask(server.port, "/feed.rss", spoofed).status
        assert status == (200 if number < 5 else 429)
    assert json.loads(ask(server.port, "/feed.json", as_client(6)).body)["items"]


def test_a_bucket_is_full_again_after_its_time() -> None:
    politeness = Politeness(4, 8, make_slots())
    assert [politeness.take("a", NOW) for _ in range(6)] == [0, 0, 0, 0, 2, 2]
    assert politeness.take("b", NOW) == 0
    assert politeness.take("a", NOW + 1.5) == 1
    assert politeness.take("a", NOW + 2) == 0
    assert politeness.take("a", NOW + 2) == 2
    assert [politeness.take("a", NOW + 1000) for _ in range(5)] == [0, 0, 0, 0, 2]


@pytest.mark.parametrize("back_seconds", [1, 60, 86_400, 10 * 365 * 86_400])
def test_a_clock_that_is_set_back_locks_nobody_out(back_seconds: int) -> None:
    politeness = Politeness(4, 8, make_slots())
    for _ in range(4):
        politeness.take("a", NOW)
    then = NOW - back_seconds
    wait_seconds = politeness.take("a", then)
    assert wait_seconds <= 2
    assert politeness.take("a", then + 8) == 0


def test_addresses_of_one_subscriber_are_one_client() -> None:
    politeness = Politeness(1, 60, make_slots())
    assert politeness.take("2001:db8:0:1::1", NOW) == 0
    assert politeness.take("2001:db8:0:1:ffff::2", NOW) > 0
    assert politeness.take("2001:db8:0:2::1", NOW) == 0
    assert politeness.take("192.0.2.1", NOW) == 0
    assert politeness.take("192.0.2.2", NOW) == 0
    assert politeness.take("::ffff:192.0.2.3", NOW) == 0
    assert politeness.take("::ffff:192.0.2.4", NOW) == 0
    assert politeness.take("192.0.2.4", NOW) > 0


def test_whom_nobody_can_tell_apart_nobody_limits() -> None:
    politeness = Politeness(1, 60, make_slots())
    assert [politeness.take("", NOW) for _ in range(3)] == [0, 0, 0]


def test_threads_that_ask_at_once_are_not_refused_too_early() -> None:
    politeness = Politeness(50, 1000, make_slots())
    allowed: list[int] = []

    def ask_often() -> None:
        allowed.extend(politeness.take("a", NOW) == 0 for _ in range(25))

    threads = [threading.Thread(target=ask_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) >= 50


@given(
    st.integers(1, 100),
    st.integers(1, 1000),
    st.lists(st.floats(0, 100), min_size=1, max_size=60),
)
def test_nobody_gets_more_and_who_waits_as_told_gets_one(
    requests: int, seconds: int, pauses: list[float]
) -> None:
    slots = make_slots()
    assert len(slots.full_at) == SLOTS
    politeness, now, taken = Politeness(requests, seconds, slots), NOW, 0
    for pause in pauses:
        now += pause
        wait_seconds = politeness.take("a", now)
        taken += not wait_seconds
        assert taken <= requests + (now - NOW) * requests / seconds + 1e-3
    while wait_seconds := politeness.take("a", now):
        assert wait_seconds <= seconds
        now += wait_seconds
        assert politeness.take("a", now) == 0
        break
