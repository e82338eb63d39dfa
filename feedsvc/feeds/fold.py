"""Folding: of articles that tell the same story, one stands for the others.

The same means the same title, whatever its case, accents and signs, or an address in common,
within a week. It isn't passed on: what is the same as a folded article, but not as the one that
stands for it, stands for itself. The articles alone decide, so that every replica folds alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from feedsvc.model import Hit

WITHIN = timedelta(days=7)

Namesakes = Callable[[Iterable[Hit]], Mapping[int, Sequence[Hit]]]
"""For each of these articles, by key, those that share its title or an address."""


class Folding:
    """Folds articles of the same set: `namesakes` knows which of it share a title or an address,
    `belong` whether two of these are near enough.
    """

    def __init__(self, namesakes: Namesakes, belong: Callable[[Hit, Hit], bool]) -> None:
        self._namesakes = namesakes
        self._belong = belong
        self._same: dict[int, list[Hit]] = {}
        self._folded: dict[int, list[Hit]] = {}
        self._leads: set[int] = set()

    def fold(self, hits: Sequence[Hit]) -> Iterator[Hit]:
        """Those of `hits` that stand for themselves, in their order."""
        self.decide(hits)
        return (hit for hit in hits if hit.key in self._leads)

    def behind(self, lead: Hit) -> list[Hit]:
        """The articles that `lead` stands for, the best first."""
        return self._folded[lead.key]

    def decide(self, hits: Iterable[Hit]) -> None:
        """Find out who stands for whom among `hits` and all that hang together with them: the
        best comes first, and takes what is the same as it and not taken yet.
        """
        involved = self._hanging_together(hits)
        taken: set[int] = set()
        for hit in sorted(involved, key=_rank):
            if hit.key in taken:
                continue
            self._leads.add(hit.key)
            followers = [one for one in self._same[hit.key] if one.key not in taken]
            followers = [one for one in followers if one.key not in self._leads]
            taken.update(one.key for one in followers)
            self._folded[hit.key] = sorted(followers, key=_rank)

    def _hanging_together(self, hits: Iterable[Hit]) -> list[Hit]:
        found: dict[int, Hit] = {}
        new = [hit for hit in hits if hit.key not in self._same]
        while new:
            found |= {hit.key: hit for hit in new}
            namesakes = self._namesakes(new)
            for hit in new:
                self._same[hit.key] = [one for one in namesakes[hit.key] if self._belong(hit, one)]
            beside = {one.key: one for hit in new for one in self._same[hit.key]}
            new = [one for key, one in beside.items() if key not in found]
        return list(found.values())


def is_near(one: Hit, other: Hit) -> bool:
    """Whether both have a date, at most a week apart."""
    if one.published is None or other.published is None:
        return False
    return abs(one.published - other.published) <= WITHIN


def _rank(hit: Hit) -> tuple[int, float, str]:
    """By quality, then by date, the newest first, then by id."""
    quality = -1 if hit.quality is None else hit.quality
    return -quality, -hit.published.timestamp() if hit.published else 0.0, hit.id
