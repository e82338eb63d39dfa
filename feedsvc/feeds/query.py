"""What a feed is asked for, and the one address it has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from feedsvc.model import Facet


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
class FeedQuery:
    """Everything that is published (`facet` is `None`), or what is listed under one name."""

    facet: Facet | None = None
    slug: str = ""

    @property
    def name(self) -> str:
        """What the feed is called in ids: `feed`, `topics/ai`. Not percent-encoded."""
        return "feed" if self.facet is None else f"{self.facet}/{self.slug}"

    def feed_path(self, format: Format, page: int | None = None) -> str:
        """The feed's address relative to the site: `topics/ai.rss`; with `page` that of an
        archive page: `topics/ai/archive/1.rss`, of everything `archive/1.rss`.
        """
        if page is None:
            return f"{quote(self.name)}.{format}"
        return f"{self.page_path}archive/{page}.{format}"

    @property
    def page_path(self) -> str:
        """The address of the page for people, relative to the site: `topics/ai/`."""
        return "" if self.facet is None else f"{quote(self.name)}/"


def story_path(slug: str) -> str:
    """The address of a story's own page, relative to the site."""
    return f"stories/{quote(slug)}/"
