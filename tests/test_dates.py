from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.content.dates import Moment, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("2023-07-14T00:36:00Z", utc(2023, 7, 14, 0, 36), date(2023, 7, 14)),
        ("2023-07-14t00:36:00z", utc(2023, 7, 14, 0, 36), date(2023, 7, 14)),
        ("2023-04-26 18:15:40 +0000", utc(2023, 4, 26, 18, 15, 40), date(2023, 4, 26)),
        ("2023-04-26 18:15:40 Z", utc(2023, 4, 26, 18, 15, 40), date(2023, 4, 26)),
        ("2023-04-26 18:15:40 -07", utc(2023, 4, 27, 1, 15, 40), date(2023, 4, 26)),
        ("2023-04-26T23:15:40-07:00", utc(2023, 4, 27, 6, 15, 40), date(2023, 4, 26)),
        ("2023-04-26T18:15:40.123456789Z", utc(2023, 4, 26, 18, 15, 40, 123456), date(2023, 4, 26)),
        ("2023-04-26T18:15", utc(2023, 4, 26, 16, 15), date(2023, 4, 26)),
        ("2023-12-26 18:15:40", utc(2023, 12, 26, 17, 15, 40), date(2023, 12, 26)),
        ("2023-04-26", utc(2023, 4, 25, 22), date(2023, 4, 26)),
        ("2023-4-6", utc(2023, 4, 5, 22), date(2023, 4, 6)),
        ("Wed, 26 Apr 2023 18:15:40 GMT", utc(2023, 4, 26, 18, 15, 40), date(2023, 4, 26)),
        ("26 Apr 2023 18:15:40 +0200", utc(2023, 4, 26, 16, 15, 40), date(2023, 4, 26)),
        ("  2023-04-26T18:15:40Z ", utc(2023, 4, 26, 18, 15, 40), date(2023, 4, 26)),
    ],
)
def test_dates_of_the_wild(text: str, moment: datetime, day: date) -> None:
    # A time of day is naive without its offset, and a day alone has none.
    is_naive = text in {"2023-04-26T18:15", "2023-12-26 18:15:40"}
    assert parse_moment(text, BERLIN) == Moment(moment, day, is_naive)


@pytest.mark.parametrize(
    "text",
    ["soon", "", "10", "2023", "2023-02-31", "2023-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "tomorrow",
     "2023-04-26T25:00:00Z", "９９", "1682532940"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert parse_moment(text, BERLIN) is None


@given(st.text())
def test_any_text_is_a_date_or_not(text: str) -> None:
    moment = parse_moment(text, BERLIN)
    assert moment is None or moment.utc.tzinfo is UTC


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 2),
        max_value=datetime(2200, 1, 1),
        timezones=st.timezones(),
    )
)
def test_what_python_writes_is_read_back(moment: datetime) -> None:
    parsed = parse_moment(moment.isoformat(" "), BERLIN)
    assert parsed is not None
    assert abs(parsed.utc - moment) < timedelta(seconds=60)
