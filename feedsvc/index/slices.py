"""Numbers of articles as slices of bits: a bit-sliced index (O'Neil and Quass, 1997).

For each bit of a number there is the set of the articles whose number has it. Comparing, and
finding the largest, then takes one operation on sets for each bit, however many articles there
are and wherever in their order one looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyroaring import BitMap

KNOWN = -1
"""In place of a bit: the articles that have a number at all."""


def bits_of(number: int) -> Iterator[int]:
    """Which slices hold an article of this number, which is at least 0."""
    yield KNOWN
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


class Slices:
    """The slices of one kind of number, by bit; those that hold nothing may be missing."""

    def __init__(self, sets: Mapping[int, BitMap]) -> None:
        self.known = sets.get(KNOWN, BitMap())
        self._bits = sorted(((bit, keys) for bit, keys in sets.items() if bit >= 0), reverse=True)
        self._by_bit = dict(self._bits)

    @property
    def ranking(self) -> tuple[BitMap, ...]:
        """The sets for `largest`: what has no number ranks last."""
        return (self.known, *(keys for _, keys in self._bits))

    def at_least(self, keys: BitMap, number: int) -> BitMap:
        """Those of `keys` whose number is known and not less than `number`."""
        larger, equal = BitMap(), keys & self.known
        highest = max([number.bit_length() - 1, *(bit for bit, _ in self._bits[:1])])
        for bit in range(highest, -1, -1):
            having = equal & self._by_bit.get(bit, BitMap())
            if number >> bit & 1:
                equal = having
            else:
                larger |= having
                equal -= having
        return larger | equal

    def least(self, keys: BitMap) -> int | None:
        """The least number of `keys`; `None` if none is known."""
        return self._extreme(keys, largest=False)

    def most(self, keys: BitMap) -> int | None:
        """The largest number of `keys`; `None` if none is known."""
        return self._extreme(keys, largest=True)

    def _extreme(self, keys: BitMap, *, largest: bool) -> int | None:
        left, number = keys & self.known, 0
        if not left:
            return None
        for bit, having in self._bits:
            wanted = left & having if largest else left - having
            if wanted:
                left = wanted
            if bool(wanted) == largest:
                number |= 1 << bit
        return number


def largest(keys: BitMap, ranking: Sequence[BitMap], count: int) -> tuple[BitMap, BitMap]:
    """The `count` of `keys` that rank highest: those that surely belong to them, and those of
    equal rank of which some do. `ranking` are sets in their order of weight.
    """
    sure, equal = BitMap(), keys
    for having in ranking:
        higher = equal & having
        if len(sure) + len(higher) > count:
            equal = higher
        else:
            sure |= higher
            equal = equal - higher
        if len(sure) == count:
            return sure, BitMap()
    return sure, equal
