"""The stories of the last days, as the start page draws them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Clock, Site, article, temporary_store

from feedsvc.model import Viewpoint
from feedsvc.web.days import stories_per_day

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")  # its summer time began on 29 March 2026
moments = st.datetimes(
    datetime(2026, 2, 20), datetime(2026, 4, 20, 12), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))


@given(st.lists(moments, max_size=40))
def test_days_are_counted_as_by_hand(published: list[datetime]) -> None:
    stories = [
        article(str(number), published=moment, visible_from=moment)
        for number, moment in enumerate(published)
    ]
    with temporary_store(stories) as store, store.view(Viewpoint(NOW)) as view:
        days = stories_per_day(view, BERLIN)
    expected = [
        sum(
            one.astimezone(BERLIN).date() == days.first + timedelta(days=number)
            for one in published
        )
        for number in range(56)
    ]
    assert list(days.counts) == expected
    assert days.first == date(2026, 2, 24)
    assert days.total == sum(expected)
    assert days.until == datetime(2026, 4, 20, 22, tzinfo=UTC)
    if expected and max(expected):
        most, day = days.most
        assert expected[(day - days.first).days] == most == max(expected)
        assert [height for _, height in days.bars(36) if height > 36 or height < 1] == []


@pytest.mark.parametrize("now", [datetime.min, datetime.max])
def test_the_calendar_has_ends(now: datetime) -> None:
    with temporary_store([]) as store, store.view(Viewpoint(now.replace(tzinfo=UTC))) as view:
        assert stories_per_day(view, BERLIN).total == 0


def test_the_start_page_changes_at_midnight(make_site: Callable[..., Site]) -> None:
    site = make_site(site__timezone="Europe/Berlin")
    site.write("a.md", "title: A\npublishedDateTime: 2026-06-01T10:00:00Z")
    site.read()

    def places() -> list[str]:
        return re.findall(r"M(\d+) 39v", site.client.get("/").text)

    assert places() == ["277"]  # the last of 56, 5 apart
    site.clock.now = datetime(2026, 6, 1, 21, 59, tzinfo=UTC)
    assert places() == ["277"]
    site.clock.now = datetime(2026, 6, 1, 22, 0, tzinfo=UTC)
    assert places() == ["272"]
    site.clock.now += timedelta(days=60)
    assert "Stories per day" not in site.client.get("/").text


def test_what_is_held_back_is_not_counted(site: Site) -> None:
    assert isinstance(site.clock, Clock)
    site.write("a.md", "title: A\npublished: false\npublishedDateTime: 2026-05-30")
    site.write("b.md", "title: B\npublishedDateTime: 2026-06-01T12:00:01Z")
    site.read()
    assert "Stories per day" not in site.client.get("/").text
