"""The fourteen ways in which feedgen 1.0 would spoil a feed, each seen from outside.

Each test fails when feedgen's own behaviour comes through.
"""

from __future__ import annotations

import json
import locale
import threading
from typing import Any

import pytest
from lxml import etree
from support import BASE_URL, Site

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
SYNDICATION = "{http://purl.org/rss/1.0/modules/syndication/}"
NS = {
    "a": "http://www.w3.org/2005/Atom",
    "media": "http://search.yahoo.com/mrss/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
}


def tree(site: Site, path: str) -> Any:
    answer = site.client.get(path)
    assert answer.status_code == 200
    return etree.fromstring(answer.data)


@pytest.fixture
def pictured(site: Site) -> Site:
    site.write(
        "a.md",
        DATED + "title: A\nwebUrl: https://a.example/a\noriginalUrl: https://o.example/a\n"
        "images: [{url: 'https://a.example/1.png', width: 4, height: 3, alt: One},"
        " 'https://a.example/2']\n"
        "related: [{title: R, webUrl: 'https://r.example/'}]",
    )
    site.read()
    return site


def test_1_entry_links_keep_rel_type_length_and_title(pictured: Site) -> None:
    links = tree(pictured, "/feed.atom").findall("a:entry/a:link", NS)
    assert [dict(link.attrib) for link in links] == [
        {"href": "https://a.example/a", "rel": "alternate", "type": "text/html"},
        {"href": "https://o.example/a", "rel": "via"},
        {
            "href": "https://a.example/1.png",
            "rel": "enclosure",
            "type": "image/png",
            "length": "0",
            "title": "One",
        },
        {
            "href": "https://a.example/2",
            "rel": "enclosure",
            "type": "image/jpeg",
            "length": "0",
        },
        {"href": "https://r.example/", "rel": "related", "title": "R"},
    ]


def test_2_the_channel_link_is_the_page_and_other_links_are_atom_links(pictured: Site) -> None:
    channel = tree(pictured, "/feed.rss").find("channel")
    assert channel.findtext("link") == BASE_URL
    assert [dict(link.attrib) for link in channel.findall("a:link", NS)] == [
        {"href": f"{BASE_URL}feed.rss", "rel": "self", "type": "application/rss+xml"},
        {"href": BASE_URL, "rel": "alternate", "type": "text/html"},
        {"href": f"{BASE_URL}feed.atom", "rel": "alternate", "type": "application/atom+xml"},
        {"href": f"{BASE_URL}feed.json", "rel": "alternate", "type": "application/feed+json"},
    ]


def test_3_a_rel_that_feedgen_refuses_is_written(pictured: Site) -> None:
    assert tree(pictured, "/feed.atom").findall("a:entry/a:link[@rel='via']", NS)


def test_4_rss_has_the_first_image_as_its_one_enclosure(pictured: Site) -> None:
    [enclosure] = tree(pictured, "/feed.rss").findall("channel/item/enclosure")
    assert dict(enclosure.attrib) == {
        "url": "https://a.example/1.png",
        "length": "0",
        "type": "image/png",
    }


def test_5_no_time_is_now(site: Site) -> None:
    site.write("a.md", "title: A\nwebUrl: https://a.example/")
    site.read()
    root = tree(site, "/feed.atom")
    assert root.findtext("a:updated", namespaces=NS) == "2026-01-01T00:00:00+00:00"
    assert root.findtext("a:entry/a:updated", namespaces=NS) == "2026-01-01T00:00:00+00:00"
    channel = tree(site, "/feed.rss").find("channel")
    assert channel.findtext("lastBuildDate") == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert channel.find("item/pubDate") is None


