"""A folder of files that is made beside the present one, and takes its place at once.

What is the same as before is the same file (a hard link), so that its times stay; whoever reads
the folder sees the old one or the new one, whole.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from feedsvc.errors import ExportError
from feedsvc.web.encoding import compress, is_compressible

LIST = ".feedsvc-export.json"
"""The files of an export, so that the next one knows what is its own."""
_CODINGS = {".gz": "gzip", ".br": "br"}
_LONGEST_NAME_BYTES = 255 - max(map(len, _CODINGS))
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h


@dataclass(slots=True)
class Written:
    """Of the files: how many are new or have other bytes, are as they were, and are gone."""

    changed: int = 0
    same: int = 0
    removed: int = 0


class Tree:
    """The next state of `folder`. Raises `ExportError` if it can't be written."""

    def __init__(self, folder: Path) -> None:
        # As it is called: what it may link to is what is to be changed.
        self._folder = folder.resolve() if folder.is_symlink() else folder.absolute()
        self.directory = self._folder.with_name(f".{self._folder.name}.new")
        self.written = Written()
        self._before = self._read_list()
        self._files: list[str] = []
        self._locks: list[int] = []

    def __enter__(self) -> Self:
        try:
            if self._folder.exists() and not self._folder.is_dir():
                raise ExportError(f"Expected a folder at {self._folder}, found a file.")
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self.directory.mkdir(exist_ok=True)
            # Both, since they will change places.
            for one in (self._folder, self.directory):
                if one.is_dir():
                    self._locks.append(os.open(one, os.O_RDONLY | os.O_DIRECTORY))
                    fcntl.flock(self._locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in self.directory.iterdir():  # by one that was killed
                _remove(left)
        except BlockingIOError:
            self._unlock()
            raise ExportError(f"Another export to {self._folder} is running.") from None
        except OSError as error:
            self._unlock()
            raise ExportError(f"{self._folder} can't be written: {error.strerror}.") from None
        return self

    def _unlock(self) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self._unlock()

    def write(self, name: str, content: bytes, content_type: str) -> None:
        """Write the file `name`, and beside it what saves whoever serves it from compressing."""
        try:
            self._write(name, content, content_type)
        except OSError as error:
            if isinstance(error, (FileExistsError, NotADirectoryError, IsADirectoryError)):
                raise ExportError(f"{name} is a file and a folder at once.") from None
            raise ExportError(f"{name} can't be written: {error.strerror}.") from None

    def _write(self, name: str, content: bytes, content_type: str) -> None:
        if not set(name.split("/")).isdisjoint({"", ".", ".."}):
            raise ExportError(f"{name!r} can't be the name of a file.")
        if max(len(part.encode()) for part in PurePosixPath(name).parts) > _LONGEST_NAME_BYTES:
            raise ExportError(f"{name} is too long for the name of a file.")
        new, old = self.directory / name, self._folder / name
        new.parent.mkdir(parents=True, exist_ok=True)
        is_same = name in self._before and _holds(old, content)
        if is_same:
            self.written.same += 1
            _keep(old, new)
        else:
            self.written.changed += 1
            with new.open("xb") as stream:
                stream.write(content)
        self._files.append(name)
        if not is_compressible(content_type):
            return
        for ending, coding in _CODINGS.items():
            before = old.with_name(old.name + ending)
            after = new.with_name(new.name + ending)
            if is_same and f"{name}{ending}" in self._before and before.is_file():
                _keep(before, after)
            else:
                after.write_bytes(compress(coding, content))
                shutil.copystat(new, after)  # servers take the times for those of the same file
            self._files.append(f"{name}{ending}")

    def put_in_place(self, *, prune: bool) -> None:
        """Make it the folder. What is there and isn't from an export stays, unless `prune`."""
        others = [] if prune else list(self._others())
        (self.directory / LIST).write_text(json.dumps(sorted(self._files), indent=0) + "\n")
        self.written.removed = len(self._before - set(self._files))
        try:
            os.sync()
            _exchange(self.directory, self._folder)
            for name in others:
                there = self._folder / name
                there.parent.mkdir(parents=True, exist_ok=True)
                (self.directory / name).rename(there)
        except OSError as error:
            hint = ""
            if error.errno in {errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM}:
                hint = " If it is where a disk is mounted, export to a folder in it."
            reason = f"{self._folder} can't be replaced: {error.strerror}.{hint}"
            raise ExportError(reason) from None

    def _others(self) -> Iterator[str]:
        """What lies in the folder besides earlier exports."""
        if not self._folder.is_dir():
            return
        for directory, folders, files in os.walk(self._folder):
            above = Path(directory).relative_to(self._folder)
            for name in list(folders):
                # A folder in which nothing of ours is goes as a whole.
                if not (self.directory / above / name).is_dir() and not self._has_below(
                    (above / name).as_posix()
                ):
                    folders.remove(name)
                    files.append(name)
            for name in files:
                path = (above / name).as_posix()
                if path == LIST or path in self._before:
                    continue
                if (self.directory / path).exists():
                    raise ExportError(
                        f"{self._folder / path} is there already, and isn't from an export: "
                        "move it away, or let --prune remove it."
                    )
                yield path

    def _has_below(self, path: str) -> bool:
        return any(name.startswith(f"{path}/") for name in self._before)

    def _read_list(self) -> frozenset[str]:
        try:
            return frozenset(map(str, json.loads((self._folder / LIST).read_text())))
        except (OSError, ValueError, TypeError):
            return frozenset()


def _holds(file: Path, content: bytes) -> bool:
    try:
        return (
            file.is_file()
            and not file.is_symlink()
            and file.stat().st_size == len(content)
            and file.read_bytes() == content
        )
    except OSError:
        return False


def _keep(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # not every file system can
        shutil.copy2(old, new)


def _exchange(new: Path, present: Path) -> None:
    """Have `new` and `present` change places at once; where a system can't, one after the other."""
    if not present.exists():
        new.rename(present)
        new.mkdir()
        return
    libc = ctypes.CDLL(None, use_errno=True)
    renameat2 = getattr(libc, "renameat2", None)  # Linux; glibc 2.28, musl 1.2.4
    paths = os.fsencode(new), os.fsencode(present)
    if renameat2 and not renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE):
        return
    old = present.with_name(f".{present.name}.old")
    present.rename(old)
    new.rename(present)
    old.rename(new)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
