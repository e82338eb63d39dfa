"""Who stands for whom: by quality, within a week, and not passed on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from support import NOW

from feedsvc.feeds.fold import WITHIN, Folding, is_near
from feedsvc.model import Hit

SECOND = timedelta(seconds=1)


def hit(name: str, quality: int | None = None, age: timedelta | None = timedelta()) -> Hit:
    return Hit(ord(name), name, None if age is None else NOW - age, quality, None)


def fold(hits: list[Hit], *same: str) -> dict[str, str]:
    """Who stands for whom, where the letters of each of `same` tell the same story."""

    def namesakes(asked: Iterable[Hit]) -> dict[int, list[Hit]]:
        return {
            one.key: [
                other for other in hits
                if other is not one and any(one.id in group and other.id in group for group in same)
            ]
            for one in asked
        }  # fmt: skip

    folding = Folding(namesakes, is_near)
    leads = list(folding.fold(hits))
    # One by one, in any order, gives the same.
    again = Folding(namesakes, is_near)
    assert [lead for one in reversed(hits) for lead in again.fold([one])] == leads[::-1]
    return {lead.id: "".join(one.id for one in folding.behind(lead)) for lead in leads}


def test_the_best_stands_for_the_others() -> None:
    hits = [hit("a", 1), hit("b", 3), hit("c", 2)]
    assert fold(hits, "abc") == {"b": "ca"}


def test_what_was_not_measured_is_the_worst_and_the_newer_wins_a_tie() -> None:
    hits = [hit("a", 0), hit("b", None), hit("c", 0, timedelta(hours=1)), hit("d", 0)]
    assert fold(hits, "abcd") == {"a": "dcb"}


def test_likeness_is_not_passed_on() -> None:
    # b is like a and like c; a takes it, c isn't like a.
    hits = [hit("a", 3), hit("b", 2), hit("c", 1)]
    assert fold(hits, "ab", "bc") == {"a": "b", "c": ""}
    # The best in the middle takes both.
    hits = [hit("a", 2), hit("b", 3), hit("c", 1)]
    assert fold(hits, "ab", "bc") == {"b": "ac"}
    # Of two that could take it, the better does, and only that.
    hits = [hit("a", 9), hit("b", 1), hit("c", 8)]
    assert fold(hits, "ab", "bc") == {"a": "b", "c": ""}


@pytest.mark.parametrize(
    ("apart", "together"), [(WITHIN, True), (WITHIN + SECOND, False), (-WITHIN, True)]
)
def test_within_a_week(apart: timedelta, together: bool) -> None:
    hits = [hit("a", 2), hit("b", 1, apart)]
    assert fold(hits, "ab") == ({"a": "b"} if together else {"a": "", "b": ""})


def test_without_a_date_nothing_is_the_same() -> None:
    hits = [hit("a", 2, None), hit("b", 1, None), hit("c", 3)]
    assert fold(hits, "abc") == {"a": "", "b": "", "c": ""}
