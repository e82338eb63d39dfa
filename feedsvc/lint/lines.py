"""In which line of a file something stands. A look at the text, since reading it as YAML takes
far longer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_FIRST_KEY = re.compile(r"[\w-]+")
_CLOSINGS = {"---": re.compile(r"^---+[ \t]*$", re.M), "+++": re.compile(r"^\+{3,}[ \t]*$", re.M)}


class Lines:
    """Finds lines in the files of `folders`; `names` are those under which fields may stand."""

    def __init__(self, folders: Iterable[Path], names: Mapping[str, tuple[str, ...]]) -> None:
        self._folders = {folder.name: folder for folder in folders}
        self._names = names
        self._path = ""
        self._text = ""
        self._front_matter = ""

    def find(self, path: str, field: str, text: str = "") -> int | None:
        """The line of `text` in the file that messages call `path`, else that of `field`, else the
        first; `None` if there is no such file.
        """
        if path != self._path:
            self._path, self._text = path, self._read(path)
            self._front_matter = _front_matter_of(self._text)
        if text:
            at = self._text.find(text)
            if at >= 0:
                return self._text.count("\n", 0, at) + 1
        key = _FIRST_KEY.match(field)
        names = self._names.get(key[0], (key[0],)) if key else ()
        for name in names:
            # As YAML, TOML and JSON have it. Never over ends of lines: there may be many in a row.
            pattern = rf"(?mi)^[ \t]*{{?[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*[:=]"
            found = re.search(pattern, self._front_matter)
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


def _front_matter_of(text: str) -> str:
    """`text` without what is below the front matter, so that lines have the same numbers."""
    start = len(text) - len(text.lstrip())
    closing = _CLOSINGS.get(text[start : start + 3])
    if closing is not None:
        first = text.find("\n", start)
        end = closing.search(text, first + 1) if first >= 0 else None
        return text[: end.start()] if end else text
    try:
        return text[: json.JSONDecoder().raw_decode(text, start)[1]]
    except (ValueError, RecursionError):
        return text
