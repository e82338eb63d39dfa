"""Feeds that are described in their address, or saved under a name: what they hold, where they
are, and what is said of those there aren't.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from urllib.parse import urlencode, urlsplit

import feedparser
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from queries import queries
from support import BASE_URL, NOW, Site, article, parsed_of, temporary_store
from support import fill as fill_store

from feedsvc.config import load_settings
from feedsvc.errors import ConfigError
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.vocabulary import VOCABULARY, parse_query
from feedsvc.index.store import IndexPlace, Store
from feedsvc.model import Article, Facet, Person, Provider, Term
from feedsvc.web import create_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

STORIES = {
    # name: day of May, then front matter; each operator gives another answer.
    "one": (1, "topics: [AI, Robots]\nprovider: {name: Reuters, domain: reuters.com}\nquality: 60\nheat: 5\nauthor: Jane Doe\ntype: article"),
    "two": (2, "topics: [AI]\nprovider: {name: Reuters, domain: reuters.com}\nquality: 59\nheat: 900\ntype: video\nimages: ['https://x.example/i.png']"),
    "three": (3, "topics: [Robots, Sponsored]\nprovider: The Lamp\nquality: 90\nheat: -1\ncategory: News\nauthor: [Jane Doe, Max Roe]\nlocale: en-GB"),
    "four": (4, "topics: [AI in Healthcare]\nprovider: The Lamp\nquality: -1\ncategory: [News, Opinion]\nlocale: de\ntype: article"),
    "five": (5, "topics: [AI, AI in Healthcare, Robots]\nquality: 0\nheat: 5\nlocale: de-AT"),
}  # fmt: skip


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return fill(make_site(feeds__saved={
        "best": {"title": "The best", "description": "Few & good.", "image": "https://x.example/b.png",
                 "min_quality": 60, "order": "quality", "limit": 1, "aliases": ["greatest", "top"]},
        "robots": {"topic": "Robots", "not_topic": ["Sponsored"], "content": "excerpt"},
    }))  # fmt: skip


def fill(site: Site) -> Site:
    for name, (day, fields) in STORIES.items():
        site.write(
            f"{name}.md",
            f"title: {name}\nslug: {name}\npublishedDateTime: 2026-05-0{day}T10:00:00Z\nexcerpt: About {name}\n{fields}",
            f"The body of {name}: déjà vu, 東京都.",
        )
    site.write("hidden.md", "title: hidden\npublishedDateTime: 2026-05-06\npublished: false\n"
               "topics: [Robotics Secret]\nprovider: {name: X, domain: reuters.org}")  # fmt: skip
    site.read()
    return site


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("topic=ai&topic=ai-in-healthcare", "five four two one"),
        ("topic=ai&all_topic=robots", "five one"),
        ("topic=ai&topic=ai-in-healthcare&all_topic=robots", "five one"),
        ("not_topic=sponsored&topic=robots", "five one"),
        ("not_topic=ai&not_topic=sponsored", "four"),
        ("not_provider=reuters.com", "five four three"),
        ("not_provider=reuters.com&topic=ai", "five"),
        ("provider=reuters.com&provider=the-lamp", "four three two one"),
        ("category=news&not_category=opinion", "three"),
        ("all_category=news&all_category=opinion", "four"),
        ("not_type=video", "five four three one"),
        ("author=jane-doe", "three one"),
        ("all_author=jane-doe&all_author=max-roe", "three"),
        ("author=jane-doe&not_author=max-roe", "one"),
        ("language=de", "five four"),
        ("language=en", "three two one"),  # those that name none are in the site's language
        ("language=en-gb", "three"),
        ("not_language=de", "three two one"),
        ("language=de&not_language=de-at", "four"),
        ("min_quality=60", "three one"),
        ("min_quality=0", "five three two one"),  # -1 is not measured, and never passes
        ("min_heat=5", "five two one"),
        ("min_heat=6", "two"),
        ("min_heat=0", "five two one"),
        ("min_heat=5&min_quality=60", "one"),
        ("has=image", "two"),
        ("order=heat", "two five one four three"),
        ("order=quality", "three one two five four"),
        ("order=heat&limit=2", "two five"),
        ("limit=2", "five four"),
        ("since=2026-05-04", "five four"),
        ("until=2026-05-02", "two one"),
        ("since=2026-05-02&until=2026-05-03", "three two"),
        ("since=29d", "five four"),  # it is the first of June, 12:00
        ("until=29d", "three two one"),
        ("since=700h", "five four three"),
        ("q=three", "three"),
        ("q=body+two", "two"),
        ("q=%22two+body%22", ""),
        ("q=%22body+of+two%22", "two"),
        ("q=Déjà", "five four three two one"),
        ("q=lamp", "four three"),
        ("q=healthcare", "five four"),
        ("q=bod", ""),
        ("q=京都", "five four three two one"),
        ("q=都京", ""),
        ("pace=1/day+by+heat", "five four three two one"),
        # Weeks begin on Mondays: the fourth of May 2026 is one.
        ("pace=1/week+by+heat", "five two"),
        ("pace=2/week+by+quality", "five four three one"),
        ("pace=1/week+by+newest", "five three"),
    ],
)  # fmt: skip
def test_each_operator(site: Site, query: str, titles: str) -> None:
    answer = site.client.get(f"/custom.json?{query}", follow_redirects=True)
    assert answer.json is not None, answer.text
    assert [item["title"] for item in answer.json["items"]] == titles.split()


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("/custom.rss?topic=AI", "/topics/ai.rss"),
        ("/custom.rss?topic=AI%20in%20Healthcare&topic=ai", "/topics/ai+ai-in-healthcare.rss"),
        ("/custom.rss?topic=ai&topic=ai&utm_source=x", "/topics/ai.rss"),
        ("/custom.rss?topic=ai&provider=Reuters.COM", "/topics/ai/providers/reuters.com.rss"),
        ("/custom.rss?provider=The+Lamp", "/providers/the-lamp.rss"),
        ("/custom.rss", "/feed.rss"),
        ("/custom.rss?order=newest", "/feed.rss"),
        ("/custom.rss?topic=&q=", "/feed.rss"),
        ("/custom.rss?topic=ai&min_quality=060", "/custom.rss?min_quality=60&topic=ai"),
        ("/custom.atom?since=1w", "/custom.atom?since=7d"),
        ("/custom/archive/1.atom?topic=ai", "/topics/ai/archive/1.atom"),
        ("/custom?topic=ai", "/topics/ai/"),
        ("/custom?min_heat=1&has=image", "/custom?has=image&min_heat=1"),
        ("/custom/?q=a", "/custom?q=a"),
        ("/topics/robots+ai.rss", "/topics/ai+robots.rss"),
        ("/topics/AI+Robots.json", "/topics/ai+robots.json"),
        ("/topics/AI+in+Healthcare.rss", "/topics/ai-in-healthcare.rss"),
        ("/topics/ai+ai.rss", "/topics/ai.rss"),
        ("/topics/ai+robots", "/topics/ai+robots/"),
        ("/providers/reuters.com/topics/ai.rss", "/topics/ai/providers/reuters.com.rss"),
        ("/topics/ai/topics/robots.rss", None),
        ("/topics/ai.rss?min_quality=60", "/custom.rss?min_quality=60&topic=ai"),
        ("/topics/ai.rss?provider=reuters.com", "/topics/ai/providers/reuters.com.rss"),
        ("/topics/ai/?has=image", "/custom?has=image&topic=ai"),
        ("/feed.rss?topic=ai", "/topics/ai.rss"),
        ("/rss?topic=ai", "/topics/ai.rss"),
        ("/feed.rss?limit=50", "/custom.rss?limit=50"),
        ("/languages/EN_gb.rss", "/languages/en-gb.rss"),
        ("/languages/en+en-gb.rss", "/languages/en.rss"),
        # The same parameters in another order, though each has its values in the right one.
        (
            "/custom.rss?not_topic=ai&min_heat=0&not_topic=robots",
            "/custom.rss?min_heat=0&not_topic=ai&not_topic=robots",
        ),
        # Providers can be asked for by name, though articles are listed under their domain.
        ("/providers/reuters.rss", "/providers/reuters.com.rss"),
        ("/custom.rss?not_provider=Reuters", "/custom.rss?not_provider=reuters.com"),
        ("/providers/reuters-com/", "/providers/reuters.com/"),
    ],
)
def test_every_other_spelling_leads_to_the_one_address(
    site: Site, asked: str, address: str | None
) -> None:
    answer = site.client.get(asked)
    if address is None:
        assert answer.status_code == 400
        return
    if answer.status_code == 308:  # a slash too few
        answer = site.client.get(answer.headers["Location"])
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.headers["Location"]) == (301, address)
    assert site.client.get(address).status_code == (404 if "archive" in address else 200)


ADDRESSES = [
    "/topics/ai+robots", "/topics/ai/providers/reuters.com", "/feeds/best", "/feeds/robots",
    "/custom?q=%22body+of+two%22", "/custom?limit=2&order=heat", "/custom?language=de&min_quality=0",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_self_is_the_one_address_in_every_format(site: Site, address: str) -> None:
    path, _, query = address.partition("?")
    ids = set()
    for format in ("rss", "atom"):
        url = f"{path}.{format}" + (f"?{query}" if query else "")
        answer = site.client.get(url)
        feed = feedparser.parse(answer.data)
        assert not feed.bozo
        [own] = {link.href for link in feed.feed.links if link.rel == "self"}
        assert own == BASE_URL + url[1:]
        pages = [
            one.href
            for one in feed.feed.links
            if one.rel == "alternate" and one.type == "text/html"
        ]
        assert urlsplit(pages[0]).path in {path, f"{path}/"}
        assert site.client.get(pages[0].removeprefix(BASE_URL[:-1])).status_code == 200
        if format == "atom":
            ids.add(feed.feed.id)
            assert re.fullmatch(r"tag:news\.example\.org,2026-01-01:[\x21-\x7e]+", feed.feed.id)
    answer = site.client.get(f"{path}.json" + (f"?{query}" if query else ""))
    assert answer.json is not None
    assert answer.json["feed_url"] == BASE_URL + f"{path}.json"[1:] + (f"?{query}" if query else "")


def with_name(facet: Facet, name: str) -> Article:
    """An article that is listed under this."""
    term = Term(name, name)
    fields: dict[Facet, dict[str, object]] = {
        Facet.TOPIC: {"topics": (term,)},
        Facet.PROVIDER: {"provider": Provider(name, name)},
        Facet.CATEGORY: {"categories": (term,)},
        Facet.TYPE: {"type": term},
        Facet.AUTHOR: {"authors": (Person(name),)},
        Facet.LANGUAGE: {"language": name},
    }
    return article(f"{facet}-{hashlib.sha256(name.encode()).hexdigest()}", **fields[facet])


@lru_cache(maxsize=1)
def client_of(store: Store) -> FlaskClient:
    """One for all examples of a test: making an app takes longer than asking it."""
    return create_app(load_settings(None, {}), store, lambda: NOW).test_client()


@settings(max_examples=60, deadline=None)
@given(queries(), st.randoms(use_true_random=False), st.sampled_from(Format))
def test_every_query_is_served_at_its_address_and_at_no_other(
    query: FeedQuery, random: Random, format: Format
) -> None:
    named = {
        (one.facet, name) for one in query.filter.names for name in (*one.any, *one.all, *one.none)
    }
    with temporary_store([with_name(*one) for one in named]) as store:
        site = {("site", "url"): BASE_URL}
        client = create_app(load_settings(None, {}, site), store, lambda: NOW).test_client()
        address = query.feed_path(format)
        answer = client.get(f"/{address}")
        assert answer.status_code == 200
        assert (BASE_URL + address).replace(
            "&", "&amp;" if format != "json" else "&"
        ) in answer.text
        given = query.as_parameters()
        random.shuffle(given)
        elsewhere = client.get(f"/custom.{format}?{urlencode(given)}")
        if list(query.parameters) != given or query.path != "custom":
            assert (elsewhere.status_code, elsewhere.headers["Location"]) == (301, f"/{address}")
        else:
            assert elsewhere.data == answer.data


def test_feeds_of_different_queries_have_different_ids(site: Site) -> None:
    ids = [
        feedparser.parse(
            site.client.get(f"{path}.atom" + (f"?{query}" if query else "")).data
        ).feed.id
        for path, _, query in (address.partition("?") for address in ADDRESSES)
    ]
    assert len(set(ids)) == len(ids)


def test_a_page_shows_the_same_stories(site: Site) -> None:
    page = site.client.get("/custom?min_quality=60").text
    assert "<h1><bdi>Quality 60 and up</bdi></h1>" in page
    assert [name for name in STORIES if f">{name}</a>" in page] == ["one", "three"]
    assert 'href="/custom.atom?min_quality=60"' in page


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("topic=ai&topic=ai-in-healthcare&min_quality=60", "AI or AI in Healthcare, quality 60 and up"),
        ("all_topic=ai&all_topic=robots&not_topic=sponsored", "AI and Robots, not Sponsored"),
        ("topic=ai&provider=reuters.com", "AI, from Reuters"),
        ("not_provider=the-lamp&not_type=video", "Not from The Lamp, not of type video"),
        ("author=jane-doe&author=max-roe&category=news", "In News, by Jane Doe or Max Roe"),
        ("language=de&since=7d&until=12h", "In language de, of the last 7 days, older than 12 hours"),
        ("since=1d&until=2026-06-01", "Of the last day, until 2026-06-01"),
        ("q=%22deep+water%22+東京&has=image", "With “deep water” and “東京”, with a picture"),
        ("order=heat&min_heat=5", "Heat 5 and up, hottest first"),
        ("pace=5/day", "The 5 hottest of each day"),
        ("pace=1/week+by+quality&fold=story", "The best of each week, each story once"),
        ("limit=20", "Everything"),
    ],
)  # fmt: skip
def test_a_query_in_words(site: Site, query: str, title: str) -> None:
    told = site.client.get(f"/api/query?{query}").json
    assert told is not None
    assert told["title"] == title
    assert told["feed_title"] == f"{title} – Test News"


def test_a_query_explained(site: Site) -> None:
    answer = site.client.get("/api/query?topic=AI&min_quality=059&order=quality")
    assert answer.content_type == "application/json"
    assert answer.json == {
        "title": "AI, quality 59 and up, best first",
        "feed_title": "AI, quality 59 and up, best first – Test News",
        "parameters": [["min_quality", "59"], ["order", "quality"], ["topic", "ai"]],
        "home_page_url": f"{BASE_URL}custom?min_quality=59&order=quality&topic=ai",
        "urls": {
            format: f"{BASE_URL}custom.{format}?min_quality=59&order=quality&topic=ai"
            for format in ("rss", "atom", "json")
        },
        "matches": 2,
        "newest": [
            {
                "id": f"tag:news.example.org,2026-05-0{day}:{name}",
                "title": name,
                "url": f"{BASE_URL}stories/{name}/",
                "published": f"2026-05-0{day}T10:00:00Z",
            }
            for day, name in ((2, "two"), (1, "one"))
        ],
    }


class TestMistakes:
    @pytest.mark.parametrize(
        ("path", "status", "parameter", "found", "nearest"),
        [
            ("/custom.rss?topic=robot", 404, "topic", "robot", "robots"),
            ("/custom.rss?topic=ai&not_topic=sponsord", 404, "not_topic", "sponsord", "sponsored"),
            ("/topics/ai+robot.rss", 404, "topic", "robot", "robots"),
            ("/providers/reuters.co.rss", 404, "provider", "reuters.co", "reuters.com"),
            ("/authors/jane-do.rss", 404, "author", "jane-do", "jane-doe"),
            ("/feeds/bets.rss", 404, "feed", "bets", "best"),
            ("/custom.rss?min_qualty=6", 400, "min_qualty", "an unknown parameter", "min_quality"),
            ("/custom.rss?campaign=6", 400, "campaign", "an unknown parameter", None),
            ("/custom.rss?min_quality=high", 400, "min_quality", "'high'", None),
            ("/topics/ai.rss?topci=x", 400, "topci", "an unknown parameter", "topic"),
            ("/topics/ai.rss?topic=robots", 400, "topic", "'robots'", None),
            ("/topics/ai++robots.rss", 400, "topic", "'ai++robots'", None),
            ("/feeds/best.rss?topic=ai", 400, "topic", "'ai'", None),
            ("/api/query?foo=1", 400, "foo", "an unknown parameter", None),
            ("/api/query?topic=robot", 404, "topic", "robot", "robots"),
            ("/topics.opml?topic=ai", 400, "topic", "'ai'", None),
            ("/api/feeds.json?topic=ai", 400, "topic", "'ai'", None),
            ("/topics/%20.rss", 400, "topic", "' '", None),
            ("/topics/ai/providers/%09.rss", 400, "provider", "'\\t'", None),
            ("/authors/%C2%A0/", 400, "author", "'\\xa0'", None),
            ("/feed.json?quality=60", 400, "quality", "an unknown parameter", "min_quality"),
            ("/topics/ai.rss?lang=de", 400, "lang", "an unknown parameter", None),
            ("/feeds/best.rss?search=sea", 400, "search", "'sea'", None),
            ("/custom.rss?topic=ai&not_provider=rueters", 404, "not_provider", "rueters", None),
            ("/custom.rss?all_topic=ai&all_topic=robot", 404, "all_topic", "robot", "robots"),
        ],
    )
    def test_programs_are_told_what_was_found_and_what_is_allowed(
        self, site: Site, path: str, status: int, parameter: str, found: str, nearest: str | None
    ) -> None:
        answer = site.client.get(path)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Vary"] == "Accept"
        assert answer.headers["Cache-Control"] == "no-cache"
        told = answer.json
        assert told is not None
        assert (told["status"], told["parameter"], told["found"]) == (status, parameter, found)
        assert told["expected"]
        assert len(told.get("nearest", [])) <= 3
        if nearest is not None:
            assert told["nearest"][0] == nearest

    @pytest.mark.parametrize(
        "path", ["/custom.rss?topic=robot", "/topics/robot.atom", "/topics/robot/"]
    )
    def test_people_get_a_page_with_links(self, site: Site, path: str) -> None:
        answer = site.client.get(path, headers=BROWSER)
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
        assert "There is no feed topics/robot." in answer.text
        assert 'href="/topics/robots/"' in answer.text

    @pytest.mark.parametrize(
        ("accept", "mimetype"),
        [
            ("*/*", "application/problem+json"),
            ("", "application/problem+json"),
            ("application/json", "application/problem+json"),
            ("application/rss+xml, application/xml;q=0.9, */*;q=0.1", "application/problem+json"),
            ("text/html;q=0", "application/problem+json"),
            ("application/problem+json, text/html;q=0.5", "application/problem+json"),
            ("text/html", "text/html"),
        ],
    )
    def test_who_gets_what(self, site: Site, accept: str, mimetype: str) -> None:
        answer = site.client.get("/custom.rss?topic=robot", headers={"Accept": accept})
        assert answer.mimetype == mimetype

    @pytest.mark.parametrize("name", ["robotics-secre", "secret", "robotics", "reuters.or"])
    @pytest.mark.parametrize("facet", ["topic", "provider"])
    def test_nothing_hidden_is_suggested(self, site: Site, facet: str, name: str) -> None:
        for headers in ({}, BROWSER):
            answer = site.client.get(f"/custom.rss?{facet}={name}", headers=headers)
            assert answer.status_code == 404
            for secret in ("robotics-secret", "Secret", "reuters.org", "hidden"):
                assert secret not in answer.text

    def test_what_is_asked_for_is_shown_as_text(self, site: Site) -> None:
        for path in ("/custom.rss?topic=<script>", "/custom.rss?<b>=1", "/custom.rss?limit=<b>",
                     "/feeds/<b>.rss", "/topics/<b>/"):  # fmt: skip
            text = site.client.get(path, headers=BROWSER).text
            assert "<b>" not in text
            assert text.count("<script") == text.count('<script src="/static/pages.js?v=')

    @pytest.fixture(params=["sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
        url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
        with closing(Store(IndexPlace(tmp_path, "index", "rules", url))) as store:
            yield fill_store(store, parsed_of([article("a", topics=(Term("ai", "AI"),))]))

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.tuples(st.sampled_from([*VOCABULARY, "x"]), st.text(max_size=30)), max_size=3),
        st.sampled_from(
            [
                "/custom.rss",
                "/custom",
                "/api/query",
                "/topics/ai.json",
                "/build",
                "/embed/custom",
                "/badge/custom.svg",
                "/oembed",
            ]
        ),
    )
    @example([("topic", "\0")], "/custom.rss")
    @example([("language", "\0")], "/api/query")
    @example([("q", "\0 ' \" OR 1=1 --")], "/custom.rss")
    @example([("provider", "'; DROP TABLE article; --")], "/custom")
    def test_nothing_in_a_query_makes_it_fail(
        self, store: Store, pairs: list[tuple[str, str]], path: str
    ) -> None:
        answer = client_of(store).get(path, query_string=pairs, follow_redirects=True)
        assert answer.status_code in {200, 400, 404}
        assert "Traceback" not in answer.text


class TestSavedFeeds:
    def test_they_hold_what_is_configured(self, site: Site) -> None:
        feed = site.client.get("/feeds/best.json").json
        assert feed is not None
        assert (feed["title"], feed["description"]) == ("The best", "Few & good.")
        assert feed["icon"] == "https://x.example/b.png"
        assert [item["title"] for item in feed["items"]] == ["three"]
        robots = site.client.get("/feeds/robots.json").json
        assert robots is not None
        assert robots["title"] == "Robots, not Sponsored – Test News"
        assert [item["title"] for item in robots["items"]] == ["five", "one"]
        assert robots["items"][0]["content_html"] == "<p>About five</p>"

    def test_their_old_names_keep_working(self, site: Site) -> None:
        new = site.client.get("/feeds/best.rss")
        for name in ("greatest", "top"):
            assert site.client.get(f"/feeds/{name}.rss").data == new.data
            assert site.client.get(f"/feeds/{name}/").status_code == 200

    def test_old_names_redirect_where_that_is_wanted(self, make_site: Callable[..., Site]) -> None:
        saved = {"a": {"aliases": ["b"], "topic": "AI", "limit": 1}}
        site = fill(make_site(feeds__saved=saved))
        assert site.titles("/feeds/b/archive/1.json") == ["one"]
        site = make_site(feeds__saved=saved, serving__other_addresses="redirect")
        answer = site.client.get("/feeds/b.atom?utm_source=x")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/feeds/a.atom")

    def test_they_are_listed(self, site: Site) -> None:
        for path in ("/", "/feeds/"):
            page = site.client.get(path).text
            assert 'href="/feeds/best/"' in page
            assert ">The best</a>" in page
        links = etree.HTML(site.client.get("/").text).findall(".//link[@rel='alternate']")
        addresses = [link.get("href") for link in links]
        assert "/feeds/best.rss" in addresses
        assert addresses[0] == "/feed.rss"  # many readers take the first
        opml = etree.fromstring(site.client.get("/subscriptions.opml").data)
        [group] = [one for one in opml.find("body") if one.get("text") == "Feeds"]
        assert [one.get("xmlUrl") for one in group] == [
            f"{BASE_URL}feeds/best.rss", f"{BASE_URL}feeds/robots.rss",
        ]  # fmt: skip
        alone = etree.fromstring(site.client.get("/feeds.opml").data)
        assert len(alone.findall(".//outline[@xmlUrl]")) == 2

    def test_a_saved_feed_of_a_name_that_is_gone_is_empty_no_longer_known(self, site: Site) -> None:
        (site.folder / "three.md").unlink()
        site.read()
        # Nobody is sponsored any more: who was subscribed gets what there is.
        assert site.titles("/feeds/robots.json") == ["five", "one"]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("x: {min_quality: high}", ":4: feeds.saved.x.min_quality: expected a whole number from 0 to 999999999, found 'high'"),
            ("x: {topci: a}", ":4: feeds.saved.x.topci: expected one of topic, "),
            ("x: {topci: a}", "did you mean 'topic'?"),
            ("x: {topic: [a, [b]]}", ":4: feeds.saved.x.topic: expected text, or a list of texts"),
            ("x: {has: true}", ":4: feeds.saved.x.has: expected text, or a list of texts"),
            ("X y: {topic: a}", "expected a name in lower case such as weekend-reading"),
            ("x: {since: 2026-01-02, until: 2026-01-01}", ":4: feeds.saved.x.until: expected a time after since"),
            ("x: {aliases: [y]}\n    y: {topic: a}", ":4: feeds.saved.x.aliases: expected old names of this feed alone, found that of a feed: y"),
            ("x: {aliases: [z]}\n    y: {aliases: [z]}", ":5: feeds.saved.y.aliases: expected old names of this feed alone"),
            ("x: {title: [a]}", ":4: feeds.saved.x.title: expected text"),
        ],
    )  # fmt: skip
    def test_faults_are_told_with_their_place(self, tmp_path: Path, text: str, fault: str) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(f"site: {{title: T}}\nfeeds:\n  saved:\n    {text}\n")
        with pytest.raises(ConfigError) as caught:
            load_settings(file, {})
        assert fault in str(caught.value)

    def test_names_mean_what_articles_say(self, make_site: Callable[..., Site]) -> None:
        """A provider may be configured and asked for by its name, though its domain is its key."""
        site = fill(make_site(
            feeds__saved={"x": {"provider": "Reuters"}, "y": {"not_provider": "Reuters"}},
            providers={"Reuters": {"title": "R"}},
        ))  # fmt: skip
        assert site.titles("/feeds/x.json") == ["two", "one"]
        assert site.titles("/feeds/y.json") == ["five", "four", "three"]
        odd = make_site(feeds__saved={"z": {"provider": "Reuters", "not_provider": "reuters.com"}})
        assert odd.titles("/feeds/z.json") == []
        assert odd.client.get("/").status_code == 200
        answer = site.client.get("/custom.json?not_provider=reuters")
        assert answer.headers["Location"] == "/custom.json?not_provider=reuters.com"

    def test_numbers_and_days_need_no_quotes(self, tmp_path: Path) -> None:
        file = tmp_path / "config.yaml"
        file.write_text(
            "feeds: {saved: {x: {min_quality: 60, since: 2026-01-01, topic: [1984, AI]}}}"
        )
        saved = load_settings(file, {}).describe_site().saved["x"]
        assert parse_query(saved.parameters).parameters == (
            ("min_quality", "60"), ("since", "2026-01-01"), ("topic", "1984"), ("topic", "ai"),
        )  # fmt: skip


def test_the_catalogue(site: Site) -> None:
    answer = site.client.get("/api/feeds.json")
    assert answer.content_type == "application/json"
    assert answer.json is not None
    feeds = {(one["kind"], one["name"]): one for one in answer.json["feeds"]}
    assert feeds["topics", "ai"] == {
        "kind": "topics",
        "name": "ai",
        "title": "AI – Test News",
        "description": "Stories about AI on Test News",
        "home_page_url": f"{BASE_URL}topics/ai/",
        "urls": {format: f"{BASE_URL}topics/ai.{format}" for format in ("rss", "atom", "json")},
        "entries": 3,
        "newest": "2026-05-05T10:00:00Z",
    }
    assert (feeds["everything", ""]["entries"], feeds["saved", "best"]["entries"]) == (5, 1)
    assert feeds["saved", "best"]["title"] == "The best"
    assert ("languages", "de-at") in feeds
    assert "Secret" not in answer.text
    assert "reuters.org" not in answer.text
    for one in answer.json["feeds"]:
        for url in one["urls"].values():
            assert site.client.get(url.removeprefix(BASE_URL[:-1])).status_code == 200


def test_the_catalogue_of_an_empty_site(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.read()
    feeds = site.client.get("/api/feeds.json").json
    assert feeds is not None
    [everything] = feeds["feeds"]
    assert (everything["entries"], everything["newest"]) == (0, None)


class TestMovingWindows:
    def max_age(self, site: Site, url: str) -> int:
        found = re.search(r"max-age=(\d+)", site.client.get(url).headers["Cache-Control"])
        assert found
        return int(found[1])

    def test_an_entry_leaves_when_it_is_old_enough_and_no_cache_keeps_it(self, site: Site) -> None:
        url = "/custom.json?since=31d"
        # One: 2026-05-01 10:00, so its last second is 2026-06-01 10:00:00.
        site.clock.now = NOW.replace(hour=9, minute=59)
        assert site.titles(url)[-1] == "one"
        assert self.max_age(site, url) == 61
        site.clock.now = NOW.replace(hour=10)
        assert site.titles(url)[-1] == "one"
        assert self.max_age(site, url) == 1
        site.clock.now = NOW.replace(hour=10, second=1)
        assert site.titles(url)[-1] == "two"
        assert self.max_age(site, url) == 300

    def test_an_entry_appears_when_it_is_old_enough(self, site: Site) -> None:
        url = "/custom.json?until=27d"
        # Five: 2026-05-05 10:00, so it is older than that from 2026-06-01 10:00:01 on.
        site.clock.now = NOW.replace(hour=10)
        assert site.titles(url)[0] == "four"
        assert self.max_age(site, url) == 1
        site.clock.now += timedelta(seconds=1)
        assert site.titles(url)[0] == "five"

    def test_a_day_shows_nothing_until_it_is_over(self, make_site: Callable[..., Site]) -> None:
        site = make_site(site__timezone="America/New_York")
        for name, hour, heat in (("a", "01", 1), ("b", "05", 3), ("c", "20", 2)):
            site.write(
                f"{name}.md",
                f"title: {name}\npublishedDateTime: 2026-06-01T{hour}:00:00Z\nheat: {heat}",
            )
        url = "/custom.json?pace=1/day+by+heat"
        site.clock.now = NOW.replace(day=2, hour=3, minute=59)  # 23:59 of the first over there
        site.read()
        assert site.titles(url) == ["a"]  # of May 31, in New York
        assert self.max_age(site, url) == 60
        site.clock.now += timedelta(minutes=1)
        assert site.titles(url) == ["b", "a"]
        # What arrives late takes its place, nobody else moves.
        site.write("d.md", "title: d\npublishedDateTime: 2026-06-01T02:00:00Z\nheat: 9")
        site.read()
        assert site.titles(url) == ["b", "d"]

    def test_what_is_told_of_it_moves_too(self, make_site: Callable[..., Site]) -> None:
        site = fill(make_site(feeds__saved={"month": {"since": "31d"}}))
        site.clock.now = NOW.replace(hour=9, minute=59)
        for url in ("/api/query?since=31d", "/api/feeds.json", "/feeds/month/", "/feeds/month.rss"):
            control = site.client.get(url).headers["Cache-Control"]
            longest = sum(map(int, re.findall(r"=(\d+)", control)))
            assert longest <= 61, url

    def test_a_running_day_changes_nothing_of_those_that_are_over(self, site: Site) -> None:
        day = "publishedDateTime: 2026-05-"
        site.write("a.md", f"title: Same story\n{day}30T10:00:00Z\nquality: 50")
        site.write("b.md", f"title: Other\n{day}30T11:00:00Z\nquality: 20")
        site.clock.now = NOW.replace(month=5, day=31, hour=9)
        url = "/custom.json?fold=story&pace=1/day+by+quality&since=2026-05-20"
        site.read()
        assert site.titles(url) == ["Same story"]
        site.write("c.md", f"title: same STORY\n{day}31T11:00:00Z\nquality: 60")
        site.write("d.md", f"title: Big\n{day}31T11:00:00Z\nquality: 95")
        for now, titles in ((site.clock.now.replace(hour=12), ["Same story"]),
                            (NOW, ["Big", "Same story"])):  # fmt: skip
            site.clock.now = now
            site.read()
            assert site.titles(url) == titles

    def test_a_story_doesnt_come_again_when_its_first_version_grows_old(self, site: Site) -> None:
        day, same = "publishedDateTime: 2026-05-", "originalUrl: https://x.example/same"
        site.write(
            "b.md", f"title: B\n{day}20T08:00:00Z\nquality: 90\nwebUrl: https://b.example/\n{same}"
        )
        site.write(
            "a.md", f"title: A\n{day}23T08:00:00Z\nquality: 50\nwebUrl: https://a.example/\n{same}"
        )
        site.read()
        url = "/custom.json?fold=story&since=7d"
        for hour, titles in ((4, ["B"]), (12, [])):
            site.clock.now = NOW.replace(month=5, day=27, hour=hour)
            assert site.titles(url) == titles

    @pytest.mark.parametrize("query", ["since=7d", "order=heat", "pace=1/day", "fold=story"])
    def test_what_moves_has_no_archive(self, site: Site, query: str) -> None:
        query = site.client.get(
            f"/custom.atom?{query}", follow_redirects=True
        ).request.query_string.decode()
        assert "prev-archive" not in site.client.get(f"/custom.atom?{query}").text
        assert site.client.get(f"/custom/archive/1.atom?{query}").status_code == 404

    def test_what_stays_has_one(self, site: Site) -> None:
        url = "/custom.json?limit=2&since=2026-05-01"
        first = site.client.get(url).json
        assert first is not None
        assert first["next_url"] == f"{BASE_URL}custom/archive/2.json?limit=2&since=2026-05-01"
        seen = [item["title"] for item in first["items"]]
        for page in (2, 1):
            seen += site.titles(f"/custom/archive/{page}.json?limit=2&since=2026-05-01")
        assert list(dict.fromkeys(seen)) == ["five", "four", "three", "two", "one"]


def test_a_story_of_several_providers_is_one_entry(site: Site) -> None:
    for name, fields in {
        "poor": "title: The Great Flood!\nwebUrl: https://a.example/flood\nquality: 10\nprovider: A",
        "good": "title: the great FLOOD\nwebUrl: https://b.example/1\nquality: 80\nprovider: B\nrelated: [{title: Water, webUrl: 'https://c.example/2'}, {title: Z, webUrl: 'https://z.example/'}]",
        "none": "title: Water everywhere\nwebUrl: https://c.example/2\nprovider: C\noriginalUrl: http://www.b.example/1?utm_source=c",
        "late": "title: The great flood\nwebUrl: https://d.example/3\nquality: 99\nprovider: D",
        "same": "title: Others\nwebUrl: https://e.example/4\nprovider: E\nrelated: [{title: F, webUrl: 'https://b.example/1'}]",
    }.items():
        day = "20" if name == "late" else "10"
        site.write(f"{name}.md", f"publishedDateTime: 2026-05-{day}T10:00:00Z\n{fields}")
    site.read()
    feed = site.client.get("/custom.json?fold=story&since=2026-05-06").json
    assert feed is not None
    found = {item["title"]: item for item in feed["items"]}
    assert list(found) == ["The great flood", "the great FLOOD", "Others"]
    assert found["the great FLOOD"]["_feedsvc"]["related"] == [
        {"title": "The Great Flood!", "url": "https://a.example/flood"},
        {"title": "Water everywhere", "url": "https://c.example/2"},
        {"title": "Z", "url": "https://z.example/"},
    ]
    assert found["The great flood"].get("_feedsvc", {}).get("related") is None
    # Filters come first: what they leave out doesn't stand for anything.
    site_of_a = site.titles("/custom.json?fold=story&not_provider=b&since=2026-05-06")
    assert site_of_a == ["The great flood", "The Great Flood!", "Water everywhere", "Others"]
