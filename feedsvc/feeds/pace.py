"""Paced feeds: the best few of each day or week that is over.

The articles' own dates and ranks decide, nothing that is remembered, so that every replica
decides alike. While a day or week is running it shows nothing, so that no entry comes and goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby

from feedsvc.feeds.query import Pace
from feedsvc.model import Hit, Order


def paced(
    hits: Iterable[Hit], pace: Pace, now: datetime, zone: tzinfo, limit: int
) -> tuple[Hit, ...]:
    """Of `hits`, the newest first, the best of each day or week in `zone` that is over at `now`;
    at most `limit`, the newest first. What has no date is in none.
    """
    running = _first_day(now, pace, zone)
    dated = (hit for hit in hits if hit.published is not None)
    chosen: list[Hit] = []
    for first_day, window in groupby(dated, lambda hit: _window_of(hit, pace, zone)):
        if first_day < running:
            chosen += _best(list(window), pace)
        if len(chosen) >= limit:
            break
    return tuple(chosen[:limit])


def closes_at(pace: Pace, now: datetime, zone: tzinfo) -> datetime:
    """When the running day or week is over and shows what it has."""
    length = timedelta(days=1 if pace.window == "day" else 7)
    next_day = _first_day(now, pace, zone) + length
    return datetime.combine(next_day, time(), zone).astimezone(UTC)


def _best(window: list[Hit], pace: Pace) -> list[Hit]:
    # Sorting is stable: of equals the newer, which comes first, wins.
    best = {hit.key for hit in sorted(window, key=lambda hit: _rank(hit, pace.by))[: pace.count]}
    return [hit for hit in window if hit.key in best]


def _rank(hit: Hit, by: Order) -> int:
    measure = {Order.HEAT: hit.heat, Order.QUALITY: hit.quality, Order.NEWEST: 0}[by]
    return 1 if measure is None else -measure


def _window_of(hit: Hit, pace: Pace, zone: tzinfo) -> date:
    return date.min if hit.published is None else _first_day(hit.published, pace, zone)


def _first_day(moment: datetime, pace: Pace, zone: tzinfo) -> date:
    """The day itself, or the Monday of its week (ISO 8601)."""
    day = moment.astimezone(zone).date()
    return day if pace.window == "day" else day - timedelta(days=day.weekday())
