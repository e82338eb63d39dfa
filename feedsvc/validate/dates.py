"""Dates: RFC 3339 for Atom and JSON Feed, RFC 822 with a year of four digits for RSS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.values import trimmed

_RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:)([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_RFC_822 = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3}), *)?(?P<day>[0-9]{1,2}) +(?P<month>[A-Za-z]{3}) +"
    r"(?P<year>[0-9]{4}|[0-9]{2}) +(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2}))? +(?P<zone>[A-Za-z]{1,3}|[+-][0-9]{4})"
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOURS = {
    "GMT": 0, "UT": 0, "Z": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
# Clocks differ a little, and so much is nobody's fault.
_CLOCKS_DIFFER = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc_3339(text: str) -> datetime | None:
    """The moment that an RFC 3339 date means, with T and Z in capitals (RFC 4287 §3.3)."""
    match = _RFC_3339.fullmatch(text.strip())
    if match is None:
        return None
    minutes, seconds, _, zone = match.groups()
    try:
        # 60 is a leap second, which Python doesn't know.
        return datetime.fromisoformat(minutes + ("59" if seconds == "60" else seconds) + zone)
    except ValueError:
        return None


def rfc_822(text: str) -> datetime | None:
    """The moment that an RFC 822 date means; whether the weekday is right isn't looked at."""
    match = _RFC_822.fullmatch(text.strip())
    if match is None or match["month"].title() not in _MONTHS:
        return None
    if match["weekday"] is not None and match["weekday"].title() not in _WEEKDAYS:
        return None
    zone, year, second = _zone(match["zone"]), int(match["year"]), int(match["second"] or 0)
    if zone is None:
        return None
    if len(match["year"]) == 2:  # RFC 2822 §4.3
        year += 2000 if year < 50 else 1900
    try:
        return datetime(
            year, _MONTHS.index(match["month"].title()) + 1, int(match["day"]), int(match["hour"]),
            int(match["minute"]), 59 if second == 60 else second, tzinfo=zone,
        )  # fmt: skip
    except ValueError:
        return None


def _zone(name: str) -> timezone | None:
    if name.isalpha():
        # One letter is a military zone, which RFC 1123 says to take for nothing.
        hours = _HOURS.get(name.upper(), 0 if len(name) == 1 else None)
        return None if hours is None else timezone(timedelta(hours=hours))
    offset = timedelta(hours=int(name[1:3]), minutes=int(name[3:]))
    if offset >= timedelta(days=1):
        return None
    return timezone(-offset if name[0] == "-" else offset)


def atom_date(text: str, spot: Spot, source: str, now: datetime) -> Iterator[Finding]:
    """RFC 3339, as Atom and JSON Feed have it."""
    yield from trimmed(text, spot, source)
    moment = rfc_3339(text)
    if moment is None:
        expected = "a date such as “2026-03-04T10:00:00Z”"
        yield finding("date-invalid", spot, expected, quoted(text), source)
    else:
        yield from _likely(moment, text, spot, now)


def rss_date(text: str, spot: Spot, source: str, now: datetime) -> Iterator[Finding]:
    """RFC 822 with a year of four digits, and the weekday of that day."""
    yield from trimmed(text, spot, source)
    moment, match = rfc_822(text), _RFC_822.fullmatch(text.strip())
    if moment is None or match is None:
        expected = "a date such as “Wed, 04 Mar 2026 10:00:00 GMT”"
        yield finding("date-invalid", spot, expected, quoted(text), source)
        return
    right = _WEEKDAYS[moment.weekday()]
    if match["weekday"] is not None and match["weekday"].title() != right:
        yield finding("date-weekday", spot, right, quoted(text), source)
    if len(match["year"]) == 2:
        yield finding("date-two-digit-year", spot, "four digits of the year", quoted(text), source)
    if len(match["zone"]) == 1 and match["zone"].upper() != "Z":
        yield finding("date-zone", spot, "GMT or an offset such as +0100", quoted(text), source)
    yield from _likely(moment, text, spot, now)


def _likely(moment: datetime, text: str, spot: Spot, now: datetime) -> Iterator[Finding]:
    """Dates that can be, and hardly are."""
    if moment.year == 1 or moment == _EPOCH:
        yield finding("date-zero", spot, "a date, or none", quoted(text), "practice")
    elif moment > now + _CLOCKS_DIFFER:
        yield finding("date-future", spot, "a moment that is over", quoted(text), "practice")
