"""Conditional requests: what is told of a version, and when nothing need be sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clients import DECODERS, Reply, ask, put, serving, write_site
from faults import FaultyServer, wait_until
from werkzeug.http import http_date

PATHS = ("/feed.rss", "/feed.atom", "/feed.json", "/archive/1.rss", "/topics/sea.json",
         "/topics.opml", "/", "/topics/", "/topics/sea/", "/stories/story-1/", "/ns/feedsvc",
         "/media/articles/noise.png", "/icon.png", "/static/style.css")  # fmt: skip
PICTURE = "/media/articles/noise.png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("conditional"))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[FaultyServer]:
    with serving(folder.parent, server__workers=3) as server:
        for path in PATHS:
            ask(server.port, path)
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of a site that a test changes."""
    return write_site(tmp_path)


class TestTags:
    @pytest.mark.parametrize("path", PATHS)
    def test_they_are_strong_and_equal_in_every_worker(
        self, server: FaultyServer, path: str
    ) -> None:
        replies = [ask(server.port, path) for _ in range(20)]
        [tag] = {reply.tag for reply in replies}
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert len({reply["last-modified"] for reply in replies}) == 1

    @pytest.mark.parametrize("path", ["/feed.rss", "/feed.json", "/", "/topics.opml"])
    def test_each_coding_has_its_own(self, server: FaultyServer, path: str) -> None:
        tags = {}
        for coding in (None, *DECODERS):
            reply = ask(server.port, path, {"Accept-Encoding": coding})
            assert reply["content-encoding"] == coding
            tags[coding] = reply.tag
            same = ask(server.port, path, {"Accept-Encoding": coding, "If-None-Match": reply.tag})
            assert (same.status, same.tag) == (304, reply.tag)
        assert len(set(tags.values())) == len(tags)

    def test_they_and_the_times_survive_a_restart(self, own: Path) -> None:
        told = []
        for _ in range(2):
            with serving(own.parent) as server:
                replies = [ask(server.port, path) for path in PATHS]
                told.append([(one.tag, one["last-modified"]) for one in replies])
        assert told[0] == told[1]


