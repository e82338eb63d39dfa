"""Text -> (fields, body), with python-frontmatter and handlers of our own.

The one for YAML builds plain values from PyYAML's event stream instead of calling a YAML
loader, because that is where hostile or careless input is caught: nesting is bounded
before anything recurses, aliases can't grow, no tag builds an object, every key knows its
line, and what a scalar means is left to the field that is read (a title `No` stays "No",
`2023-02-31` is a wrong date with a line number rather than a crash).
The encrypted `secured` payload is dropped here, so that nothing later can show it.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from feedsvc.errors import FrontMatterError

MAX_NESTING = 100
MAX_NODES = 100_000
"""Values in one front matter, counted with every alias written out."""
_CHARACTERS_A_NODE = 64
"""A long text counts as several values, so that aliases of it can't grow without bound."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_DROPPED_KEYS = frozenset({"secured"})

Value: TypeAlias = "str | ValueList | Fields | None"


class ValueList(list[Value]):
    """A YAML sequence; `lines[i]` is the line of item `i` in the file."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Fields(dict[str, Value]):
    """A YAML mapping; `lines[key]` is the line of `key` in the file, where it is written out.

    `repeated` are the keys that stand more than once; their last value counts.
    """

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.repeated: set[str] = set()


def read_front_matter(text: str) -> tuple[Fields, str]:
    """Split `text` into the fields of its front matter and the Markdown below it.

    YAML stands between lines of `---`, TOML between lines of `+++`, JSON is an object.
    Raises `FrontMatterError` with the line where the text stops being front matter.
    """
    leading = len(text) - len(text.lstrip())
    stripped = text[leading:]
    handler = _handler_of(stripped)
    opening = handler.FM_BOUNDARY.match(stripped)
    if opening is None:
        # Never the text itself: it may be a payload that must not be shown.
        found = "something else" if stripped else "an empty file"
        raise FrontMatterError(f"expected '---' at the start of the file, found {found}", 1)
    handler.lines_before = text.count("\n", 0, leading + opening.end())
    if handler.FM_BOUNDARY.search(stripped, opening.end()) is None and handler.closing:
        raise FrontMatterError(
            f"expected a closing '{handler.closing}' line, found the end of the file", 1
        )
    try:
        _, body = frontmatter.parse(stripped, handler=handler)
    except RecursionError:
        reason = f"expected at most {MAX_NESTING} levels of nesting, found more"
        raise FrontMatterError(reason, None) from None
    return handler.fields, body


def _handler_of(text: str) -> _Handler:
    if text.startswith("+++"):
        return _TomlHandler()
    return _JsonHandler() if text.startswith("{") else _YamlHandler()


class _Handler(BaseHandler):
    """Reads one front matter and keeps what python-frontmatter would copy away: the lines."""

    FM_BOUNDARY: re.Pattern[str]
    closing = ""

    def __init__(self) -> None:
        super().__init__()
        self.lines_before = 0
        self.fields = Fields(1)


class _YamlHandler(_Handler):
    """YAML, built from its events; see the module's text."""

    FM_BOUNDARY = YAMLHandler.FM_BOUNDARY
    START_DELIMITER = END_DELIMITER = closing = "---"

    def load(self, fm: str, **kwargs: object) -> Fields:
        builder = _Builder(self.lines_before + 1)
        try:
            for event in yaml.parse(fm, Loader=_Loader):
                builder.feed(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = None if mark is None else builder.first_line + mark.line
            raise FrontMatterError(f"expected YAML, {_explain(error)}", line) from None
        except yaml.reader.ReaderError as error:
            line = builder.first_line + fm.count("\n", 0, _offset(fm, error))
            raise FrontMatterError(
                f"expected YAML, found the forbidden character U+{_codepoint(error):04X}", line
            ) from None
        except yaml.YAMLError as error:
            raise FrontMatterError(f"expected YAML: {error}", None) from None
        self.fields = builder.result()
        return self.fields


class _TomlHandler(_Handler):
    """TOML as Hugo writes it, read with the standard library."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = closing = "+++"

    def load(self, fm: str, **kwargs: object) -> Fields:
        try:
            values = tomllib.loads(fm)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            line = self.lines_before + (int(at[1]) if at else fm.count("\n"))
            reason = str(error).split(" (at ")[0]
            raise FrontMatterError(f"expected TOML: {reason}", line) from None
        self.fields = _Plain(fm, self.lines_before + 1, r"^\s*[\"']?{}[\"']?\s*=").fields(values)
        return self.fields


class _JsonHandler(_Handler):
    """A JSON object at the start of the file, as Hugo writes it."""

    FM_BOUNDARY = re.compile(r"(?={)")
    START_DELIMITER = END_DELIMITER = ""

    def split(self, text: str) -> tuple[str, str]:
        decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
        try:
            self._values, end = decoder.raw_decode(text)
        except json.JSONDecodeError as error:
            line = self.lines_before + error.lineno
            raise FrontMatterError(f"expected JSON: {error.msg}", line) from None
        return text[:end], text[end:]

    def load(self, fm: str, **kwargs: object) -> Fields:
        plain = _Plain(fm, self.lines_before + 1, r'^\s*[{{,]?\s*"{}"\s*:')
        self.fields = plain.fields(self._values)
        return self.fields


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object, repeated names included."""


class _Plain:
    """Python values of TOML or JSON -> Fields, each scalar as the text it was written with.

    These parsers tell no lines: `key_pattern` finds that of a key of the outermost level.
    """

    def __init__(self, text: str, first_line: int, key_pattern: str) -> None:
        self._text = text
        self._first_line = first_line
        self._key_pattern = key_pattern
        self._nodes = 0

    def fields(self, values: object) -> Fields:
        fields = self._value(values, self._first_line, 0)
        if not isinstance(fields, Fields):
            raise FrontMatterError("expected an object, found something else", self._first_line)
        return fields

    def _value(self, value: object, line: int, depth: int) -> Value:
        self._nodes += 1
        if depth > MAX_NESTING or self._nodes > MAX_NODES:
            limits = f"{MAX_NESTING} levels of nesting and {MAX_NODES:,} values"
            raise FrontMatterError(f"expected at most {limits}, found more", line)
        if isinstance(value, dict):
            value = _Pairs(value.items())
        if isinstance(value, _Pairs):
            fields = Fields(line)
            for key, inner in value:
                at = self._line_of(key) if depth == 0 else line
                _put(fields, key, self._value(inner, at, depth + 1), at)
            return fields
        if isinstance(value, list):
            items = ValueList(line)
            for inner in value:
                items.append(self._value(inner, line, depth + 1))
                items.lines.append(line)
            return items
        if isinstance(value, bool):
            return str(value).lower()
        return None if value is None else str(value)

    def _line_of(self, key: str) -> int:
        pattern = self._key_pattern.format(re.escape(key))
        found = re.search(pattern, self._text, re.MULTILINE)
        return self._first_line + (self._text.count("\n", 0, found.end()) if found else 0)


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
            size = 1 + len(event.value) // _CHARACTERS_A_NODE
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
        is_secured = any(opened.key in _DROPPED_KEYS for opened in self._stack)
        if name and not is_secured:
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
            _put(top.value, key, value, top.key_line)


def _clean_key(key: str) -> str:
    """`key` without what nobody sees: no flag is missed for a zero-width sign in its name."""
    if key.isascii() and key.isprintable():
        return key.strip()
    visible = "".join(char for char in key if unicodedata.category(char) not in {"Cf", "Cc"})
    return unicodedata.normalize("NFKC", visible).strip()


def _put(fields: Fields, key: str, value: Value, line: int) -> None:
    key = _clean_key(key)
    if key == "<<":  # YAML merge key: what it brings never replaces what is written out
        for source in value if isinstance(value, ValueList) else [value]:
            if isinstance(source, Fields):
                for name, merged in source.items():
                    if name not in fields:
                        fields[name] = merged
        return
    if key in _DROPPED_KEYS:
        return
    if key in fields.lines:
        fields.repeated.add(key)
    fields[key] = value
    fields.lines[key] = line
