"""Whatever breaks, what is served is a complete state, old or new, and it mends by itself."""

from __future__ import annotations

import logging
import random
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from faults import (
    Victims,
    index_files,
    seen_generation,
    sync_folder,
    wait_until,
    write_generation,
)
from postgres import PostgresServer
from support import NOW, RULES, articles_of

from feedsvc.errors import IndexDamagedError, NotReadyError, StorageError
from feedsvc.index import schema
from feedsvc.index.indexer import Indexer, IndexTask
from feedsvc.index.store import IndexPlace, Store
from feedsvc.logs import OnceAMinute
from feedsvc.model import Facet, Viewpoint

KILLS = 100


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    with closing(Victims()) as started:
        yield started


def kill_at_random(
    victims: Victims, place: IndexPlace, folder: Path, files: int, kills: int
) -> Counter[str]:
    """Rewrite the folder and kill who indexes it, again and again; count when that hit."""
    chance = random.Random(kills)
    typical: dict[bool, float] = {}
    with closing(Store(place)) as store:
        write_generation(folder, 0, files)
        for rebuild in (True, False):
            start = time.monotonic()
            sync_folder(store, folder, rebuild=rebuild)
            typical[rebuild] = max(time.monotonic() - start, 0.05)
            write_generation(folder, 0, files)
        sync_folder(store, folder)
        hits: Counter[str] = Counter()
        for number in range(1, kills + 1):
            rebuild = number % 3 == 0
            write_generation(folder, number, files)
            seconds = chance.uniform(0, typical[rebuild])
            is_done = victims.kill_one(place, folder, seconds, rebuild=rebuild)
            seen = seen_generation(place, files)
            assert seen in {number - 1, number}
            if is_done:
                assert seen == number
            when = "done" if is_done else "new" if seen == number else "old"
            hits[f"{'rebuild' if rebuild else 'change'} {when}"] += 1
            sync_folder(store, folder)
            assert seen_generation(place, files) == number
    return hits


def test_a_hundred_kills_at_random(victims: Victims, tmp_path: Path) -> None:
    place = IndexPlace(tmp_path / "index", "index", "rules")
    hits = kill_at_random(victims, place, tmp_path / "articles", 12, KILLS)
    assert hits["change old"] > 10
    assert hits["rebuild old"] > 5
    # Nothing piles up: a build that was broken off goes with the next one.
    with closing(Store(place)) as store:
        sync_folder(store, tmp_path / "articles", rebuild=True)
    left = {path.suffix for path in place.directory.iterdir()}
    assert left <= {".sqlite", ".sqlite-wal", ".sqlite-shm", ".lock"}
    assert len(index_files(place.directory)) == 1


def test_kills_of_who_writes_to_postgresql(
    victims: Victims, tmp_path: Path, postgres_url: str
) -> None:
    place = IndexPlace(tmp_path / "index", "index", "rules", postgres_url)
    hits = kill_at_random(victims, place, tmp_path / "articles", 12, 15)
    assert hits["change old"] + hits["rebuild old"] > 2


@pytest.fixture
def place(tmp_path: Path) -> IndexPlace:
    return IndexPlace(tmp_path / "index", "index", "rules")


def test_no_name_of_an_index_is_used_twice(place: IndexPlace, tmp_path: Path) -> None:
    names = set()
    with closing(Store(place)) as store:
        for number in range(3):
            write_generation(tmp_path / "articles", number, 3)
            sync_folder(store, tmp_path / "articles")
            names.update(path.name for path in index_files(place.directory))
            # A reader that keeps the one that is gone must not meet the log of the next.
            with store.view(Viewpoint(NOW)) as view:
                shutil.rmtree(place.directory)
                assert view.find().total == 3
    assert len(names) == 3


def test_the_right_to_write_goes_with_its_file(place: IndexPlace) -> None:
    with closing(Store(place)) as store, closing(Store(place)) as other:
        lock = store.database.lock()
        assert lock is not None
        assert lock.is_held
        assert other.database.lock() is None
        shutil.rmtree(place.directory)
        assert not lock.is_held
        second = other.database.lock()
        assert second is not None
        assert second.is_held
        assert not lock.is_held
        lock.close()
        second.close()


def ask_for_everything(store: Store) -> None:
    with store.view(Viewpoint(NOW)) as view:
        articles_of(view)
        view.image("media/x.png")
    with store.view(Viewpoint(NOW, preview=True)) as view:
        view.counts(Facet.TOPIC)


