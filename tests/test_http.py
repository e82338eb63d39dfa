"""The feeds over HTTP: addresses, types, names, and the answers when there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import feedparser
import pytest
from support import BASE_URL, NOW, Site
from werkzeug.test import create_environ, run_wsgi_app

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
FORMATS = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


@pytest.fixture
def filled(site: Site) -> Site:
    site.write(
        "a.md",
        DATED + "title: A\nwebUrl: https://a.example/a\ntopics: [AI in Healthcare, C++, 北京]\n"
        "provider: {name: Reuters, domain: Reuters.com}\ncategory: News\ntype: article",
    )
    site.write("b.md", DATED + "title: B\nprovider: The Lamplighter\ntopics: Sea")
    site.write("hidden.md", DATED + "title: Veiled\npublished: false\ntopics: [Secret plans]")
    site.read()
    return site


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/feed", ["A", "B"]),
        ("/topics/ai-in-healthcare", ["A"]),
        ("/topics/c-plus-plus", ["A"]),
        ("/topics/北京", ["A"]),
        ("/topics/%E5%8C%97%E4%BA%AC", ["A"]),
        ("/topics/sea", ["B"]),
        ("/providers/reuters.com", ["A"]),
        ("/providers/the-lamplighter", ["B"]),
        ("/categories/news", ["A"]),
        ("/types/article", ["A"]),
        ("/topics/secret-plans", []),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_every_feed_in_every_format(
    filled: Site, path: str, titles: list[str], format: str
) -> None:
    answer = filled.client.get(f"{path}.{format}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == FORMATS[format]
    if format == "json":
        assert sorted(item["title"] for item in json.loads(answer.data)["items"]) == titles
    else:
        parsed = feedparser.parse(answer.data, response_headers={"content-type": FORMATS[format]})
        assert not parsed.bozo
        assert sorted(entry.title for entry in parsed.entries) == titles


@pytest.mark.parametrize("format", FORMATS)
def test_a_self_link_is_the_address_that_was_asked(filled: Site, format: str) -> None:
    path = f"topics/%E5%8C%97%E4%BA%AC.{format}"
    text = filled.client.get(f"/{path}").text
    assert BASE_URL + path in text


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/topics/AI in Healthcare.rss", "/topics/ai-in-healthcare.rss"),
        ("/topics/Sea.json", "/topics/sea.json"),
        ("/providers/REUTERS.com.atom", "/providers/reuters.com.atom"),
        ("/topics/SEA/", "/topics/sea/"),
        ("/topics/C++.rss", "/topics/c-plus-plus.rss"),
    ],
)
def test_another_spelling_leads_to_the_feed(filled: Site, path: str, there: str) -> None:
    answer = filled.client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, there)


def test_a_name_that_nobody_used_is_not_found_and_helps(filled: Site) -> None:
    answer = filled.client.get("/topics/see.rss")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "title": "There is no such feed",
        "status": 404,
        "detail": "There is no feed topics/see.",
        "parameter": "topic",
        "found": "see",
        "expected": f"one of those at {BASE_URL}topics/",
        "nearest": ["sea", "ai-in-healthcare", "c-plus-plus"],
    }
    page = filled.client.get("/topics/see/", headers={"Accept": "text/html, */*;q=0.8"})
    assert page.status_code == 404
    assert 'href="/topics/sea/"' in page.text


@pytest.mark.parametrize("path", ["/topics/secret.rss", "/topics/secret-plan/", "/topics/", "/"])
def test_what_is_hidden_is_never_suggested_or_listed(filled: Site, path: str) -> None:
    text = filled.client.get(path).text.lower()
    assert "secret-plans" not in text
    assert "veiled" not in text
    assert "secret plans" not in text


@pytest.mark.parametrize("path", ["/nothing", "/news.xml", "/topics/sea.txt", "/stories/none/"])
def test_other_addresses_lead_nowhere(filled: Site, path: str) -> None:
    assert filled.client.get(path, follow_redirects=True).status_code == 404


def test_a_configured_topic_has_a_feed_before_its_first_article(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(topics={"Deep Sea": {"title": "The deep", "description": "Below."}})
    site.read()
    feed = site.client.get("/topics/deep-sea.json").json
    assert feed is not None
    assert (feed["title"], feed["description"], feed["items"]) == ("The deep", "Below.", [])


def test_limit_and_formats_are_configured(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__limit=2, feeds__formats=["json", "atom"])
    for day in range(1, 5):
        site.write(f"{day}.md", f"title: T{day}\npublishedDateTime: 2026-03-0{day}")
    site.read()
    assert site.titles("/feed.json") == ["T4", "T3"]
    assert site.client.get("/feed.rss").status_code == 404
    assert ".rss" not in site.client.get("/feed.atom").text
    assert ".rss" not in site.client.get("/").text


@pytest.mark.parametrize("path", ["/feed.rss", "/", "/topics/x.json", "/stories/x/", "/topics/"])
def test_before_the_first_reading_the_answer_is_later(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("format", FORMATS)
def test_a_poll_with_nothing_new_is_answered_without_a_body(filled: Site, format: str) -> None:
    first = filled.client.get(f"/feed.{format}")
    tag = first.headers["ETag"]
    again = filled.client.get(f"/feed.{format}", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    head = filled.client.head(f"/feed.{format}")
    assert (head.data, head.headers["ETag"]) == (b"", tag)
    filled.write("c.md", DATED + "title: C")
    filled.read()
    changed = filled.client.get(f"/feed.{format}", headers={"If-None-Match": tag})
    assert changed.status_code == 200


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_feed_is_a_valid_feed(site: Site, format: str) -> None:
    site.read()
    answer = site.client.get(f"/feed.{format}")
    assert answer.status_code == 200
    if format != "json":
        parsed = feedparser.parse(answer.data)
        assert not parsed.bozo
        assert parsed.feed.title == "Test News"
        assert parsed.entries == []


def test_a_future_article_gives_nothing_away_and_then_appears(site: Site) -> None:
    moment = NOW + timedelta(hours=1)
    site.write("a.md", DATED + "title: A")
    site.write("f.md", f"title: Future\npublishedDateTime: {moment.isoformat()}\ntopics: [Ahead]")
    site.write("u.md", f"{DATED}title: U\nupdatedDateTime: {moment.isoformat()}")
    site.read()
    paths = ("/feed.rss", "/feed.atom", "/feed.json", "/", "/topics/")
    before = {path: site.client.get(path) for path in paths}
    for answer in before.values():
        for trace in ("Future", "Ahead", "ahead", "13:00"):
            assert trace not in answer.text
    site.clock.now = moment
    assert site.titles("/feed.json") == ["Future", "A", "U"]
    for path, answer in before.items():
        assert site.client.get(path).headers["ETag"] != answer.headers["ETag"]


def test_without_a_public_address_feeds_carry_that_of_the_request(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(site__url=None)
    site.write("a.md", DATED + "title: A")
    site.read()
    feed = site.client.get("/feed.json", headers={"Host": "example.net:81"}).json
    assert feed is not None
    assert feed["feed_url"] == "http://example.net:81/feed.json"
    other = site.client.get("/feed.json", headers={"X-Forwarded-Host": "evil.example"}).text
    assert "evil.example" not in other


@pytest.mark.parametrize("asked", ["/", "/news/"])
def test_a_public_address_with_a_path(make_site: Callable[..., Site], asked: str) -> None:
    site = make_site(site__url="https://example.org/news/")
    site.write("a.md", DATED + "title: A\ntopics: [Sea]")
    site.read()
    assert site.client.get(f"{asked}topics/sea.json").json["feed_url"] == (  # type: ignore[index]
        "https://example.org/news/topics/sea.json"
    )
    page = site.client.get(asked).text
    assert 'href="/news/static/style.css?v=' in page
    assert 'href="/news/topics/sea/"' in page
    assert site.client.get("/news/static/style.css", buffered=True).status_code == 200


@pytest.mark.parametrize("path", ["/topics", "/topics/sea", "/stories/x"])
def test_a_forgotten_slash_is_mended_under_the_public_address(
    make_site: Callable[..., Site], path: str
) -> None:
    site = make_site(site__url="https://pub.example/news/")
    site.read()
    answer = site.client.get(f"{path}?q=1")
    assert (answer.status_code, answer.headers["Location"]) == (
        308,
        f"/news{path}/" + ("?q=1" if path == "/topics/sea" else ""),
    )


@pytest.mark.parametrize("asked", ["/news", "/news/"])
def test_the_public_address_itself_answers(make_site: Callable[..., Site], asked: str) -> None:
    site = make_site(site__url="https://pub.example/news/")
    site.read()
    assert site.client.get(asked).status_code == 200


def test_a_public_address_with_signs_in_its_path(make_site: Callable[..., Site]) -> None:
    site = make_site(site__url="https://pub.example/nü s/".replace(" ", "%20"))
    site.read()
    feed = site.client.get("/n%C3%BC%20s/feed.json").json
    assert feed is not None
    assert feed["feed_url"] == "https://pub.example/n%C3%BC%20s/feed.json"


@pytest.mark.parametrize("host", ["xn--", 'evil"><x', "a b", "a/b", "a\u00fc", ""])
def test_a_host_that_is_none_is_refused(make_site: Callable[..., Site], host: str) -> None:
    site = make_site(site__url=None)
    site.read()
    # Not through the test client, which reads the host itself.
    environ = create_environ("/feed.rss") | {"HTTP_HOST": host}
    body, status, _ = run_wsgi_app(site.app, environ)
    assert status == "400 Bad Request"
    assert b"evil" not in b"".join(body)


def test_providers_may_be_configured_by_name(make_site: Callable[..., Site]) -> None:
    site = make_site(providers={"Node.js": {"title": "N"}, "Reuters": {"title": "R"}})
    site.write("a.md", DATED + "title: A\nprovider: Node.js")
    site.write("b.md", DATED + "title: B\nprovider: {name: Reuters, domain: reuters.com}")
    site.read()
    for path, title in (("node-js", "N"), ("reuters.com", "R")):
        feed = site.client.get(f"/providers/{path}.json").json
        assert feed is not None
        assert feed["title"] == title


def test_ids_do_not_know_where_they_are_served(make_site: Callable[..., Site]) -> None:
    found = []
    for url in ("https://one.example/", "http://two.example/feeds/"):
        site = make_site(site__url=url)
        site.write("a.md", DATED + "title: A")
        site.write("b.md", DATED + "title: B\nwebUrl: /b/")
        site.read()
        found.append([item["id"] for item in site.client.get("/feed.json").json["items"]])  # type: ignore[index]
        atom = feedparser.parse(site.client.get("/feed.atom").data)
        found[-1].append(atom.feed.id)
    assert found[0] == found[1]


def test_guids_are_permalinks_only_where_they_are_the_link(site: Site) -> None:
    site.write("a.md", DATED + "title: A\nwebUrl: https://a.example/a")
    site.write("b.md", DATED + "title: B\nid: https://old.example/b\nwebUrl: https://a.example/b")
    site.read()
    text = site.client.get("/feed.rss").text
    assert '<guid isPermaLink="true">https://a.example/a</guid>' in text
    assert '<guid isPermaLink="false">https://old.example/b</guid>' in text


def test_a_removed_article_is_nowhere_even_in_preview(make_site: Callable[..., Site]) -> None:
    site = make_site(preview=True)
    site.write("a.md", DATED + "title: Gone\nremoved: true")
    site.write("b.md", DATED + "title: Held\npublished: false")
    site.read()
    answer = site.client.get("/feed.json")
    assert [item["title"] for item in answer.json["items"]] == ["Held"]  # type: ignore[index]


class TestPreview:
    @pytest.fixture
    def preview(self, make_site: Callable[..., Site]) -> Site:
        site = make_site(preview=True)
        site.write("a.md", DATED + "title: Held\npublished: false\ntopics: [Sea]")
        site.write("b.md", "title: Later\npublishedDateTime: 2036-01-01")
        site.read()
        return site

    def test_it_shows_what_is_held_back(self, preview: Site) -> None:
        assert preview.titles("/feed.json") == ["Later", "Held"]

    @pytest.mark.parametrize(
        "path", ["/", "/topics/", "/topics/sea/", "/topics/sea.rss", "/nothing", "/topics/zzz.rss"]
    )
    def test_every_answer_is_private(self, preview: Site, path: str) -> None:
        answer = preview.client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        if answer.mimetype == "text/html":
            assert "<strong>Preview.</strong>" in answer.text
            assert '<meta name="robots" content="noindex">' in answer.text

    def test_each_story_says_why_it_is_held_back(self, preview: Site) -> None:
        page = preview.client.get("/").text
        assert "Held back: not published" in page
        assert "Held back: its date is to come" in page

    @pytest.mark.parametrize("format", FORMATS)
    def test_a_feed_says_so_in_its_title(self, preview: Site, format: str) -> None:
        assert "[Preview] Test News" in preview.client.get(f"/feed.{format}").text

    @pytest.mark.parametrize(
        ("headers", "remote"),
        [
            ({}, "192.0.2.1"),
            ({"Host": "evil.example"}, "127.0.0.1"),
            ({"Host": "127.0.0.1.evil.example"}, "127.0.0.1"),
            ({"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1"),
            ({"Forwarded": "for=192.0.2.1"}, "127.0.0.1"),
        ],
    )
    def test_it_is_for_this_machine_alone(
        self, preview: Site, headers: dict[str, str], remote: str
    ) -> None:
        answer = preview.client.get(
            "/feed.json", headers=headers, environ_base={"REMOTE_ADDR": remote}
        )
        assert answer.status_code in {400, 403}
        assert "Held" not in answer.text

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "localhost:1"])
    def test_this_machine_has_several_names(self, preview: Site, host: str) -> None:
        assert preview.client.get("/feed.json", headers={"Host": host}).status_code == 200
