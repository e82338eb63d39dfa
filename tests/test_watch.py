"""What is saved shows at once: the folder watched, the index kept in step, readers told."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from support import NOW, RULES, articles_of

from feedsvc.index import watch as watching
from feedsvc.index.indexer import Indexer, IndexTask
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.watch import WatchMode, watch
from feedsvc.model import Viewpoint

PATIENCE_SECONDS = 15
DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def write(folder: Path, name: str, title: str) -> None:
    (folder / name).write_text(f"---\n{DATED}title: {title}\n---\n")


class Running:
    """An indexer at work on a folder, and what readers see."""

    def __init__(
        self, folder: Path, place: IndexPlace, mode: WatchMode, poll_seconds: float = 0.05
    ) -> None:
        task = IndexTask(place, (folder,), ("*.md",), (), RULES, mode, poll_seconds)
        self.folder = folder
        self.synced, self._stopped = threading.Event(), threading.Event()
        indexer = Indexer(task, self.synced, lambda: NOW, lambda _: nullcontext(lambda _: None))
        self._thread = threading.Thread(target=indexer.run, args=(self._stopped,))
        self._thread.start()
        self.store = Store(place, self.synced.is_set)
        assert self.synced.wait(PATIENCE_SECONDS)

    def titles(self) -> list[str]:
        with self.store.view(Viewpoint(NOW)) as view:
            return sorted(one.title for one in articles_of(view))

    def shows(self, *titles: str) -> None:
        wait_until(lambda: self.titles() == sorted(titles))

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.store.close()


@pytest.fixture
def place(tmp_path: Path) -> IndexPlace:
    return IndexPlace(tmp_path / "index", "index", "rules")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    write(folder, "a.md", "A")
    return folder


@pytest.fixture(params=["events", "poll"])
def running(request: pytest.FixtureRequest, folder: Path, place: IndexPlace) -> Iterator[Running]:
    with closing(Running(folder, place, request.param)) as running:
        yield running


def test_saved_added_renamed_and_deleted_files_show(running: Running) -> None:
    folder = running.folder
    running.shows("A")
    write(folder, "a.md", "A2")
    running.shows("A2")
    write(folder, "b.md", "B")
    running.shows("A2", "B")
    (folder / ".new").write_text(f"---\n{DATED}title: B2\n---\n")
    (folder / ".new").replace(folder / "b.md")  # as editors save
    running.shows("A2", "B2")
    (folder / "d").mkdir()
    (folder / "a.md").rename(folder / "d" / "x.md")
    write(folder / "d", "y.md", "Y")
    running.shows("A2", "B2", "Y")
    (folder / "d").rename(folder / "e")
    write(folder / "e", "y.md", "Y2")
    running.shows("A2", "B2", "Y2")
    shutil.rmtree(folder / "e")
    (folder / "b.md").unlink()
    running.shows()


def test_a_folder_that_goes_away_and_comes_back(running: Running) -> None:
    away = running.folder.rename(running.folder.with_name("away"))
    write(away, "b.md", "B")
    away.rename(running.folder)
    running.shows("A", "B")
    # A deployment that puts another directory in its place.
    other = running.folder.with_name("other")
    other.mkdir()
    write(other, "c.md", "C")
    running.folder.rename(away)
    other.rename(running.folder)
    running.shows("C")
    write(running.folder, "d.md", "D")
    running.shows("C", "D")


@pytest.mark.parametrize("mode", ["events", "poll"])
def test_links_that_lead_elsewhere(tmp_path: Path, place: IndexPlace, mode: WatchMode) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a.md", name)
    current = tmp_path / "current"
    current.symlink_to("one")
    with closing(Running(current, place, mode)) as running:
        running.shows("one")
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(current)
        running.shows("two")
        write(tmp_path / "two", "a.md", "three")
        running.shows("three")


def test_a_mounted_config_map_is_swapped(tmp_path: Path, place: IndexPlace) -> None:
    folder = tmp_path / "mounted"
    for name, title in (("..1", "one"), ("..2", "two")):
        (folder / name).mkdir(parents=True)
        write(folder / name, "a.md", title)
    (folder / "..data").symlink_to("..1")
    (folder / "a.md").symlink_to("..data/a.md")
    with closing(Running(folder, place, "events")) as running:
        running.shows("one")
        (folder / "..tmp").symlink_to("..2")
        (folder / "..tmp").replace(folder / "..data")
        running.shows("two")


@pytest.mark.alone
def test_a_burst_is_one_change(folder: Path, place: IndexPlace) -> None:
    with closing(Running(folder, place, "events")) as running:
        generations = {running.store.state().generation}  # type: ignore[union-attr]
        for number in range(5000):
            write(folder, f"{number}.md", f"T{number}")
        wait_until(
            lambda: (
                generations.add(running.store.state().generation)  # type: ignore[union-attr,func-returns-value]
                or len(running.titles()) == 5001
            )
        )
        generations.add(running.store.state().generation)  # type: ignore[union-attr]
        assert len(generations) == 2


def test_what_editors_leave_about_is_ignored(folder: Path, place: IndexPlace) -> None:
    with closing(Running(folder, place, "events")) as running:
        before = running.store.state()
        for name in (".a.md.swp", "4913", "a.md~", "#a.md#", ".git/index", ".#a.md"):
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text("x")
            file.unlink()
        write(folder, "b.md", "B")
        running.shows("A", "B")
        after = running.store.state()
        assert before is not None
        assert after is not None
        with running.store.view(Viewpoint(NOW)) as view:
            assert view.problems() == ()


def test_what_the_system_can_not_watch_is_looked_through(
    folder: Path,
    place: IndexPlace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> Iterator[object]:
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr(watching.watchfiles, "watch", refuse)
    with caplog.at_level(logging.WARNING), closing(Running(folder, place, "auto")) as running:
        write(folder, "b.md", "B")
        running.shows("A", "B")
    [told] = [record.message for record in caplog.records if "can't watch" in record.message]
    assert "watch limit reached" in told


def test_file_systems_of_other_machines_are_looked_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"36 35 0:50 / {str(folder).replace(' ', chr(92) + '040')} rw - {{}} server:/x rw\n"
    for kind, is_silent in (("nfs4", True), ("fuse.sshfs", True), ("ext4", False)):
        monkeypatch.setattr(Path, "read_text", lambda *_, kind=kind, **__: line.format(kind))
        assert watching.is_silent([folder]) is is_silent


def test_never_is_never(folder: Path) -> None:
    stopped = threading.Event()
    changes = watch((folder,), "never", 0.01, stopped)
    assert [next(changes) for _ in range(3)] == [set(), set(), set()]
    stopped.set()
    assert list(changes) == []


def test_readers_learn_of_a_new_generation(folder: Path, place: IndexPlace) -> None:
    with closing(Running(folder, place, "events")) as running:
        check_told(running)


def test_readers_learn_of_a_new_generation_from_postgresql(
    folder: Path, place: IndexPlace, postgres_url: str
) -> None:
    there = IndexPlace(place.directory, place.name, place.rules, postgres_url)
    with closing(Running(folder, there, "events")) as running:
        check_told(running)


def check_told(running: Running) -> None:
    stopped, told = threading.Event(), []
    follower = threading.Thread(
        target=lambda: [
            told.append(one) for one in running.store.generations(stopped) if one not in told
        ]
    )
    follower.start()
    try:
        wait_until(lambda: len(told) == 1)
        write(running.folder, "b.md", "B")
        wait_until(lambda: len(told) == 2)
        assert told == sorted(set(told))
        assert running.titles() == ["A", "B"]
    finally:
        stopped.set()
        follower.join()
