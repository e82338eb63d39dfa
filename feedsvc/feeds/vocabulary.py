"""The words in which feeds are asked for, in addresses and in config.yaml, and what they mean.

Declared once: addresses, the configuration, messages and the description of the API are made
of this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar, cast, get_args

from feedsvc.errors import QueryError
from feedsvc.feeds.query import (
    PARAMETER_OF,
    SINGLE,
    Bound,
    ContentMode,
    FeedQuery,
    ImageMode,
    Pace,
    includes,
)
from feedsvc.likeness import nearest
from feedsvc.model import Facet, Filter, Names, Order
from feedsvc.slugs import slugify
from feedsvc.words import phrases_of, print_phrases

MOST_ENTRIES = 500
_MOST_NAMES = 50
_MOST_WORDS = 50
_LONGEST_SEARCH = 200
_LONGEST_SHOWN = 60
_LONGEST_AGE = timedelta(days=36_500)
_EARLIEST, _LATEST = date(1000, 1, 1), date(8999, 12, 31)

T = TypeVar("T")
Resolve = Callable[[Facet, str], str]
"""A name as somebody wrote it -> the name under which articles are listed."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One word of the vocabulary: its meaning, what it may be, as a sentence and as a pattern
    (ECMA 262; `None` where any text will do), and an example.
    """

    name: str
    meaning: str
    expected: str
    example: str
    pattern: str | None = None
    is_repeatable: bool = False


def _facet_parameters() -> Iterable[Parameter]:
    what = {
        Facet.TOPIC: ("topic", "a topic", "ai"),
        Facet.PROVIDER: ("provider", "a provider, by its domain or name", "reuters.com"),
        Facet.CATEGORY: ("category", "a category", "news"),
        Facet.TYPE: ("type", "a type", "video"),
        Facet.AUTHOR: ("author", "an author", "jane-doe"),
        Facet.LANGUAGE: ("language", "a language tag such as en or pt-br", "en"),
    }
    for facet, (name, expected, example) in what.items():
        kind = f"of {facet}"
        yield Parameter(name, f"Any {kind}.", expected, example, is_repeatable=True)
        if facet not in SINGLE:
            meaning = f"All {kind}."
            yield Parameter(f"all_{name}", meaning, expected, example, is_repeatable=True)
        yield Parameter(f"not_{name}", f"None {kind}.", expected, example, is_repeatable=True)


_NUMBER = r"[0-9]{1,9}"
_BOUND = r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,5}[hdw]"
_PACE = r"([1-9][0-9]?)/(day|week)(?: by (heat|quality|newest))?"
_IMAGES = get_args(ImageMode)
_CONTENT = get_args(ContentMode)
_BOUND_EXPECTED = "a day such as 2026-01-31 or an age such as 7d, 12h or 2w"

_SINGLE = (
    Parameter(
        "min_quality", "At least this quality; what wasn't measured never passes.",
        "a whole number from 0 to 999999999", "60", _NUMBER,
    ),
    Parameter(
        "min_heat", "At least this heat; what wasn't measured never passes.",
        "a whole number from 0 to 999999999", "10", _NUMBER,
    ),
    Parameter("since", "Published on this day or later, or not longer ago than this.",
              _BOUND_EXPECTED, "7d", _BOUND),
    Parameter("until", "Published on this day or earlier, or longer ago than this.",
              _BOUND_EXPECTED, "2026-01-31", _BOUND),
    Parameter("q", "Words that all occur; those in quotes together.",
              f"one to {_MOST_WORDS} words, in all at most {_LONGEST_SEARCH} characters", "sea"),
    Parameter("has", "Only stories with a picture.", "image", "image", "image"),
    Parameter("order", "What comes first.", "newest, heat or quality", "heat",
              "newest|heat|quality"),
    Parameter("limit", "How many entries at most.", f"a whole number from 1 to {MOST_ENTRIES}",
              "20", r"[1-9][0-9]?|[1-4][0-9]{2}|500"),
    Parameter("content", "The whole text or the excerpt alone.", "full or excerpt", "excerpt",
              "full|excerpt"),
    Parameter("images", "How pictures are attached.", "enclosure, media, inline or none", "media",
              "enclosure|media|inline|none"),
    Parameter("pace", "Only the best of each day or week that is over.",
              "a pace such as 5/day by heat, 3/week by quality or 1/day by newest",
              "5/day by heat", _PACE),
    Parameter("fold", "The same story from several providers is one entry.", "story", "story",
              "story"),
)  # fmt: skip

VOCABULARY = {one.name: one for one in (*_facet_parameters(), *_SINGLE)}
"""All parameters, by name."""


def name_of(facet: Facet, text: str) -> str:
    """The name in addresses that `text`, a name or a label, most likely means."""
    text = text.strip()
    match facet:
        case Facet.PROVIDER if re.fullmatch(r"[\w-]+(\.[\w-]+)+", text):
            return text.lower()
        case Facet.LANGUAGE:
            return text.lower().replace("_", "-")
    return slugify(text)


def parse_query(parameters: Iterable[tuple[str, str]], resolve: Resolve = name_of) -> FeedQuery:
    """The query of these parameters, in any order; one without a value is as if it weren't
    there. Raises `QueryError`.
    """
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        if name not in VOCABULARY:
            named = name if re.fullmatch(r"[\w-]{1,60}", name) else shown(name)
            raise QueryError(named, f"one of {', '.join(VOCABULARY)}", "an unknown parameter",
                             nearest(name, VOCABULARY))  # fmt: skip
        if value.strip():
            given.setdefault(name, []).append(value)
    return _Parser(given, resolve).query()


def shown(text: str) -> str:
    """What was given, as a message may show it."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


