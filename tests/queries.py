"""Queries of every kind, for property tests."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import assume
from hypothesis import strategies as st

from feedsvc.feeds.query import SINGLE, FeedQuery, Pace
from feedsvc.model import Facet, Filter, Names, Order
from feedsvc.slugs import slugify
from feedsvc.words import words_of

labels = st.text(min_size=1, max_size=12).filter(str.strip)
slugs = labels.map(slugify).filter(bool)
domains = st.from_regex(r"[a-z0-9-]{1,9}(\.[a-z]{2,5}){1,2}", fullmatch=True)
tags = st.sampled_from(["en", "en-gb", "pt-br", "zh-hant-tw", "de"])
words = st.text(min_size=1, max_size=8).map(words_of).filter(bool)


def names_of(facet: Facet) -> st.SearchStrategy[Names]:
    name = {Facet.PROVIDER: st.one_of(slugs, domains), Facet.LANGUAGE: tags}.get(facet, slugs)
    some = st.lists(name, max_size=3).map(tuple)
    every = st.just(()) if facet in SINGLE else some
    return st.builds(Names, st.just(facet), some, every, some)


def is_possible(names: Names) -> bool:
    """Whether a story can meet them: what is refused, with its regions, isn't all that is wanted."""

    def is_refused(name: str) -> bool:
        is_language = names.facet is Facet.LANGUAGE
        return any(
            name == one or (is_language and name.startswith(f"{one}-")) for one in names.none
        )

    return not any(map(is_refused, names.all)) and not (
        names.any and all(map(is_refused, names.any))
    )


filters = st.builds(
    Filter,
    names=st.sets(st.sampled_from(Facet), max_size=3).flatmap(
        lambda facets: st.tuples(*(names_of(facet).filter(is_possible) for facet in facets))
    ),
    min_quality=st.none() | st.integers(0, 10**9 - 1),
    min_heat=st.none() | st.integers(0, 10**9 - 1),
    phrases=st.lists(words.map(tuple), max_size=4).map(lambda found: tuple(sorted(set(found)))),
    has_image=st.booleans(),
)
ages = (
    st.integers(1, 24 * 36_500)
    .map(lambda hours: timedelta(hours=hours))
    .filter(lambda age: age < timedelta(hours=99_999) or not age % timedelta(days=1))
)
bounds = st.none() | ages | st.dates(date(1000, 1, 1), date(8999, 12, 31))
paces = st.builds(
    Pace, st.integers(1, 99), st.sampled_from(["day", "week"]), st.sampled_from(Order)
)


@st.composite
def queries(draw: st.DrawFn) -> FeedQuery:
    since, until, pace = draw(bounds), draw(bounds), draw(st.none() | paces)
    if isinstance(since, date) and isinstance(until, date):
        assume(since <= until)
    if isinstance(since, timedelta) and isinstance(until, timedelta):
        assume(since > until)
    if pace is not None:
        assume(not isinstance(since, timedelta) and not isinstance(until, timedelta))
    return FeedQuery(
        draw(filters),
        since,
        until,
        Order.NEWEST if pace else draw(st.sampled_from(Order)),
        draw(st.none() | st.integers(1, 500)),
        draw(st.sampled_from([None, "full", "excerpt"])),
        draw(st.sampled_from([None, "enclosure", "media", "inline", "none"])),
        pace,
        draw(st.booleans()),
    )
