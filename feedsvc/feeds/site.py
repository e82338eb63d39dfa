"""What the configuration says of the site and its feeds, as feeds need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from feedsvc.feeds.query import ImageMode
from feedsvc.model import Facet, Person


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How feeds show their entries.

    `images`: as enclosures and Media RSS, as Media RSS alone, in the HTML alone, or not at all.
    `related`: which related articles are named: those that may be seen, all, or none.
    `max_age_seconds` is how long a reader may keep a feed without asking.
    """

    images: ImageMode = "enclosure"
    related: Literal["visible", "all", "none"] = "visible"
    full_text: bool = True
    max_age_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Naming:
    """What the configuration says of one topic or provider; empty where it says nothing."""

    title: str = ""
    description: str = ""
    image: str | None = None
    full_text: bool | None = None


@dataclass(frozen=True, slots=True)
class SavedFeed:
    """A feed that the configuration gives a name; empty where it says nothing. `parameters` are
    its query as somebody wrote it: what names mean, the articles decide.
    """

    parameters: tuple[tuple[str, str], ...] = ()
    title: str = ""
    description: str = ""
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What every feed says of the site it belongs to.

    `id_authority` and `since` make the `tag:` URIs (RFC 4151) of its feeds; `since` is also
    the date of a feed or entry that has none of its own. Days and weeks are those of `zone`.
    """

    title: str
    description: str
    language: str
    id_authority: str
    since: date
    author: Person | None = None
    rights: str = ""
    namings: Mapping[tuple[Facet, str], Naming] = field(default_factory=dict)
    saved: Mapping[str, SavedFeed] = field(default_factory=dict)
    zone: tzinfo = UTC
    formats: tuple[str, ...] = ("rss", "atom", "json")
    options: FeedOptions = FeedOptions()

    @property
    def since_moment(self) -> datetime:
        return datetime(self.since.year, self.since.month, self.since.day, tzinfo=UTC)
