"""What a feed is asked for, in its one normal form, and the one address that it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Literal
from urllib.parse import quote, urlencode

from feedsvc.model import EVERYTHING, Facet, Filter, Names, Order
from feedsvc.words import print_phrases

ImageMode = Literal["enclosure", "media", "inline", "none"]
"""As enclosures and Media RSS, as Media RSS alone, in the HTML alone, or not at all."""
ContentMode = Literal["full", "excerpt"]

Bound = date | timedelta
"""A day, or an age, counted back from now."""

SINGLE = frozenset({Facet.PROVIDER, Facet.TYPE})
"""Of these a story has one at most."""

PARAMETER_OF = {
    Facet.TOPIC: "topic",
    Facet.PROVIDER: "provider",
    Facet.CATEGORY: "category",
    Facet.TYPE: "type",
    Facet.AUTHOR: "author",
    Facet.LANGUAGE: "language",
}
_MOST_FACETS_IN_PATH = 2
_DAY = timedelta(days=1)


class Format(StrEnum):
    """The formats of a feed. The value is the ending of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """The best `count` stories of each day or week, judged `by` heat, quality or date."""

    count: int
    window: Literal["day", "week"]
    by: Order = Order.HEAT

    def __str__(self) -> str:
        return f"{self.count}/{self.window} by {self.by}"


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """A feed: what is `saved` under a name, or which articles (`filter`, without its dates),
    from `since` until `until`, in which order and how presented. `None`: as the site has it.

    Two queries for the same are equal: they are made normal as they are made.
    """

    filter: Filter = EVERYTHING
    since: Bound | None = None
    until: Bound | None = None
    order: Order = Order.NEWEST
    limit: int | None = None
    content: ContentMode | None = None
    images: ImageMode | None = None
    pace: Pace | None = None
    folds: bool = False
    saved: str = ""

    def __post_init__(self) -> None:
        names = _normal(self.filter.names)
        if names != self.filter.names:
            object.__setattr__(self, "filter", replace(self.filter, names=names))

    @property
    def path(self) -> str:
        """The address without its ending and query, relative to the site and not
        percent-encoded: `feed`, `topics/ai+robots`, `topics/ai/providers/reuters.com`,
        `feeds/weekend`, `custom`.
        """
        if self.saved:
            return f"feeds/{self.saved}"
        if not self._fits_path:
            return "custom"
        return "/".join(f"{one.facet}/{'+'.join(one.any)}" for one in self.filter.names) or "feed"

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query of the address, in its order."""
        if self.saved or self._fits_path:
            return ()
        return tuple(sorted(self.as_parameters()))

    @property
    def name(self) -> str:
        """What the feed is called in ids: `feed`, `topics/ai`, `custom?q=sea`; percent-encoded."""
        return quote(self.path, safe="/+") + self._query

    def feed_path(self, format: Format, page: int | None = None) -> str:
        """The feed's address relative to the site: `topics/ai.rss`; with `page` that of an
        archive page: `topics/ai/archive/1.rss`, of everything `archive/1.rss`.
        """
        return quote(self.plain_path(format, page), safe="/+") + self._query

    def plain_path(self, format: Format, page: int | None = None) -> str:
        """`feed_path` without its query, not percent-encoded."""
        if page is None:
            return f"{self.path}.{format}"
        return f"{self._above}archive/{page}.{format}"

    def path_below(self, above: str, ending: str = "") -> str:
        """The address of something else made of the feed: `embed/topics/ai`."""
        return f"{above}/{quote(self.path, safe='/+')}{ending}{self._query}"

    @property
    def page_path(self) -> str:
        """The address of the page for people, relative to the site: `topics/ai/`."""
        return quote(self.plain_page_path, safe="/+") + self._query

    @property
    def plain_page_path(self) -> str:
        """`page_path` without its query, not percent-encoded."""
        if self.path == "feed":
            return ""
        return self.path if self.path == "custom" else f"{self.path}/"

    def archive_page_path(self, page: int) -> str:
        """The address of the page for people of an archive page: `topics/ai/archive/1/`."""
        return quote(self.plain_archive_page_path(page), safe="/+") + self._query

    def plain_archive_page_path(self, page: int) -> str:
        """`archive_page_path` without its query, not percent-encoded."""
        return f"{self._above}archive/{page}/"

    @property
    def has_archive(self) -> bool:
        """Whether older entries stay where they are when new ones come, so that they can be
        numbered from the oldest (RFC 5005 §4).
        """
        moves = isinstance(self.since, timedelta) or self.pace is not None or self.folds
        return self.order is Order.NEWEST and not moves

    def filter_at(self, now: datetime, zone: tzinfo) -> Filter:
        """Which articles that are at `now`; days are those of `zone`."""
        return replace(self.filter, start=self.start(now, zone), end=self.end(now, zone))

    def start(self, now: datetime, zone: tzinfo) -> datetime | None:
        """The first second of `since`."""
        if self.since is None or isinstance(self.since, timedelta):
            return None if self.since is None else now.replace(microsecond=0) - self.since
        return _midnight(self.since, zone)

    def end(self, now: datetime, zone: tzinfo) -> datetime | None:
        """The second after the last one of `until`."""
        if self.until is None or isinstance(self.until, timedelta):
            return None if self.until is None else now.replace(microsecond=0) - self.until
        return _midnight(self.until + _DAY, zone)

    @property
    def _above(self) -> str:
        """The folder, so to say, in which the archive is."""
        return "" if self.path == "feed" else f"{self.path}/"

    @property
    def _fits_path(self) -> bool:
        if self != FeedQuery(Filter(self.filter.names)):
            return False
        names = self.filter.names
        return len(names) <= _MOST_FACETS_IN_PATH and all(
            one.any and not one.all and not one.none for one in names
        )

    @property
    def _query(self) -> str:
        parameters = self.parameters
        return "?" + encode(parameters) if parameters else ""

    def as_parameters(self) -> list[tuple[str, str]]:
        """The query in words of the vocabulary, whatever the form of the address."""
        wanted = self.filter
        pairs = [
            (prefix + PARAMETER_OF[one.facet], name)
            for one in wanted.names
            for prefix, names in (("", one.any), ("all_", one.all), ("not_", one.none))
            for name in names
        ]
        single = {
            "min_quality": wanted.min_quality,
            "min_heat": wanted.min_heat,
            "q": print_phrases(wanted.phrases) or None,
            "has": "image" if wanted.has_image else None,
            "since": None if self.since is None else print_bound(self.since),
            "until": None if self.until is None else print_bound(self.until),
            "order": None if self.order is Order.NEWEST else self.order,
            "limit": self.limit,
            "content": self.content,
            "images": self.images,
            "pace": self.pace,
            "fold": "story" if self.folds else None,
        }
        return pairs + [(name, str(value)) for name, value in single.items() if value is not None]


def feed_of(facet: Facet, *names: str) -> FeedQuery:
    """The feed of what is listed under any of `names`."""
    return FeedQuery(Filter((Names(facet, any=names),)))


def encode(parameters: Iterable[tuple[str, str]]) -> str:
    """The query of an address, in the one spelling that ours have."""
    return urlencode(list(parameters), safe="/:")


def print_bound(bound: Bound) -> str:
    """`2026-01-31`, `7d`, `12h`."""
    if isinstance(bound, date):
        return bound.isoformat()
    hours = int(bound / timedelta(hours=1))
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


def story_path(slug: str) -> str:
    """The address of a story's own page, relative to the site."""
    return f"stories/{quote(slug)}/"


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _normal(names: tuple[Names, ...]) -> tuple[Names, ...]:
    """The one way to say what `names` say, in the order of the facets."""
    by_facet = {one.facet: _normal_names(one) for one in names}
    if len(by_facet) < len(names):
        raise ValueError(f"expected each facet once, found {names}")
    ordered = (by_facet[facet] for facet in Facet if facet in by_facet)
    return tuple(one for one in ordered if one.any or one.all or one.none)