class _Parser:
    def __init__(self, given: dict[str, list[str]], resolve: Resolve) -> None:
        self._given = given
        self._resolve = resolve

    def query(self) -> FeedQuery:
        order = self._one("order", Order) or Order.NEWEST
        since, until = self._one("since", _bound), self._one("until", _bound)
        pace = self._one("pace", _pace)
        if pace is not None and order is not Order.NEWEST:
            raise QueryError("order", "nothing else than newest beside pace", f"'{order}'")
        for name, bound in (("since", since), ("until", until)):
            if pace is not None and isinstance(bound, timedelta):
                # It would let the best of a day go before the others, which then are the best.
                raise QueryError(name, "a day beside pace", f"'{self._given[name][0]}'")
        if _is_empty(since, until):
            found = f"{self._given['until'][0]!r} beside since={self._given['since'][0]}"
            raise QueryError("until", "a time after since", found)
        self._one("has", _choice("image"))
        self._one("fold", _choice("story"))
        limit = self._one("limit", _number)
        if limit is not None and not 1 <= limit <= MOST_ENTRIES:
            raise self._error("limit")
        return FeedQuery(
            Filter(
                names=tuple(self._names()),
                min_quality=self._one("min_quality", _number),
                min_heat=self._one("min_heat", _number),
                phrases=self._one("q", _phrases) or (),
                has_image="has" in self._given,
            ),
            since=since,
            until=until,
            order=order,
            limit=limit,
            content=cast("ContentMode | None", self._one("content", _choice(*_CONTENT))),
            images=cast("ImageMode | None", self._one("images", _choice(*_IMAGES))),
            pace=pace,
            folds="fold" in self._given,
        )

    def _one(self, name: str, read: Callable[[str], T]) -> T | None:
        values = self._given.get(name)
        if values is None:
            return None
        if len(set(values)) > 1:
            raise QueryError(name, "one value", f"{len(values)} of them")
        try:
            return read(values[0].strip())
        except ValueError:
            raise self._error(name) from None

    def _error(self, name: str) -> QueryError:
        return QueryError(name, VOCABULARY[name].expected, shown(self._given[name][0]))

    def _names(self) -> Iterable[Names]:
        number = 0
        for facet, name in PARAMETER_OF.items():
            parts = [self._named(facet, prefix + name) for prefix in ("", "all_", "not_")]
            number += sum(map(len, parts))
            if number > _MOST_NAMES:
                raise QueryError(name, f"at most {_MOST_NAMES} names in all", "more")
            names = Names(facet, *parts)
            if any(parts):
                _check_contradiction(name, names)
                yield names

    def _named(self, facet: Facet, parameter: str) -> tuple[str, ...]:
        values = self._given.get(parameter, [])
        found = tuple(dict.fromkeys(self._resolve(facet, value) for value in values))
        if not all(name and name.isprintable() for name in found):
            raise self._error(parameter)
        return found


def _check_contradiction(name: str, names: Names) -> None:
    """Raise `QueryError` for what no story can ever meet."""
    refused = {
        wanted
        for wanted in (*names.any, *names.all)
        if any(includes(names.facet, one, wanted) for one in names.none)
    }
    if refused & set(names.all) or (names.any and refused >= set(names.any)):
        both = ", ".join(sorted(refused))
        raise QueryError(f"not_{name}", f"no name that {name} asks for", shown(both))


def _is_empty(since: Bound | None, until: Bound | None) -> bool:
    """Whether nothing can ever be between these two."""
    if isinstance(since, date) and isinstance(until, date):
        return since > until
    if isinstance(since, timedelta) and isinstance(until, timedelta):
        return since <= until
    return False


def _number(text: str) -> int:
    if not re.fullmatch(_NUMBER, text):
        raise ValueError
    return int(text)


def _choice(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError
        return text

    return read


def _bound(text: str) -> Bound:
    if not re.fullmatch(_BOUND, text):
        raise ValueError
    if "-" in text:
        day = date.fromisoformat(text)
        if not _EARLIEST <= day <= _LATEST:
            raise ValueError
        return day
    number, unit = int(text[:-1]), text[-1]
    age = number * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[unit]
    if not timedelta() < age <= _LONGEST_AGE:
        raise ValueError
    return age


def _pace(text: str) -> Pace:
    found = re.fullmatch(_PACE, text)
    if found is None:
        raise ValueError
    count, window, by = found.groups()
    return Pace(int(count), cast("Literal['day', 'week']", window), Order(by or Order.HEAT))


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    phrases = phrases_of(text)
    # As it stands in the address, so that no address leads to one that is refused.
    is_long = max(len(text), len(print_phrases(phrases))) > _LONGEST_SEARCH
    if not phrases or is_long or sum(map(len, phrases)) > _MOST_WORDS:
        raise ValueError
    return phrases
