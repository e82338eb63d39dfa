"""Text -> (fields, body), with python-frontmatter and handlers of our own.

YAML is read by `yaml_exact`, which knows every line, or, for who can do without lines, by
`yaml_fast` as far as that goes; TOML and JSON by the standard library.
"""

from __future__ import annotations

import json
import re
import tomllib

import frontmatter
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from feedsvc.content.values import MAX_NESTING, MAX_NODES, Fields, Value, ValueList, put
from feedsvc.content.yaml_exact import read_exactly
from feedsvc.content.yaml_fast import read_fast
from feedsvc.errors import FrontMatterError

# One pass over each line, whatever stands there: `++` and `*+` never try again.
_JSON_KEY = re.compile(r'\s*+[{,]?+\s*+"([^"]*+)"\s*+:')
_TOML_KEY = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|([\w-]++))\s*+=""")
# tomllib takes time with the square of its length.
_LONG_DOTTED_KEY = re.compile(
    rf"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_NESTING}}}"""
)
_LONG_NUMBER = "expected numbers of at most 4,300 digits, found a longer one"


def read_front_matter(text: str, *, with_lines: bool = True) -> tuple[Fields, str]:
    """Split `text` into the fields of its front matter and the Markdown below it.

    YAML stands between lines of `---`, TOML between lines of `+++`, JSON is an object.
    Without `with_lines`, the lines of the fields may be unknown (`Fields.has_lines`), and most
    files are read several times as fast. Raises `FrontMatterError` with the line where the
    text stops being front matter.
    """
    text_before = text[: len(text) - len(text.lstrip())]
    stripped = text[len(text_before) :]
    handler = _handler_of(stripped, with_lines)
    opening = handler.FM_BOUNDARY.match(stripped)
    if opening is None:
        # Never the text itself: it may be a payload that must not be shown.
        found = "something else" if stripped else "an empty file"
        raise FrontMatterError(f"expected '---' at the start of the file, found {found}", 1)
    handler.lines_before = text_before.count("\n") + opening[0].count("\n")
    if handler.closing and handler.closing_of(stripped, opening.end()) is None:
        raise FrontMatterError(
            f"expected a closing '{handler.closing}' line, found the end of the file", 1
        )
    try:
        _, body = frontmatter.parse(stripped, handler=handler)
    except RecursionError:
        reason = f"expected at most {MAX_NESTING} levels of nesting, found more"
        raise FrontMatterError(reason, None) from None
    if not handler.is_loaded:
        # python-frontmatter takes what it can't split for text alone, which would be published.
        raise FrontMatterError("expected front matter, found something else", 1)
    return handler.fields, body


def _handler_of(text: str, with_lines: bool) -> _Handler:
    if text.startswith("+++"):
        return _TomlHandler()
    return _JsonHandler() if text.startswith("{") else _YamlHandler(with_lines)


class _Handler(BaseHandler):
    """Reads one front matter and keeps what python-frontmatter would copy away: the lines."""

    FM_BOUNDARY: re.Pattern[str]
    closing = ""

    def __init__(self) -> None:
        super().__init__()
        self.lines_before = 0
        self.fields = Fields(1)
        self.is_loaded = False

    def load(self, fm: str, **kwargs: object) -> Fields:
        self.fields = self.read(fm)
        self.is_loaded = True
        return self.fields

    def read(self, fm: str) -> Fields:
        """The fields of the text between the boundaries. Raises `FrontMatterError`."""
        raise NotImplementedError

    def split(self, text: str) -> tuple[str, str]:
        opening = self.FM_BOUNDARY.match(text)
        closing = opening and self.closing_of(text, opening.end())
        if opening is None or closing is None:
            raise ValueError("no front matter")
        return text[opening.end() : closing.start()], text[closing.end() :]

    def closing_of(self, text: str, start: int) -> re.Match[str] | None:
        """The boundary after the one that ends at `start`: what `FM_BOUNDARY.search` finds.

        Looking for the text of it is many times as fast as trying the pattern on every line.
        """
        while (at := text.find(f"\n{self.closing}", start)) >= 0:
            if closing := self.FM_BOUNDARY.match(text, at + 1):
                return closing
            start = at + 1
        return None


class _YamlHandler(_Handler):
    """YAML, exactly or fast; see the module's text."""

    FM_BOUNDARY = YAMLHandler.FM_BOUNDARY
    START_DELIMITER = END_DELIMITER = closing = "---"

    def __init__(self, with_lines: bool) -> None:
        super().__init__()
        self._with_lines = with_lines

    def read(self, fm: str) -> Fields:
        fields = None if self._with_lines else read_fast(fm)
        return read_exactly(fm, self.lines_before + 1) if fields is None else fields


class _TomlHandler(_Handler):
    """TOML as Hugo writes it, read with the standard library."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = closing = "+++"

    def read(self, fm: str) -> Fields:
        if long := _LONG_DOTTED_KEY.search(fm):
            reason = f"expected at most {MAX_NESTING} levels of nesting, found more"
            line = self.lines_before + 1 + fm.count("\n", 0, long.start())
            raise FrontMatterError(reason, line)
        try:
            values = tomllib.loads(fm)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            line = self.lines_before + (int(at[1]) if at else fm.count("\n"))
            reason = str(error).split(" (at ")[0]
            raise FrontMatterError(f"expected TOML: {reason}", line) from None
        except ValueError:
            raise FrontMatterError(_LONG_NUMBER, None) from None
        return _Plain(fm, self.lines_before + 1, _TOML_KEY).fields(values)


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
        except ValueError:
            raise FrontMatterError(_LONG_NUMBER, None) from None
        return text[:end], text[end:]

    def read(self, fm: str) -> Fields:
        return _Plain(fm, self.lines_before + 1, _JSON_KEY).fields(self._values)


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object, repeated names included."""


class _Plain:
    """Python values of TOML or JSON -> Fields, each scalar as the text it was written with.

    These parsers tell no lines: `key` finds that of a key of the outermost level, at the start
    of a line.
    """

    def __init__(self, text: str, first_line: int, key: re.Pattern[str]) -> None:
        self._first_line = first_line
        self._lines: dict[str, int] = {}
        for line, written in enumerate(text.split("\n"), first_line):
            if found := key.match(written):
                self._lines.setdefault(found[found.lastindex or 0], line)
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
                put(fields, key, self._value(inner, at, depth + 1), at)
            return fields
        if isinstance(value, list):
            items = ValueList(line)
            for inner in value:
                items.append(self._value(inner, line, depth + 1))
                items.lines.append(line)
            return items
        if isinstance(value, bool):
            return str(value).lower()
        try:
            return None if value is None else str(value)
        except ValueError:  # TOML's hexadecimal numbers are read at any length
            raise FrontMatterError(_LONG_NUMBER, line) from None

    def _line_of(self, key: str) -> int:
        return self._lines.get(key, self._first_line)
