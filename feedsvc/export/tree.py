"""A folder of files that is made beside the present one, and takes its place at once.

What is the same as before is the same file (a hard link), so that its times stay; what others have
put there is linked into the new one before that takes its place. So whoever reads the folder sees
the old one or the new one, whole, and whatever is left of an export that was killed can be deleted.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from feedsvc.errors import ExportError
from feedsvc.web.encoding import compress, is_compressible

LIST = ".feedsvc-export.json"
"""The files of an export with digests of them, so that the next one knows what is its own."""
_CODINGS = {".gz": "gzip", ".br": "br"}
_LONGEST_NAME_BYTES = 255 - max(map(len, _CODINGS))
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Written:
    """Of the files: how many are new or have other bytes, are as they were, and are gone."""

    changed: int = 0
    same: int = 0
    removed: int = 0


class Tree:
    """The next state of `folder`. Raises `ExportError` if it can't be written."""

    def __init__(self, folder: Path) -> None:
        # What it may link to is what is to be changed.
        self._folder = folder.resolve()
        self.directory = self._folder
        self.written = Written()
        self._before: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._locks: list[int] = []

    def __enter__(self) -> Self:
        try:
            self._lock_folder()
            self._before = _read_list(self._folder)
            for left in _left_behind(self._folder, ".new"):
                shutil.rmtree(left)
            # Nobody else can look into it, nor have made it.
            self.directory = Path(
                tempfile.mkdtemp(".new", f".{self._folder.name}.", self._folder.parent)
            )
            self._lock(self.directory)
        except BlockingIOError:
            self._unlock()
            raise ExportError(f"Another export to {self._folder} is running.") from None
        except OSError as error:
            self._unlock()
            raise ExportError(f"{self._folder} can't be written: {error.strerror}.") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self._unlock()

    def _lock_folder(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise ExportError(f"Expected a folder at {self._folder}, found a file.")
        if not self._folder.exists():
            # A system that can't exchange folders may have been stopped between its two steps.
            for old in _left_behind(self._folder, ".old"):
                old.rename(self._folder)
                break
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock(self._folder)
        if os.fstat(self._locks[0]).st_ino != self._folder.stat().st_ino:
            raise BlockingIOError  # another export has put a new one in its place meanwhile

    def _lock(self, folder: Path) -> None:
        self._locks.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        fcntl.flock(self._locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(self) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def write(self, name: str, content: bytes, content_type: str) -> None:
        """Write the file `name`, and beside it what saves whoever serves it from compressing."""
        if not set(name.split("/")).isdisjoint({"", ".", ".."}):
            raise ExportError(f"{name!r} can't be the name of a file.")
        if max(len(part.encode()) for part in PurePosixPath(name).parts) > _LONGEST_NAME_BYTES:
            raise ExportError(f"{name} is too long for the name of a file.")
        try:
            self._write(name, content, content_type)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise ExportError(f"{name} is a file and a folder at once.") from None
        except OSError as error:
            raise ExportError(f"{name} can't be written: {error.strerror}.") from None

    def _write(self, name: str, content: bytes, content_type: str) -> None:
        new, old = self.directory / name, self._folder / name
        new.parent.mkdir(parents=True, exist_ok=True)
        is_same = self._is_kept(name) and _read(old) == content
        if is_same:
            self.written.same += 1
            _link(old, new)
        else:
            self.written.changed += 1
            with new.open("xb") as stream:
                stream.write(content)
        self._files[name] = _digest(content)
        if not is_compressible(content_type):
            return
        for ending, coding in _CODINGS.items():
            copy = f"{name}{ending}"
            if is_same and self._is_kept(copy):
                _link(self._folder / copy, self.directory / copy)
                self._files[copy] = self._before[copy]
                continue
            packed = compress(coding, content)
            (self.directory / copy).write_bytes(packed)
            shutil.copystat(new, self.directory / copy)  # servers compare the times of the two
            self._files[copy] = _digest(packed)

    def _is_kept(self, name: str) -> bool:
        """Whether the last export wrote it, and nobody has changed it since."""
        found = _read(self._folder / name) if name in self._before else None
        return found is not None and _digest(found) == self._before[name]

    def put_in_place(self, *, prune: bool) -> None:
        """Make it the folder. What is there and isn't from an export stays, unless `prune`."""
        others = list(self._others(self._folder))
        if prune and others and not self._before:
            raise ExportError(
                f"{self._folder} is not from an export: expected an empty folder, or one that an "
                f"export has written, to prune; found {others[0]}."
            )
        try:
            if prune:
                self.written.removed += len(others)
            else:
                self._carry_over(others)
            listed = json.dumps(dict(sorted(self._files.items())), indent=0)
            (self.directory / LIST).write_text(listed + "\n", encoding="utf-8")
            self.written.removed += len(self._before.keys() - self._files.keys())
            _copy_owner(self._folder, self.directory)
            _flush(self._locks[-1])
            _exchange(self.directory, self._folder)
            self.directory.chmod(stat.S_IRWXU)  # it is the old one now
        except OSError as error:
            reason = f"{self._folder} can't be replaced: {error.strerror}."
            hint = " If a disk is mounted there or in it, export to another folder."
            raise ExportError(reason + hint) from None

    def _others(self, folder: Path) -> Iterator[str]:
        """Whatever is there and isn't from an export, but for folders: these come with it."""
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            name = Path(entry.path).relative_to(self._folder).as_posix()
            if entry.is_dir(follow_symlinks=False):
                yield from self._others(Path(entry.path))
            elif name != LIST and name not in self._before:
                yield name

    def _carry_over(self, others: list[str]) -> None:
        for name in others:
            new = self.directory / name
            if name in self._files or new.is_dir():
                raise ExportError(
                    f"{self._folder / name} is there already, and isn't from an export: "
                    "move it away, or let --prune remove it."
                )
            for part in reversed(PurePosixPath(name).parents):
                if not (self.directory / part).is_dir():
                    (self.directory / part).mkdir()
                    _copy_owner(self._folder / part, self.directory / part)
            _link(self._folder / name, new)


def _left_behind(folder: Path, ending: str) -> Iterator[Path]:
    """What exports to `folder` that were killed have left, if nobody works on it."""
    for left in sorted(folder.parent.glob(f".{folder.name}.*{ending}")):
        if left.is_symlink() or not left.is_dir() or left.stat().st_uid != os.geteuid():
            continue
        descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield left
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)


def _read_list(folder: Path) -> dict[str, str]:
    try:
        content = _read(folder / LIST)
        listed = json.loads(content or b"{}")
        return {str(name): str(digest) for name, digest in listed.items()}
    except (ValueError, AttributeError):
        return {}


def _read(file: Path) -> bytes | None:
    """The bytes of a file; `None` if it is none, but a link, a folder or a pipe."""
    try:
        return file.read_bytes() if stat.S_ISREG(file.lstat().st_mode) else None
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:  # not every file system can
        shutil.copy2(old, new, follow_symlinks=False)


def _copy_owner(old: Path, new: Path) -> None:
    """Have `new` be whose `old` is, for those for whom it is."""
    status = old.stat()
    if (new.stat().st_uid, new.stat().st_gid) != (status.st_uid, status.st_gid):
        os.chown(new, status.st_uid, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))


def _flush(descriptor: int) -> None:
    """Have the disk of this folder hold what was written, before its name does."""
    if hasattr(_LIBC, "syncfs"):
        _LIBC.syncfs(descriptor)
    else:
        os.sync()


def _exchange(new: Path, present: Path) -> None:
    """Have `new` and `present` change places at once; where a system can't, one after the other."""
    renameat2 = getattr(_LIBC, "renameat2", None)  # Linux; glibc 2.28, musl 1.2.4
    paths = os.fsencode(new), os.fsencode(present)
    if renameat2 and not renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE):
        return
    old = new.with_suffix(".old")
    present.rename(old)
    new.rename(present)
    old.rename(new)
