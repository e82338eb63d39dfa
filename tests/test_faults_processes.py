"""Processes that are killed, stopped, doubled and hammered, and databases that go away."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from faults import (
    FaultyServer,
    descendants,
    index_files,
    is_alive,
    wait_until,
    write,
    write_generation,
)
from postgres import PostgresServer

Start = Callable[..., FaultyServer]
MANY = 300  # files: enough for several processes to read them


def generation_of(server: FaultyServer) -> int | None:
    """The one number that all titles served have; `None` for a 503."""
    titles = server.titles()
    if titles is None:
        return None
    numbers = {int(title.split()[1]) for title in titles}
    assert len(numbers) == 1, numbers
    return numbers.pop()


def test_another_server_takes_over(faulty: Start, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write(folder, "one.md", "one")
    first = faulty()
    first.shows("one")
    second = faulty()
    second.shows("one")
    second.tells("another process keeps the index in step")
    for path in ("/feed.rss", "/feed.atom", "/feed.json"):
        answers = [server.get(path) for server in (first, second)]
        bodies = [
            body.replace(str(server.port).encode(), b"PORT")
            for server, (_, body, _) in zip((first, second), answers, strict=True)
        ]
        assert bodies[0] == bodies[1]
    os.kill(first.indexer(), signal.SIGKILL)
    write(folder, "two.md", "two")
    first.shows("one", "two")
    second.shows("one", "two")
    first.tells("the indexing process ended, starting it again exit=-9")
    started = descendants(first.process.pid) + descendants(second.process.pid)
    first.process.kill()
    first.process.wait()
    write(folder, "three.md", "three")
    second.shows("one", "three", "two")
    second.stop()
    wait_until(lambda: not any(map(is_alive, started)))


def test_equal_servers_give_equal_bytes_and_etags(faulty: Start, tmp_path: Path) -> None:
    write_generation(tmp_path / "articles", 1, 12)
    servers = [faulty("site: {url: 'https://news.example.org/'}\n") for _ in range(2)]
    for server in servers:
        wait_until(lambda server=server: generation_of(server) == 1)
    for path in ("/feed.rss", "/feed.atom", "/feed.json", "/topics/topic-1.atom", "/topics.opml"):
        first, second = (server.get(path) for server in servers)
        assert first == second
        assert first[0] == 200


@pytest.mark.alone
def test_who_kills_the_indexer_leaves_no_orphans(faulty: Start, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write_generation(folder, 1, MANY)
    server = faulty("feeds: {limit: 500}\n")
    wait_until(lambda: len(descendants(server.process.pid)) > 4)  # those that read with it
    below = descendants(server.indexer())
    os.kill(below[0], signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, below)), 5)
    wait_until(lambda: generation_of(server) == 1)
    write_generation(folder, 2, MANY)
    wait_until(lambda: len(descendants(server.process.pid)) > 4)
    all_of_them = descendants(server.process.pid)
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(map(is_alive, all_of_them)), 5)
    again = faulty()
    wait_until(lambda: generation_of(again) == 2)
    assert again.stop() == 0
    left = {path.name.partition("-")[0] for path in (tmp_path / ".feedsvc").iterdir()}
    assert left == {"index", "versions"}
    assert len(list((tmp_path / ".feedsvc").glob("index-*"))) == 2


@pytest.mark.alone
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_seconds", [0.0, 0.2, 0.4, 0.6])
def test_an_end_during_the_first_reading(
    faulty: Start, tmp_path: Path, with_signal: signal.Signals, after_seconds: float
) -> None:
    write_generation(tmp_path / "articles", 1, 4000)
    server = faulty()
    wait_until(lambda: server.get()[0])
    deadline = time.monotonic() + after_seconds
    wait_until(lambda: time.monotonic() > deadline)
    started = descendants(server.process.pid)
    asked = time.monotonic()
    assert server.stop(with_signal) == 0
    assert time.monotonic() - asked < 4
    assert server.log == ""
    wait_until(lambda: not any(map(is_alive, started)), 5)
    assert [path.suffix for path in (tmp_path / ".feedsvc").glob("*")] in ([], [".lock"])


def test_many_readers_while_everything_changes(faulty: Start, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write(folder, "one.md", "one")
    server = faulty()
    server.shows("one")
    statuses: set[int] = set()
    is_over = threading.Event()

    def ask(seed: int) -> None:
        chance = random.Random(seed)
        while not is_over.is_set():
            path = chance.choice(["/", "/feed.rss", "/feed.json", "/feed.atom", "/topics/"])
            statuses.add(server.get(path)[0])

    def open_files() -> list[str]:
        found = []
        for pid in server.workers():
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(FileNotFoundError):
                    found.append(str(descriptor.readlink()))
        return found

    readers = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for reader in readers:
        reader.start()
    try:
        for number in range(12):
            write(folder, "one.md", f"one {number}")
            if number % 2:
                for file in index_files(tmp_path / ".feedsvc"):
                    file.with_name(f"{file.name}.damaged").touch()
            server.shows(f"one {number}")
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert statuses == {200}
    assert "ERROR" not in server.log
    assert "locked" not in server.log
    server.shows("one 11")
    wait_until(lambda: not [name for name in open_files() if name.endswith("sqlite (deleted)")])
    assert len(open_files()) < 100 + 3 * len(readers)


def test_a_database_that_goes_away(
    faulty: Start, tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    folder = tmp_path / "articles"
    write(folder, "one.md", "one")
    server = faulty(f"index: {{url: '{postgres_url}'}}\n")
    server.shows("one")
    other = faulty()
    other.shows("one")
    postgres_server.stop()
    said = b"The articles can't be read at the moment. Please try again in a moment."

    def says_so() -> bool:
        status, body, _ = server.get()
        return status == 503 and said in body

    wait_until(says_so)
    write(folder, "two.md", "two")
    wait_until(lambda: "the right to write the index was lost" in server.log)
    for _ in range(50):
        assert server.get()[0] == 503
    postgres_server.start()
    for one in (server, other):
        one.shows("one", "two")
    write(folder, "three.md", "three")
    for one in (server, other):
        one.shows("one", "three", "two")
        assert one.stop() == 0
        password = postgres_url.split("@")[0].rpartition(":")[2]
        assert password not in one.log
        assert one.log.count("ERROR") < 10
        assert "added=2" not in one.log  # nothing is read again for it
