"""How long an answer may be kept, by others and by us: `Cache-Control` (RFC 9111, RFC 5861)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FRESHNESS = "feedsvc.freshness"
"""Where a view leaves the `Freshness` of its answer in the WSGI environ."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long an answer holds.

    It may be kept for `max_age_seconds` without asking, and so much longer while asking and
    while there is no answer. It was made of the `generation` of the index, and changes by itself
    at `until`; both are `None` for what never changes while feedsvc runs. `is_feed` tells what
    programs poll from what people open; what `is_private` nobody else may keep at all.
    """

    max_age_seconds: int
    stale_while_revalidate_seconds: int = 0
    stale_if_error_seconds: int = 0
    generation: int | None = None
    until: datetime | None = None
    is_feed: bool = False
    is_private: bool = False

    def cache_control(self, now: datetime) -> str:
        """The header at `now`. Nobody is allowed to keep anything past `until`."""
        if self.is_private:
            return "private, no-store"
        left = None if self.until is None else max(0, int((self.until - now) / _SECOND))
        max_age = _at_most(self.max_age_seconds, left)
        rest = None if left is None else left - max_age
        parts = ["public", f"max-age={max_age}"]
        for name, seconds in (
            ("stale-while-revalidate", self.stale_while_revalidate_seconds),
            ("stale-if-error", self.stale_if_error_seconds),
        ):
            if seconds := _at_most(seconds, rest):
                parts.append(f"{name}={seconds}")
        if rest == 0:
            parts.append("must-revalidate")  # else what is stale may be used by those who want to
        return ", ".join(parts)

    def said_until(self, now: datetime) -> datetime | None:
        """Until when `cache_control` says the same as at `now`; `None`: for ever."""
        if self.until is None or self.is_private:
            return self.until
        longest = self.max_age_seconds + max(
            self.stale_while_revalidate_seconds, self.stale_if_error_seconds
        )
        # Whole seconds count: within the one before, what is left is as long as the longest.
        clipped = timedelta(seconds=longest + 1)
        if self.until - now > clipped:
            return self.until - clipped
        # From here on it counts down, by whole seconds before `until`.
        whole_seconds = int((self.until - now) / _SECOND)
        return max(now, self.until - whole_seconds * _SECOND)


NOT_KEPT = Freshness(0, until=datetime.min.replace(tzinfo=UTC))
"""That of an answer which is over as soon as it is given."""


def _at_most(seconds: int, limit: int | None) -> int:
    return seconds if limit is None else min(seconds, limit)