def _normal_names(given: Names) -> Names:
    facet = given.facet
    some, none = _broadest(facet, given.any), _broadest(facet, given.none)
    every = _narrowest(facet, given.all)
    if any(includes(facet, one, wanted) for one in some for wanted in every):
        some = set()  # one of them is there in any case
    refused = {one for one in some if any(includes(facet, other, one) for other in none)}
    if refused != some:
        some -= refused
    if len(some) == 1:
        every, some = _narrowest(facet, every | some), set()
    if len(every) == 1 and not some:
        some, every = every, set()
    if facet in SINGLE and (some or every):
        # Who has one of these has none of the others; a contradiction stays one.
        none &= some | every
    return Names(facet, *(tuple(sorted(part)) for part in (some, every, none)))


def includes(facet: Facet, broad: str, name: str) -> bool:
    """Whether what is listed under `name` is listed under `broad` as well: it is the same, or a
    language and a region of it.
    """
    return name == broad or (facet is Facet.LANGUAGE and name.startswith(f"{broad}-"))


def _broadest(facet: Facet, names: Iterable[str]) -> set[str]:
    found = set(names)
    return {one for one in found if not any(includes(facet, other, one) for other in found - {one})}


def _narrowest(facet: Facet, names: Iterable[str]) -> set[str]:
    found = set(names)
    return {one for one in found if not any(includes(facet, one, other) for other in found - {one})}
