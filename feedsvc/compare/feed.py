"""What a reader knows of a feed and its entries, whatever they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feedsvc.feeds.query import Format


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `text` and `enclosures` are there to be compared: the text is a digest, since
    all feeds of two sites are held at once. What isn't there is empty.
    """

    id: str = ""
    link: str = ""
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    text: str = ""
    enclosures: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """By what readers know it again: id, else link, else title, as they stand."""
        return self.id or self.link or self.title


@dataclass(frozen=True, slots=True)
class Offered:
    """A feed in one format: the address and the id that it gives itself, where it does, and the
    entries of its whole archive, each once.
    """

    address: str
    id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in the formats in which it is served. One that doesn't keep its entries, such as the
    best of each week, has no archive: what leaves it need not have gone.
    """

    path: str
    formats: Mapping[Format, Offered]
    keeps_entries: bool = True

    @property
    def size(self) -> int:
        """How many entries it has."""
        return max((len(one.entries) for one in self.formats.values()), default=0)


def each_once(entries: list[Entry]) -> tuple[Entry, ...]:
    """The newest page overlaps with the archive; of each entry the first stays."""
    return tuple({one.identity: one for one in reversed(entries)}.values())[::-1]
