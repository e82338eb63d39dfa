"""Order, names, identity and time: what a feed of the store holds, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from support import NOW, Site, article, articles_of, fill, listed, parsed_of

from feedsvc.errors import NotReadyError
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.sync import plan_sync
from feedsvc.model import Facet, FacetCount, SourceFile, SyncPlan, Term, Viewpoint


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_sqlite = request.param == "sqlite"
    url = None if is_sqlite else request.getfixturevalue("postgres_url")
    store = Store(IndexPlace(tmp_path / "index", "index", "rules", url))
    yield store
    store.close()


def ids(store: Store, facet: Facet | None = None, slug: str = "", **viewpoint: object) -> list[str]:
    with store.view(Viewpoint(NOW, **viewpoint)) as view:  # type: ignore[arg-type]
        found = [one.id for one in articles_of(view, listed(facet, slug))]
        assert view.find(listed(facet, slug)).total == len(found)
        return found


def test_newest_first_ties_by_id_undated_last(store: Store) -> None:
    articles = [
        article("b", 2), article("a", 2), article("B", 2), article("é", 2), article("c", 3),
        article("z", None), article("y", None),
    ]  # fmt: skip
    for order in list(permutations(articles))[::97]:
        assert ids(fill(store, parsed_of(order))) == ["c", "B", "a", "b", "é", "y", "z"]


def test_before_the_first_reading_there_is_no_answer(store: Store) -> None:
    with pytest.raises(NotReadyError):
        store.view(Viewpoint(NOW))
    assert not store.is_ready


def test_who_may_see_what(store: Store) -> None:
    articles = [
        article("shown"),
        article("unpublished", is_published=False),
        article("removed", is_removed=True),
        article("future", visible_from=NOW + timedelta(seconds=1)),
        article("now", visible_from=NOW),
        article("expired", visible_until=NOW),
        article("expires", visible_until=NOW + timedelta(microseconds=1)),
    ]
    fill(store, parsed_of(articles))
    assert sorted(ids(store)) == ["expires", "now", "shown"]
    for preview in (False, True):
        viewpoint = Viewpoint(NOW, preview)
        expected = sorted(one.id for one in articles if viewpoint.shows(one))
        assert sorted(ids(store, preview=preview)) == expected


def test_a_held_back_article_appears_when_its_time_comes(store: Store) -> None:
    then = NOW + timedelta(hours=1)
    fill(store, parsed_of([article("a"), article("b", visible_from=then)]))
    for now, expected, until in (
        (NOW, ["a"], then),
        (then - timedelta(microseconds=1), ["a"], then),
        (then, ["a", "b"], None),
        (NOW, ["a"], then),
    ):
        with store.view(Viewpoint(now)) as view:
            assert [one.id for one in articles_of(view)] == expected
            assert view.find().total == len(expected)
            assert view.until == until


def test_one_id_twice_the_newer_is_served_and_the_clash_is_told(store: Store) -> None:
    topic = (Term("t", "T"),)
    articles = [
        article("x", 1, path="old.md", title="old", topics=topic),
        article("x", 2, path="new.md", title="new"),
        article("x", 3, path="hidden.md", title="hidden", is_published=False),
    ]
    with fill(store, parsed_of(articles)).view(Viewpoint(NOW)) as view:
        assert [one.title for one in articles_of(view)] == ["new"]
        assert [one.title for one in articles_of(view, listed(Facet.TOPIC, "t"))] == ["old"]
        assert view.counts(Facet.TOPIC) == (FacetCount("t", "T", 1),)
        assert view.find().total == 1
        [problem] = view.problems()
    assert str(problem).startswith(
        "old.md: id: expected an id (or link) of its own, found that of new.md: x"
    )


def test_the_commonest_spelling_names_a_topic(store: Store) -> None:
    labels = ["Management tools", "Management Tools", "Management Tools", "AI", "ai"]
    articles = [
        article(str(n), topics=(Term(label.lower().replace(" ", "-"), label),))
        for n, label in enumerate(labels)
    ]
    fill(store, parsed_of(articles))
    for now in (NOW, NOW - timedelta(days=1)):  # counted in advance, and counted when asked
        with store.view(Viewpoint(now)) as view:
            assert view.counts(Facet.TOPIC) == (
                FacetCount("ai", "AI", 2),
                FacetCount("management-tools", "Management Tools", 3),
            )


def test_names_of_hidden_articles_are_known_but_never_listed(store: Store) -> None:
    hidden = article("a", is_published=False, topics=(Term("s", "Secret"),))
    with fill(store, parsed_of([hidden])).view(Viewpoint(NOW)) as view:
        assert view.knows(Facet.TOPIC, "s")
        assert not view.knows(Facet.TOPIC, "t")
        assert view.counts(Facet.TOPIC) == ()
        assert view.label(Facet.TOPIC, "s") is None


def test_a_plan_tells_added_changed_and_removed_apart() -> None:
    same, old, new, gone, fresh = (
        SourceFile("f", "same.md", 1, 1), SourceFile("f", "x.md", 1, 1),
        SourceFile("f", "x.md", 1, 2), SourceFile("f", "d/gone.md", 1, 1),
        SourceFile("f", "fresh.md", 1, 1),
    )  # fmt: skip
    known, listed = [same, old, gone], [same, new, fresh]
    assert plan_sync(known, listed) == SyncPlan((fresh,), (new,), (gone,))
    assert plan_sync(known, listed, [("f", "d/")]) == SyncPlan((fresh,), (new,), ())
    assert not plan_sync(listed, listed)


RELATED = {
    "its address": "{title: X, webUrl: 'https://a.example/h'}",
    "another spelling": "{title: X, webUrl: 'http://www.a.example/%68/?utm_source=b#c'}",
    "its original": "{title: X, webUrl: 'https://b.example/x', originalUrl: 'https://a.example/h'}",
    "a future article": "{title: X, webUrl: 'https://a.example/f'}",
    "a file left out": "{title: X, webUrl: 'https://a.example/broken'}",
    "its own flag": "{title: X, webUrl: 'https://b.example/x', published: false}",
    "its own removal": "{title: X, webUrl: 'https://b.example/x', removed: true}",
    "its own date": "{title: X, webUrl: 'https://b.example/x', publishedDateTime: 2036-01-01}",
}


@pytest.mark.parametrize("hidden", RELATED)
def test_related_articles_that_are_held_back_are_not_named(site: Site, hidden: str) -> None:
    dated = "publishedDateTime: 2026-03-04T10:00:00Z\n"
    site.write("hidden.md", f"{dated}title: H\npublished: false\nwebUrl: https://a.example/h")
    site.write("future.md", "title: F\nwebUrl: https://a.example/f\npublishedDateTime: 2036-01-01")
    site.write("broken.md", "title: [B]\nwebUrl: https://a.example/broken")
    site.write(
        "a.md",
        f"{dated}title: A\nslug: kept\nrelated: [{RELATED[hidden]}, "
        "{title: Shown, webUrl: 'https://b.example/shown?v=1'}]",
    )
    site.read()
    for path in ("/feed.atom", "/feed.rss", "/feed.json", "/stories/kept/"):
        text = site.client.get(path).text
        assert "b.example/shown" in text
        for trace in (">X<", '"X"', "a.example/h", "a.example/f", "broken", "b.example/x"):
            assert trace not in text


def test_two_stories_of_one_name_are_told(site: Site) -> None:
    for day, name in ((2, "a"), (1, "b")):
        site.write(f"{name}.md", f"title: {name}\nslug: same\npublishedDateTime: 2026-01-0{day}")
    site.read()
    assert [problem for problem in site.problems() if ": slug: " in problem] == [
        "articles/b.md: slug: expected a slug of its own, found that of articles/a.md: same; "
        "the page shows the newer"
    ]


@pytest.mark.parametrize("identity", ["http://[x", "http://a.example:port/", "x:[", "//["])
def test_an_odd_id_harms_nobody(site: Site, identity: str) -> None:
    site.write("a.md", f"title: A\npublishedDateTime: 2026-01-01\nid: '{identity}'")
    site.write("b.md", "title: B\npublishedDateTime: 2026-01-02\nrelated: ['https://x.example/']")
    site.read()
    assert site.titles("/feed.json") == ["B", "A"]
    assert site.client.get("/feed.atom").status_code == 200
