"""Whatever people write: problems or well-formed feeds, never a traceback."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from support import BASE_URL, RULES, articles_of, fill

from feedsvc.config import load_settings
from feedsvc.content.article import build_article
from feedsvc.content.frontmatter import read_front_matter
from feedsvc.content.text import decode_references, one_line, strip_forbidden
from feedsvc.errors import FrontMatterError
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.site import Site
from feedsvc.index.store import IndexPlace, Store
from feedsvc.model import Facet, ParsedFile, SourceFile, Viewpoint
from feedsvc.web import create_app

SITE = Site("T", "D", "en", "news.example.org", date(2026, 1, 1))
LATER = Viewpoint(datetime.max.replace(tzinfo=UTC))
SOURCE = SourceFile("/nowhere", "2026-01-01-x.md", 1, 1)

# Every character that YAML can carry; a reference is a character too.
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
odd = st.sampled_from(["http://[x", "//[", "http://a:b/", "https://", "x:[", "/\\", "%", "#", "?"])
scalars = st.one_of(odd, texts, st.integers(), st.booleans(), st.none(), st.floats(), st.dates())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
fields = [
    "title", "excerpt", "publishedDateTime", "updatedDateTime", "webUrl", "originalUrl", "category",
    "type", "quality", "heat", "published", "removed", "provider", "topics", "images", "related",
    "locale", "id", "slug", "authors", "name", "secured",
]  # fmt: skip


DIRECTORY = TemporaryDirectory()
STORE = Store(IndexPlace(Path(DIRECTORY.name), "index", "rules"))


@pytest.fixture(autouse=True, scope="module")
def _remove_the_index() -> Iterator[None]:
    yield
    STORE.close()
    DIRECTORY.cleanup()


def feeds_of(document: str) -> dict[Format, bytes]:
    """All formats of the feed of one document; an empty feed if it is left out."""
    try:
        read, body = read_front_matter(document)
        parsed = build_article(SOURCE, read, body, RULES)
    except FrontMatterError:
        parsed = ParsedFile(SOURCE, None)
    with fill(STORE, [parsed]).view(LATER) as view:
        return {
            format: publish(FeedQuery(), format, view, SITE, 50, BASE_URL).body for format in Format
        }


def check_well_formed(feeds: dict[Format, bytes]) -> None:
    etree.fromstring(feeds[Format.RSS])
    etree.fromstring(feeds[Format.ATOM])
    json.loads(feeds[Format.JSON])


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_a_file(document: str) -> None:
    check_well_formed(feeds_of(f"---\n{document}\n---\n{document}"))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(fields), values), texts)
def test_any_value_in_any_field(front_matter: dict[str, object], body: str) -> None:
    text = yaml.safe_dump(front_matter, allow_unicode=True)
    check_well_formed(feeds_of(f"---\n{text}---\n{body}"))


def normal(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=300, deadline=None)
@given(title=texts, excerpt=texts, topic=texts)
def test_what_is_written_is_what_is_read(title: str, excerpt: str, topic: str) -> None:
    front_matter = {
        "title": title,
        "excerpt": excerpt,
        "topics": [topic],
        "publishedDateTime": "2026-01-01",
        "webUrl": "https://a.example/",
    }
    # Quoted and escaped: written plainly, YAML 1.1 folds three more characters as line ends.
    text = yaml.safe_dump(front_matter, default_style='"')
    feeds = feeds_of(f"---\n{text}---\n")
    [item] = json.loads(feeds[Format.JSON])["items"]
    expected_title = one_line(title)
    expected_excerpt = strip_forbidden(decode_references(excerpt)).strip()
    expected_topic = normal(one_line(topic))
    if expected_title:
        assert item["title"] == expected_title
        rss = etree.fromstring(feeds[Format.RSS])
        assert rss.findtext("channel/item/title") == expected_title
        atom = etree.fromstring(feeds[Format.ATOM])
        assert atom.findtext("{*}entry/{*}title") == expected_title
    assert item.get("summary", "") == expected_excerpt
    assert item.get("tags", []) == ([expected_topic] if expected_topic else [])


@settings(max_examples=200, deadline=None)
@given(texts)
def test_any_body_is_read_as_it_was_written(text: str) -> None:
    # As HTML, so that no sign of Markdown is in it; in one line, as a browser shows it.
    body = f"<p>.{html.escape(' '.join(text.split()))}.</p>"
    feeds = feeds_of(f"---\ntitle: A\npublishedDateTime: 2026-01-01\n---\n{body}\n")
    expected = "." + strip_forbidden(" ".join(text.split())) + "."
    [item] = json.loads(feeds[Format.JSON])["items"]
    rss = etree.fromstring(feeds[Format.RSS])
    atom = etree.fromstring(feeds[Format.ATOM])
    for content in (
        item["content_html"],
        rss.findtext("channel/item/{http://purl.org/rss/1.0/modules/content/}encoded"),
        atom.findtext("{*}entry/{*}content"),
    ):
        assert html.unescape(content.removeprefix("<p>").removesuffix("</p>")) == expected


@settings(max_examples=200, deadline=None)
@given(texts, texts)
def test_any_address_leads_where_it_was_meant_to(path: str, query: str) -> None:
    url = f"https://a.example/{quote(path)}?q={quote(query, safe='')}"
    feeds = feeds_of(f"---\ntitle: A\npublishedDateTime: 2026-01-01\nwebUrl: '{url}'\n---\n"
                     )  # fmt: skip
    [item] = json.loads(feeds[Format.JSON])["items"]
    assert (item["id"], item["url"]) == (url, url)
    assert etree.fromstring(feeds[Format.RSS]).findtext("channel/item/link") == url
    link = etree.fromstring(feeds[Format.ATOM]).find("{*}entry/{*}link[@rel='alternate']")
    assert link.get("href") == url


APP = create_app(
    load_settings(None, {}, {("site", "timezone"): "America/New_York", ("site", "url"): BASE_URL}),
    STORE,
    lambda: LATER.now,
)
SURE = {"title": "T", "publishedDateTime": "2026-01-01", "webUrl": "/x", "originalUrl": None}


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(fields), values), st.booleans())
def test_every_page_answers_whatever_an_article_holds(
    front_matter: dict[str, object], is_sure: bool
) -> None:
    text = yaml.safe_dump(front_matter | SURE if is_sure else front_matter)
    read, body = read_front_matter(f"---\n{text}---\nText.")
    fill(STORE, [build_article(SOURCE, read, body, RULES)])
    paths = ["", "archive/", "build", "feed.rss", "subscriptions.opml", "sitemap/feeds.xml"]
    paths += ["embed/feed?layout=cards", "badge/feed.svg"]
    with STORE.view(LATER) as view:
        paths += [f"stories/{quote(article.slug)}/" for article in articles_of(view)]
        paths += [f"{facet}/{quote(one.slug)}/" for facet in Facet for one in view.counts(facet)]
        paths += ["sitemap/stories-1.xml"] if view.find().total else []
    for path in paths:
        answer = APP.test_client().get(f"/{path}", headers={"Sec-Fetch-Dest": "document"})
        assert answer.status_code == 200
        if answer.mimetype == "text/html":
            check_markup(answer.text)
        elif path.endswith((".xml", ".svg")):
            etree.fromstring(answer.data)


def check_markup(text: str) -> None:
    """Nothing on a page does anything but what our own script does."""
    for element in lxml_html.document_fromstring(text).iter():
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
        if element.tag == "script":
            is_ours = element.get("src", "").startswith("/static/pages.js?v=")
            assert is_ours or element.get("type") == "application/ld+json"
        for name in ("href", "src", "action"):
            address = element.get(name, "/").strip().lower()
            assert address.startswith(("/", "http://", "https://", "#", "feed:http", "mailto:"))