def test_6_the_locale_of_the_process_is_never_touched(
    pictured: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("the locale was switched")

    monkeypatch.setattr(locale, "setlocale", refuse)
    failures: list[int] = []

    def poll() -> None:
        status = pictured.app.test_client().get("/feed.rss").status_code
        if status != 200:
            failures.append(status)

    threads = [threading.Thread(target=poll) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    item = tree(pictured, "/feed.rss").find("channel/item")
    assert item.findtext("pubDate") == "Wed, 04 Mar 2026 10:00:00 GMT"


def test_7_a_character_that_xml_forbids_spoils_nothing(site: Site) -> None:
    site.write(
        "a.md",
        DATED + 'title: "a\\x01\\ufffe"\nexcerpt: "b\\x02"\ntopics: ["c\\x03"]\n'
        'provider: "d\\x04"\nauthors: ["e\\x05"]\nimages: [{url: "https://a.example/", alt: "f\\x06"}]\n'
        'related: [{title: "g\\x0e", webUrl: "https://r.example/"}]',
        "h &#8; &#xFFFE; i",
    )
    site.read()
    for path, letters in (("/feed.rss", "abcde"), ("/feed.atom", "abcdefg")):
        text = etree.tostring(tree(site, path), encoding="unicode")
        for letter in letters:
            assert f">{letter}<" in text or f'"{letter}"' in text


def test_8_text_and_html_have_their_types(site: Site) -> None:
    site.write("a.md", DATED + "title: A\nexcerpt: 1 < 2 & <b>", "a<br>b & *c*")
    site.read()
    entry = tree(site, "/feed.atom").find("a:entry", NS)
    summary, content = entry.find("a:summary", NS), entry.find("a:content", NS)
    assert (summary.get("type"), summary.text) == ("text", "1 < 2 & <b>")
    assert (content.get("type"), content.text) == ("html", "<p>a<br>b &amp; <em>c</em></p>")
    item = tree(site, "/feed.rss").find("channel/item")
    assert item.findtext("description") == "1 &lt; 2 &amp; &lt;b&gt;"
    assert item.findtext("content:encoded", namespaces=NS) == content.text


def test_9_authors_without_an_address_are_creators(site: Site) -> None:
    site.write(
        "a.md", DATED + "title: A\nauthors: [Ada]\nprovider: {name: Lamp, domain: lamp.example}"
    )
    site.read()
    item = tree(site, "/feed.rss").find("channel/item")
    assert [creator.text for creator in item.findall("dc:creator", NS)] == ["Ada", "Lamp"]
    assert item.find("author") is None
    authors = tree(site, "/feed.atom").findall("a:entry/a:author", NS)
    assert [
        (one.findtext("a:name", None, NS), one.findtext("a:uri", None, NS)) for one in authors
    ] == [
        ("Ada", None),
        ("Lamp", "https://lamp.example/"),
    ]


@pytest.mark.parametrize("path", ["/feed.rss", "/feed.atom"])
def test_10_each_image_is_a_medium_of_its_own(pictured: Site, path: str) -> None:
    root = tree(pictured, path)
    assert root.findall(".//media:group", NS) == []
    assert [dict(one.attrib) for one in root.findall(".//media:content", NS)] == [
        {
            "url": "https://a.example/1.png",
            "type": "image/png",
            "medium": "image",
            "width": "4",
            "height": "3",
        },
        {"url": "https://a.example/2", "type": "image/jpeg", "medium": "image"},
    ]
    [thumbnail] = root.findall(".//media:thumbnail", NS)
    assert dict(thumbnail.attrib) == {
        "url": "https://a.example/1.png",
        "width": "4",
        "height": "3",
    }


def test_11_the_syndication_module_is_spelt_as_specified(pictured: Site) -> None:
    channel = tree(pictured, "/feed.rss").find("channel")
    names = [etree.QName(one).localname for one in channel if one.tag.startswith(SYNDICATION)]
    assert names == ["updatePeriod", "updateFrequency"]


def test_12_newest_first_and_naive_dates_are_read(site: Site) -> None:
    for day in (1, 3, 2):
        site.write(f"{day}.md", f"title: T{day}\npublishedDateTime: 2026-03-0{day}T10:00:00")
    site.read()
    titles = [title.text for title in tree(site, "/feed.rss").findall("channel/item/title")]
    assert titles == ["T3", "T2", "T1"] == site.titles("/feed.json")


def test_13_categories_have_term_label_and_scheme(site: Site) -> None:
    site.write("a.md", DATED + "title: A\ntopics: [AI in Healthcare]")
    site.read()
    category = tree(site, "/feed.rss").find("channel/item/category")
    assert category.text == "AI in Healthcare"
    assert category.get("domain") == f"{BASE_URL}topics/"
    assert dict(tree(site, "/feed.atom").find("a:entry/a:category", NS).attrib) == {
        "term": "ai-in-healthcare",
        "label": "AI in Healthcare",
        "scheme": f"{BASE_URL}topics/",
    }


def test_14_json_feed_is_our_own_and_there_is_no_stylesheet(pictured: Site) -> None:
    feed = json.loads(pictured.client.get("/feed.json").data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["attachments"] == [
        {"url": "https://a.example/1.png", "mime_type": "image/png", "title": "One"},
        {"url": "https://a.example/2", "mime_type": "image/jpeg"},
    ]
    assert b"xml-stylesheet" not in pictured.client.get("/feed.rss").data


def test_titles_in_rss_survive_readers_that_take_them_for_html(site: Site) -> None:
    site.write("a.md", DATED + "title: 'AT&T <b>'")
    site.read()
    assert b"<title>AT&#x26;T &#x3C;b&gt;</title>" in site.client.get("/feed.rss").data
