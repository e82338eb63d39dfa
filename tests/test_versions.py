"""`Versions` by itself: one time for all, on both databases, and none where nothing can be kept."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from clients import Reply, ask, put, serving, write_site
from faults import FaultyServer, wait_until, without_privileges
from support import NOW

from feedsvc.state.versions import VersionPlace, Versions

SECOND = timedelta(seconds=1)
Make = Callable[..., Versions]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> VersionPlace:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return VersionPlace(tmp_path / "state", "versions", url)


@pytest.fixture
def make(place: VersionPlace) -> Iterator[Make]:
    made: list[Versions] = []

    def make_one(kept: int = 3) -> Versions:
        made.append(Versions(place, kept))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


def test_a_version_keeps_the_time_at_which_it_came(make: Make) -> None:
    versions = make()
    assert versions.changed_at("/a", "1", NOW) == NOW
    assert versions.changed_at("/a", "1", NOW + 60 * SECOND) == NOW
    assert versions.changed_at("/b", "1", NOW + 60 * SECOND) == NOW + 60 * SECOND
    assert make().changed_at("/a", "1", NOW + 90 * SECOND) == NOW


def test_times_go_on_by_whole_seconds_whatever_the_clock_does(make: Make) -> None:
    versions = make()
    times = [
        versions.changed_at("/a", str(number), NOW + after)
        for number, after in enumerate(
            [SECOND / 2, SECOND / 2, 5 * SECOND / 2, -3600 * SECOND, 3 * SECOND, 60 * SECOND]
        )
    ]
    expected = [0, 1, 2, 3, 4, 60]
    assert times == [NOW + number * SECOND for number in expected]
    # What was there before and is there again has changed, too.
    assert versions.changed_at("/a", "0", NOW + 70 * SECOND) == NOW + 70 * SECOND


def test_who_races_gets_one_time(make: Make) -> None:
    number = 8
    racers = [make() for _ in range(number)]
    for etag in map(str, range(10)):
        barrier = threading.Barrier(number)

        def ask_at_once(
            index: int, etag: str = etag, barrier: threading.Barrier = barrier
        ) -> object:
            barrier.wait(10)
            return racers[index].changed_at(
                "/a", etag, NOW + int(etag) * 10 * SECOND + index * SECOND
            )

        with ThreadPoolExecutor(number) as pool:
            assert len(set(pool.map(ask_at_once, range(number)))) == 1


_RACER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from feedsvc.state.versions import VersionPlace, Versions
directory, url, now, ahead = sys.argv[1:]
versions = Versions(VersionPlace(Path(directory), "versions", url or None), 3)
for number in range(100):
    later = datetime.fromisoformat(now) + timedelta(seconds=int(ahead))
    print(versions.changed_at(f"/{number}", "1", later))
versions.close()
"""


def test_processes_that_race_agree(place: VersionPlace) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, place.directory, place.url or "", NOW.isoformat(), ahead],
            stdout=subprocess.PIPE, text=True,
        )
        for ahead in ("0", "1", "2")
    ]  # fmt: skip
    told = [racer.communicate(timeout=30)[0].splitlines() for racer in racers]
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == 100
    assert "None" not in told[0]


def test_entries_of_versions_are_bounded_and_shared(make: Make) -> None:
    versions = make(3)
    for number in range(6):
        versions.remember("/a", str(number), {"id": bytes([number])}, NOW + number * SECOND)
    versions.remember("/b", "0", {}, NOW)
    known = [make().entries("/a", str(number)) for number in range(6)]
    assert known == [None, None, None, {"id": b"\3"}, {"id": b"\4"}, {"id": b"\5"}]
    assert versions.entries("/b", "0") == {}
    # Who is asked for stays.
    versions.remember("/a", "3", {"id": b"\3"}, NOW + 10 * SECOND)
    versions.remember("/a", "6", {}, NOW + 11 * SECOND)
    assert versions.entries("/a", "3") is not None
    assert versions.entries("/a", "4") is None


@pytest.mark.parametrize("obstacle", ["a file", "damage"])
def test_where_nothing_can_be_kept_nothing_is_known(
    tmp_path: Path, obstacle: str, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "state"
    if obstacle == "a file":
        directory.write_text("")
    else:
        directory.mkdir()
        (directory / "versions.sqlite").write_bytes(b"nonsense" * 1000)
    with closing(Versions(VersionPlace(directory, "versions"), 3)) as versions:
        assert versions.changed_at("/a", "1", NOW) is None
        versions.remember("/a", "1", {}, NOW)
        assert versions.entries("/a", "1") is None
    assert "when answers changed can't be recorded: " in caplog.text
    assert "Traceback" not in caplog.text


def test_a_full_disk_and_answers_go_on(tmp_path: Path) -> None:
    folder = write_site(tmp_path)
    with serving(tmp_path, server__workers=1) as server:
        before = ask(server.port, "/topics/sea.rss")
        for pid in server.workers():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
        check_that_answers_go_on(server, folder, before)


def test_a_file_that_cannot_be_written_and_answers_go_on(tmp_path: Path) -> None:
    folder = write_site(tmp_path)
    with serving(tmp_path, server__workers=1) as server:
        before = ask(server.port, "/topics/sea.rss")
    for file in (tmp_path / ".feedsvc").glob("versions-*"):
        file.chmod(0o400)
    with serving(tmp_path, prefix=without_privileges(), server__workers=1) as server:
        check_that_answers_go_on(server, folder, before)


def check_that_answers_go_on(server: FaultyServer, folder: Path, before: Reply) -> None:
    since = {"If-Modified-Since": before["last-modified"]}
    put(folder, "new", "publishedDateTime: 2026-02-01\ntopics: [Sea]")
    wait_until(lambda: b"<title>new" in ask(server.port, "/topics/sea.rss").body)
    for reply in (ask(server.port, "/topics/sea.rss"), ask(server.port, "/topics/sea.rss", since)):
        assert (reply.status, reply["last-modified"]) == (200, None)
    assert ask(server.port, "/topics/sea.rss", {"If-None-Match": reply.tag}).status == 304
    wait_until(lambda: "when answers changed can't be recorded: " in server.log)


def test_what_anybody_can_make_up_is_forgotten_first(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("_MOST_KEYS", 6), ("_PRUNED", 4), ("_PRUNE_EVERY", 1)):
        monkeypatch.setattr(f"feedsvc.state.versions.{name}", value)
    versions = make()
    for number in range(3):
        versions.changed_at(f"/topics/{number}.rss", "x", NOW)
    for number in range(4):
        versions.changed_at(f"/custom.rss?q={number}", "x", NOW + SECOND)
        versions.changed_at(f"/topics/a+{number}.rss", "x", NOW + SECOND)
    later = NOW + 60 * SECOND
    for number in range(3):
        assert versions.changed_at(f"/topics/{number}.rss", "x", later) == NOW
