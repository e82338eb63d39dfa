"""The values that cross every boundary: frozen, comparable, standard library only.

All datetimes are aware and in UTC. All text is free of the characters XML 1.0 forbids.
Whether somebody may see an article is decided here and nowhere else: see `Viewpoint`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Literal

OWN_SITE = "https://feedsvc.invalid/"
"""Stands in an article's HTML for the site's own address, which only an answer knows.

A reserved name (RFC 6761), so that it is nobody's; it makes every address absolute.
"""

Severity = Literal["error", "warning", "info"]
HeldBack = Literal["removed", "unpublished", "future", "expired"]


class Facet(StrEnum):
    """What articles can be grouped by. The value is its segment in URLs."""

    TOPIC = "topics"
    PROVIDER = "providers"
    CATEGORY = "categories"
    TYPE = "types"
    AUTHOR = "authors"
    LANGUAGE = "languages"


class Order(StrEnum):
    """What comes first. What wasn't measured, or has no date, comes last; ties go by date, the
    newest first, then by id.
    """

    NEWEST = "newest"
    HEAT = "heat"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Names:
    """Which names of a facet are asked for: one of `any` if there are any, each of `all`, none
    of `none`. They are slugs, of providers keys.
    """

    facet: Facet
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles are asked for: those that meet every condition.

    What wasn't measured never reaches a minimum; what has no date is neither after `start` nor
    before `end`, which are whole seconds (`start` belongs to it, `end` doesn't). `phrases` are
    words that all occur, those of one phrase together; see `words.phrases_of`.
    """

    names: tuple[Names, ...] = ()
    min_quality: int | None = None
    min_heat: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    phrases: tuple[tuple[str, ...], ...] = ()
    has_image: bool = False


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found and not read yet: `key` is its number in the index.

    `quality` and `heat` are at least 0, `None` where they weren't measured.
    """

    key: int
    id: str
    published: datetime | None
    quality: int | None
    heat: int | None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the folder lists it, unread. `path` is relative to `folder`, with slashes.

    `changed_ns` is the later of its times of modification and of status change: the latter
    can't be set back, as tools that restore files do with the former.
    """

    folder: str
    path: str
    size: int
    changed_ns: int

    @property
    def folder_name(self) -> str:
        """The folder's own name, which no other content folder has."""
        return PurePath(self.folder).name

    @property
    def name(self) -> str:
        """How messages call the file: the folder's own name and the path in it."""
        return f"{self.folder_name}/{self.path}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file is left out (`error`), what in it was ignored (`warning`), or what may not be
    as it was meant (`info`); `rule` is one of those that docs/check.md explains.

    `line` counts from 1 within the file; `None` where no line is to blame or it isn't known.
    """

    path: str
    line: int | None
    field: str
    reason: str
    severity: Severity = "error"
    rule: str = "unreadable"

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        told = f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"
        return printable(told)


def printable(text: str) -> str:
    """`text` for one line: on a terminal a file's name could be a command, and a line in a log."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


