"""A second Python parser, fastfeedparser, reads every golden feed; nothing it gives is left out.

It shares no code with feedparser, which tests/test_goldens.py asks, decides differently (the
first link wins, dates come as text, the summary of RSS stays HTML) and also reads JSON Feed.
Every entry is compared whole: a field too many is as wrong as one that is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import fastfeedparser
import pytest
from goldens import QUERIES, render, settings, stands_for_description
from lxml.html import fragment_fromstring
from support import BASE_URL, RULES

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.entry import Entry, make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection, select
from feedsvc.index.view import View
from feedsvc.model import Article, Image

Json = dict[str, Any]
ADDRESSES = Addresses(BASE_URL)
CASES = [(name, format) for name in QUERIES for format in Format]


def selection(view: View, name: str) -> FeedSelection:
    return select(QUERIES[name], view, settings().describe_site(), 50)


def parse(view: View, name: str, format: Format) -> Any:
    return fastfeedparser.parse(render(view, name, format).decode())


def entries(view: View, name: str) -> list[Entry]:
    """The articles of a feed, and which of their pictures and texts it shows."""
    chosen = selection(view, name)
    return [make_entry(article, ADDRESSES, chosen.options) for article in chosen.articles]


def text_of(markup: str) -> str:
    """What a reader sees of HTML: tags gone, character references decoded."""
    text: str = fragment_fromstring(markup, create_parent="div").text_content()
    return text


def without_unknown(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def link(href: str, rel: str, type: str | None = None, title: str | None = None) -> Json:
    return {"rel": rel, "type": type, "href": href, "title": title}


def links(entry: Entry, format: Format) -> list[Json]:
    """RSS has none beside the one <link>, JSON Feed is given one, Atom has them all."""
    if format is Format.RSS:
        return []
    if format is Format.JSON:
        return [{"rel": "alternate", "type": "text/html", "href": entry.link}]
    article = entry.article
    found = [link(entry.link, "alternate", "text/html")]
    if article.original_url and ADDRESSES.absolute(article.original_url) != entry.link:
        found.append(link(ADDRESSES.absolute(article.original_url), "via"))
    found += [
        link(ADDRESSES.absolute(image.url), "enclosure", image.mime_type, image.alt or None)
        for image in entry.enclosures
    ]
    found += [
        link(ADDRESSES.absolute(other.url), "related", None, other.title)
        for other in article.related
    ]
    return found


def medium(image: Image) -> Json:
    return without_unknown(
        {
            "url": ADDRESSES.absolute(image.url),
            "type": image.mime_type,
            "medium": "image",
            "width": image.width,
            "height": image.height,
        }
    )


def enclosures(entry: Entry, format: Format) -> list[Json]:
    """RSS has one, with length 0 where it is unknown; those of Atom are among the links."""
    if format is Format.ATOM:
        return []
    return [
        without_unknown(
            {
                "url": ADDRESSES.absolute(image.url),
                "type": image.mime_type,
                "length": image.byte_size or 0 if format is Format.RSS else image.byte_size,
            }
        )
        for image in (entry.enclosures[:1] if format is Format.RSS else entry.enclosures)
    ]


def tags(article: Article, format: Format) -> list[Json]:
    scheme = None if format is Format.JSON else f"{BASE_URL}topics/"
    return [
        {"term": topic.slug, "scheme": scheme, "label": topic.label}
        if format is Format.ATOM
        else {"term": topic.label, "scheme": scheme, "label": None}
        for topic in article.topics
    ]


def description(entry: Entry, format: Format) -> str:
    """The excerpt; without one the parser makes one of the content, but of JSON Feed's."""
    if format is Format.RSS:
        return stands_for_description(entry.article, entry.html)
    content = "" if format is Format.JSON else entry.html
    return entry.article.excerpt or " ".join(text_of(content).split())


