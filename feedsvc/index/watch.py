"""What changes below the content folders, as it happens.

The operating system tells of changes on its own disks; on file systems that other machines
write to it doesn't, and there the folders are looked through at intervals. A folder that goes
away or is put in place anew (another disk, a link that leads elsewhere) is noticed, too.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import watchfiles

from feedsvc.index.sync import Place

WatchMode = Literal["auto", "events", "poll", "never"]

_STEP_MILLISECONDS = 50  # a change is told when nothing followed it for so long
_LONGEST_MILLISECONDS = 1600
_TICK_MILLISECONDS = 250
_AWAY_SECONDS = 1.0
_BURST = 8  # from so many places on, it's a checkout or a copy: its end is waited for
_TICKS_OF_A_BURST = 40
_MOST_PLACES = 2000  # more are found faster by looking through everything
_NO_EVENTS = {"9p", "afs", "ceph", "cifs", "drvfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
              "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}  # fmt: skip

_log = logging.getLogger(__name__)

Changed = set[Place] | None
"""Where something may have changed; `None`: anywhere."""


def watch(
    folders: tuple[Path, ...],
    mode: WatchMode,
    poll_seconds: float,
    stopped: threading.Event,
) -> Iterator[Changed]:
    """What changed, again and again until `stopped`; an empty set now and then if nothing did.

    Nothing that changes after the first item was asked for is missed, but for what the
    operating system loses.
    """
    yield set()
    while not stopped.is_set():
        if mode == "never":
            stopped.wait(poll_seconds)
            yield set()
        elif mode == "poll" or (mode == "auto" and is_silent(folders)):
            stopped.wait(poll_seconds)
            yield None
        elif not all(_is_open(folder) for folder in folders):
            stopped.wait(_AWAY_SECONDS)
            yield None
        else:
            try:
                yield from _events(folders, stopped)
            except FileNotFoundError:
                pass  # it went away just now
            except OSError as error:
                # inotify has only so many watches, one for each directory.
                _log.warning(
                    "the system can't watch the folders, they are looked through every %g "
                    "seconds instead: %s", poll_seconds, error,
                )  # fmt: skip
                mode = "poll"


def _events(folders: tuple[Path, ...], stopped: threading.Event) -> Iterator[Changed]:
    """Changes that the system tells of, until one of the folders is another directory.

    The first item is `None`: what changed until the system began to watch, it doesn't tell.
    """
    is_watching = False
    before = _directories(folders)
    waiting: set[Place] = set()
    ticks = 0
    for events in watchfiles.watch(
        *folders,
        watch_filter=None,
        debounce=_LONGEST_MILLISECONDS,
        step=_STEP_MILLISECONDS,
        stop_event=stopped,
        rust_timeout=_TICK_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
        force_polling=False,
    ):
        # One that was moved isn't watched any more, even if it has come back since.
        if _directories(folders) != before or any(Path(path) in folders for _, path in events):
            return
        if not is_watching:
            is_watching = True
            yield None
        places = [_place(folders, path) for _, path in events]
        if None in places:
            waiting.clear()
            yield None
            continue
        waiting.update(place for place in places if place is not None and place[1])
        ticks += 1
        if events and len(waiting) > _BURST and ticks < _TICKS_OF_A_BURST:
            continue
        ticks = 0
        yield waiting if len(waiting) < _MOST_PLACES else None
        waiting = set()


def _place(folders: Iterable[Path], path: str) -> Place | None:
    """Where `path` is: in a folder; at nothing of interest (an empty path); `None`: at something
    through which all files are reached, as Kubernetes swaps the link `..data`.
    """
    for folder in folders:
        if path.startswith(f"{folder}/"):
            parts = Path(path).relative_to(folder).parts
            hidden = next((n for n, part in enumerate(parts) if part.startswith(".")), None)
            if hidden is None:
                return folder, "/".join(parts)
            is_link = folder.joinpath(*parts[: hidden + 1]).is_symlink()
            return None if is_link else (folder, "")
    return None


def _is_open(folder: Path) -> bool:
    """Whether it can be looked into: of one that can't, the system would tell nothing, ever."""
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)


def _directories(folders: Iterable[Path]) -> list[tuple[int, int] | None]:
    """Which directories the folders are now."""
    found: list[tuple[int, int] | None] = []
    for folder in folders:
        try:
            status = folder.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_dev, status.st_ino))
    return found


def is_silent(folders: Iterable[Path]) -> bool:
    """Whether one of the folders is on a file system that other machines may write to."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False  # not Linux: its systems tell
    types: dict[str, str] = {}
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        place = left.split(" ")[4].replace("\\040", " ")
        types[place] = right.split(" ")[0]
    for folder in folders:
        real = folder.resolve()
        mounted = next((str(one) for one in (real, *real.parents) if str(one) in types), "/")
        kind = types.get(mounted, "")
        if kind in _NO_EVENTS or kind.startswith("fuse"):
            return True
    return False
