"""RFC 5005 archives: a new subscriber gets the complete history, and no page ever moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from support import BASE_URL, NOW, Site, article, articles_of, temporary_store
from test_properties import SITE

from feedsvc.errors import UnknownFeedError
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.select import FeedSelection, select
from feedsvc.index.view import View
from feedsvc.model import Viewpoint

NS = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}


def write(site: Site, numbers: range) -> None:
    for number in numbers:
        site.write(
            f"{number:03}.md",
            f"title: T{number}\npublishedDateTime: 2026-01-01T00:{number:02}:00Z\ntopics: [Sea]",
        )
    site.read()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    site = make_site(feeds__limit=3)
    write(site, range(8))
    return site


def links(root: Any) -> dict[str, str]:
    found = root.findall("a:link", NS) or root.findall("channel/a:link", NS)
    return {
        link.get("rel"): link.get("href").removeprefix(BASE_URL)
        for link in found
        if link.get("rel") != "alternate"
    }


@pytest.mark.parametrize(("path", "start"), [("feed", ""), ("topics/sea", "topics/sea/")])
@pytest.mark.parametrize("format", ["rss", "atom"])
def test_pages_are_linked_from_the_newest_to_the_oldest(
    site: Site, path: str, start: str, format: str
) -> None:
    def get(address: str) -> Any:
        return etree.fromstring(site.client.get(f"/{address}").data)

    def titles(root: Any) -> list[str | None]:
        return [one.text for one in root.iter("{*}title") if (one.text or "").startswith("T")
                and one.getparent().tag.endswith(("item", "entry"))]  # fmt: skip

    newest = get(f"{path}.{format}")
    assert titles(newest) == ["T7", "T6", "T5"]
    assert newest.find(".//fh:archive", NS) is None
    assert links(newest) == {
        "self": f"{path}.{format}",
        "prev-archive": f"{start}archive/2.{format}",
    }
    second = get(f"{start}archive/2.{format}")
    assert titles(second) == ["T5", "T4", "T3"]
    assert second.find(".//fh:archive", NS) is not None
    assert links(second) == {
        "self": f"{start}archive/2.{format}",
        "current": f"{path}.{format}",
        "prev-archive": f"{start}archive/1.{format}",
    }
    first = get(f"{start}archive/1.{format}")
    assert titles(first) == ["T2", "T1", "T0"]
    assert "prev-archive" not in links(first)
    assert site.client.get(f"/{start}archive/3.{format}").status_code == 404
    assert site.client.get(f"/{start}archive/0.{format}").status_code == 404


def test_json_feed_leads_on_with_next_url(site: Site) -> None:
    address, titles = "/topics/sea.json", []
    while address:
        feed = site.client.get(address).json
        assert feed is not None
        assert feed["feed_url"] == BASE_URL + address[1:]
        titles += [item["title"] for item in feed["items"]]
        address = feed.get("next_url", "").removeprefix(BASE_URL.rstrip("/"))
    assert list(dict.fromkeys(titles)) == [f"T{number}" for number in range(7, -1, -1)]


def test_newer_articles_never_change_a_full_page(site: Site) -> None:
    pages = [
        f"/archive/{number}.{format}" for number in (1, 2) for format in ("rss", "atom", "json")
    ]
    before = [site.client.get(page).data for page in pages]
    write(site, range(20))
    assert [site.client.get(page).data for page in pages] == before


def test_a_short_feed_has_no_archive(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__limit=3)
    write(site, range(3))
    assert "prev-archive" not in site.client.get("/feed.atom").text
    assert "next_url" not in site.client.get("/feed.json").text


@settings(deadline=None)
@given(count=st.integers(0, 40), limit=st.integers(1, 12))
def test_the_chain_holds_everything_once_the_overlap_is_taken_out(count: int, limit: int) -> None:
    articles = [article(f"{number:03}", 1 + number % 28) for number in range(count)]
    with temporary_store(articles) as store, store.view(Viewpoint(NOW)) as view:
        follow_the_chain(view, count, limit)


def follow_the_chain(view: View, count: int, limit: int) -> None:
    def page(number: int | None) -> FeedSelection:
        return select(FeedQuery(), view, SITE, limit, number)

    selection = page(None)
    seen = [one.id for one in selection.articles]
    while selection.previous_page is not None:
        selection = page(selection.previous_page)
        assert len(selection.articles) == limit
        seen += [one.id for one in selection.articles if one.id not in seen]
    assert seen == [one.id for one in articles_of(view)]
    with pytest.raises(UnknownFeedError):
        page(count // limit + 1)
