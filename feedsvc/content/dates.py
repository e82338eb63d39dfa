"""Dates as people and programs write them -> moments in UTC.

What is no date is `None` here; who asked decides what that means and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from email.utils import parsedate_to_datetime

from feedsvc.content.remember import remember

# `2023-04-26 18:15:40 +0000` and `2023-4-6`, which ISO 8601 would write closer together.
_OFFSET_GAP = re.compile(r"(?<!\s)\s++(?=[+-]\d|[zZ]$)")
_SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=$|[T\s])")
_SHORT_OFFSET = re.compile(r"([+-]\d{2})$")
_LONGEST_DATE = 64
_UTC_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: `utc` for order, `written` as the calendar day the author wrote.

    `is_naive` says that a time of day was written without its offset.
    """

    utc: datetime
    written: date
    is_naive: bool = False


@remember
def parse_moment(text: str, zone: tzinfo) -> Moment | None:
    """Read an ISO 8601 or RFC 5322 date; one without an offset is in `zone`, without a time
    is that day's midnight. `None` if `text` is neither or lies outside the years 1000 to 9000.
    """
    text = text.strip()
    if len(text) > _LONGEST_DATE:
        return None
    try:
        moment = datetime.fromisoformat(text if _UTC_DATE.fullmatch(text) else _iso_date(text))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    if not 1000 <= moment.year <= 9000:
        return None
    is_naive = moment.tzinfo is None
    if is_naive:
        moment = moment.replace(tzinfo=zone)
    return Moment(moment.astimezone(UTC), moment.date(), is_naive and ":" in text)


def _iso_date(text: str) -> str:
    """`text` as Python's own reading of ISO 8601 wants it, if it is nearly that."""
    iso = _OFFSET_GAP.sub("", text).upper()
    iso = _SHORT_DATE.sub(lambda match: "{}-{:0>2}-{:0>2}".format(*match.groups()), iso, count=1)
    return _SHORT_OFFSET.sub(r"\1:00", iso) if " " in iso or "T" in iso else iso


def midnight(day: date, zone: tzinfo) -> Moment:
    """The start of `day` in `zone`."""
    return Moment(datetime.combine(day, time(), zone).astimezone(UTC), day)
