"""The plain pages: what the feeds' links point to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from PIL import Image as Picture
from support import Site

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def test_nothing_published_yet_looks_right(site: Site) -> None:
    site.write("a.md", DATED + "title: Held\npublished: false\ntopics: [Sea]")
    site.read()
    page = site.client.get("/").text
    assert "Nothing is published yet" in page
    for trace in ("Held", ">Sea<", "topics/sea", "held back", "published: false"):
        assert trace not in page
    assert "Nothing is published here yet" in site.client.get("/topics/sea/").text
    assert "Nothing is published here yet" in site.client.get("/topics/").text


def test_the_start_page_lists_feeds_with_counts(site: Site) -> None:
    for name in "ab":
        site.write(f"{name}.md", f"{DATED}title: {name}\ntopics: [Sea]\nprovider: Lamp\ntype: news")
    site.read()
    page = site.client.get("/").text
    for path in ("topics/sea", "providers/lamp", "types/news"):
        assert f'href="/{path}/"' in page
        assert re.search(rf'href="/{path}/"[^>]*>[^<]*</a> <span class="count">2</span>', page)
        listed = site.client.get(f"/{path.partition('/')[0]}/").text
        for format in ("rss", "atom", "json"):
            assert f'href="/{path}.{format}"' in listed


def test_every_link_of_ours_leads_somewhere(site: Site) -> None:
    Picture.new("RGB", (30, 20)).save(site.folder / "p.png")
    site.write("a.md", DATED + "title: A\ntopics: [Sea, C#, 北京]\nprovider: {domain: a.example}\n"
               "images: [p.png]\ncategory: n\ntype: t\nlocale: ja", "Body.")  # fmt: skip
    site.write("b.md", DATED + "title: B\nwebUrl: https://b.example/\nprovider: X")
    site.read()
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        answer = site.client.get(path, buffered=True)
        assert answer.status_code == 200, path
        seen.add(path)
        if answer.mimetype == "text/html":
            linked = re.findall(r'(?:href|src)="(/[^"]*)"', answer.text)
            waiting += [link for link in linked if link not in seen and link not in waiting]
    assert "/media/articles/p.png" in seen
    assert len([path for path in seen if path.startswith("/stories/")]) == 1


def test_an_entry_without_a_link_leads_to_its_story(site: Site) -> None:
    site.write("a.md", DATED + "title: A\nexcerpt: E", "Some *body*.")
    site.read()
    feed = site.client.get("/feed.json").json
    assert feed is not None
    url = feed["items"][0]["url"]
    assert url.startswith("https://news.example.org/stories/a-")
    page = site.client.get(url.removeprefix("https://news.example.org")).text
    assert "<p>Some <em>body</em>.</p>" in page
    assert "<h1>A</h1>" in page


@pytest.mark.parametrize("line", ["published: false", "removed: true"])
def test_a_hidden_story_has_no_page(site: Site, line: str) -> None:
    site.write("a.md", DATED + f"title: A\nslug: kept\n{line}")
    site.read()
    hidden = site.client.get("/stories/kept/")
    assert hidden.status_code == 404
    assert hidden.data == site.client.get("/stories/never-was/").data


def test_hostile_text_stays_text(site: Site) -> None:
    quoted = HOSTILE.replace("'", "''")
    site.write(
        "a.md",
        f"{DATED}title: '{quoted}'\nexcerpt: '{quoted}'\ntopics: ['{quoted}']\n"
        f"provider: '{quoted}'\nauthors: ['{quoted}']\n"
        f"images: [{{url: 'https://a.example/\"><script>', alt: '{quoted}'}}]\n"
        f"related: [{{title: '{quoted}', webUrl: 'https://b.example/'}}]",
        "<b onclick=alert(1)>x</b><script>alert(1)</script>",
    )
    site.read()
    topic = next(iter(re.findall(r'href="(/topics/[^"/]+/)"', site.client.get("/").text)))
    story = next(iter(re.findall(r'href="(/stories/[^"]+)"', site.client.get("/").text)))
    for path in ("/", "/topics/", topic, story):
        page = site.client.get(path)
        elements = list(html.fromstring(page.text).iter())
        assert not [one for one in elements if one.get("src") == "x"]
        for script in (one for one in elements if one.tag == "script"):
            if script.get("type") == "application/ld+json":
                assert json.loads(script.text)["headline"] == HOSTILE
            else:
                assert script.get("src", "").startswith("/static/pages.js?v=")
                assert script.text is None
        assert not [name for one in elements for name in one.attrib if name.startswith("on")]
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)


class TestPictures:
    @pytest.fixture
    def pictured(self, site: Site) -> Site:
        for name in ("shown.png", "hidden.png", "unnamed.png"):
            Picture.new("RGB", (30, 20)).save(site.folder / name)
        (site.folder / "d.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        site.write("a.md", DATED + "title: A\nimages: [shown.png, d.svg]")
        site.write("b.md", DATED + "title: B\npublished: false\nimages: [hidden.png]")
        site.read()
        return site

    def test_what_a_visible_article_names_is_served(self, pictured: Site) -> None:
        answer = pictured.client.get("/media/articles/shown.png", buffered=True)
        assert answer.status_code == 200
        assert answer.mimetype == "image/png"
        assert answer.data == (pictured.folder / "shown.png").read_bytes()
        feed = pictured.client.get("/feed.json").json
        assert feed is not None
        attachment = feed["items"][0]["attachments"][0]
        assert attachment == {
            "url": "https://news.example.org/media/articles/shown.png",
            "mime_type": "image/png",
            "size_in_bytes": len(answer.data),
        }

    def test_pictures_of_providers_and_related_stories_are_served_too(self, site: Site) -> None:
        Picture.new("RGB", (3, 2)).save(site.folder / "icon.png")
        site.write("a.md", DATED + "title: A\nprovider: {name: P, images: [icon.png]}")
        site.read()
        feed = site.client.get("/feed.json").json
        assert feed is not None
        avatar = feed["items"][0]["authors"][0]["avatar"]
        path = avatar.removeprefix("https://news.example.org")
        assert site.client.get(path, buffered=True).status_code == 200

    def test_an_svg_may_do_nothing(self, pictured: Site) -> None:
        answer = pictured.client.get("/media/articles/d.svg", buffered=True)
        assert answer.mimetype == "image/svg+xml"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        "path",
        ["hidden.png", "unnamed.png", "a.md", "../articles/shown.png", "%2e%2e/shown.png",
         "./shown.png", "/etc/passwd", "..%2f..%2fetc/passwd", "shown.png/", "shown.png%00"],
    )  # fmt: skip
    def test_nothing_else_is(self, pictured: Site, path: str) -> None:
        assert pictured.client.get(f"/media/articles/{path}").status_code in {404, 308}

    def test_a_file_that_became_a_link_outside_is_not(self, pictured: Site, tmp_path: Path) -> None:
        Picture.new("RGB", (30, 20)).save(tmp_path / "outside.png")
        (pictured.folder / "shown.png").unlink()
        (pictured.folder / "shown.png").symlink_to(tmp_path / "outside.png")
        assert pictured.client.get("/media/articles/shown.png").status_code == 404


def test_days_are_those_of_the_site(make_site: Callable[..., Site]) -> None:
    site = make_site(site__timezone="Europe/Berlin")
    site.write("a.md", "title: A\npublishedDateTime: 2026-03-30T00:40:00+02:00")
    site.read()
    assert '<time datetime="2026-03-29T22:40:00+00:00">March 30, 2026</time>' in (
        site.client.get("/").text
    )


@pytest.mark.parametrize("line", ["", "featuredContent: <b>Video</b>\nexcerpt: Read me once."])
def test_an_excerpt_stands_once_on_its_page(site: Site, line: str) -> None:
    site.write("a.md", f"{DATED}title: A\nslug: kept\n{line}", "" if line else "Read me once.")
    site.read()
    page = html.fromstring(site.client.get("/stories/kept/").text)
    assert page.find(".//main").text_content().count("Read me once.") == 1


def test_a_body_can_be_read_here(site: Site) -> None:
    site.write("a.md", DATED + "title: A\nwebUrl: https://a.example/\nslug: kept", "Body.")
    site.write("b.md", DATED + "title: B\nwebUrl: https://b.example/\nslug: other")
    site.read()
    page = site.client.get("/").text
    assert 'href="/stories/kept/">Read here</a>' in page
    assert "/stories/other/" not in page


def test_the_shown_list_says_when_there_is_more(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__limit=1)
    for day in (1, 2):
        site.write(f"{day}.md", f"title: T{day}\npublishedDateTime: 2026-03-0{day}\ntopics: [Sea]")
    site.read()
    page = site.client.get("/topics/sea/").text
    assert "<span>2 stories</span>" in page
    # The newest page has all of the newest full one: the next is that before it.
    assert 'class="older" href="/topics/sea/archive/1/">' in page
    oldest = site.client.get("/topics/sea/archive/1/").text
    # Which is the newest page, since nothing is newer.
    assert 'href="/topics/sea/">Newest stories' in oldest
    assert 'href="/topics/sea/">Newest stories' in site.client.get("/topics/sea/archive/2/").text
    assert site.client.get("/topics/sea/archive/3/").status_code == 404


def test_pages_of_the_archive_say_from_when_they_are(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__limit=2)
    for day in range(1, 6):
        site.write(f"{day}.md", f"title: T{day}\npublishedDateTime: 2026-03-0{day}T10:00:00Z")
    site.write("undated.md", "title: U")
    site.read()
    assert "Older stories: March 2, 2026 – March 3, 2026" in site.client.get("/archive/2/").text
    oldest = site.client.get("/archive/1/").text
    assert "Older stories: March 1, 2026 – March 1, 2026" in oldest
    # The newest two are all of the third.
    assert 'href="/archive/">Newest stories' in site.client.get("/archive/2/").text


@pytest.mark.parametrize("path", ["/archive/", "/archive/1/"])
def test_parameters_of_all_stories_are_taken_at_their_word(site: Site, path: str) -> None:
    for day in range(1, 9):
        site.write(f"{day}.md", f"title: T{day}\npublishedDateTime: 2026-03-0{day}\ntopics: [Sea]")
    site.read()
    assert site.client.get(f"{path}?topci=sea").status_code in {400, 404}
    found = site.client.get("/archive/?topic=sea")
    assert (found.status_code, found.headers["Location"]) == (301, "/topics/sea/")
    assert site.client.get("/archive/?utm_source=x").status_code == 200


def test_a_search_offers_the_feeds_of_that_name(site: Site) -> None:
    site.write(
        "a.md",
        DATED + "title: A\ntopics: [C++, C#, Sea]\nprovider: {name: Sea Times, domain: s.example}",
    )
    site.write("b.md", DATED + "title: Sea\npublished: false\ntopics: [Deep Sea]")
    site.read()
    page = html.fromstring(site.client.get("/custom?q=sea").text)
    [offered] = page.find_class("alike")
    assert [link.text for link in offered.iter("a")] == ["Sea", "Sea Times"]
    assert page.xpath("//input[@id='search']/@value") == ["sea"]
    page = html.fromstring(site.client.get("/custom?q=c").text)
    assert [link.text for link in page.find_class("alike")[0].iter("a")] == ["C#", "C++"]
    assert html.fromstring(site.client.get("/custom?has=image").text).find_class("alike") == []


def test_where_one_is_is_said(site: Site) -> None:
    site.read()
    for path, name in (
        ("/topics/", "Topics"),
        ("/build", "Build a feed"),
        ("/archive/", "Stories"),
    ):
        page = html.fromstring(site.client.get(path).text)
        assert page.xpath("//nav//a[@aria-current='page']/text()") == [name]
    assert "aria-current" not in site.client.get("/").text
