"""Folders -> the files that may be articles, by name and `stat` alone; nothing is opened.

Symbolic links to files are followed only to regular files inside the same folder (as
Kubernetes mounts a ConfigMap); links to directories never, so there are no loops.
Hidden files and directories (`.git`, `.obsidian`) and those of site builders (`_layouts`,
`_site`, `node_modules`) are passed over.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pathspec

from feedsvc.model import Problem, SourceFile

# The papers of a repository, in any language or capitals (README.de.md), are not articles.
_REPOSITORY_PAPER = re.compile(
    r"(readme|licen[cs]e|changelog)(\.[a-z_-]{2,8})?\.[a-z]+", re.IGNORECASE
)
_ENDING = re.compile(r"\*(\.[A-Za-z0-9_-]+)+")
# What builds a site and what it builds; Hugo's _index.md is a section's page, not an article.
_SKIPPED_DIRECTORIES = frozenset({"node_modules", "_includes", "_layouts", "_site"})
_SKIPPED_NAMES = frozenset({"_index.md", "_index.markdown"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What the folders hold: files in the order of their paths, and what can't be one.

    `unlisted` are the directories that couldn't be read, as (folder, path in it): whether
    the files in them still exist is not known. `roots` are the folders that could be.
    """

    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    unlisted: tuple[tuple[str, str], ...] = ()
    roots: tuple[Root, ...] = ()

    @property
    def unlisted_folder(self) -> str | None:
        """A content folder that couldn't be read at all."""
        return next((folder for folder, path in self.unlisted if path == ""), None)


@dataclass(frozen=True, slots=True)
class Root:
    """Which directory a content folder was when it was listed: the number of its device and
    its own there. An empty one may be where a disk isn't mounted.
    """

    folder: str
    device: int
    inode: int
    is_empty: bool


