"""Feeds on other people's pages, as servers and programs see it: frames, oEmbed, badges, CORS."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from clients import ask, serving, write_site
from faults import FaultyServer
from lxml import etree, html
from support import BASE_URL, Site

import feedsvc.web

DATED = "publishedDateTime: 2026-05-30T10:00:00Z\n"
HOSTILE = "<img src=x onerror=alert(1)>\"'&"
# Of the bytes that pages out there name. A change makes another version.
DIGESTS = {"embed-1.js": "aNN7Kq+xLV5Wv5RTTtNgABgrPy//NiqmywnE8Q+kL4JhcKBffMbPY2soiOSlizuh"}


@pytest.fixture
def filled(make_site: Callable[..., Site]) -> Site:
    site = make_site(feeds__saved={"best": {"title": "The best", "topic": "Sea"}})
    for number in range(8):
        site.write(
            f"{number}.md",
            f"title: Story {number}\nslug: s{number}\ntopics: [Sea, Deep]\n"
            f"publishedDateTime: 2026-05-{20 + number}T10:00:00Z\nexcerpt: Excerpt {number}\n"
            "provider: {name: Paper, domain: paper.example}\n"
            f"images: [{{url: 'https://a.example/{number}.jpg', width: 400, height: 300}}]\n"
            "authors: [Ada]",
        )
    site.write("held.md", DATED + "title: Held\nslug: held\ntopics: [Sea]\npublished: false")
    site.read()
    return site


def framed(site: Site, path: str) -> html.HtmlElement:
    answer = site.client.get(f"/embed/{path}")
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def titles(page: html.HtmlElement) -> list[str]:
    return [str(one) for one in page.xpath("//li//h2/a/text()")]


class TestFrames:
    @pytest.mark.parametrize(
        "path",
        ["feed", "archive", "topics/sea", "topics/sea.rss", "topics/sea/", "topics/Sea",
         "topics/deep+sea", "topics/sea/providers/paper.example", "feeds/best",
         "custom?topic=sea&q=story", "custom.json?topic=sea", "topics/sea?has=image"],
    )  # fmt: skip
    def test_any_feed_can_be_framed(self, filled: Site, path: str) -> None:
        page = framed(filled, path)
        assert titles(page) == [f"Story {number}" for number in (7, 6, 5, 4, 3)]
        assert page.xpath("//base/@target") == ["_blank"]
        assert page.xpath("//script") == []
        links = page.xpath("//a/@href")
        assert all(link.startswith("https://") for link in links)
        [home] = page.xpath("//h1/a/@href")
        assert filled.client.get(home.removeprefix(BASE_URL.rstrip("/"))).status_code == 200

    def test_it_looks_as_asked(self, filled: Site) -> None:
        plain = framed(filled, "topics/sea")
        assert plain.get("data-theme") == "auto"
        assert plain.xpath("//body/@class") == ["list"]
        assert len(plain.xpath("//li/img")) == 5
        page = framed(
            filled, "topics/sea?theme=dark&layout=cards&limit=2&images=none&accent=0A5C4a"
        )
        assert page.get("data-theme") == "dark"
        assert page.xpath("//body/@class") == ["cards"]
        assert titles(page) == ["Story 7", "Story 6"]
        assert page.xpath("//img") == []
        assert page.xpath("//style/text()") == [":root{--accent:#0a5c4a}"]
        assert page.xpath("//li//p[1]/text()") == ["Excerpt 7", "Excerpt 6"]
        ticker = framed(filled, "feed?layout=ticker")
        assert ticker.xpath("//ul/@tabindex") == ["0"]
        assert ticker.xpath("//img") == []

    @pytest.mark.parametrize(
        ("path", "status", "said"),
        [
            ("topics/sea?theme=pink", 400, "theme: expected one of auto, light, dark"),
            ("topics/sea?layout=x", 400, "layout: expected"),
            ("topics/sea?limit=0", 400, "limit: expected a whole number from 1 to 50"),
            ("topics/sea?limit=51", 400, "limit: expected"),
            ("topics/sea?accent=red;}", 400, "accent: expected a colour"),
            ("topics/sea?accent=1234", 400, "accent: expected"),
            ("topics/sea?them=dark", 400, "them: expected"),
            ("feeds/best?q=x", 400, "a saved feed"),
            ("topics/nobody", 404, "There is no feed"),
            ("nothing/at/all", 404, "There is no feed"),
            ("stories/s1", 404, "There is no feed"),
        ],
    )
    def test_a_mistake_is_told_in_the_frame(
        self, filled: Site, path: str, status: int, said: str
    ) -> None:
        answer = filled.client.get(f"/embed/{path}")
        assert answer.status_code == status
        assert said in html.document_fromstring(answer.text).text_content()
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]

    def test_only_frames_may_be_framed(self, filled: Site) -> None:
        for path in ("/", "/topics/sea/", "/build", "/stories/s1/", "/nothing"):
            answer = filled.client.get(path, headers={"Accept": "text/html"})
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        opened = filled.client.get("/feed.rss", headers={"Sec-Fetch-Dest": "document"})
        assert "frame-ancestors 'none'" in opened.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        ("allowed", "expected"),
        [
            (["https://a.example", "http://*.b.example:8080", "'self'"],
             "https://a.example http://*.b.example:8080 'self'"),
            (["https://a.example"], "https://a.example 'self'"),
            ([], "'none'"),
        ],
    )  # fmt: skip
    def test_the_configuration_says_who_may(
        self, make_site: Callable[..., Site], allowed: list[str], expected: str
    ) -> None:
        site = make_site(serving__frame_ancestors=allowed)
        site.read()
        policy = site.client.get("/embed/feed").headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors {expected}")

    def test_where_nobody_may_nothing_is_offered(self, make_site: Callable[..., Site]) -> None:
        site = make_site(serving__frame_ancestors=[])
        site.read()
        page = site.client.get("/archive/").text
        assert "<iframe" not in page
        assert "as-frame" not in page
        told = site.client.get(f"/oembed?url={BASE_URL}archive/").json
        assert told is not None
        assert (told["type"], "html" in told) == ("link", False)

    def test_the_one_inline_style_is_allowed_by_its_digest(self, filled: Site) -> None:
        answer = filled.client.get("/embed/feed?accent=123")
        [style] = html.document_fromstring(answer.text).xpath("//style/text()")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
        plain = filled.client.get("/embed/feed").headers["Content-Security-Policy"]
        assert "style-src 'self';" in plain

    def test_hostile_text_stays_text(self, site: Site) -> None:
        quoted = HOSTILE.replace("'", "''")
        site.write("a.md", f"{DATED}title: '{quoted}'\nexcerpt: '{quoted}'\ntopics: ['{quoted}']\n"
                   f"provider: '{quoted}'")  # fmt: skip
        site.read()
        for path in ("/embed/feed?layout=cards", "/badge/feed.svg"):
            answer = site.client.get(path)
            tree = etree.fromstring(answer.data, etree.HTMLParser())
            assert not [one for one in tree.iter("img") if one.get("src") == "x"]
            assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on")]

    def test_an_embargo_ends_in_it_too(self, site: Site) -> None:
        site.write("a.md", "title: Soon\npublishedDateTime: 2026-06-01T12:01:00Z")
        site.read()
        assert titles(framed(site, "feed")) == []
        assert "max-age=60" in site.client.get("/embed/feed").headers["Cache-Control"]
        site.clock.now = datetime(2026, 6, 1, 12, 1, tzinfo=UTC)
        assert titles(framed(site, "feed")) == ["Soon"]


class TestComponent:
    def test_a_version_never_changes(self) -> None:
        for name, digest in DIGESTS.items():
            file = Path(feedsvc.web.__file__).parent / "static" / name
            assert base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode() == digest
            assert len(gzip.compress(file.read_bytes(), mtime=0)) < 6000

    def test_it_has_an_address_for_good_and_one_for_the_newest(self, site: Site) -> None:
        latest, first = site.client.get("/embed.js"), site.client.get("/embed-1.js")
        assert latest.data == first.data
        assert latest.content_type == "text/javascript; charset=utf-8"
        assert "max-age=3600" in latest.headers["Cache-Control"]
        assert "max-age=31536000" in first.headers["Cache-Control"]
        for path in ("/embed-0.js", "/embed-2.js", "/embed-01.js"):
            assert site.client.get(path).status_code == 404

    def test_the_snippet_names_its_digest(self, filled: Site) -> None:
        page = html.document_fromstring(filled.client.get("/topics/sea/").text)
        pasted = page.get_element_by_id("as-component").text
        assert f'src="{BASE_URL}embed-1.js" integrity="sha384-{DIGESTS["embed-1.js"]}"' in pasted
        assert f'<feed-embed src="{BASE_URL}topics/sea.json"' in pasted

    def test_without_json_there_is_none(self, make_site: Callable[..., Site]) -> None:
        site = make_site(feeds__formats=["rss"])
        site.read()
        page = site.client.get("/archive/").text
        assert "feed-embed" not in page
        assert "/embed/feed" in page


def test_a_frame_has_a_number_and_pictures_of_its_own(filled: Site) -> None:
    page = html.document_fromstring(
        filled.client.get("/custom?images=inline&limit=100&q=story").text
    )
    frame = html.fragment_fromstring(page.get_element_by_id("as-frame").text)
    assert frame.get("src") == f"{BASE_URL}embed/custom?q=story"
    assert "you can add &theme=dark" in page.text_content()
    page = html.document_fromstring(filled.client.get("/topics/sea/").text)
    assert "you can add ?theme=dark" in page.text_content()


def test_what_is_pasted_is_markup_of_what_it_says(filled: Site) -> None:
    filled.write("z.md", f"title: Z\ntopics: ['A \"b\" & [c]']\n{DATED}")
    filled.read()
    page = html.document_fromstring(filled.client.get("/topics/a-b-and-c/").text)
    frame = html.fragment_fromstring(page.get_element_by_id("as-frame").text)
    assert (frame.tag, frame.get("title")) == ("iframe", 'A "b" & [c]')
    assert frame.get("src") == f"{BASE_URL}embed/topics/a-b-and-c"
    links = html.fragments_fromstring(page.get_element_by_id("as-links").text)
    assert [link.get("href") for link in links] == [
        f"{BASE_URL}topics/a-b-and-c.{format}" for format in ("rss", "atom", "json")
    ]
    assert links[0].get("title") == 'A "b" & [c] (RSS)'
    badge = page.get_element_by_id("as-badge").text
    assert badge == (
        f'[![A "b" & \\[c\\]]({BASE_URL}badge/topics/a-b-and-c.svg)]({BASE_URL}topics/a-b-and-c/)'
    )


REQUIRED = {
    "rich": {"type", "version", "html", "width", "height"},
    "link": {"type", "version"},
}
KNOWN = {"type", "version", "title", "author_name", "author_url", "provider_name", "provider_url",
         "thumbnail_url", "thumbnail_width", "thumbnail_height", "html", "width",
         "height"}  # fmt: skip


class TestOembed:
    @pytest.mark.parametrize("format", ["json", "xml", None])
    @pytest.mark.parametrize(
        ("path", "type"),
        [
            ("", "rich"), ("archive/", "rich"), ("topics/sea/", "rich"), ("topics/sea", "rich"),
            ("topics/sea.atom", "rich"), ("feeds/best/", "rich"), ("custom?q=story", "rich"),
            ("topics/sea/providers/paper.example/", "rich"), ("stories/s1/", "link"),
            ("stories/s1", "link"),
        ],
    )  # fmt: skip
    def test_each_page_and_feed_is_described(
        self, filled: Site, path: str, type: str, format: str | None
    ) -> None:
        asked = {"url": BASE_URL + path} | ({"format": format} if format else {})
        answer = filled.client.get(f"/oembed?{urlencode(asked)}")
        assert answer.status_code == 200
        if format == "xml":
            assert answer.content_type == "text/xml; charset=utf-8"
            tree = etree.fromstring(answer.data)
            assert tree.tag == "oembed"
            told = {str(one.tag): one.text for one in tree}
            for name in {"width", "height"} & set(told):
                told[name] = int(str(told[name]))
        else:
            assert answer.content_type == "application/json"
            told = answer.json or {}
        assert REQUIRED[type] <= set(told) <= KNOWN
        assert (told["type"], told["version"]) == (type, "1.0")
        assert told["provider_url"] == BASE_URL
        thumbnail = {name for name in told if name.startswith("thumbnail")}
        assert len(thumbnail) in {0, 3}
        if type == "rich":
            frame = html.fragment_fromstring(told["html"])
            assert frame.tag == "iframe"
            assert (frame.get("width"), frame.get("height")) == (
                str(told["width"]), str(told["height"]),
            )  # fmt: skip
            shown = frame.get("src").removeprefix(BASE_URL.rstrip("/"))
            assert filled.client.get(shown).status_code == 200
        else:
            assert (told["title"], told["author_name"]) == ("Story 1", "Ada")

    def test_limits_are_kept(self, filled: Site) -> None:
        def told(**limits: object) -> dict[str, object]:
            asked = {"url": f"{BASE_URL}topics/sea/"} | limits
            answer = filled.client.get(f"/oembed?{urlencode(asked)}").json
            assert answer is not None
            return dict(answer)

        assert (told()["width"], told()["height"]) == (600, 480)
        small = told(maxwidth=320, maxheight=100)
        assert (small["width"], small["height"]) == (320, 100)
        assert "thumbnail_url" not in small
        tiny = told(maxwidth=10, maxheight=20)
        assert (tiny["width"], tiny["height"]) == (10, 20)
        large = told(maxwidth=5000, maxheight="99999999999")
        assert (large["width"], large["height"]) == (600, 480)
        story = {"url": f"{BASE_URL}stories/s1/", "maxwidth": 399}
        assert b"thumbnail" not in filled.client.get(f"/oembed?{urlencode(story)}").data

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 400), ("url=", 400), ("url=%2F", 404), ("url=https://else.example/topics/sea/", 404),
            (f"url={BASE_URL}nothing/", 404), (f"url={BASE_URL}topics/nobody/", 404),
            (f"url={BASE_URL}stories/held/", 404), (f"url={BASE_URL}stories/nobody/", 404),
            (f"url={BASE_URL}topics/sea/&format=yaml", 501), ("url=http://[::1/", 404),
            (f"url={BASE_URL}topics/sea/&maxwidth=wide", 400), ("url=javascript:alert(1)", 404),
            (f"url={BASE_URL}topics/sea/&maxheight=0", 400), ("url=%00", 404),
            (f"url={BASE_URL}topics/sea/&utm_source=x&unknown=1", 200),
        ],
    )  # fmt: skip
    def test_others_are_refused(self, filled: Site, query: str, status: int) -> None:
        assert filled.client.get(f"/oembed?{query}").status_code == status

    def test_pages_say_where_it_is(self, filled: Site) -> None:
        for path in (
            "/topics/sea/",
            "/archive/",
            "/feeds/best/",
            "/custom?q=story",
            "/stories/s1/",
        ):
            page = html.document_fromstring(filled.client.get(path).text)
            for type in ("application/json+oembed", "text/xml+oembed"):
                [href] = page.xpath(f"//link[@rel='alternate' and @type='{type}']/@href")
                answer = filled.client.get(href.removeprefix(BASE_URL.rstrip("/")))
                assert answer.status_code == 200
                assert answer.mimetype == type.removesuffix("+oembed")

    def test_addresses_are_taken_as_the_site_takes_them(
        self, make_site: Callable[..., Site]
    ) -> None:
        site = make_site(
            feeds__saved={"best": {"topic": "Sea", "aliases": ["good"]}},
            serving__old_addresses={"/blog/sea.xml": "/topics/sea.rss"},
        )
        site.write("a.md", DATED + "title: A\ntopics: [Sea, 北京]")
        site.read()
        for path in ("topics/sea/?utm_source=x&fbclid=1", "feeds/good/", "feeds/good.rss", "rss",
                     "blog/sea.xml", "topics/北京/", "topics/%E5%8C%97%E4%BA%AC.rss",
                     "custom?q=a%20b&utm_source=x", "topics/sea?raw", ""):  # fmt: skip
            asked = urlencode({"url": f"{BASE_URL}{path}"})
            assert site.client.get(f"/oembed?{asked}").status_code == 200, path
        for path in ("/embed/feeds/good", "/badge/feeds/good.svg", "/embed/rss"):
            assert site.client.get(path).status_code == 200, path
        asked = urlencode({"url": f"{BASE_URL}topics/sea/?topci=x"})
        assert site.client.get(f"/oembed?{asked}").status_code == 400

    def test_below_a_path(self, make_site: Callable[..., Site]) -> None:
        site = make_site(site__url="https://news.example.org/below/")
        site.read()
        inside = urlencode({"url": "https://news.example.org/below/archive/"})
        outside = urlencode({"url": "https://news.example.org/archive/"})
        assert site.client.get(f"/below/oembed?{inside}").status_code == 200
        assert site.client.get(f"/below/oembed?{outside}").status_code == 404
        root = urlencode({"url": "https://news.example.org/below"})
        assert site.client.get(f"/below/oembed?{root}").status_code == 200
        beside = urlencode({"url": "https://news.example.org/belowarchive/"})
        assert site.client.get(f"/below/oembed?{beside}").status_code == 404


class TestBadges:
    def test_it_counts_the_stories_of_this_week(self, filled: Site) -> None:
        # Now is noon on 1 June: of the 25th to the 27th of May, that of the 25th is older.
        def said(path: str) -> str:
            answer = filled.client.get(f"/badge/{path}")
            assert answer.content_type == "image/svg+xml"
            return str(etree.fromstring(answer.data).get("aria-label"))

        assert said("topics/sea.svg") == "Sea: 2 this week"
        assert said("feed.svg") == "All stories: 2 this week"
        assert said("feeds/best.svg") == "The best: 2 this week"
        assert said("custom.svg?q=story&until=2026-05-26") == (
            "With “story”, until 2026-05-26: 1 this week"
        )
        filled.clock.now += timedelta(days=2)
        assert said("topics/sea.svg") == "Sea: 0 this week"

    def test_it_is_kept_until_a_story_gets_older_than_that(self, filled: Site) -> None:
        filled.clock.now = datetime(2026, 6, 2, 9, 59, tzinfo=UTC)
        told = filled.client.get("/badge/topics/sea.svg").headers["Cache-Control"]
        age = re.search(r"max-age=(\d+)", told)
        assert age is not None
        assert 60 <= int(age[1]) <= 62

    def test_it_is_kept_no_longer_than_the_feed(self, site: Site) -> None:
        site.write("a.md", "title: A\npublishedDateTime: 2026-06-01T00:00:40Z")
        site.write(
            "b.md",
            "title: B\npublishedDateTime: 2026-06-01T11:00:00Z\nexpiryDate: 2026-06-01T12:00:30Z",
        )
        site.read()
        for query, seconds in (
            ("since=12h", 30),
            ("until=12h", 30),
            ("has=image", 30),
            ("q=a&since=12h", 30),
        ):
            told = site.client.get(f"/badge/custom.svg?{query}").headers["Cache-Control"]
            assert f"max-age={seconds}" in told, query
        site.clock.now += timedelta(seconds=30)
        for query in ("since=12h", "until=12h"):
            told = site.client.get(f"/badge/custom.svg?{query}").headers["Cache-Control"]
            assert "max-age=10" in told or "max-age=11" in told, query

    def test_paced_and_folded_feeds_count_what_they_show(self, site: Site) -> None:
        for number in range(4):
            site.write(f"{number}.md", f"title: Same\nid: {number}\nquality: {number}\n"
                       f"publishedDateTime: 2026-05-30T1{number}:00:00Z")  # fmt: skip
        site.read()
        for query, count in (("fold=story", 1), ("pace=2/day+by+quality", 2), ("has=image", 0)):
            assert f"{count} this week" in site.client.get(f"/badge/custom.svg?{query}").text

    def test_there_is_one_for_feeds_alone(self, filled: Site) -> None:
        for path in ("nothing.svg", "topics/nobody.svg", "stories/s1.svg", "topics/sea.png"):
            assert filled.client.get(f"/badge/{path}").status_code == 404
        assert filled.client.get("/badge/custom.svg?limit=no").status_code == 400


SHARED = ["/feed.rss", "/topics/sea.json", "/archive/1.atom", "/feeds/best.rss", "/rss", "/old.xml",
          "/custom.json?q=tide", "/subscriptions.opml", "/api/query?q=tide", "/api/feeds.json",
          "/oembed?url=https://news.example.org/", "/badge/topics/sea.svg", "/embed.js",
          "/embed-1.js"]  # fmt: skip
REFUSED = [("/topics/nobody.rss", 404), ("/custom.rss?limit=0", 400), ("/topics/SEA.rss", 301),
           ("/api/query?foo=1", 400), ("/custom.rss?" + "a=1&" * 200, 400)]  # fmt: skip
OWN = ["/", "/topics/sea/", "/build", "/stories/story-1/", "/embed/topics/sea", "/media/articles/noise.png",
       "/static/pages.js", "/nothing"]  # fmt: skip
ORIGIN = {"Origin": "https://page.example"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("cors")
    write_site(
        directory,
        "feeds: {limit: 3, saved: {best: {topic: Sea}}}\nserver: {workers: 1}\n"
        "serving: {old_addresses: {/old.xml: /topics/sea.rss}}\n",
    )
    with serving(directory) as server:
        yield server


class TestOtherOrigins:
    @pytest.mark.parametrize("path", SHARED)
    def test_feeds_may_be_read_by_any(self, server: FaultyServer, path: str) -> None:
        for _ in range(2):  # rendered and remembered
            for method in ("GET", "HEAD"):
                reply = ask(server.port, path, ORIGIN, method)
                assert reply.status == 200
                assert reply["access-control-allow-origin"] == "*"
                assert "ETag" in str(reply["access-control-expose-headers"])
                assert "Last-Modified" in str(reply["access-control-expose-headers"])
                assert reply["access-control-allow-credentials"] is None
        same = ask(server.port, path, ORIGIN | {"If-None-Match": reply.tag})
        assert (same.status, same["access-control-allow-origin"]) == (304, "*")

    @pytest.mark.parametrize(("path", "status"), REFUSED)
    def test_so_may_refusals(self, server: FaultyServer, path: str, status: int) -> None:
        reply = ask(server.port, path, ORIGIN)
        assert (reply.status, reply["access-control-allow-origin"]) == (status, "*")

    @pytest.mark.parametrize("path", SHARED)
    def test_questions_before_are_answered(self, server: FaultyServer, path: str) -> None:
        asked = ORIGIN | {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        }
        reply = ask(server.port, path, asked, "OPTIONS")
        assert reply.status == 204
        assert reply["access-control-allow-origin"] == "*"
        assert "GET" in str(reply["access-control-allow-methods"])
        assert "If-None-Match" in str(reply["access-control-allow-headers"])
        assert int(str(reply["access-control-max-age"])) > 0

    @pytest.mark.parametrize("path", OWN)
    def test_pages_may_not(self, server: FaultyServer, path: str) -> None:
        assert ask(server.port, path, ORIGIN)["access-control-allow-origin"] is None

    def test_nor_may_what_is_for_one_person(self, server: FaultyServer) -> None:
        opened = ORIGIN | {"Sec-Fetch-Dest": "document"}
        for _ in range(2):
            assert ask(server.port, "/feed.rss", opened)["access-control-allow-origin"] is None
            assert ask(server.port, "/feed.rss", ORIGIN)["access-control-allow-origin"] == "*"

    def test_nor_a_preview(self, make_site: Callable[..., Site]) -> None:
        preview = make_site(preview=True, site__url=None)
        preview.write("a.md", DATED + "title: A\npublished: false")
        preview.read()
        for path in ("/feed.rss", "/api/feeds.json", "/topics/nobody.rss", "/badge/feed.svg"):
            answer = preview.client.get(path, base_url="http://127.0.0.1:8000", headers=ORIGIN)
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_who_is_told_to_wait_may_read_it(self, tmp_path: Path) -> None:
        write_site(tmp_path, "serving: {rate: {requests: 1, seconds: 60}}\n")
        with serving(tmp_path, server__workers=1) as server:
            replies = [ask(server.port, "/feed.rss", ORIGIN) for _ in range(4)]
            opened = [
                ask(server.port, "/feed.rss", ORIGIN | {"Sec-Fetch-Dest": "document"})
                for _ in range(3)
            ]
            at_alias = [ask(server.port, "/rss", ORIGIN) for _ in range(3)]
        assert replies[-1].status == at_alias[-1].status == opened[-1].status == 429
        assert {reply["access-control-allow-origin"] for reply in [*replies, *at_alias]} == {"*"}
        assert {reply["access-control-allow-origin"] for reply in opened} == {None}

    def test_questions_are_not_sent_elsewhere(self, tmp_path: Path) -> None:
        write_site(tmp_path, "serving: {other_addresses: redirect}\n")
        with serving(tmp_path, server__workers=1) as server:
            asked = ORIGIN | {"Access-Control-Request-Method": "GET"}
            assert ask(server.port, "/rss", asked, "OPTIONS").status == 204
            assert ask(server.port, "/rss", ORIGIN).status == 301

    def test_before_the_folder_is_read(self, site: Site) -> None:
        answer = site.client.get("/feed.json", headers=ORIGIN)
        assert answer.status_code == 503
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
