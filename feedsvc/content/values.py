"""What front matter is read into: plain text in lists and mappings that know their lines.

No scalar has a type here: what it means is left to the field that is read. The encrypted
`secured` payload never gets into a mapping, so that nothing later can show it.
"""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

MAX_NESTING = 100
MAX_NODES = 100_000
"""Values in one front matter, counted with every alias written out."""

CHARACTERS_A_NODE = 64
"""A long text counts as several values, so that aliases of it can't grow without bound."""

UNKNOWN_LINE = 0
"""The line of all that was read without counting lines."""

DROPPED_KEYS = frozenset({"secured"})

Value: TypeAlias = "str | ValueList | Fields | None"


class ValueList(list[Value]):
    """A YAML sequence; `lines[i]` is the line of item `i` in the file."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Fields(dict[str, Value]):
    """A YAML mapping; `lines[key]` is the line of `key` in the file, where it is written out.

    `repeated` are the keys that stand more than once; their last value counts. Where the same
    mapping serves several articles, `made` has room for what was made of it.
    """

    __slots__ = ("line", "lines", "made", "repeated")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.repeated: set[str] = set()
        self.made: dict[object, object] | None = None

    @property
    def has_lines(self) -> bool:
        """Whether lines are known here and below."""
        return self.line != UNKNOWN_LINE


# Half a character (Cs), which JSON can name, is nothing that could be stored or shown.
_UNSEEN = frozenset({"Cf", "Cc", "Cs"})


def clean_key(key: str) -> str:
    """`key` without what nobody sees: no flag is missed for a zero-width sign in its name."""
    if key.isascii() and key.isprintable():
        return key.strip()
    visible = "".join(char for char in key if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFKC", visible).strip()


def put(fields: Fields, key: str, value: Value, line: int) -> None:
    key = clean_key(key)
    if key == "<<":  # YAML merge key: what it brings never replaces what is written out
        for source in value if isinstance(value, ValueList) else [value]:
            if isinstance(source, Fields):
                for name, merged in source.items():
                    if name not in fields:
                        fields[name] = merged
        return
    if key in DROPPED_KEYS:
        return
    if key in fields.lines:
        fields.repeated.add(key)
    fields[key] = value
    fields.lines[key] = line