class TestIfNoneMatch:
    @pytest.mark.parametrize(
        "header",
        ["*", "{tag}", "W/{tag}", "{bare}", '"{bare}-gzip"', '"{bare};br"', '"{bare}-br"',
         'W/"{bare}-gzip"', '"a", "b", {tag}', '"a",{tag},"b"', 'W/"a" , W/{tag}', '""{bare}""',
         '\\"{bare}\\"', '"{bare}-zstd-gzip"', " {tag} ", "a, {bare}"],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/feed.rss", "/", PICTURE])
    def test_who_names_the_tag_has_it(self, server: FaultyServer, path: str, header: str) -> None:
        tag = ask(server.port, path).tag
        named = header.format(tag=tag, bare=tag.strip('"'))
        assert ask(server.port, path, {"If-None-Match": named}).status == 304

    @pytest.mark.parametrize(
        "header",
        ["", ",", '"', '""', "W/", 'W/""', '"another"', "a, b, c", "\\", "\xff\xfe", '"*"',
         '"' * 500, "x" * 15_000, ", ".join(['"abc"'] * 2_000)],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/feed.rss", PICTURE])
    def test_who_names_others_gets_it(self, server: FaultyServer, path: str, header: str) -> None:
        reply = ask(server.port, path, {"If-None-Match": header})
        assert reply.status == 200
        assert reply.body

    def test_one_that_is_far_too_long_harms_nobody(self, server: FaultyServer) -> None:
        header = ", ".join(['"abc"'] * 15_000)
        assert len(header) > 100_000
        reply = ask(server.port, "/feed.rss", {"If-None-Match": header})
        assert reply.status in {200, 431}
        assert ask(server.port, "/feed.rss").status == 200

    def test_it_beats_if_modified_since(self, server: FaultyServer) -> None:
        for path in ("/feed.rss", "/", PICTURE):
            whole = ask(server.port, path)
            since = {"If-Modified-Since": whole["last-modified"]}
            assert ask(server.port, path, since | {"If-None-Match": '"another"'}).status == 200
            long_ago = {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}
            assert ask(server.port, path, long_ago | {"If-None-Match": whole.tag}).status == 304


class TestIfModifiedSince:
    FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("path", ["/feed.rss", "/feed.json", "/", PICTURE, "/icon.png"])
    def test_all_three_forms(self, server: FaultyServer, path: str, form: str) -> None:
        changed = ask(server.port, path).date("last-modified")
        for seconds, status in ((0, 304), (1, 304), (-1, 200), (86_400 * 365, 304)):
            since = (changed + timedelta(seconds=seconds)).strftime(form)
            assert ask(server.port, path, {"If-Modified-Since": since}).status == status, since

    @pytest.mark.parametrize(
        "header", ["", "soon", "0", "-1", "Sun, 99 Nov 2094 08:49:37 GMT", "\xff", "x" * 10_000,
                   "Sun, 06 Nov 99999999999 08:49:37 GMT"],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/feed.rss", PICTURE])
    def test_what_is_no_date_is_passed_over(
        self, server: FaultyServer, path: str, header: str
    ) -> None:
        assert ask(server.port, path, {"If-Modified-Since": header}).status == 200


class TestLastModified:
    @staticmethod
    def changed(server: FaultyServer, path: str, before: Reply) -> Reply:
        """The first answer there that isn't `before`, which must not be in the future."""
        found = [before]

        def is_another() -> bool:
            found[0] = ask(server.port, path)
            return found[0].tag != before.tag

        wait_until(is_another)
        if found[0]["last-modified"] is not None:
            assert found[0].date("last-modified") <= found[0].date("date")
        return found[0]

    def told(self, server: FaultyServer, path: str) -> Reply:
        """The answer once it tells its time."""
        wait_until(lambda: ask(server.port, path)["last-modified"])
        return ask(server.port, path)

    def test_it_moves_on_with_edits_and_removals_and_stays_otherwise(self, own: Path) -> None:
        # Of several, another one may hear of a change a moment later.
        with serving(own.parent, server__workers=1) as server:
            sea, news = "/topics/sea.rss", "/topics/alone.rss"
            put(own, "alone", "topics: [Alone]")
            wait_until(lambda: ask(server.port, news).status == 200)
            times, before = [], self.told(server, sea)
            unrelated = self.told(server, news)
            # Changes in quick succession: two within a second must have two times.
            for number in range(3):
                put(
                    own,
                    "story-8",
                    f"title: T{number}\npublishedDateTime: 2026-01-08\ntopics: [Sea]",
                )
                after = self.changed(server, sea, before)
                since = {"If-Modified-Since": before["last-modified"]}
                assert ask(server.port, sea, since).status == 200
                before = self.told(server, sea)
                assert before.tag == after.tag
                times.append(before.date("last-modified"))
            (own / "story-8.md").unlink()
            self.changed(server, sea, before)
            assert (
                ask(server.port, sea, {"If-Modified-Since": before["last-modified"]}).status == 200
            )
            times.append(self.told(server, sea).date("last-modified"))
            assert times == sorted(set(times))
            same = ask(server.port, news)
            assert (same.tag, same["last-modified"]) == (unrelated.tag, unrelated["last-modified"])
        shutil.copy(own / "story-7.md", own / "copy.md")
        with serving(own.parent) as server:
            assert self.told(server, news)["last-modified"] == unrelated["last-modified"]
            assert self.told(server, sea).date("last-modified") >= times[-1]

    @pytest.mark.parametrize("path", PATHS)
    def test_it_is_never_to_come(self, server: FaultyServer, path: str) -> None:
        for _ in range(10):
            reply = ask(server.port, path)
            if reply["last-modified"]:
                assert reply.date("last-modified") <= reply.date("date")
        later = http_date(datetime.now(UTC) + timedelta(days=1))
        assert ask(server.port, path, {"If-Modified-Since": later}).status == 304

    def test_a_picture_that_changes_is_told_of_by_its_bytes(self, own: Path) -> None:
        picture = own / "noise.png"
        with serving(own.parent, server__workers=1) as server:
            before = self.told(server, PICTURE)
            picture.touch()
            assert ask(server.port, PICTURE).tag == before.tag
            part = own / ".part"
            part.write_bytes(picture.read_bytes() + b"more")
            part.rename(picture)
            after = self.changed(server, PICTURE, before)
            assert after.body == picture.read_bytes()
            since = {"If-Modified-Since": before["last-modified"]}
            assert ask(server.port, PICTURE, since).status == 200


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/topics/nobody.rss", "/topics/SEA.rss"])
def test_head_is_get_without_a_body(server: FaultyServer, path: str) -> None:
    for coding in (None, "gzip", "br"):
        whole = ask(server.port, path, {"Accept-Encoding": coding})
        head = ask(server.port, path, {"Accept-Encoding": coding}, "HEAD")
        assert (head.status, head.body) == (whole.status, b"")
        assert head.without("date", "expires") == whole.without("date", "expires")
        assert int(str(head["content-length"])) == len(whole.body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_304_has_what_it_must_and_nothing_of_the_body(
    server: FaultyServer, path: str, method: str
) -> None:
    whole = ask(server.port, path)
    reply = ask(server.port, path, {"If-None-Match": whole.tag}, method)
    assert (reply.status, reply.body) == (304, b"")
    assert reply["date"] is not None
    for name in ("etag", "vary", "cache-control"):
        assert reply[name] == whole[name]
    assert whole["cache-control"] is not None
    for name in ("content-length", "content-type", "content-encoding", "transfer-encoding"):
        assert reply[name] is None


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ({"Range": "bytes=10-19"}, 206, 10, 20),
        ({"Range": "bytes=-5"}, 206, -5, None),
        ({"Range": "bytes=10-", "If-Range": "{tag}"}, 206, 10, None),
        ({"Range": "bytes=10-19", "If-Range": '"another"'}, 200, 0, None),
        ({"Range": "bytes=10-19", "If-Range": "W/{tag}"}, 200, 0, None),
        ({"Range": "bytes=10-19", "If-Range": "{changed}"}, 206, 10, 20),
        ({"Range": "bytes=10-19", "If-Range": "Sun, 06 Nov 1994 08:49:37 GMT"}, 200, 0, None),
        (
            {"Range": "bytes=10-19", "If-Range": "Sun, 06 Nov 99999999999 08:49:37 GMT"},
            200,
            0,
            None,
        ),
        ({"Range": "bytes=10-19", "If-Range": ""}, 200, 0, None),
        ({"Range": "bytes=99999999-"}, 416, 0, 0),
        ({"Range": "nonsense"}, 200, 0, None),
    ],
)
def test_parts_of_pictures(
    server: FaultyServer, asked: dict[str, str], status: int, first: int, last: int | None
) -> None:
    whole = ask(server.port, PICTURE)
    known = {"tag": whole.tag, "changed": whole["last-modified"]}
    headers = {name: value.format(**known) for name, value in asked.items()}
    reply = ask(server.port, PICTURE, headers)
    assert reply.status == status
    if status != 416:
        assert reply.body == whole.body[first:last]
        assert reply.tag == whole.tag
    if status == 206:
        start = first % len(whole.body)
        end = start + len(reply.body) - 1
        assert reply["content-range"] == f"bytes {start}-{end}/{len(whole.body)}"
        assert reply["content-length"] == str(len(reply.body))