class Scanner:
    """Lists the files of `folders` that match `include` and not `exclude` (gitignore globs)."""

    def __init__(
        self, folders: Iterable[Path], include: Iterable[str], exclude: Iterable[str] = ()
    ) -> None:
        self._folders = tuple(folders)
        self._include = _matcher(tuple(include))
        excluded = tuple(exclude)
        spec = pathspec.GitIgnoreSpec.from_lines(excluded)
        self._exclude = spec.match_file if excluded else lambda path: False

    @property
    def folders(self) -> tuple[Path, ...]:
        return self._folders

    def scan(self, changed: Iterable[tuple[Path, str]] | None = None) -> Listing:
        """List everything; with `changed` only what is at or below these places, each a folder
        and a path in it.
        """
        unlisted: list[tuple[str, str]] = []
        roots = [root for folder in self._folders if (root := _root(folder, unlisted))]
        readable = {root.folder for root in roots}
        places = [(folder, "") for folder in self._folders] if changed is None else changed
        files: dict[SourceFile, None] = {}  # places may overlap
        problems: list[Problem] = []
        for folder, path in places:
            if str(folder) not in readable:
                continue
            for directory, entries in _below(folder, path, unlisted):
                for entry in entries:
                    found = self._look_at(folder, directory, entry)
                    if isinstance(found, SourceFile):
                        files[found] = None
                    elif found is not None and found not in problems:
                        problems.append(found)
        problems += [
            Problem(_name(Path(folder), path), None, "", "the directory can't be listed")
            for folder, path in unlisted
        ]
        listed = sorted(files, key=lambda file: (file.folder, file.path))
        problems.sort(key=lambda problem: problem.path)
        return Listing(tuple(listed), tuple(problems), tuple(unlisted), tuple(roots))

    def _look_at(self, folder: Path, directory: str, entry: Entry) -> SourceFile | Problem | None:
        path = directory + entry.name
        # Of a link, os.path.isdir: DirEntry.is_dir raises for one that leads to itself.
        linked = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112
        if linked or entry.is_dir(follow_symlinks=False):
            reason = None
            if linked and not self._exclude(path):
                reason = (
                    "a symbolic link to a directory is not followed; "
                    "list the directory under content.folders"
                )
            elif self._matches(path):
                reason = (
                    "expected a file, found a directory with a file's name; "
                    "the files in it are read"
                )
            name = _name(folder, path)
            return Problem(name, None, "", reason, "warning", "not-followed") if reason else None
        return self._inspect(folder, path, entry) if self._matches(path) else None

    def _matches(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        if _REPOSITORY_PAPER.fullmatch(name) or name in _SKIPPED_NAMES:
            return False
        return self._include(path) and not self._exclude(path)

    def _inspect(self, folder: Path, path: str, entry: Entry) -> SourceFile | Problem:
        try:
            path.encode()
        except UnicodeEncodeError:
            reason = "expected a file name in UTF-8, found other bytes"
            return Problem(_name(folder, path), None, "", reason)
        try:
            status = entry.stat()
            if entry.is_symlink():
                target = Path(entry.path).resolve(strict=True)
                if not target.is_relative_to(folder.resolve()):
                    reason = "a symbolic link out of the content folder is not followed"
                    return Problem(_name(folder, path), None, "", reason)
        except OSError as error:
            reason = f"the file can't be read: {error.strerror}"
            return Problem(_name(folder, path), None, "", reason)
        if not stat.S_ISREG(status.st_mode):
            reason = f"expected a file, found {_kind(status.st_mode)}"
            return Problem(_name(folder, path), None, "", reason)
        return SourceFile(
            str(folder), path, status.st_size, max(status.st_mtime_ns, status.st_ctime_ns)
        )


def _matcher(lines: tuple[str, ...]) -> Callable[[str], bool]:
    """What tells whether the path of a file matches one of these gitignore patterns."""
    if all(_ENDING.fullmatch(line) for line in lines):
        # The usual case, at a tenth of the cost: there may be very many files.
        endings = tuple(line[1:] for line in lines)
        return lambda path: path.endswith(endings)
    return pathspec.GitIgnoreSpec.from_lines(lines).match_file


class _PathEntry:
    """One path as `os.scandir` would have it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.name = path.name
        self._mode = path.lstat().st_mode

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self._mode)

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        return stat.S_ISDIR(self.stat().st_mode if follow_symlinks else self._mode)

    def stat(self) -> os.stat_result:
        return os.stat(self.path)  # noqa: PTH116  as DirEntry.stat does


Entry = os.DirEntry[str] | _PathEntry


def _root(folder: Path, unlisted: list[tuple[str, str]]) -> Root | None:
    try:
        status = folder.stat()
        with os.scandir(folder) as listed:
            is_empty = next(listed, None) is None
    except OSError:
        unlisted.append((str(folder), ""))
        return None
    return Root(str(folder), status.st_dev, status.st_ino, is_empty)


def _below(
    folder: Path, path: str, unlisted: list[tuple[str, str]]
) -> Iterator[tuple[str, Sequence[Entry]]]:
    """What is at `path` of `folder` and in the directories below it, if it isn't passed over:
    by directory, as (its path with a closing slash or "", what is in it).
    """
    if not path:
        yield from _directories(folder, "", unlisted)
        return
    *parents, name = path.split("/")
    hidden = any(part.startswith(".") for part in (*parents, name))
    if hidden or not _SKIPPED_DIRECTORIES.isdisjoint(parents):
        return
    directory = ""
    try:
        for parent in parents:
            directory += f"{parent}/"
            if (folder / directory).is_symlink():
                return
        entry = _PathEntry(folder / path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        unlisted.append((str(folder), directory))
        return
    yield directory, [entry]
    if entry.is_dir(follow_symlinks=False) and name not in _SKIPPED_DIRECTORIES:
        yield from _directories(folder, f"{path}/", unlisted)


def _directories(
    folder: Path, start: str, unlisted: list[tuple[str, str]]
) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Each directory from `start` on, as (its path with a closing slash or "", what is in it)."""
    waiting = [start]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(folder / directory) as listed:
                entries = [entry for entry in listed if not entry.name.startswith(".")]
        except OSError:
            unlisted.append((str(folder), directory))
            continue
        waiting += [
            f"{directory}{entry.name}/"
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED_DIRECTORIES
        ]
        yield directory, entries


def _name(folder: Path, path: str) -> str:
    shown = path.encode("utf-8", "backslashreplace").decode()
    return f"{folder.name}/{shown}".rstrip("/")


def _kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
    ):
        if is_kind(mode):
            return name
    return "something else"
