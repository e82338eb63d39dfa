"""How many stories there were on each of the last days: what the start page draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from feedsvc.index.view import View

_DAYS = 56
_DAY = timedelta(days=1)
# Whatever a clock says, the days around it are in the calendar, in every zone.
_EARLIEST = datetime.min.replace(tzinfo=UTC) + (_DAYS + 2) * _DAY
_LATEST = datetime.max.replace(tzinfo=UTC) - 3 * _DAY


@dataclass(frozen=True, slots=True)
class Days:
    """`counts` of stories by day, the last of them today's, until midnight; `first` is the day
    of the first of them.
    """

    counts: tuple[int, ...]
    first: date
    until: datetime

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def most(self) -> tuple[int, date]:
        """The largest number, and the first day that had it."""
        number = max(self.counts)
        return number, self.first + self.counts.index(number) * _DAY

    def bars(self, height: int) -> list[tuple[int, int]]:
        """Each day that had stories: its place, and the height of its bar, of at least 1."""
        most, _ = self.most
        return [
            (place, max(1, round(count * height / most)))
            for place, count in enumerate(self.counts)
            if count
        ]


def stories_per_day(view: View, zone: tzinfo) -> Days:
    """Those that `view` sees; days are those of `zone`."""
    today = min(max(view.viewpoint.now, _EARLIEST), _LATEST).astimezone(zone).date()
    first = today - (_DAYS - 1) * _DAY
    # A day in summer time isn't 24 hours long.
    starts = [_midnight(first + number * _DAY, zone) for number in range(_DAYS + 1)]
    since = view.find().since(starts)
    counts = tuple(one - other for one, other in pairwise(since))
    return Days(counts, first, starts[-1])


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
