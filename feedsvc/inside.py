"""Opens files of a folder, and no others.

Where a path leads is decided by what was opened: between a look at a path and its opening, a link
to somewhere else may take its place, or that of a directory above it.
"""

from __future__ import annotations

import errno
import os
from io import BufferedReader
from pathlib import Path


def open_inside(folder: Path, path: Path) -> BufferedReader:
    """Open `path` to read bytes. Links are followed, as long as they end in `folder`. What isn't
    a regular file doesn't block, and is for the caller to refuse.

    Raises `OSError`, also if it is anywhere else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        place = _place(descriptor, path)
        # The place has no links in it: where it begins with the folder, that has none either.
        if not place.startswith(f"{folder}/") and not Path(place).is_relative_to(folder.resolve()):
            raise OSError(errno.ELOOP, "it leads out of the content folder", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _place(descriptor: int, path: Path) -> str:
    """Where the open file is, without links."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  it may be no path
    except OSError:  # not on Linux: what is there now, which nearly always is the same
        return str(path.resolve())
