"""images, related, full_text and max_age_seconds: what they change in each format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from support import NOW, Site

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
NS = {
    "a": "http://www.w3.org/2005/Atom",
    "media": "http://search.yahoo.com/mrss/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "feedsvc": "https://news.example.org/ns/feedsvc",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}


def tree(site: Site, path: str) -> Any:
    return etree.fromstring(site.client.get(path).data)


def item(site: Site, path: str = "/feed.json") -> Any:
    feed = site.client.get(path).json
    assert feed is not None
    return feed["items"][0]


def pictured(make_site: Callable[..., Site], **options: object) -> Site:
    site = make_site(**options)
    site.write(
        "a.md",
        DATED + "title: A\nexcerpt: E & e\nwebUrl: https://a.example/a\n"
        "images: ['https://a.example/1.png?x=1&y=2', 'https://a.example/2.png']",
        "Body ![](https://a.example/2.png)",
    )
    site.read()
    return site


@pytest.mark.parametrize(
    ("mode", "enclosures", "media", "inline"),
    [
        ("enclosure", 1, 1, 0),
        ("media", 0, 1, 0),
        ("inline", 0, 0, 1),
        ("none", 0, 0, 0),
    ],
)
def test_a_picture_is_shown_once(
    make_site: Callable[..., Site], mode: str, enclosures: int, media: int, inline: int
) -> None:
    site = pictured(make_site, feeds__images=mode)
    first, second = "https://a.example/1.png?x=1&y=2", "https://a.example/2.png"
    for path, prefix in (("/feed.rss", "channel/item"), ("/feed.atom", "a:entry")):
        root = tree(site, path)
        found = [
            one.get("url") or one.get("href")
            for one in root.findall(f"{prefix}/enclosure", NS) + root.findall(
                f"{prefix}/a:link[@rel='enclosure']", NS)
        ]  # fmt: skip
        assert found == [first] * enclosures
        contents = root.findall(f"{prefix}/media:content", NS)
        assert [one.get("url") for one in contents] == [first] * media
        assert len(root.findall(f"{prefix}/media:thumbnail", NS)) == media
    json_item = item(site)
    assert [one["url"] for one in json_item.get("attachments", [])] == [first] * enclosures
    assert json_item["content_html"].count("1.png") == inline
    assert json_item["content_html"].count(second) == 1
    assert ("image" in json_item) is (mode in {"enclosure", "media"})


def test_inline_pictures_without_a_body_come_with_the_excerpt(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(feeds__images="inline")
    site.write("a.md", DATED + "title: A\nexcerpt: E & e\n"
               "images: [{url: 'https://a.example/1.png', width: 4, height: 3, alt: '\"<'}]")  # fmt: skip
    site.read()
    assert item(site)["content_html"] == (
        '<p><img src="https://a.example/1.png" alt="&quot;&lt;" width="4" height="3"></p>\n'
        "<p>E &amp; e</p>"
    )


def test_full_text_for_the_site_and_for_one_feed(make_site: Callable[..., Site]) -> None:
    text = DATED + "title: A\nexcerpt: E\ntopics: [Sea, Sky]\nprovider: P"
    for site_wide, sea, sky in ((True, False, True), (False, True, False)):
        site = make_site(feeds__full_text=site_wide, topics={"sea": {"full_text": sea}})
        site.write("a.md", text, "The body.")
        site.read()
        for path, full in (("/feed", site_wide), ("/topics/sea", sea), ("/topics/sky", sky)):
            assert ("The body." in item(site, f"{path}.json")["content_html"]) is full
            for format in ("rss", "atom"):
                answer = site.client.get(f"{path}.{format}").text
                assert ("The body." in answer) is full
                assert "E" in answer


@pytest.mark.parametrize(
    ("related", "shown", "hidden"), [("visible", 1, 0), ("all", 1, 1), ("none", 0, 0)]
)
def test_related(make_site: Callable[..., Site], related: str, shown: int, hidden: int) -> None:
    site = make_site(feeds__related=related)
    site.write("h.md", DATED + "title: H\npublished: false\nwebUrl: https://a.example/hidden")
    site.write("a.md", DATED + "title: A\nexcerpt: E\nrelated: [{title: X & Y, provider: P, webUrl: "
               "'https://b.example/shown'}, {title: H, webUrl: 'https://a.example/hidden'}]")  # fmt: skip
    site.read()
    entry = item(site)
    html = entry["content_html"]
    assert html.startswith("<p>E</p>")
    assert html.count('<li><a href="https://b.example/shown" rel="noopener noreferrer">'
                      "X &amp; Y</a> (P)</li>") == shown  # fmt: skip
    assert html.count("hidden") == hidden
    links = tree(site, "/feed.atom").findall("a:entry/a:link[@rel='related']", NS)
    assert len(links) == shown + hidden
    assert len(entry["_feedsvc"].get("related", [])) == shown + hidden


def test_ranks_and_kinds(site: Site) -> None:
    site.write("a.md", DATED + "title: A\nquality: 67\nheat: -1\ntype: video\ncategory: [news, op]")
    site.read()
    for path in ("/feed.rss", "/feed.atom"):
        root = tree(site, path)
        found = [(etree.QName(one).localname, one.text) for one in root.iter()
                 if etree.QName(one).namespace == NS["feedsvc"]]  # fmt: skip
        assert found == [
            ("articleCategory", "news"),
            ("articleCategory", "op"),
            ("type", "video"),
            ("quality", "67"),
        ]
    assert item(site)["_feedsvc"] == {
        "about": NS["feedsvc"],
        "categories": ["news", "op"],
        "type": "video",
        "quality": 67,
    }
    page = site.client.get(NS["feedsvc"].removeprefix("https://news.example.org"))
    assert page.status_code == 200
    for name in ("quality", "heat", "type", "articleCategory", "categories", "related"):
        assert f"<code>{name}</code>" in page.text


@pytest.mark.parametrize(
    ("seconds", "schedule"),
    [
        (300, ["5", "hourly", "12"]),
        (3600, ["60", "hourly", "1"]),
        (7200, ["120", "daily", "12"]),
        (30, [None, None, None]),
    ],
)
def test_readers_are_told_one_interval(
    make_site: Callable[..., Site], seconds: int, schedule: list[str | None]
) -> None:
    site = make_site(feeds__max_age_seconds=seconds)
    site.read()
    answer = site.client.get("/feed.rss")
    assert answer.headers["Cache-Control"] == (
        f"public, max-age={seconds}, stale-while-revalidate=60, stale-if-error=3600"
    )
    channel = etree.fromstring(answer.data).find("channel")
    assert [
        channel.findtext("ttl"),
        channel.findtext("sy:updatePeriod", namespaces=NS),
        channel.findtext("sy:updateFrequency", namespaces=NS),
    ] == schedule


@pytest.mark.parametrize("line", ["publishedDateTime: {}", "updatedDateTime: {}", "expiryDate: {}"])
def test_nothing_is_kept_past_the_moment_at_which_it_changes(site: Site, line: str) -> None:
    moment = NOW + timedelta(seconds=90)
    dated = "" if line.startswith("published") else DATED
    site.write("a.md", f"{dated}title: A\n{line.format(moment.isoformat())}")
    site.read()
    for path in ("/feed.rss", "/feed.atom", "/feed.json", "/subscriptions.opml"):
        assert site.client.get(path).headers["Cache-Control"] == (
            "public, max-age=90, must-revalidate"
        )
    site.clock.now = moment
    assert site.client.get("/feed.rss").headers["Cache-Control"] == (
        "public, max-age=300, stale-while-revalidate=60, stale-if-error=3600"
    )
