"""`feedsvc serve` while its disks, folders and permissions fail under it, and after."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from faults import (
    FEEDSVC,
    FaultyServer,
    descendants,
    index_files,
    wait_until,
    without_privileges,
    write,
)

Start = Callable[..., FaultyServer]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two", "three"):
        write(tmp_path / "articles", f"{name}.md", name)
    return tmp_path / "articles"


FIRST = ("one", "three", "two")


def overwrite(path: Path, first: int, data: bytes) -> None:
    with path.open("rb+") as file:
        file.seek(first)
        file.write(data)


def scribble(path: Path) -> None:
    """Overwrite half of the pages, in place, as a failing disk does."""
    chance = random.Random(7)
    for page in range(1, path.stat().st_size // 4096):
        if chance.random() < 0.5:
            overwrite(path, page * 4096, chance.randbytes(4096))


HARMS: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: os.truncate(path, 0),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "another kind of file": lambda path: overwrite(path, 0, b"Not a database at all, sorry."),
    "its header": lambda path: overwrite(path, 16, random.Random(1).randbytes(84)),
    "read-only by its header": lambda path: overwrite(path, 18, b"\x7f"),
    "of a later format": lambda path: overwrite(path, 44, b"\0\0\0\x7f"),
    "half of its pages": scribble,
    "deleted": lambda path: path.unlink(),
    "its log deleted": lambda path: path.with_name(f"{path.name}-wal").unlink(),
    "its log garbled": lambda path: overwrite(
        path.with_name(f"{path.name}-wal"), 0, random.Random(2).randbytes(3000)
    ),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "all deleted": lambda path: shutil.rmtree(path.parent),
}


def test_a_damaged_index_is_made_anew(faulty: Start, folder: Path, tmp_path: Path) -> None:
    server = faulty("server: {workers: 1}\n")
    server.shows(*FIRST)
    titles = list(FIRST)
    for number, (name, harm) in enumerate(HARMS.items()):
        file = index_files(tmp_path / ".feedsvc")[-1]
        harm(file)
        write(folder, f"new-{number}.md", name)
        deadline = time.monotonic() + 10
        while (seen := server.titles()) != sorted([*titles, name]):
            assert seen is None or seen == sorted(titles), name
            assert time.monotonic() < deadline, name
        titles.append(name)
    assert "Traceback" not in server.log


class Disk:
    """A place for the index that can be full: a small file system, or limited file sizes."""

    def __init__(self, directory: Path, kind: str) -> None:
        self.directory, self.kind = directory, kind
        directory.mkdir()
        if kind == "small":
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory],
                check=True, capture_output=True,
            )  # fmt: skip

    def fill(self, server: FaultyServer) -> None:
        if self.kind == "small":
            with suppress(OSError), (self.directory / "filling").open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            return
        for pid in descendants(server.process.pid):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

    def make_room(self, server: FaultyServer) -> None:
        (self.directory / "filling").unlink(missing_ok=True)
        unlimited = resource.RLIM_INFINITY, resource.RLIM_INFINITY
        for pid in descendants(server.process.pid):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    def close(self) -> None:
        if self.kind == "small":
            subprocess.run(["umount", "-l", self.directory], check=True)


@pytest.fixture(params=["small", "limited"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    try:
        disk = Disk(tmp_path / "disk", request.param)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system may be mounted here; limited sizes stand in for it")
    with closing(disk):
        yield disk


@pytest.mark.parametrize("fresh", [False, True])
def test_a_full_disk(
    faulty: Start, folder: Path, tmp_path: Path, disk: Disk, *, fresh: bool
) -> None:
    server = faulty("index: {directory: disk}\n")
    server.shows(*FIRST)
    disk.fill(server)
    if fresh:
        [file] = index_files(disk.directory)
        file.with_name(f"{file.name}.damaged").touch()
    noise = random.Random(3).randbytes(150_000).hex()
    (folder / "big.md").write_text(f"---\ntitle: big\npublishedDateTime: 2026-01-01\n---\n{noise}")
    wait_until(lambda: "the index can't be used: " in server.log)
    assert f": {disk.directory}\n" in server.log
    server.keeps(*FIRST)
    disk.make_room(server)
    server.shows("big", *FIRST)
    server.tells("the index is in step with the folders again")
    assert server.log.count("ERROR") == 1


def test_a_disk_that_is_full_at_the_start(faulty: Start, folder: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk", "limited")
    server = faulty("index: {directory: disk}\n", "prlimit", "--fsize=20000:")
    server.tells("the index can't be used: disk I/O error: " + str(disk.directory))
    assert server.titles() is None
    disk.make_room(server)
    server.shows(*FIRST)
    assert {path.suffix for path in disk.directory.iterdir()} <= {
        ".sqlite", ".lock", ".sqlite-wal", ".sqlite-shm"
    }  # fmt: skip


@pytest.fixture
def mode() -> Iterator[Callable[[Path, int], None]]:
    """Change permissions; they are given back at the end."""
    before: dict[Path, int] = {}

    def change(path: Path, mode: int) -> None:
        before.setdefault(path, path.stat().st_mode)
        path.chmod(mode)

    yield change
    for path, was in before.items():
        if path.exists():
            path.chmod(was)


Mode = Callable[[Path, int], None]


def test_an_index_directory_that_is_closed_for_a_while(
    faulty: Start, folder: Path, tmp_path: Path, mode: Mode
) -> None:
    directory = tmp_path / ".feedsvc"
    server = faulty("", *without_privileges())
    server.shows(*FIRST)
    mode(directory, 0o500)  # what is there can still be changed
    write(folder, "four.md", "four")
    server.shows("four", *FIRST)
    [file] = index_files(directory)
    mode(file, 0o000)  # a new one can't be made now
    write(folder, "five.md", "five")
    assert server.titles() in (None, sorted(["four", *FIRST]), sorted(["four", "five", *FIRST]))
    mode(directory, 0o700)
    server.shows("four", "five", *FIRST)
    mode(directory, 0o000)
    write(folder, "six.md", "six")
    wait_until(lambda: f"the index can't be written: Permission denied: {directory}" in server.log)
    assert server.titles() in (None, sorted(["four", "five", *FIRST]))
    mode(directory, 0o700)
    server.shows("four", "five", "six", *FIRST)


def test_a_server_that_starts_on_an_index_it_cannot_write(
    faulty: Start, folder: Path, tmp_path: Path, mode: Mode
) -> None:
    first = faulty()
    first.shows(*FIRST)
    assert first.stop() == 0
    [file] = index_files(tmp_path / ".feedsvc")
    mode(file, 0o000)
    second = faulty("", *without_privileges())
    second.shows(*FIRST)
    assert second.stop() == 0
    mode(tmp_path / ".feedsvc", 0o500)
    write(folder, "four.md", "four")
    server = faulty("", *without_privileges())
    wait_until(lambda: "ERROR" in server.log)
    assert server.titles() in (None, sorted(FIRST))
    mode(tmp_path / ".feedsvc", 0o700)
    server.shows("four", *FIRST)


def test_a_content_folder_that_cannot_be_read_for_a_while(
    faulty: Start, folder: Path, mode: Mode
) -> None:
    server = faulty("", *without_privileges())
    server.shows(*FIRST)
    mode(folder, 0o000)
    server.tells("articles: the directory can't be listed")
    server.keeps(*FIRST)
    mode(folder, 0o700)
    write(folder, "four.md", "four")
    server.shows("four", *FIRST)
    mode(folder / "four.md", 0o000)
    server.tells("articles/four.md: the file can't be read: Permission denied")
    mode(folder / "four.md", 0o600)
    server.shows("four", *FIRST)
    server.tells("articles: the directory can't be listed")


@pytest.mark.parametrize("obstacle", ["a file", "a closed directory"])
def test_an_index_directory_that_cannot_be_made(
    faulty: Start, folder: Path, tmp_path: Path, mode: Mode, obstacle: str
) -> None:
    if obstacle == "a file":
        (tmp_path / "there").write_text("")
        reason = "Not a directory"
    else:
        (tmp_path / "there").mkdir()
        mode(tmp_path / "there", 0o500)
        reason = "Permission denied"
    told = f"the index can't be written: {reason}: {tmp_path}/there/index"
    server = faulty("index: {directory: there/index}\n", *without_privileges())
    server.tells(f"{told}; trying again")
    assert server.titles() is None
    once = subprocess.run(
        [*without_privileges(), FEEDSVC, "index"],
        cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (once.returncode, once.stderr) == (3, f"{told}\n")
    if obstacle == "a file":
        (tmp_path / "there").unlink()
    else:
        mode(tmp_path / "there", 0o700)
    server.shows(*FIRST)


def test_a_content_folder_that_comes_and_goes(faulty: Start, folder: Path, tmp_path: Path) -> None:
    server = faulty()
    server.shows(*FIRST)
    away = tmp_path / "away"
    folder.rename(away)
    server.tells("articles: the directory can't be listed")
    server.keeps(*FIRST)
    folder.mkdir()  # as where a disk isn't mounted
    server.tells("articles: the folder is suddenly empty, as if its disk weren't mounted")
    server.keeps(*FIRST)
    folder.rmdir()
    write(away, "four.md", "four")
    away.rename(folder)
    server.shows("four", *FIRST)
    for file in folder.glob("*.md"):
        file.unlink()
    server.shows()
    write(folder, "five.md", "five")
    server.shows("five")
    server.tells("articles: the folder is suddenly empty, as if its disk weren't mounted")
    assert "ERROR" not in server.log
