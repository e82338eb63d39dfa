"""In which line of a file something stands. A look at the text, since reading it as YAML takes
far longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_FIRST_KEY = re.compile(r"[\w-]+")


class Lines:
    """Finds lines in the files of `folders`; `names` are those under which fields may stand."""

    def __init__(self, folders: Iterable[Path], names: Mapping[str, tuple[str, ...]]) -> None:
        self._folders = {folder.name: folder for folder in folders}
        self._names = names
        self._path = ""
        self._text = ""

    def find(self, path: str, field: str, text: str = "") -> int | None:
        """The line of `text` in the file that messages call `path`, else that of `field`, else the
        first; `None` if there is no such file.
        """
        if path != self._path:
            self._path, self._text = path, self._read(path)
        if text:
            at = self._text.find(text)
            if at >= 0:
                return self._text.count("\n", 0, at) + 1
        key = _FIRST_KEY.match(field)
        names = self._names.get(key[0], (key[0],)) if key else ()
        for name in names:
            # As YAML, TOML and JSON have it.
            found = re.search(rf"(?mi)^\s*[\"']?{re.escape(name)}[\"']?\s*[:=]", self._text)
            if found:
                return self._text.count("\n", 0, found.end()) + 1
        return 1 if self._text else None

    def _read(self, path: str) -> str:
        folder, _, below = path.partition("/")
        if folder not in self._folders:
            return ""
        try:
            return Path(self._folders[folder], below).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
