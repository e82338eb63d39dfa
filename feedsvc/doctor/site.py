"""The folders, the index and the machine, as they are."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from feedsvc import __version__
from feedsvc.config import Settings
from feedsvc.doctor.answer import Answer
from feedsvc.errors import FeedsvcError
from feedsvc.index.store import Store
from feedsvc.index.watch import is_silent
from feedsvc.model import Viewpoint

_FEW_FILES = 4096
_FEW_BYTES = 200_000_000
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


def look_at_folders(settings: Settings) -> Iterator[Answer]:
    """Whether the articles can be read, and how their changes are noticed."""
    for folder in settings.folders:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            advice = "name your folder in content.folders"
            yield Answer("error", f"expected a folder at {folder}, found {found}", advice)
            continue
        try:
            directories = 1 + sum(one.is_dir() for one in folder.rglob("*"))
        except OSError as error:
            yield Answer("error", f"{folder} can't be read: {error.strerror}", "mind its owner")
            continue
        how = settings.content.watch
        if how == "auto":
            how = "poll" if is_silent([folder]) else "events"
        yield Answer("ok", f"articles are in {folder}; changes are noticed by {how}")
        if how == "events" and _WATCHES.exists() and directories > int(_WATCHES.read_text()):
            yield Answer(
                "error",
                f"{folder} has {directories:,} directories, more than the system watches",
                "raise fs.inotify.max_user_watches, or set content.watch: poll",
            )
        elif how == "never":
            yield Answer("warning", "changes are never noticed", "see content.watch")


def look_at_index(store: Store, viewpoint: Viewpoint) -> Iterator[Answer]:
    """What is known, and whether a process keeps it in step."""
    try:
        state = store.state()
        if state is None:
            advice = (
                "feedsvc index, or feedsvc serve, reads the articles; a service that has variables "
                "of its own may have one elsewhere (docs/deploying.md)"
            )
            yield Answer("warning", f"there is no index yet: {store}", advice)
            return
        with store.view(viewpoint) as view:
            census, problems = view.census(), view.problems()
        yield Answer(
            "ok",
            f"{store} has {_count(census.total, 'article')}, {census.visible:,} of them seen; "
            f"made by feedsvc {state.made_by}",
        )
        if state.made_by != __version__:
            yield Answer("info", f"this is feedsvc {__version__}", "it reads all files once more")
        if problems:
            told = f"{_count(len(problems), 'problem')} in articles"
            yield Answer("info", told, "see feedsvc check")
        if is_kept(store):
            yield Answer("ok", "a running feedsvc keeps it in step")
        else:
            yield Answer("info", "no running feedsvc keeps it in step", "start feedsvc serve")
    except FeedsvcError as error:
        yield Answer("error", f"the index can't be read: {error}", "")


def is_kept(store: Store) -> bool:
    """Whether a running feedsvc keeps the index in step. Raises `FeedsvcError`."""
    if store.state() is None:
        return False
    lock = store.database.lock()
    if lock is not None:
        lock.close()
    return lock is None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def look_at_machine(settings: Settings) -> Iterator[Answer]:
    """What feedsvc runs on."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Answer("ok", f"feedsvc {__version__} on Python {version}")
    if find_spec("yaml_rs") is None:
        yield Answer(
            "info", "yaml-rs isn't there: front matter is read several times as slowly", ""
        )
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files != resource.RLIM_INFINITY and files < _FEW_FILES:
        advice = "raise it with ulimit -Hn, or LimitNOFILE in the unit"
        yield Answer("warning", f"only {files:,} connections at once: files are limited", advice)
    if settings.index.url is None:
        place = settings.index_directory
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        if free < _FEW_BYTES:
            left = f"{free // 1_000_000:,} MB are left on the disk of {place}"
            yield Answer("warning", left, "the index takes about as much as the articles")
