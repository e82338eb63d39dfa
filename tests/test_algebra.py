"""Any query over any articles, against plain Python, on each engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import NOW, fill, parsed_of

from feedsvc.feeds.query import FeedQuery, Pace
from feedsvc.feeds.select import select
from feedsvc.feeds.site import Site
from feedsvc.index.store import IndexPlace, Store
from feedsvc.model import (
    Article,
    Facet,
    Filter,
    Image,
    Names,
    Order,
    Person,
    Provider,
    Term,
    Viewpoint,
)
from feedsvc.slugs import slugify

NAMES = ["A", "B", "C"]
WORDS = ["sea", "tide", "深水", "Äpfel"]
ZONE = timezone(timedelta(hours=5))
SITE = Site("News", "", "en", "news.example", date(2026, 1, 1), zone=ZONE)
COMMON = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store(IndexPlace(tmp_path / "index", "index", "rules", url))
    yield store
    store.close()


names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
# Hours around now, so that windows, ages and visibility are met at their edges.
moments = st.integers(-24 * 20, 24).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        published = draw(st.none() | moments)
        seen_from = draw(st.sampled_from([None, published, NOW, NOW + timedelta(hours=1)]))
        topics = draw(names)
        made.append(
            Article(
                # Few different ids, so that some are shared.
                id=draw(st.sampled_from([f"x{number}", "shared", "other"])),
                slug=f"s{number}",
                path=f"{number}.md",
                title=" ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))),
                url=draw(st.sampled_from([None, f"https://x.example/{number}", "https://x.example/same"])),
                published=published,
                topics=tuple(Term(slugify(name), name) for name in topics),
                provider=draw(st.none() | st.sampled_from(NAMES).map(lambda n: Provider(n.lower(), n))),
                categories=tuple(Term(name.lower(), name) for name in draw(names)),
                type=draw(st.none() | st.sampled_from(NAMES).map(lambda n: Term(n.lower(), n))),
                authors=tuple(Person(name) for name in draw(names)),
                language=draw(st.sampled_from([None, "en-GB", "de", "en"])),
                quality=draw(st.none() | st.integers(-1, 4)),
                heat=draw(st.sampled_from([None, -1, 0, 1, 1000, 2**40])),
                images=draw(st.sampled_from([(), (Image("https://x.example/i.png", "image/png"),)])),
                is_published=draw(st.sampled_from([True, True, True, False])),
                is_removed=draw(st.sampled_from([False, False, False, True])),
                visible_from=seen_from,
                visible_until=draw(st.sampled_from([None, None, NOW, NOW + timedelta(hours=1)])),
            )
        )  # fmt: skip
    return made


OF = {Facet.LANGUAGE: ["en", "en-gb", "de"]}


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    facets = draw(st.lists(st.sampled_from(list(Facet)), max_size=2, unique=True))
    chosen = []
    for facet in facets:
        name = st.sampled_from([*OF.get(facet, ["a", "b", "c"]), "nobody"])
        some = st.lists(name, max_size=2, unique=True).map(tuple)
        chosen.append(Names(facet, draw(some), draw(some), draw(some)))
    return Filter(
        names=tuple(chosen),
        min_quality=draw(st.none() | st.integers(0, 5)),
        min_heat=draw(st.sampled_from([None, None, 0, 1, 2, 1000, 2**40, 2**41])),
        start=draw(st.none() | moments),
        end=draw(st.none() | moments),
        phrases=draw(st.sampled_from([(), (), (("sea",),), (("apfel",), ("tide",)), (("水",),),
                                      (("深", "水"), ("sea",)), (("sea", "tide"),)])),
        has_image=draw(st.booleans()),
    )  # fmt: skip


def listed(one: Article, facet: Facet) -> set[str]:
    """What an article is listed under, worked out from its fields alone."""
    tag = (one.language or "en").lower()
    return {
        Facet.TOPIC: {term.slug for term in one.topics},
        Facet.PROVIDER: {one.provider.key} if one.provider else set(),
        Facet.CATEGORY: {term.slug for term in one.categories},
        Facet.TYPE: {one.type.slug} if one.type else set(),
        Facet.AUTHOR: {slugify(person.name) for person in one.authors},
        Facet.LANGUAGE: {tag, tag.partition("-")[0]},
    }[facet]


FOLDED = {"sea": ["sea"], "tide": ["tide"], "深水": ["深", "水"], "Äpfel": ["apfel"]}


def has_phrase(one: Article, phrase: tuple[str, ...]) -> bool:
    fields = [[part for word in one.title.split() for part in FOLDED[word]]]
    fields += [[term.slug] for term in one.topics]
    fields += [[one.provider.name.lower()]] if one.provider else []
    return any(
        tuple(field[at : at + len(phrase)]) == phrase
        for field in fields
        for at in range(len(field))
    )


def measured(number: int | None) -> int:
    return -1 if number is None or number < 0 else number


def meets(one: Article, wanted: Filter) -> bool:
    for choice in wanted.names:
        under = listed(one, choice.facet)
        if choice.any and not under & set(choice.any):
            return False
        if not set(choice.all) <= under or under & set(choice.none):
            return False
    if wanted.min_quality is not None and measured(one.quality) < wanted.min_quality:
        return False
    if wanted.min_heat is not None and measured(one.heat) < wanted.min_heat:
        return False
    if wanted.start is not None and not (one.published and one.published >= wanted.start):
        return False
    if wanted.end is not None and not (one.published and one.published < wanted.end):
        return False
    if wanted.has_image and not one.images:
        return False
    return all(has_phrase(one, phrase) for phrase in wanted.phrases)


def newest_first(one: Article) -> tuple[float, str, str]:
    return (-one.published.timestamp() if one.published else float("inf"), one.id, one.path)


def by_order(order: Order) -> Any:
    number = {Order.NEWEST: lambda one: 0, Order.HEAT: lambda one: -measured(one.heat),
              Order.QUALITY: lambda one: -measured(one.quality)}[order]  # fmt: skip
    return lambda one: (number(one), newest_first(one))


def expected(made: Sequence[Article], wanted: Filter, viewpoint: Viewpoint) -> list[Article]:
    """The newest first, each id once."""
    matching = [one for one in made if viewpoint.shows(one) and meets(one, wanted)]
    first: dict[str, Article] = {}
    for one in sorted(matching, key=newest_first):
        first.setdefault(one.id, one)
    return list(first.values())


@COMMON
@given(
    articles(),
    st.lists(st.tuples(filters(), st.sampled_from(list(Order))), min_size=1, max_size=6),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([-1, 0, 0, 2]),
    st.booleans(),
)
def test_any_filter_finds_what_plain_python_finds(
    store: Store,
    made: list[Article],
    asked: list[Any],
    first: int,
    count: int,
    later: int,
    preview: bool,
) -> None:
    fill(store, parsed_of(made))
    viewpoint = Viewpoint(NOW + timedelta(hours=later), preview)
    with store.view(viewpoint) as view:
        for wanted, order in asked:
            found = view.find(wanted)
            right = sorted(expected(made, wanted, viewpoint), key=by_order(order))
            assert found.total == len(right)
            hits = found.hits(order)
            assert [one.path for one in view.articles(hits)] == [one.path for one in right]
            assert [hit.published for hit in hits] == [one.published for one in right]
            assert found.hits(order, first, count) == hits[first : first + count]
            dates = [one.published for one in right if one.published]
            assert found.newest == max(dates, default=None)
            assert found.oldest == min(dates, default=None)


def same_story(one: Article, other: Article) -> bool:
    if one.published is None or other.published is None:
        return False
    if abs(one.published - other.published) > timedelta(days=7):
        return False
    addresses = {one.url, one.id} & {other.url, other.id}
    return one.title.lower() == other.title.lower() or bool(addresses - {None})


def best_first(one: Article) -> tuple[int, float, str]:
    return (-measured(one.quality), -one.published.timestamp() if one.published else 0, one.id)


def folded(matching: list[Article], pace: Pace | None) -> dict[str, list[Article]]:
    """Who stands for whom, by path; in a paced feed, within each of its windows."""
    leads: dict[str, list[Article]] = {}
    taken: set[str] = set()
    for one in sorted(matching, key=best_first):
        if one.path not in taken:
            others = [other for other in sorted(matching, key=best_first) if other is not one
                      and other.path not in taken | leads.keys() and same_story(one, other)
                      and (pace is None or window_of(one, pace.window) == window_of(other, pace.window))]  # fmt: skip
            leads[one.path] = others
            taken |= {other.path for other in others}
    return leads


def window_of(one: Article | datetime, window: str) -> date:
    moment = one if isinstance(one, datetime) else one.published
    assert moment is not None
    day = moment.astimezone(ZONE).date()
    return day if window == "day" else day - timedelta(days=day.isoweekday() - 1)


def paced(candidates: list[Article], pace: Pace, now: datetime) -> list[Article]:
    chosen = []
    dated = [one for one in candidates if one.published]
    for start in sorted({window_of(one, pace.window) for one in dated}, reverse=True):
        if start < window_of(now, pace.window):
            inside = [one for one in dated if window_of(one, pace.window) == start]
            best = sorted(inside, key=by_order(pace.by))[: pace.count]
            chosen += [one for one in inside if one in best]
    return chosen


paces = st.builds(
    Pace, st.integers(1, 3), st.sampled_from(["day", "week"]), st.sampled_from(list(Order))
)


@COMMON
@given(
    articles(),
    filters(),
    st.none() | paces,
    st.booleans(),
    st.sampled_from(list(Order)),
    st.integers(1, 5),
)
def test_pace_and_fold_choose_what_plain_python_chooses(
    store: Store,
    made: list[Article],
    wanted: Filter,
    pace: Pace | None,
    folds: bool,
    order: Order,
    limit: int,
) -> None:
    known = {name for one in made for facet in Facet for name in listed(one, facet)}
    wanted = Filter(
        tuple(Names(names.facet, tuple(known & set(names.any))) for names in wanted.names),
        wanted.min_quality, phrases=wanted.phrases,
    )  # fmt: skip
    # Of names that only another facet knows there is no feed.
    under = {facet: {n for one in made for n in listed(one, facet)} for facet in Facet}
    if any(set(one.any) - under[one.facet] for one in wanted.names):
        wanted = Filter(min_quality=wanted.min_quality)
    query = FeedQuery(wanted, order=Order.NEWEST if pace else order, pace=pace, folds=folds)
    fill(store, parsed_of(made))
    with store.view(Viewpoint(NOW)) as view:
        selection = select(query, view, SITE, limit)
    right = sorted(expected(made, query.filter, Viewpoint(NOW)), key=by_order(query.order))
    behind = folded(right, pace) if folds else {one.path: [] for one in right}
    right = [one for one in right if one.path in behind]
    right = (paced(right, pace, NOW) if pace else right)[:limit]
    assert [one.path for one in selection.articles] == [one.path for one in right]
    for one in selection.articles:
        assert [other.title for other in one.related] == [other.title for other in behind[one.path]]


def test_numbers_of_any_size_are_compared(store: Store) -> None:
    numbers = [0, 1, 2, 3, 7, 8, 255, 256, 2**31, 2**63 - 1, None, -1]
    made = [
        Article(id=f"x{at}", slug=f"s{at}", path=f"{at}.md", title="t", quality=number)
        for at, number in enumerate(numbers)
    ]
    fill(store, parsed_of(made))
    with store.view(Viewpoint(NOW)) as view:
        for minimum in (0, 1, 2, 4, 8, 9, 256, 257, 2**31 + 1, 10**9):
            found = view.find(Filter(min_quality=minimum)).total
            assert found == sum(n is not None and n >= minimum for n in numbers), minimum


def test_dates_of_any_year_are_compared(store: Store) -> None:
    years = [1, 1000, 1969, 1970, 2026, 9999]
    made = [
        Article(id=f"x{at}", slug=f"s{at}", path=f"{at}.md", title="t",
                published=datetime(year, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
        for at, year in enumerate(years)
    ]  # fmt: skip
    fill(store, parsed_of(made))
    with store.view(Viewpoint(NOW)) as view:
        assert [hit.published and hit.published.year for hit in view.find().hits()] == years[::-1]
        for year in years:
            start = datetime(year, 1, 1, tzinfo=UTC)
            assert view.find(Filter(start=start)).total == len([y for y in years if y >= year])
            assert view.find(Filter(end=start)).total == len([y for y in years if y < year])


@COMMON
@given(articles(), filters())
def test_the_normal_form_means_the_same(made: list[Article], wanted: Filter) -> None:
    normal = FeedQuery(wanted).filter
    for one in made:
        assert meets(one, normal) == meets(one, wanted)
    assert FeedQuery(normal).filter == normal