@dataclass(frozen=True, slots=True)
class Term:
    """One topic, category or type: `slug` is its name in URLs, `label` as the article spells it."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: at `url` elsewhere, or a file of the content folder, then `path` names it.

    `url` is absolute, or, for a file of ours, relative to the site (`media/…`).
    `width` and `height` are pixels, `byte_size` bytes; `None` where unknown.
    """

    url: str
    mime_type: str
    width: int | None = None
    height: int | None = None
    byte_size: int | None = None
    alt: str = ""
    is_cached: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some house, who made a feed or an article."""

    name: str
    url: str | None = None
    email: str | None = None
    avatar: Image | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published the original. `key` is its domain in lower case, else its name's slug."""

    key: str
    name: str
    domain: str | None = None
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """Another article in short form, as an article lists it.

    `keys` are its addresses as `sameness.address_key` has them; `is_hidden` says that its own
    flags hold it back.
    """

    title: str
    url: str
    keys: tuple[int, ...] = ()
    provider: Provider | None = None
    visible_from: datetime | None = None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One article, complete and checked.

    `url` is the link, absolute or relative to the site. `html` is safe, its addresses absolute,
    those of this site below `OWN_SITE`; `body_images` are our pictures in it, and
    `html_has_excerpt` says that the excerpt can be read there too.
    `is_published` and `is_removed` are the flags of the front matter; it may be seen from
    `visible_from` on and no longer from `visible_until` on (`None`: no such moment).
    """

    id: str
    slug: str
    path: str
    title: str
    url: str | None = None
    original_url: str | None = None
    excerpt: str = ""
    html: str = ""
    html_has_excerpt: bool = False
    published: datetime | None = None
    updated: datetime | None = None
    provider: Provider | None = None
    topics: tuple[Term, ...] = ()
    categories: tuple[Term, ...] = ()
    type: Term | None = None
    language: str | None = None
    authors: tuple[Person, ...] = ()
    images: tuple[Image, ...] = ()
    body_images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    quality: int | None = None
    heat: int | None = None
    is_published: bool = True
    is_removed: bool = False
    visible_from: datetime | None = None
    visible_until: datetime | None = None

    @property
    def turning_points(self) -> tuple[datetime, ...]:
        """The moments at which what is shown of the article changes by itself."""
        moments = (self.visible_from, self.visible_until, self.updated)
        return tuple(moment for moment in moments if moment is not None)

    @property
    def all_images(self) -> tuple[Image, ...]:
        """Every picture that a feed or page of this article may name."""
        provider = self.provider.images if self.provider else ()
        return (*self.images, *self.body_images, *provider)

    @property
    def creators(self) -> tuple[Person, ...]:
        """Who the article is by: its authors, and the provider that published it."""
        if self.provider is None:
            return self.authors
        domain = self.provider.domain
        house = Person(
            self.provider.name,
            url=f"https://{domain}/" if domain else None,
            avatar=next(iter(self.provider.images), None),
        )
        return (*self.authors, house)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looks, and when: the one place that decides whether an article may be seen.

    `preview` shows what `published: false` and dates hold back; nothing shows `removed`.
    """

    now: datetime
    preview: bool = False

    def shows(self, article: Article) -> bool:
        reason = self.holds_back(article)
        return reason is None or (self.preview and reason != "removed")

    def holds_back(self, article: Article) -> HeldBack | None:
        """Why the public may not see `article`, by what decides first; `None` if it may."""
        if article.is_removed:
            return "removed"
        if not article.is_published:
            return "unpublished"
        if article.visible_from is not None and article.visible_from > self.now:
            return "future"
        if article.visible_until is not None and article.visible_until <= self.now:
            return "expired"
        return None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A listed topic, provider, category or type, and how many entries its feed can show."""

    slug: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Census:
    """How many articles there are, and why some can't be seen now."""

    visible: int
    unpublished: int
    future: int
    expired: int
    removed: int
    left_out: int

    @property
    def total(self) -> int:
        """The articles that could be read."""
        return self.visible + self.unpublished + self.future + self.expired + self.removed


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a new listing of the folder means for what is already known."""

    added: tuple[SourceFile, ...] = ()
    changed: tuple[SourceFile, ...] = ()
    removed: tuple[SourceFile, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the articles as it was when it was looked at; `None`: there was none."""

    path: str
    size: int | None
    changed_ns: int | None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file gave: an article, or problems, or both (an article with warnings).

    `addresses` are those under which others may know an article that is left out. `assets`
    are the pictures that were looked for: when one changes, the file is to be read again.
    `digest` is of the file's bytes; empty where they couldn't be read.
    """

    source: SourceFile
    article: Article | None
    problems: tuple[Problem, ...] = ()
    addresses: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()
    digest: bytes = b""
