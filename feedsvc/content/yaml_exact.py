"""YAML -> Fields, exactly: built from PyYAML's event stream, with the line of everything.

This is where hostile or careless input is caught: nesting is bounded before anything
recurses, aliases can't grow, no tag builds an object, every key knows its line, and what a
scalar means is left to the field that is read (a title `No` stays "No", `2023-02-31` is a
wrong date with a line number rather than a crash). What `yaml_fast` reads is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from feedsvc.content.values import (
    CHARACTERS_A_NODE,
    DROPPED_KEYS,
    MAX_NESTING,
    MAX_NODES,
    Fields,
    Value,
    ValueList,
    put,
)
from feedsvc.errors import FrontMatterError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def read_exactly(text: str, first_line: int) -> Fields:
    """The fields of a YAML document that begins on line `first_line` of its file.

    Raises `FrontMatterError` with the line where it stops being one that can be read.
    """
    builder = _Builder(first_line)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else first_line + mark.line
        raise FrontMatterError(f"expected YAML, {_explain(error)}", line) from None
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, _offset(text, error))
        raise FrontMatterError(
            f"expected YAML, found the forbidden character U+{_codepoint(error):04X}", line
        ) from None
    except yaml.YAMLError as error:
        raise FrontMatterError(f"expected YAML: {error}", None) from None
    return builder.result()


_HINTS = {
    "mapping values are not allowed": "; put a text with ': ' in it in quotes",
    "cannot start any token": "; put a text that begins with such a sign in quotes",
    "did not find expected key": "; put a text with quotes or braces in it in quotes",
}


def _explain(error: yaml.MarkedYAMLError) -> str:
    # Never the text around the fault: it may be a payload that must not be shown.
    parts = [part for part in (error.context, error.problem) if part]
    hint = next((hint for words, hint in _HINTS.items() if words in (error.problem or "")), "")
    return (" ".join(parts) or "found something else") + hint


def _codepoint(error: yaml.reader.ReaderError) -> int:
    character = error.character
    return ord(character) if isinstance(character, str) else int(character)


def _offset(text: str, error: yaml.reader.ReaderError) -> int:
    try:
        return text.index(chr(_codepoint(error)))
    except ValueError:
        return 0


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    value: Fields | ValueList
    anchor: str | None
    nodes_before: int
    key: str | None = None
    key_line: int = 0


class _Builder:
    """YAML events -> Fields, on a stack of its own, so that depth is a number and not a crash."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._nodes = 0
        self._documents = 0
        self._result: Value = None

    def result(self) -> Fields:
        if self._result is None:
            return Fields(self.first_line)
        if not isinstance(self._result, Fields):
            raise FrontMatterError("expected 'name: value' lines, found something else", 2)
        return self._result

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise FrontMatterError("expected one YAML document, found two", self._line(event))
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(Fields(self._line(event)), event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(ValueList(self._line(event)), event)
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            value = None if plain and event.value in _NULLS else event.value
            size = 1 + len(event.value) // CHARACTERS_A_NODE
            self._count(size, event)
            self._anchor(event.anchor, value, size)
            self._add(value, self._line(event))
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                reason = "expected an alias of a value that ends before it and isn't secured"
                raise FrontMatterError(reason, self._line(event))
            aliased, size = self._anchors[event.anchor]
            self._count(size, event)
            self._add(aliased, self._line(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._stack.pop()
            self._anchor(done.anchor, done.value, self._nodes - done.nodes_before)
            self._add(done.value, done.value.line)

    def _anchor(self, name: str | None, value: Value, size: int) -> None:
        if name and not any(opened.key in DROPPED_KEYS for opened in self._stack):
            self._anchors[name] = (value, size)

    def _line(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)

    def _open(self, value: Fields | ValueList, event: yaml.CollectionStartEvent) -> None:
        if len(self._stack) >= MAX_NESTING:
            raise FrontMatterError(
                f"expected at most {MAX_NESTING} levels of nesting, found more", self._line(event)
            )
        self._count(1, event)
        self._stack.append(_Open(value, event.anchor, self._nodes - 1))

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise FrontMatterError(
                f"expected at most {MAX_NODES:,} values, aliases written out, found more",
                self._line(event),
            )

    def _add(self, value: Value, line: int) -> None:
        if not self._stack:
            self._result = value
            return
        top = self._stack[-1]
        if isinstance(top.value, ValueList):
            top.value.append(value)
            top.value.lines.append(line)
        elif top.key is None:
            if not isinstance(value, str):
                raise FrontMatterError("expected a name before ':', found something else", line)
            top.key, top.key_line = value, line
        else:
            key, top.key = top.key, None
            put(top.value, key, value, top.key_line)
