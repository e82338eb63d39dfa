"""Which articles have what: a set of their keys for each name, number and state.

Whatever feeds ask for is made of these sets, as compressed bitmaps (Roaring): those of 100,000
articles take 12 KB at most, and combining two takes microseconds.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, Select, bindparam, delete, insert, select, tuple_

from feedsvc.errors import IndexDamagedError
from feedsvc.index.moments import moment_of
from feedsvc.index.schema import posting
from feedsvc.index.slices import Slices, bits_of

Posting = tuple[str, str, str]
"""Kind, name and label: a facet, its slug and how articles spell it; or one of those below."""

PUBLIC: Posting = ("shown", "public", "")
"""What anybody may see, as `state.counted_at` has it."""
PREVIEWED: Posting = ("shown", "preview", "")
"""What a preview shows."""
WITH_IMAGE: Posting = ("image", "", "")
OUTDONE: Posting = ("rival", "", "")
"""What shares its id with a better one, whether that may be seen or not."""
QUALITY, HEAT, PUBLISHED = "quality", "heat", "published"
"""Kinds of numbers; the name is that of the bit, see slices.py."""

_YEAR_ONE_SECONDS = 62_135_596_800  # before 1970: no date is earlier, so no number is negative
_SECOND = 1_000_000
_AT_ONCE = 500
_CHECKSUM_BYTES = 4

_COMMON = ["shown", "image", "rival", PUBLISHED]
# Made once: to put a statement together takes longer than to carry it out.
_OF_KINDS = (
    select(posting)
    .where(posting.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(posting.c.name)
)
_NAMED = (
    select(posting)
    .where(posting.c.kind == bindparam("kind"))
    .where(posting.c.name.in_(bindparam("names", expanding=True)))
    .order_by(posting.c.name)
)


def seconds_of(moment: int) -> int:
    """A moment as the index has it, as a number for slices: whole seconds since the year 1."""
    return moment // _SECOND + _YEAR_ONE_SECONDS


def second_at(number: int) -> datetime | None:
    """The second of `seconds_of`."""
    return moment_of((number - _YEAR_ONE_SECONDS) * _SECOND)


def number_postings(kind: str, number: int | None) -> Iterator[Posting]:
    """Where an article with this number stands."""
    if number is not None:
        for bit in bits_of(number):
            yield (kind, str(bit), "")


class Postings:
    """The sets as one connection sees them, read when they are asked for. `damaged` is called
    before `IndexDamagedError` is raised.
    """

    def __init__(self, connection: Connection, damaged: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._damaged = damaged
        self._numbers: dict[str, Slices] = {}
        self._common: dict[Posting, BitMap] | None = None

    def one(self, which: Posting) -> BitMap:
        """The articles of one of the constants above; the caller's to change."""
        return self._read_common().get(which, BitMap()).copy()

    def named(self, kind: str, names: Collection[str]) -> dict[str, BitMap]:
        """The articles of each of these names, however they spell them."""
        found: dict[str, BitMap] = {name: BitMap() for name in names}
        for (_, name, _), keys in self.of_kind(kind, names):
            found[name] |= keys
        return found

    def of_kind(
        self, kind: str, names: Collection[str] | None = None
    ) -> Iterator[tuple[Posting, BitMap]]:
        """All of a kind, or of these names of it, by name, with their spellings."""
        if names is None:
            yield from self._rows(_OF_KINDS, {"kinds": [kind]})
            return
        ordered = sorted(names)
        for first in range(0, len(ordered), _AT_ONCE):
            chunk = ordered[first : first + _AT_ONCE]
            yield from self._rows(_NAMED, {"kind": kind, "names": chunk})

    def numbers(self, kind: str) -> Slices:
        """The numbers of a kind."""
        if kind not in self._numbers:
            found = (
                ((which, keys) for which, keys in self._read_common().items() if which[0] == kind)
                if kind == PUBLISHED
                else self.of_kind(kind)
            )
            self._numbers[kind] = Slices({int(name): keys for (_, name, _), keys in found})
        return self._numbers[kind]

    def _read_common(self) -> dict[Posting, BitMap]:
        """What nearly every question needs, in one go."""
        if self._common is None:
            self._common = dict(self._rows(_OF_KINDS, {"kinds": _COMMON}))
        return self._common

    def _rows(
        self, wanted: Select[Any], values: dict[str, object]
    ) -> Iterator[tuple[Posting, BitMap]]:
        for kind, name, label, packed in self._connection.execute(wanted, values):
            try:
                yield (kind, name, label), _unpack(packed)
            except IndexDamagedError:
                self._damaged()
                raise


class Changes:
    """What is to change in postings, gathered until `write`."""

    def __init__(self) -> None:
        self._added: defaultdict[Posting, BitMap] = defaultdict(BitMap)
        self._removed: defaultdict[Posting, BitMap] = defaultdict(BitMap)

    def add(self, which: Posting, key: int) -> None:
        self._added[which].add(key)
        if which in self._removed:
            self._removed[which].discard(key)

    def remove(self, which: Posting, key: int) -> None:
        self._removed[which].add(key)
        if which in self._added:
            self._added[which].discard(key)

    @property
    def touched(self) -> set[Posting]:
        """All that may differ afterwards."""
        return self._added.keys() | self._removed.keys()

    def write(self, connection: Connection) -> None:
        """Change the table."""
        touched = sorted(self.touched)
        columns = (posting.c.kind, posting.c.name, posting.c.label)
        for first in range(0, len(touched), _AT_ONCE):
            chunk = touched[first : first + _AT_ONCE]
            there = select(posting).where(tuple_(*columns).in_(chunk))
            before = {
                (kind, name, label): _unpack(packed)
                for kind, name, label, packed in connection.execute(there)
            }
            after = {one: self._apply(one, before.get(one, BitMap())) for one in chunk}
            _write(connection, [one for one in chunk if one in before], after)
        self._added.clear()
        self._removed.clear()

    def _apply(self, which: Posting, keys: BitMap) -> BitMap:
        return (keys - self._removed.get(which, BitMap())) | self._added.get(which, BitMap())


def _write(connection: Connection, before: Iterable[Posting], after: dict[Posting, BitMap]) -> None:
    gone = [{"k": kind, "n": name, "l": label} for kind, name, label in before]
    if gone:
        connection.execute(
            delete(posting).where(
                posting.c.kind == bindparam("k"),
                posting.c.name == bindparam("n"),
                posting.c.label == bindparam("l"),
            ),
            gone,
        )
    rows = [
        {"kind": kind, "name": name, "label": label, "keys": _pack(keys)}
        for (kind, name, label), keys in after.items()
        if keys
    ]
    if rows:
        connection.execute(insert(posting), rows)


def _pack(keys: BitMap) -> bytes:
    keys.run_optimize()
    packed: bytes = keys.serialize()
    return zlib.crc32(packed).to_bytes(_CHECKSUM_BYTES) + packed


def _unpack(packed: bytes) -> BitMap:
    checksum, content = packed[:_CHECKSUM_BYTES], packed[_CHECKSUM_BYTES:]
    if zlib.crc32(content).to_bytes(_CHECKSUM_BYTES) != checksum:
        raise IndexDamagedError("a set of articles in the index can't be read")
    return BitMap.deserialize(content)
