"""Typed reading of front-matter fields: a value, or a Problem that names line and field.

A reader never raises and never guesses: it returns `None` (or the safe value of a flag)
and notes what it expected and what it found. Three kinds of note: `error` leaves the whole
article out, because it could go to the wrong place or time or change its identity;
`warning` ignores this one field; `info` is for whoever wants to know what may be better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from urllib.parse import urlsplit

from werkzeug.urls import iri_to_uri

from feedsvc.content.dates import Moment, parse_moment
from feedsvc.content.remember import remember
from feedsvc.content.spelling import has_sign_in_name, keys_of
from feedsvc.content.text import one_line, plain_text
from feedsvc.content.values import Fields, Value, ValueList
from feedsvc.model import Problem, Severity

_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f"})
_LONGEST_TRUTH_WORD = max(map(len, _TRUE | _FALSE))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# What every step of `clean_url` leaves as it is: most addresses.
_CLEAN_URL = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9-]{0,61}+\.)++[a-z]{2,62}+"
    r"(?:/[A-Za-z0-9_.~%!$'()*+,/:=@-]*+)?+(?:\?[A-Za-z0-9_.~%!$&'()*+,/:=?@-]++)?+"
)
_ROOTS = ("http://", "https://", "/")
Names = Mapping[str, tuple[str, ...]]
"""Of a field, all the names it may stand under, the first to count first."""

_NO_NAMES: Names = {}
_INTEGER = re.compile(r"[+-]?\d{1,9}")


class FieldReader:
    """Reads the fields of one mapping of `path`; all readers share the list `problems`.

    `names` says under which names a field may stand, the first that is there counting. `outer`
    is what reads the mapping that this one stands in, and the key; `index` its place in a list.
    """

    __slots__ = ("_fields", "_index", "_keys", "_names", "_outer", "_path", "problems")

    def __init__(
        self,
        fields: Fields,
        path: str,
        problems: list[Problem],
        names: Names = _NO_NAMES,
        outer: tuple[FieldReader, str] | None = None,
        index: int | None = None,
    ) -> None:
        self._fields = fields
        self._path = path
        self._names = names
        self._outer = outer
        self._index = index
        self._keys = keys_of(fields)
        self.problems = problems

    @property
    def made(self) -> dict[object, object] | None:
        """Room for what is made of these fields, if others read them too."""
        return self._fields.made

    def note(
        self,
        name: str,
        reason: str,
        severity: Severity = "warning",
        line: int | None = None,
        rule: str = "invalid-field",
    ) -> None:
        key = self._key(name)
        if line is None:
            line = self._fields.lines.get(key, self._fields.line) or None
        field = self._prefix() + key
        self.problems.append(Problem(self._path, line, field, reason, severity, rule))

    def _prefix(self) -> str:
        """What stands before the names of these fields: `related[0].provider.`."""
        if self._outer is None:
            return ""
        outer, key = self._outer
        return f"{outer._prefix()}{key}{'' if self._index is None else f'[{self._index}]'}."

    def note_repeated(self) -> None:
        """Note the keys that stand more than once, unless they have been noted already."""
        noted = {problem.field for problem in self.problems}
        for key in sorted(self._fields.repeated - noted):
            self.note(key, "stands more than once; the last one counts", rule="repeated-field")

    def note_unknown(self) -> None:
        """Note the keys that look like one of the names, and aren't."""
        noted = {problem.field for problem in self.problems}
        for key, meant in self._keys.unknown(self._names):
            if key not in noted:
                reason = f"expected a known field, found {key!r}; did you mean {meant!r}?"
                self.note(key, reason, "info", rule="unknown-field")

    def stands_once(self, name: str) -> bool:
        """Whether exactly one key stands for `name`, and only once."""
        spellings = self._spellings(name)
        return len(spellings) == 1 and spellings[0] not in self._fields.repeated

    def value(self, name: str) -> Value:
        found = self._spellings(name)
        return self._fields[found[0]] if found else None

    def text(self, name: str, severity: Severity = "warning", *, lines: bool = False) -> str:
        """Plain text, `""` if missing; `lines` keeps its line ends."""
        value = self.value(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.note(name, f"expected text, found {describe(value)}", severity)
            return ""
        return plain_text(value) if lines else one_line(value)

    def texts(self, name: str, comma_lists: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """A list of labels, or one string; blank and repeated ones left out.

        Under a name of `comma_lists` one string is a list with commas.
        """
        found: dict[str, None] = {}
        splits = self._key(name) in comma_lists and isinstance(self.value(name), str)
        for item, line in _items(self.value(name)):
            if isinstance(item, str):
                for label in item.split(",") if splits else [item]:
                    found[" ".join(one_line(label).split())] = None
            elif item is not None:
                self.note(name, f"expected text, found {describe(item)}", line=line)
        found.pop("", None)
        return tuple(found)

    def mappings(
        self, name: str, names: Names = _NO_NAMES
    ) -> Iterator[tuple[FieldReader | str, int | None]]:
        """The items of a list (or the one item), each a reader or a bare string, with its line."""
        key = self._key(name)
        value = self._fields.get(key)
        outer = (self, key)
        if isinstance(value, Fields):
            yield FieldReader(value, self._path, self.problems, names, outer), None
            return
        for index, (item, line) in enumerate(_items(value)):
            if isinstance(item, Fields):
                yield FieldReader(item, self._path, self.problems, names, outer, index), line
            elif isinstance(item, str):
                yield item, line
            elif item is not None:
                self.note(name, f"expected a mapping, found {describe(item)}", line=line)

    def integer(self, name: str) -> int | None:
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            return int(value)
        self.note(name, f"expected a whole number, found {describe(value)}")
        return None

    def length(self, name: str) -> int | None:
        """A number of pixels or bytes: whole and positive."""
        number = self.integer(name)
        return number if number is not None and number > 0 else None

    def flag(self, name: str, *, safe: bool) -> bool:
        """A truth value that decides who sees the article; `safe` is the one that hides it.

        Missing counts as the other one. Where several names or spellings of the flag are
        there, one that is safe or can't be read decides.
        """
        spellings, alike = self._spellings(name), self._keys.alike(name)
        if not spellings and not alike:
            return not safe
        answers = {key: self._flag(key, safe) for key in spellings}
        for key in alike:
            if key not in answers and self._looks_like(key, name, safe):
                reason = f"looks like {name}; counts as {str(safe).lower()}"
                self.note(key, reason, rule="unreadable-flag")
                answers[key] = safe
        if not answers:
            return not safe
        if len(set(answers.values())) > 1:
            reason = f"{' and '.join(answers)} disagree; counts as {str(safe).lower()}"
            self.note(name, reason, rule="unreadable-flag")
        return safe if safe in answers.values() else not safe

    def _looks_like(self, key: str, name: str, safe: bool) -> bool:
        """Whether `key` was surely meant for the flag `name` and to hide the article."""
        if has_sign_in_name(key, name):
            return True
        return _truth_word(self._fields[key]) in (_TRUE if safe else _FALSE)

    def _flag(self, key: str, safe: bool) -> bool:
        counts = f"counts as {str(safe).lower()}"
        if key in self._fields.repeated:
            self.note(key, f"stands more than once; {counts}", rule="unreadable-flag")
            return safe
        value = self._fields[key]
        word = _truth_word(value)
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        reason = f"expected true or false, found {describe(value)}; {counts}"
        self.note(key, reason, rule="unreadable-flag")
        return safe

    def moment(self, name: str, zone: tzinfo, severity: Severity) -> Moment | None:
        """A date and time; `None` if missing or unreadable."""
        key = self._key(name)
        value = self._fields.get(key)
        if value is None:
            return None
        if key in self._fields.repeated:
            self.note(name, "expected once, found more than once", severity)
            return None
        moment = parse_moment(value, zone) if isinstance(value, str) else None
        if moment is None:
            self.note(
                name,
                "expected an ISO 8601 date and time such as 2023-04-26T18:15:40Z, "
                f"found {describe(value)}",
                severity,
            )
        elif moment.is_naive:
            self.note(
                name,
                f"expected a time with its offset, such as +01:00 or Z, found {describe(value)}; "
                "read in site.timezone",
                "info",
                rule="naive-date",
            )
        return moment

    def url(self, name: str, severity: Severity) -> str | None:
        """An http or https address, or a path on the site (`/…`); `None` if missing or wrong."""
        value = self.value(name)
        if value is None or value == "":
            return None
        url = clean_url(value) if isinstance(value, str) else None
        # Of `www.example.com/x` nobody means a path.
        if url is None or not (url.startswith(_ROOTS) or urlsplit(url).scheme):
            self.note(name, f"expected an http or https address, found {describe(value)}", severity)
        return url

    def _spellings(self, name: str) -> tuple[str, ...]:
        """The keys that stand for `name` here, the one that counts first."""
        return self._keys.find(self._names.get(name) or (name,))

    def _key(self, name: str) -> str:
        found = self._spellings(name)
        return found[0] if found else name


def _items(value: Value) -> list[tuple[Value, int | None]]:
    """The items of a list, or the one value, each with its line."""
    if value is None:
        return []
    if isinstance(value, ValueList):
        return list(zip(value, value.lines, strict=True))
    return [(value, None)]


def _truth_word(value: Value) -> str:
    """The word of a truth value, `""` if it is none."""
    if not isinstance(value, str):
        return ""
    word = value.strip()
    # Folding makes nothing shorter, and most values are long.
    return word.casefold() if len(word) <= _LONGEST_TRUTH_WORD else ""


@remember
def clean_url(raw: str) -> str | None:
    """`raw` as a URI (RFC 3986): http or https and a host, or relative; `None` for others."""
    text = one_line(raw)
    if _CLEAN_URL.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  an impossible port raises here
        if parts.scheme in {"http", "https"}:
            return iri_to_uri(text) if parts.hostname and " " not in parts.netloc else None
        if parts.scheme or _ABSOLUTE.match(text) or not text:
            return None
        if parts.netloc:
            return iri_to_uri("https:" + text)
        return iri_to_uri(text)
    except ValueError:
        return None


def describe(value: Value) -> str:
    """What was found, for a message: short, and never the inside of a collection."""
    if value is None:
        return "nothing"
    if isinstance(value, Fields):
        return "a mapping"
    if isinstance(value, ValueList):
        return "a list"
    text = value if len(value) <= 60 else value[:60] + "…"
    return repr(text)