def test_a_reader_alone_finds_damage_and_says_so(place: IndexPlace, tmp_path: Path) -> None:
    write_generation(tmp_path / "articles", 1, 3)
    with closing(Store(place)) as writer:
        sync_folder(writer, tmp_path / "articles")
        [file] = index_files(place.directory)
        for statement in (
            "UPDATE article SET payload = x'00'",
            "UPDATE posting SET keys = x'00'",
            "UPDATE state SET problems = x'ff'",
            "DROP TABLE picture",
        ):
            [file] = index_files(place.directory)
            with closing(sqlite3.connect(file)) as connection, connection:
                connection.execute(statement)
            with closing(Store(place)) as reader:
                with pytest.raises(IndexDamagedError):
                    ask_for_everything(reader)
                assert reader.database.is_damaged
            sync_folder(writer, tmp_path / "articles")
            assert seen_generation(place, 3) == 1
            assert not writer.database.is_damaged


def test_versions_beside_one_another(place: IndexPlace, tmp_path: Path) -> None:
    write_generation(tmp_path / "articles", 1, 3)
    place.directory.mkdir()
    earlier = place.directory / "index-v0-000001-00000000.sqlite"
    later = place.directory / f"index-v{schema.VERSION + 1}-000001-00000000.sqlite"
    others = place.directory / "index-abcd-v0-000001-00000000.sqlite"
    for file in (earlier, later, others):
        file.write_bytes(b"of another version")
    with closing(Store(place)) as store:
        sync_folder(store, tmp_path / "articles")
    assert seen_generation(place, 3) == 1
    assert not earlier.exists()
    assert later.read_bytes() == others.read_bytes() == b"of another version"


def test_other_rules_read_everything_again(place: IndexPlace, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_generation(folder, 1, 3)
    other = replace(place, rules="others")
    with closing(Store(place)) as before, closing(Store(other)) as after:
        sync_folder(before, folder)
        with pytest.raises(NotReadyError):
            after.view(Viewpoint(NOW))
        write_generation(folder, 2, 3)
        assert len(sync_folder(after, folder).plan.added) == 3
        assert seen_generation(other, 3) == 2
        with pytest.raises(NotReadyError):
            before.view(Viewpoint(NOW))


def test_a_new_version_keeps_the_articles_of_a_folder_that_is_away(
    place: IndexPlace, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    write_generation(folder, 1, 3)
    with closing(Store(place, version="0.0")) as earlier:
        sync_folder(earlier, folder)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    synced, stopped = threading.Event(), threading.Event()
    looked: list[datetime] = []

    def clock() -> datetime:
        looked.append(NOW)
        return NOW

    task = IndexTask(place, (folder,), ("*.md",), (), RULES, "poll", 0.05)
    indexer = Indexer(task, synced, clock, lambda _: nullcontext(lambda _: None))
    thread = threading.Thread(target=indexer.run, args=(stopped,))
    thread.start()
    try:
        wait_until(lambda: len(looked) > 4)
        assert seen_generation(place, 3) == 1
        folder.rmdir()
        (tmp_path / "away").rename(folder)

        def made_by() -> str | None:
            with closing(Store(place)) as store:
                state = store.state()
                return state.made_by if state else None

        wait_until(lambda: made_by() != "0.0")
    finally:
        stopped.set()
        thread.join()
    assert seen_generation(place, 3) == 1


def test_a_database_that_is_away_is_not_an_empty_one(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    place = IndexPlace(tmp_path / "index", "index", "rules", postgres_url)
    write_generation(tmp_path / "articles", 1, 3)
    with closing(Store(place)) as store:
        sync_folder(store, tmp_path / "articles")
        postgres_server.stop()
        with pytest.raises(StorageError):
            store.state()
        with pytest.raises(StorageError):
            sync_folder(store, tmp_path / "articles")
        postgres_server.start()
        write_generation(tmp_path / "articles", 2, 3)
        assert not sync_folder(store, tmp_path / "articles").plan.added
    assert seen_generation(place, 3) == 2


def test_connections_that_broke_while_they_waited_are_replaced(
    tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    place = IndexPlace(tmp_path / "index", "index", "rules", postgres_url)
    write_generation(tmp_path / "articles", 1, 3)
    with closing(Store(place)) as store:
        sync_folder(store, tmp_path / "articles")
        with ExitStack() as opened:
            for _ in range(4):
                opened.enter_context(store.view(Viewpoint(NOW)))
        postgres_server.stop()
        postgres_server.start()
        for _ in range(4):
            with store.view(Viewpoint(NOW)) as view:
                assert view.find().total == 3


def test_an_error_is_logged_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("feedsvc.logs.time.monotonic", lambda: now)
    once = OnceAMinute()

    def is_told(message: str, level: int = logging.ERROR) -> bool:
        return once.filter(logging.LogRecord("x", level, "", 0, "%s", (message,), None))

    assert is_told("a")
    assert not is_told("a")
    assert is_told("b")
    assert is_told("a", logging.WARNING)
    assert is_told("a", logging.WARNING)
    now = 59.0
    assert not is_told("a")
    now = 60.0
    assert is_told("a")
    assert not is_told("a")
    for number in range(1000):
        assert is_told(str(number))
    assert len(once._told) <= 101
