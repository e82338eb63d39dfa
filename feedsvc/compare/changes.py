"""Two states of a feed -> what its subscribers would see. Pure.

Entries are those that readers take for the same: by id, else link, else title. Nothing is made
normal that readers take as it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from feedsvc.compare.feed import Entry, Feed, Offered
from feedsvc.feeds.query import Format

PREFERRED = (Format.JSON, Format.ATOM, Format.RSS)
"""In which format entries are compared: the one that tells most first."""


class Kind(StrEnum):
    """What became of an entry, the worst first."""

    REDELIVERED = "re-delivered"
    DISAPPEARED = "disappeared"
    CHANGED = "changed"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """`entry` is the new one, or the one that disappeared, `before` what it was. `fields` are
    what changed in it, `because` by what a re-delivered one was known again, `formats` those that
    alone deliver it again (empty: all). `rises` if its date is a later one, so that readers show
    it at the top once more.
    """

    kind: Kind
    entry: Entry
    before: Entry | None = None
    fields: tuple[str, ...] = ()
    because: str = ""
    formats: tuple[str, ...] = ()
    rises: bool = False

    @property
    def name(self) -> Hashable:
        """What it has in common with the same change in another feed."""
        before = self.before.identity if self.before else ""
        return self.kind, self.entry.identity, before


@dataclass(frozen=True, slots=True)
class AddressChange:
    """What a subscription hangs on: the feed's `id`, the address it gives itself (`self link`), or
    that it is served in a `format` at all; `new` is empty where that has gone.
    """

    what: Literal["id", "self link", "format"]
    format: Format
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What became of a feed with `size` entries; of a new one, and of one that has gone, nobody
    sees the entries come or go.
    """

    path: str
    state: Literal["new", "gone", "kept"]
    size: int
    addresses: tuple[AddressChange, ...] = ()
    entries: tuple[EntryChange, ...] = ()

    @property
    def differs(self) -> bool:
        return self.state != "kept" or bool(self.addresses or self.entries)

    @property
    def is_elsewhere(self) -> bool:
        """Whether its id or the address that it gives itself is another."""
        return any(one.what != "format" for one in self.addresses)

    @property
    def has_fewer_formats(self) -> bool:
        return any(one.what == "format" for one in self.addresses)

    @property
    def counts(self) -> Counter[Kind]:
        return Counter(one.kind for one in self.entries)


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """The same change in all the feeds in which it is seen."""

    change: EntryChange
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compared` feeds are on both sides; `feeds` are those that differ."""

    compared: int
    feeds: tuple[FeedChange, ...]

    def articles(self) -> tuple[ArticleChange, ...]:
        """By article what `feeds` tell by feed, the worst first."""
        changes: dict[Hashable, EntryChange] = {}
        paths: dict[Hashable, list[str]] = {}
        for feed in self.feeds:
            for one in feed.entries:
                changes[one.name] = _merged(changes.get(one.name, one), one)
                paths.setdefault(one.name, []).append(feed.path)
        found = [ArticleChange(one, tuple(paths[name])) for name, one in changes.items()]
        return tuple(sorted(found, key=lambda one: _ORDER[one.change.kind]))

    @property
    def delivers_again(self) -> bool:
        """Whether readers show what they had already, or lose a feed to another address."""
        return any(feed.counts[Kind.REDELIVERED] or feed.is_elsewhere for feed in self.feeds)


_ORDER = {kind: number for number, kind in enumerate(Kind)}


def compare_feed(
    path: str, old: Feed | None, new: Feed | None, elsewhere: Collection[str] = ()
) -> FeedChange:
    """What became of the feed at `path`, which one side may not have. `elsewhere` are the
    identities of all that the new side has: what leaves a feed without an archive hasn't gone as
    long as it is among them.
    """
    if old is None or new is None:
        feed = old or new
        return FeedChange(path, "gone" if new is None else "new", feed.size if feed else 0)
    common = [one for one in PREFERRED if one in old.formats and one in new.formats]
    changes = list(_delivered_again(old, new, common))
    for best in common[:1]:
        changes += _entries(old.formats[best], new.formats[best])
    if not (old.keeps_entries and new.keeps_entries):
        changes = [
            one
            for one in changes
            if one.kind is not Kind.DISAPPEARED or one.entry.identity not in elsewhere
        ]
    return FeedChange(path, "kept", new.size, tuple(_addresses(old, new)), tuple(changes))


def _addresses(old: Feed, new: Feed) -> Iterator[AddressChange]:
    for one, before in old.formats.items():
        after = new.formats.get(one)
        if after is None:
            yield AddressChange("format", one, before.address, "")
            continue
        if before.id != after.id:
            yield AddressChange("id", one, before.id, after.id)
        if before.address != after.address:
            yield AddressChange("self link", one, before.address, after.address)


@dataclass(frozen=True, slots=True)
class _Paired:
    """Entries that are the same for readers, those that only we know again, and the rest."""

    kept: list[tuple[Entry, Entry]]
    again: list[tuple[Entry, Entry, str]]
    gone: list[Entry]
    new: list[Entry]


_SIGNS: tuple[tuple[str, Callable[[Entry], Hashable]], ...] = (
    ("link", lambda one: one.link),
    ("title and date", lambda one: one.title and one.published and (one.title, one.published)),
    ("text", lambda one: one.text),
)
"""By what an article is known again whose id is another, the surest first."""


def _pair(old: Sequence[Entry], new: Sequence[Entry]) -> _Paired:
    before = {one.identity: one for one in old}
    after = {one.identity: one for one in new}
    kept = [(one, after[name]) for name, one in before.items() if name in after]
    gone = [one for name, one in before.items() if name not in after]
    fresh = [one for name, one in after.items() if name not in before]
    again: list[tuple[Entry, Entry, str]] = []
    for because, sign in _SIGNS:
        there, here = _unique(gone, sign), _unique(fresh, sign)
        found = [(there[name], one) for name, one in here.items() if name in there]
        again += ((one, other, because) for one, other in found)
        names = {one.identity for pair in found for one in pair}
        gone = [one for one in gone if one.identity not in names]
        fresh = [one for one in fresh if one.identity not in names]
    return _Paired(kept, again, gone, fresh)


def _unique(entries: Iterable[Entry], sign: Callable[[Entry], Hashable]) -> dict[Hashable, Entry]:
    """By `sign`, which they alone have: what several have in common tells nothing of one."""
    found: dict[Hashable, list[Entry]] = {}
    for one in entries:
        if sign(one):
            found.setdefault(sign(one), []).append(one)
    return {name: those[0] for name, those in found.items() if len(those) == 1}


def _delivered_again(old: Feed, new: Feed, formats: Sequence[Format]) -> Iterator[EntryChange]:
    """In each of `formats`: ids may differ in one where those of the others don't."""
    found: dict[Hashable, EntryChange] = {}
    for name in formats:
        paired = _pair(old.formats[name].entries, new.formats[name].entries)
        for before, after, because in paired.again:
            fields = _fields(before, after)
            fresh = EntryChange(Kind.REDELIVERED, after, before, fields, because)
            one = found.get((after.link, after.title), fresh)
            found[after.link, after.title] = replace(one, formats=(*one.formats, name.value))
    for one in found.values():
        yield replace(one, formats=()) if len(one.formats) == len(formats) else one


def _entries(old: Offered, new: Offered) -> Iterator[EntryChange]:
    """What else happened, in one format: the same in all."""
    paired = _pair(old.entries, new.entries)
    yield from (EntryChange(Kind.DISAPPEARED, one) for one in paired.gone)
    for before, after in paired.kept:
        fields = _fields(before, after)
        if fields:
            yield EntryChange(Kind.CHANGED, after, before, fields, rises=_rises(before, after))
    yield from (EntryChange(Kind.NEW, one) for one in paired.new)


def _fields(before: Entry, after: Entry) -> tuple[str, ...]:
    is_redated = before.published != after.published
    differs = {
        "title": before.title != after.title,
        "text": before.text != after.text,
        "date": is_redated,
        # What has no date of change of its own has that of its publication.
        "updated": before.updated != after.updated and not is_redated,
        "link": before.link != after.link,
        "enclosures": before.enclosures != after.enclosures,
    }
    return tuple(name for name, is_other in differs.items() if is_other)


def _rises(before: Entry, after: Entry) -> bool:
    if after.published is None:
        return False
    return before.published is None or after.published > before.published


def _merged(one: EntryChange, other: EntryChange) -> EntryChange:
    return replace(
        one,
        fields=tuple(dict.fromkeys((*one.fields, *other.fields))),
        formats=tuple(dict.fromkeys((*one.formats, *other.formats)))
        if one.formats and other.formats
        else (),
        rises=one.rises or other.rises,
    )
