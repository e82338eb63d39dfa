"""Paced feeds: the best few of each day or week that is over.

The articles' own dates and ranks decide, nothing that is remembered, so that every replica
decides alike. While a day or week is running it shows nothing, so that no entry comes and goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Protocol, Self

from feedsvc.feeds.fold import Folding
from feedsvc.feeds.query import Pace
from feedsvc.model import Hit, Order

_AT_ONCE = 4
"""Times the pace: so many are looked at first where not each stands for itself."""


class Windows(Protocol):
    """Articles that can be parted by their dates."""

    @property
    def total(self) -> int: ...
    def hits(
        self, order: Order = Order.NEWEST, first: int = 0, count: int | None = None
    ) -> tuple[Hit, ...]: ...
    def windows(
        self, start_of: Callable[[datetime], datetime]
    ) -> Iterator[tuple[datetime, Self]]: ...


def paced(
    found: Windows,
    pace: Pace,
    now: datetime,
    zone: tzinfo,
    limit: int,
    folding: Folding | None = None,
) -> tuple[Hit, ...]:
    """Of what was found, and stands for itself, the best of each day or week in `zone` that is
    over at `now`; at most `limit`, the newest first. What has no date is in none.
    """
    running = _start(now, pace, zone)
    windows = found.windows(lambda moment: _start(moment, pace, zone))
    closed = (window for start, window in windows if start < running)
    chosen: list[Hit] = []
    # Usually these are enough: each has at least one.
    while len(chosen) < limit and (some := list(islice(closed, -(-limit // pace.count)))):
        count = pace.count if folding is None else _AT_ONCE * pace.count
        heads = [window.hits(pace.by, 0, count) for window in some]
        if folding is not None:
            # All at once: to find out what hangs together takes as long for one.
            folding.decide([hit for head in heads for hit in head])
            heads = [
                _unfolded(window, head, pace, folding)
                for window, head in zip(some, heads, strict=True)
            ]
        for head in heads:
            chosen += sorted(head, key=_newest_first)
    return tuple(chosen[:limit])


def in_one_window(one: Hit, other: Hit, pace: Pace, zone: tzinfo) -> bool:
    """Whether both are of the same day or week: what is over isn't changed by what comes later."""
    if one.published is None or other.published is None:
        return False
    return _start(one.published, pace, zone) == _start(other.published, pace, zone)


def closes_at(pace: Pace, now: datetime, zone: tzinfo) -> datetime:
    """When the running day or week is over and shows what it has."""
    day = _start(now, pace, zone).astimezone(zone).date()
    after = day + timedelta(days=1 if pace.window == "day" else 7)
    return datetime.combine(after, time(), zone).astimezone(UTC)


def _unfolded(
    window: Windows, head: tuple[Hit, ...], pace: Pace, folding: Folding
) -> tuple[Hit, ...]:
    """The best of `window`, which begins with `head`, that stand for themselves."""
    best = list(folding.fold(head))
    first = len(head)
    while len(best) < pace.count and first < window.total:
        more = window.hits(pace.by, first, _AT_ONCE * pace.count)
        best += folding.fold(more)
        first += len(more)
    return tuple(best[: pace.count])


def _newest_first(hit: Hit) -> tuple[float, str]:
    return (-hit.published.timestamp() if hit.published else 0.0), hit.id


def _start(moment: datetime, pace: Pace, zone: tzinfo) -> datetime:
    """When its day, or the Monday of its week (ISO 8601), begins."""
    day = moment.astimezone(zone).date()
    first = day if pace.window == "day" else day - timedelta(days=day.weekday())
    return datetime.combine(first, time(), zone).astimezone(UTC)