def contents(entry: Entry, format: Format) -> list[Json]:
    """The content. Without one the parser takes the description of RSS, and JSON Feed has to
    have something: the excerpt, or else the title.
    """
    article = entry.article
    substitute = {
        Format.RSS: article.excerpt,
        Format.ATOM: "",
        Format.JSON: article.excerpt or article.title,
    }
    value = entry.html or substitute[format]
    if format is Format.JSON:
        return [{"type": "text/html", "value": value}]
    type = "html" if format is Format.ATOM else "text/html"
    whole = {"type": type, "language": None, "base": None, "value": value}
    return [whole] if value else []


def expected(entry: Entry, format: Format) -> Json:
    article = entry.article
    published, updated = article.published, article.updated
    if format is Format.ATOM:
        since = datetime(RULES.since.year, RULES.since.month, RULES.since.day, tzinfo=UTC)
        updated = updated or since
        published = published or updated  # the parser does that
    if format is Format.RSS:
        updated = None
    author = article.creators[0].name if article.creators else None
    whole = {
        "id": article.id,
        "title": article.title,
        "description": description(entry, format),
        "link": entry.link,
        "published": published and published.isoformat(),
        "updated": updated and updated.isoformat(),
        "links": links(entry, format),
        "content": contents(entry, format) or None,
        "author": author,
        "author_detail": author and {"name": author},
        "authors": author and [{"name": author}],  # the parser keeps the first
        "tags": tags(article, format) or None,
        "enclosures": enclosures(entry, format) or None,
    }
    if format is Format.JSON:
        whole["image"] = ADDRESSES.absolute(entry.image.url) if entry.image else None
    else:
        whole["media_content"] = [medium(image) for image in entry.media] or None
    return without_unknown(whole)


def as_text(found: Json, format: Format, entry: Entry) -> Json:
    """An entry with text in place of the HTML that a format wants where the article has text."""
    found = dict(found)
    if format is Format.RSS and found["description"]:
        found["description"] = text_of(found["description"])
    if not entry.html and "content" in found:
        found["content"] = [one | {"value": text_of(one["value"])} for one in found["content"]]
    return found


@pytest.mark.parametrize(("name", "format"), CASES)
def test_every_entry_is_the_article_and_nothing_else(view: View, name: str, format: Format) -> None:
    wanted = entries(view, name)
    found = parse(view, name, format).entries
    assert [as_text(one, format, entry) for one, entry in zip(found, wanted, strict=True)] == [
        expected(entry, format) for entry in wanted
    ]


def expected_feed(view: View, name: str, format: Format) -> Json:
    """The feed's own fields in the parser's words, besides its links."""
    site, chosen = settings().describe_site(), selection(view, name)
    updated = chosen.updated.isoformat()
    author = site.author.name if site.author else site.title
    feed = {"title": chosen.title, "subtitle": chosen.description}
    if format is Format.RSS:
        image = {
            "url": chosen.image or ADDRESSES.feed_image,
            "title": chosen.title,
            "link": ADDRESSES.page(chosen.query),
        }
        updated = chosen.updated.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return feed | {"updated": updated, "image": image, "id": None}
    if format is Format.ATOM:
        return feed | {
            "updated": updated,
            "language": site.language,
            "id": chosen.id,
            "author": author,
            "icon": ADDRESSES.icon,
            "logo": chosen.image or ADDRESSES.icon,
        }
    return feed | {
        "id": ADDRESSES.feed(chosen.query, Format.JSON),
        "language": site.language,
        "author": author,
        "icon": chosen.image or ADDRESSES.icon,
        "favicon": ADDRESSES.icon,
    }


@pytest.mark.parametrize(("name", "format"), CASES)
def test_the_feed_is_the_site(view: View, name: str, format: Format) -> None:
    found = parse(view, name, format).feed
    feed = expected_feed(view, name, format)
    assert {key: found.get(key) for key in feed} == feed


@pytest.mark.parametrize("format", Format)
def test_the_feed_leads_to_its_page(view: View, format: Format) -> None:
    """Where a reader goes who clicks on the name of the feed: to a page for people."""
    found = {name: parse(view, name, format).feed.link for name in QUERIES}
    assert found == {name: ADDRESSES.page(query) for name, query in QUERIES.items()}
