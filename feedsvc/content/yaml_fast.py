"""YAML -> Fields without lines, fast, where that provably gives what `yaml_exact` gives.

The work is done by yaml-rs, which follows YAML 1.2 where PyYAML follows 1.1, and types
scalars where we keep their text. So a grammar lets through only documents on which all of
them agree: block mappings and lists, lists of words in brackets, each scalar on one line,
nothing plain that is typed in a way from which its text can't be had back. Whatever else
stands in a document, or if yaml-rs isn't installed, the answer is `None`, and the exact
reader is to be asked. It also is for the lines, which yaml-rs doesn't tell.
"""

from __future__ import annotations

import re
from typing import Any

from feedsvc.content.values import (
    CHARACTERS_A_NODE,
    DROPPED_KEYS,
    MAX_NODES,
    UNKNOWN_LINE,
    Fields,
    Value,
    ValueList,
)

try:
    from yaml_rs import loads as _loads
except ImportError:  # no wheel for this machine
    _loads = None  # type: ignore[assignment]

# Line ends of some YAML but not of all, what YAML forbids, and what is only half a character.
_ODD = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_QUOTED = rf"""(?:
    "[^"\\{_ODD}]*+(?:\\["\\/][^"\\{_ODD}]*+)*+"
    | '[^'{_ODD}]*+(?:''[^'{_ODD}]*+)*+'
)"""
# Integers as Python writes them, and dates, which are text to yaml-rs as they are to us.
_NUMBER = r"(?:0|-?[1-9][0-9]{0,17}+)"
_DATE = r"""[0-9]{4}-[0-9]{2}-[0-9]{2}
    (?:[T\ ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]++)?+(?:Z|\ ?[+-][0-9]{2}:?[0-9]{2})?+)?+"""
# Not `True`, whose text would be lost; `true` and `null` are the same in every YAML.
_WORDS = rf"""(?!(?:True|TRUE|False|FALSE)\ *\n)
    (?:[0-9]++\ )?+(?:[^\W\d]|/)[^:\#{_ODD}]*+(?:(?::(?=[^\ \n])|(?<!\ )\#)[^:\#{_ODD}]*+)*+"""
_ITEM = rf"(?:{_QUOTED}|(?!(?:True|TRUE|False|FALSE)\b)[A-Za-z]\w*+(?:[\ .-]\w++)*+)"
_LIST = rf"\[(?:{_ITEM}(?:,\ *{_ITEM})*+)?+\]"
_VALUE = rf"(?:{_QUOTED}|(?:{_NUMBER}|{_DATE}|~|{_LIST}|\{{\}})(?=\ *\n)|{_WORDS})"
_KEY = r"[A-Za-z][A-Za-z0-9_-]{0,63}+:(?=[\ \n])"
# No line after a scalar may be deeper than its key, for it would go on with the scalar.
_END = r"\ *\n(?!(?:\ *\n)*+\1\ )"
_END_IN_ITEM = r"\ *\n(?!(?:\ *\n)*+\1\ \ \ )"
_DOCUMENT = re.compile(
    rf"""(?:
        (\ {{0,40}}+)(?:
            {_KEY}(?:\ ++{_VALUE}{_END}|\ *\n)
            | -\ {_KEY}(?:\ ++{_VALUE}{_END_IN_ITEM}|\ *\n)
            | -\ {_VALUE}{_END}
            | (?:\#[^{_ODD}]*+)?+\n
        )
    )*+""",
    re.VERBOSE,
)
_NODES_A_LINE = 4
"""At most: the collections that `- key: value` opens, its key and its value."""


class InexactError(ValueError):
    """What yaml-rs gave has no exact text: the exact reader is to be asked."""


class LazyFields(Fields):
    """The fields of a mapping as yaml-rs gave it, each made exact when it is asked for: most of
    what stands in an article about others never is. Raises `InexactError` where it can't be.
    """

    __slots__ = ()

    def __init__(self, values: dict[Any, Any]) -> None:
        dict.__init__(self, values)
        self.line = UNKNOWN_LINE
        self.lines = _NO_LINES
        self.repeated = _NOTHING
        for key in self:
            if type(key) is not str:
                raise InexactError(key)
        for key in DROPPED_KEYS:
            self.pop(key, None)

    def __getitem__(self, key: str) -> Value:
        value = dict.__getitem__(self, key)
        return value if type(value) is str else _exact(value)

    def get(self, key: str, default: Value = None) -> Value:  # type: ignore[override]
        value = dict.get(self, key, default)
        return value if type(value) is str else _exact(value)

    def items(self) -> list[tuple[str, Value]]:  # type: ignore[override]
        return [(key, self[key]) for key in self]

    def values(self) -> list[Value]:  # type: ignore[override]
        return [self[key] for key in self]


_NO_LINES: dict[str, int] = {}
_NOTHING: set[str] = set()


def read_fast(text: str) -> Fields | None:
    """The fields of a YAML document, all lines `UNKNOWN_LINE`; `None` if that takes more care."""
    if _loads is None or _DOCUMENT.fullmatch(text) is None:
        return None
    most_nodes = _NODES_A_LINE * text.count("\n") + text.count(",") + len(text) // CHARACTERS_A_NODE
    if most_nodes > MAX_NODES:
        return None
    try:
        values = _loads(text, parse_datetime=False)
        return LazyFields(values) if type(values) is dict else None
    except ValueError:  # it isn't YAML, a key stands twice, or is no text
        return None


def _exact(value: Any) -> Value:
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is dict:
        return LazyFields(value)
    if kind is list:
        items = ValueList(UNKNOWN_LINE)
        items.extend(map(_exact, value))
        items.lines = [UNKNOWN_LINE] * len(items)
        return items
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    raise InexactError(value)
