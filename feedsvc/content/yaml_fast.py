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
# Not `null:` or `true:`, which are no texts to yaml-rs.
_KEY = r"""(?!(?:null|Null|NULL|true|True|TRUE|false|False|FALSE):)
    [A-Za-z][A-Za-z0-9_-]{0,63}+:(?=[\ \n])"""
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
# All lines from the key to the next one, of a list as the grammar has it.
_RELATED = re.compile(
    r"^related:[ ]*\n(?P<indent>[ ]{0,40})- (?P<items>.*\n(?:(?:[ -].*)?\n)*)", re.MULTILINE
)
_items: dict[str, Value] = {}
_MOST_ITEMS = 4096
_LONGEST_ITEM = 4096  # characters
_BLANKS = " \n"
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
        self.made = None
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
    most_nodes = _NODES_A_LINE * text.count("\n") + text.count(",") + len(text) // CHARACTERS_A_NODE
    if _loads is None or most_nodes > MAX_NODES:
        return None
    try:
        block = _RELATED.search(text)
        if block is None or not block["items"]:
            return LazyFields(_load(text))
        # In its place stands a key, so that the order is kept and a second one is noticed.
        values = _load(f"{text[: block.start()]}related: ~\n{text[block.end() :]}")
        values["related"] = _read_items(block["items"], block["indent"])
        return LazyFields(values)
    except ValueError:  # it isn't YAML, a key stands twice, or is no text
        return None


def _read_items(text: str, indent: str) -> ValueList:
    """The items of a list. Those of `related` stand in many articles, each time the same: what
    was read of one is kept, by its text.
    """
    texts = [f"{indent}- {part.rstrip(_BLANKS)}\n" for part in text.split(f"\n{indent}- ")]
    found = {one: _items[one] for one in texts if one in _items}
    unknown = [one for one in dict.fromkeys(texts) if one not in found]
    if unknown:
        values = _load("related:\n" + "".join(unknown)).get("related")
        if type(values) is not list or len(values) != len(unknown):
            raise InexactError
        if len(_items) > _MOST_ITEMS:
            _items.clear()
        for one, value in zip(unknown, values, strict=True):
            found[one] = item = _exact(value)
            if len(one) <= _LONGEST_ITEM:
                _items[one] = item
                if isinstance(item, LazyFields):
                    item.made = {}
    items = ValueList(UNKNOWN_LINE)
    items.extend(found[one] for one in texts)
    items.lines = [UNKNOWN_LINE] * len(items)
    return items


def _load(text: str) -> dict[Any, Any]:
    """What yaml-rs makes of a document that the grammar lets through. Raises `ValueError`."""
    if _DOCUMENT.fullmatch(text) is None:
        raise InexactError
    values: Any = _loads(text, parse_datetime=False)
    if isinstance(values, dict):
        return values
    raise InexactError


def _exact(value: Any) -> Value:
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is dict:
        return LazyFields(value)
    if kind is ValueList:
        return value  # type: ignore[no-any-return]
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
