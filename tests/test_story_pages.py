"""A story's own page: what it says of the story to people, and to machines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from lxml import html
from support import Site

FULL = """title: 'Fog & "letters"'
slug: fog
publishedDateTime: 2026-03-04T10:00:00Z
updatedDateTime: 2026-03-05T10:00:00Z
excerpt: It came in <twice>.
originalUrl: https://paper.example/fog
webUrl: https://paper.example/fog?from=feed
provider: {name: The Paper, domain: paper.example}
authors: [{name: Ada, url: https://ada.example/}]
topics: [Sea, Weather]
category: news
locale: de
images: [{url: 'https://paper.example/fog.jpg', width: 640, height: 480, alt: Fog}]
related: [{title: Another fog, webUrl: 'https://other.example/'}]"""
DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


def page_of(site: Site, slug: str) -> html.HtmlElement:
    answer = site.client.get(f"/stories/{slug}/")
    assert answer.status_code == 200
    return html.document_fromstring(answer.text)


def told(page: html.HtmlElement, name: str) -> list[str]:
    """The contents of all `meta` elements of that name."""
    return page.xpath(f"//meta[@property='{name}' or @name='{name}']/@content")  # type: ignore[no-any-return]


def data_of(page: html.HtmlElement) -> dict[str, object]:
    [text] = page.xpath("//script[@type='application/ld+json']/text()")
    data: dict[str, object] = json.loads(text)
    return data


def test_a_story_describes_itself(site: Site) -> None:
    site.write("a.md", FULL, "Der Nebel kam *zweimal*.")
    site.read()
    page = page_of(site, "fog")
    assert page.get("lang") == "de"
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://paper.example/fog"]
    assert told(page, "og:type") == ["article"]
    assert told(page, "og:title") == ['Fog & "letters"']
    assert told(page, "og:description") == told(page, "description") == ["It came in <twice>."]
    assert told(page, "og:url") == ["https://news.example.org/stories/fog/"]
    assert told(page, "og:image") == ["https://paper.example/fog.jpg"]
    assert told(page, "article:published_time") == ["2026-03-04T10:00:00+00:00"]
    assert told(page, "article:modified_time") == ["2026-03-05T10:00:00+00:00"]
    assert told(page, "article:tag") == ["Sea", "Weather"]
    assert data_of(page) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": 'Fog & "letters"',
        "description": "It came in <twice>.",
        "url": "https://news.example.org/stories/fog/",
        "mainEntityOfPage": "https://paper.example/fog",
        "datePublished": "2026-03-04T10:00:00+00:00",
        "dateModified": "2026-03-05T10:00:00+00:00",
        "inLanguage": "de",
        "image": ["https://paper.example/fog.jpg"],
        "author": [{"@type": "Person", "name": "Ada", "url": "https://ada.example/"}],
        "publisher": {
            "@type": "Organization",
            "name": "The Paper",
            "url": "https://paper.example/",
        },
        "keywords": ["Sea", "Weather"],
        "articleSection": ["news"],
    }
    # Our own words are in our language.
    assert page.xpath("//nav/@lang") == ["en"]
    assert page.xpath("//main//a[@href='https://other.example/']/text()") == ["Another fog"]


def test_a_story_without_anything_has_its_home_here(site: Site) -> None:
    site.write("a.md", DATED + "title: Short\nslug: short")
    site.read()
    page = page_of(site, "short")
    assert page.get("lang") == "en"
    url = "https://news.example.org/stories/short/"
    assert page.xpath("//link[@rel='canonical']/@href") == [url]
    assert told(page, "og:image") == ["https://news.example.org/icon.png"]
    assert data_of(page)["publisher"] == {
        "@type": "Organization",
        "name": "Test News",
        "url": "https://news.example.org/",
    }
    assert page.xpath("//nav/@lang") == []


def test_hostile_text_ends_no_script(site: Site) -> None:
    site.write("a.md", DATED + "title: '</script><script>alert(1)</script><!--'\nslug: bad")
    site.read()
    page = page_of(site, "bad")
    assert data_of(page)["headline"] == "</script><script>alert(1)</script><!--"
    assert len(page.xpath("//script")) == 2


def test_more_about_the_same_topics(site: Site) -> None:
    for day, topics in enumerate(["[Sea]", "[Sea]", "[Hills]", "[Sea, Hills]", "[Sea]"], 1):
        site.write(f"{day}.md", f"title: T{day}\nslug: t{day}\npublishedDateTime: 2026-03-0{day}\n"
                   f"topics: {topics}")  # fmt: skip
    site.write("held.md", "title: Held\npublished: false\ntopics: [Sea]\n" + DATED)
    site.read()

    def more(slug: str) -> list[str]:
        section = page_of(site, slug).xpath("//section[@aria-labelledby='more']//h3/a/text()")
        return list(map(str, section))

    assert more("t1") == ["T5", "T4", "T2"]
    assert more("t3") == ["T4"]
    assert more("t4") == ["T5", "T3", "T2", "T1"]


def test_players_are_links_here(site: Site) -> None:
    site.write("a.md", DATED + "title: V\nslug: film",
               '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>\n\nAfter.')  # fmt: skip
    site.read()
    answer = site.client.get("/stories/film/")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    page = answer.text
    assert "<iframe" not in page
    assert '<a href="https://www.youtube.com/watch?v=abcdefghijk"' in page
    assert "After." in page
    assert "iframe" in site.client.get("/feed.json").text


def test_films_wait_until_they_are_played(site: Site) -> None:
    site.write("a.md", DATED + "title: V\nslug: film",
               '<video src="https://a.example/v.mp4" controls></video>\n\n'
               '<audio src="https://a.example/s.mp3" controls></audio>')  # fmt: skip
    site.read()
    page = page_of(site, "film")
    assert [one.get("preload") for one in page.xpath("//video | //audio")] == ["none", "none"]


def test_the_title_is_the_only_heading_of_its_rank(site: Site) -> None:
    site.write("a.md", DATED + "title: T\nslug: t", "# One\n\n## Two\n\n###### Six")
    site.write("b.md", DATED + "title: U\nslug: u", "## Two")
    site.read()
    page = page_of(site, "t")
    assert page.xpath("//h1/text()") == ["T"]
    assert page.xpath("//div[@class='body']/*/text()") == ["One", "Two", "Six"]
    assert [one.tag for one in page.xpath("//div[@class='body']/*")] == ["h2", "h3", "h6"]
    assert page_of(site, "u").xpath("//div[@class='body']/h2/text()") == ["Two"]


def test_on_a_site_from_right_to_left_our_words_go_their_own_way(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(site__language="ar")
    site.write("en.md", DATED + "title: E\nslug: en\nlocale: en\ntopics: [Sea]")
    site.write("ar.md", DATED + "title: A\nslug: ar\ntopics: [Sea]")
    site.read()
    page = page_of(site, "en")
    assert (page.get("lang"), page.get("dir")) == ("en", "rtl")
    assert page.xpath("//nav/@dir") == ["ltr"]
    assert page.xpath("//article[@class='story']/@dir") == ["ltr"]
    assert page.xpath("//h2[@id='more']/@lang") == ["en"]
    assert page.xpath("//h2[@id='more']/following-sibling::div/@lang") == ["ar"]
    assert page_of(site, "ar").xpath("//article[@class='story']/@dir") == ["rtl"]


@pytest.mark.parametrize(("language", "expected"), [("en", "March 4, 2026"), ("de", "4. März 2026"),
                                                    ("ja", "2026年3月4日"), ("xx-YY", "March 4, 2026")])  # fmt: skip
def test_dates_are_in_the_language_of_the_site(
    make_site: Callable[..., Site], language: str, expected: str
) -> None:
    site = make_site(site__language=language)
    site.write("a.md", DATED + "title: A\nslug: a")
    site.read()
    page = page_of(site, "a")
    assert page.xpath("//time/text()") == [expected]
    assert page.get("dir") == "ltr"


@pytest.mark.parametrize("language", ["ar", "he-IL", "fa", "ur"])
def test_the_direction_is_that_of_the_language(
    make_site: Callable[..., Site], language: str
) -> None:
    site = make_site(site__language=language)
    site.read()
    assert f'<html lang="{language}" dir="rtl" ' in site.client.get("/").text
