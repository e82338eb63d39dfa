"""How long answers may be kept: as configured, and never past what changes by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clients import ask, put, serving, write_site
from faults import FaultyServer
from hypothesis import example, given
from hypothesis import strategies as st
from support import NOW

from feedsvc.web.freshness import Freshness

FEEDS = "feeds: {limit: 3, max_age_seconds: 120, stale_while_revalidate_seconds: 30, stale_if_error_seconds: 600}\n"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("freshness")
    write_site(directory, FEEDS)
    with serving(directory, server__workers=1) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/feed.rss", "public, max-age=120, stale-while-revalidate=30, stale-if-error=600"),
        ("/feed.json", "public, max-age=120, stale-while-revalidate=30, stale-if-error=600"),
        ("/archive/1.atom", "public, max-age=120, stale-while-revalidate=30, stale-if-error=600"),
        ("/topics.opml", "public, max-age=120, stale-while-revalidate=30, stale-if-error=600"),
        ("/", "public, max-age=0, stale-if-error=600"),
        ("/topics/sea/", "public, max-age=0, stale-if-error=600"),
        ("/icon.png", "public, max-age=86400, stale-while-revalidate=30"),
        ("/static/style.css", "public, max-age=3600, stale-while-revalidate=30"),
        (
            "/media/articles/noise.png",
            "public, max-age=3600, stale-while-revalidate=30, stale-if-error=600",
        ),
        ("/nothing", "no-cache"),
    ],
)
def test_it_is_as_configured(server: FaultyServer, path: str, expected: str | None) -> None:
    for headers in ({}, {"Accept-Encoding": "br"}):
        reply = ask(server.port, path, headers)
        assert reply["cache-control"] == expected
        if reply.status == 200:
            same = ask(server.port, path, {"If-None-Match": reply.tag})
            assert same["cache-control"] == expected


def test_feeds_say_the_same_in_their_own_words(server: FaultyServer) -> None:
    text = ask(server.port, "/feed.rss").body.decode()
    assert "<ttl>2</ttl>" in text
    period = re.search(r"<sy:updatePeriod>(\w+)</sy:updatePeriod>", text)
    frequency = re.search(r"<sy:updateFrequency>(\d+)</sy:updateFrequency>", text)
    assert period is not None
    assert frequency is not None
    seconds = {"hourly": 3600, "daily": 86_400}[period[1]]
    assert seconds / int(frequency[1]) == 120


def test_zero_is_told_alone(tmp_path: Path) -> None:
    write_site(tmp_path, "feeds: {max_age_seconds: 0, stale_if_error_seconds: 0}\n")
    with serving(tmp_path, server__workers=1) as server:
        assert ask(server.port, "/feed.rss")["cache-control"] == "public, max-age=0"
        assert ask(server.port, "/")["cache-control"] == "public, max-age=0"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("field", "ahead_seconds"),
    [("publishedDateTime", 60), ("expiryDate", 140), ("expiryDate", 400)],
)
def test_nothing_is_kept_past_a_moment_that_is_known(
    tmp_path: Path, field: str, ahead_seconds: int
) -> None:
    folder = write_site(tmp_path, FEEDS)
    moment = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
    put(folder, "moment", f"{field}: {moment.isoformat()}\ntopics: [Sea]")
    with serving(tmp_path, server__workers=1) as server:
        for path in (
            "/feed.rss",
            "/feed.json",
            "/topics/sea.atom",
            "/topics.opml",
            "/",
            "/topics/sea/",
        ):
            for _ in range(2):
                asked = datetime.now(UTC)
                uses = allowed_seconds(str(ask(server.port, path)["cache-control"]))
                left = (moment - asked).total_seconds()
                assert max(uses.values()) <= left
                assert max(uses.values()) >= left - 2  # but as long as it may be


def allowed_seconds(header: str) -> dict[str, int]:
    """How long after it was sent an answer may be used, by the name of the permission."""
    told = {name: int(value) for name, value in re.findall(r"([a-z-]+)=(\d+)", header)}
    age = told.pop("max-age")
    return {"max-age": age} | {name: age + seconds for name, seconds in told.items()}


SECONDS = st.integers(0, 100_000)
TIMES = st.datetimes(datetime(2026, 5, 25), datetime(2026, 6, 8)).map(
    lambda t: t.replace(tzinfo=UTC)
)
FRESHNESSES = st.builds(
    Freshness, SECONDS, SECONDS, SECONDS, until=st.one_of(st.none(), st.just(NOW), TIMES)
)


@given(FRESHNESSES, TIMES)
def test_no_use_goes_past_until(fresh: Freshness, now: datetime) -> None:
    uses = allowed_seconds(fresh.cache_control(now))
    for seconds in uses.values():
        # Nothing is kept of what has changed already.
        assert (
            fresh.until is None or seconds == 0 or now + timedelta(seconds=seconds) <= fresh.until
        )
    assert uses["max-age"] <= fresh.max_age_seconds
    most = fresh.max_age_seconds + max(
        fresh.stale_while_revalidate_seconds, fresh.stale_if_error_seconds
    )
    assert max(uses.values()) <= most
    if fresh.until is None or now + timedelta(seconds=most) <= fresh.until:
        assert max(uses.values()) == most


@example(Freshness(120, 0, 0, until=NOW), NOW - timedelta(seconds=121.5), 0.9)
@example(Freshness(0, 0, 0, until=NOW), NOW - timedelta(seconds=1.5), 0.9)
@given(FRESHNESSES, TIMES, st.floats(0, 1, exclude_max=True))
def test_what_is_said_is_said_until_then(fresh: Freshness, now: datetime, part: float) -> None:
    said_until = fresh.said_until(now)
    if said_until is None:
        assert fresh.until is None
        assert fresh.cache_control(now) == fresh.cache_control(now + 1000 * DAY)
        return
    assert fresh.until is not None
    assert said_until >= now
    if now < fresh.until:
        assert said_until <= fresh.until
    for moment in (now + (said_until - now) * part, said_until - timedelta(microseconds=1)):
        if now <= moment < said_until:
            assert fresh.cache_control(moment) == fresh.cache_control(now)
