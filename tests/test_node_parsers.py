"""Three feed parsers of the JavaScript world read every golden feed, field by field.

feedsmith, rss-parser and @rowanmanning/feed-parser share no code with feedparser, nor all of
them with each other, and each has its own view of what an entry's link, date or summary is.
Whatever of an item such a parser gives is compared with the article; tests/node/parse.mjs says
in which words. Where a parser makes something of its own of a correct feed, `as_read_by` says
so. npm installs the parsers, in the versions of package-lock.json, into a temporary folder.
"""

from __future__ import annotations

import html
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from goldens import QUERIES, render, settings, stands_for_description
from lxml.html import fragment_fromstring
from support import BASE_URL, RULES

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.entry import Entry, make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection, select
from feedsvc.index.view import View
from feedsvc.model import Image, Person

pytestmark = [pytest.mark.needs("node"), pytest.mark.needs("npm")]

ADDRESSES = Addresses(BASE_URL)
Json = dict[str, Any]
Parse = Callable[[str, str, Format], Json]

PARSERS = {
    "feedsmith": (Format.RSS, Format.ATOM, Format.JSON),
    "rss-parser": (Format.RSS, Format.ATOM),
    "@rowanmanning/feed-parser": (Format.RSS, Format.ATOM),
}
READINGS = [(parser, format) for parser, formats in PARSERS.items() for format in formats]
CASES = [(*reading, name) for reading in READINGS for name in QUERIES]

# What each parser gives of an item: all of it is compared. Of feedsmith, everything.
ITEM_FIELDS = {
    ("rss-parser", Format.RSS): "id title url published summary content authors categories "
    "enclosures media language",
    ("rss-parser", Format.ATOM): "id title url published updated summary content authors "
    "categories enclosures media",
    ("@rowanmanning/feed-parser", Format.RSS): "id title url published updated summary content "
    "authors categories enclosures image",
    ("@rowanmanning/feed-parser", Format.ATOM): "id title url published updated summary content "
    "authors categories enclosures image",
}
# And of the feed itself, besides the address of its page.
FEED_FIELDS = {
    ("feedsmith", Format.RSS): "title description language rights updated image imageTitle "
    "imageLink generator self",
    ("feedsmith", Format.ATOM): "id title description language rights updated image icon "
    "generator self authors",
    ("feedsmith", Format.JSON): "title description language image icon self authors",
    ("rss-parser", Format.RSS): "title description language rights updated image imageTitle "
    "imageLink generator self",
    ("rss-parser", Format.ATOM): "title updated self",
    ("@rowanmanning/feed-parser", Format.RSS): "title description language rights updated image "
    "imageTitle generator self authors",
    ("@rowanmanning/feed-parser", Format.ATOM): "title description language rights updated image "
    "generator self authors",
}


@pytest.fixture(scope="module")
def parse(view: View, node_packages: Path) -> Parse:
    """What a parser makes of a golden feed; all parsers read it at the first question."""
    readings: dict[tuple[str, Format], dict[str, Json]] = {}

    def parse_golden(parser: str, name: str, format: Format) -> Json:
        if (name, format) not in readings:
            file = node_packages / f"{name}.{format}"
            file.write_bytes(render(view, name, format))
            run = subprocess.run(
                ["node", "parse.mjs", file, format],
                cwd=node_packages, check=True, timeout=60, capture_output=True, encoding="utf-8",
            )  # fmt: skip
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            readings[name, format] = {line["parser"]: line for line in lines}
        return readings[name, format][parser]

    return parse_golden


def selection(view: View, name: str) -> FeedSelection:
    return select(QUERIES[name], view, settings().describe_site(), 50)


def entries(view: View, name: str) -> list[Entry]:
    """The articles of a feed, and which of their pictures and texts it shows."""
    chosen = selection(view, name)
    return [make_entry(article, ADDRESSES, chosen.options) for article in chosen.articles]


def present(**members: object) -> Json:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def moment(when: datetime | None) -> str | None:
    """As JavaScript writes it."""
    return when and when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text_of(markup: str) -> str:
    """What a reader sees of HTML: tags gone, character references decoded."""
    text: str = fragment_fromstring(markup, create_parent="div").text_content()
    return text


def person(one: Person, format: Format) -> Json:
    if format is Format.RSS:
        return {"name": one.name}
    avatar = ADDRESSES.absolute(one.avatar.url) if one.avatar and format is Format.JSON else None
    email = one.email if format is Format.ATOM else None
    return present(name=one.name, url=one.url, email=email, avatar=avatar)


def editor(one: Person, format: Format) -> Json:
    """Who is responsible for the feed: RSS has an address and a name for it."""
    found = person(one, format)
    return present(**found, email=one.email) if format is Format.RSS else found


def enclosure(image: Image, format: Format) -> Json:
    # RSS and Atom say 0 where the length is unknown, JSON Feed leaves it out.
    length = image.byte_size if format is Format.JSON else image.byte_size or 0
    title = None if format is Format.RSS else image.alt
    return present(
        url=ADDRESSES.absolute(image.url), type=image.mime_type, length=length, title=title
    )


def medium(image: Image) -> Json:
    return present(
        url=ADDRESSES.absolute(image.url),
        type=image.mime_type,
        medium="image",
        width=image.width,
        height=image.height,
        length=image.byte_size,
    )


def expected_item(entry: Entry, format: Format) -> Json:
    """The article in the words of tests/node/parse.mjs, as `format` can say it."""
    article = entry.article
    topics = f"{BASE_URL}topics/"
    original = ADDRESSES.absolute(article.original_url) if article.original_url else None
    item = {
        "id": article.id,
        "title": article.title,
        "url": entry.link,
        "published": moment(article.published),
        "summary": article.excerpt,
        "content": entry.html,
        "authors": [person(one, format) for one in article.creators],
        "language": article.language,
        "enclosures": [enclosure(image, format) for image in entry.enclosures],
    }
    if format is Format.RSS:
        item |= {
            "summary": stands_for_description(article, entry.html),
            "isPermaLink": article.id == entry.link,
            "categories": [{"label": topic.label, "scheme": topics} for topic in article.topics],
            "enclosures": item["enclosures"][:1],
        }
    else:
        item |= {"via": original if original != entry.link else None}
    if format is Format.ATOM:
        since = datetime(RULES.since.year, RULES.since.month, RULES.since.day, tzinfo=UTC)
        item |= {
            "updated": moment(article.updated or since),
            "summaryType": "text" if article.excerpt else None,
            "contentType": "html" if entry.html else None,
            "categories": [
                {"term": topic.slug, "label": topic.label, "scheme": topics}
                for topic in article.topics
            ],
            "related": [
                {"url": ADDRESSES.absolute(other.url), "title": other.title}
                for other in article.related
            ],
        }
    if format is Format.JSON:
        item |= {
            "updated": moment(article.updated),
            "content": entry.html or article.excerpt or article.title,
            "categories": [{"label": topic.label} for topic in article.topics],
            "image": ADDRESSES.absolute(entry.image.url) if entry.image else None,
        }
    else:
        item |= {
            "media": [medium(image) for image in entry.media],
            "thumbnails": [
                present(url=ADDRESSES.absolute(image.url), width=image.width, height=image.height)
                for image in entry.media[:1]
            ],
        }
    return present(**item)


def as_read_by(parser: str, format: Format, entry: Entry) -> Json:
    """The item as this parser gives it, with what it makes of it by itself."""
    item = expected_item(entry, format)
    if parser == "rss-parser" and format is Format.ATOM:
        item.setdefault("published", item["updated"])
    if parser == "@rowanmanning/feed-parser":
        item["image"] = ADDRESSES.absolute(entry.media[0].url) if entry.media else None
        for name in ("title", "summary", "content"):  # references are decoded once more
            item[name] = html.unescape(item.get(name, ""))
        if format is Format.RSS:
            item["summary"] = stands_for_description(
                entry.article, entry.html
            )  # so the description comes out as text
            item["updated"] = item.get("published")
            item["categories"] = [
                one | {"term": one["label"]} for one in item.get("categories", [])
            ]
            # An enclosure and the Media RSS of the same address are one.
            item["enclosures"] = [
                present(url=one["url"], type=one["type"], length=one.get("length"))
                for one in item.get("media", [])
            ]
            for one in item["enclosures"][:1]:
                one.setdefault("length", 0)
        # RFC 4287, 4.2.1: an entry without an author has those of the feed. This parser holds
        # RSS and its <managingEditor> to the same.
        author = settings().describe_site().author
        item.setdefault("authors", [editor(author, format)] if author else [])
    fields = ITEM_FIELDS.get((parser, format))
    return present(
        **{name: item.get(name) for name in (fields.split() if fields is not None else item)}
    )


def as_text(item: Json, parser: str, format: Format, entry: Entry) -> Json:
    """An item with text in place of the HTML that a format wants where the article has text."""
    if format is Format.RSS and "summary" in item and parser != "@rowanmanning/feed-parser":
        return item | {"summary": text_of(item["summary"])}
    if format is Format.JSON and not entry.html:
        return item | {"content": text_of(item["content"])}
    return item


@pytest.mark.parametrize(("parser", "format", "name"), CASES)
def test_every_field_of_every_item_is_the_articles(
    view: View, parse: Parse, parser: str, format: Format, name: str
) -> None:
    expected = entries(view, name)
    items = parse(parser, name, format)["items"]
    assert [
        as_text(item, parser, format, entry) for item, entry in zip(items, expected, strict=True)
    ] == [as_read_by(parser, format, entry) for entry in expected]


def expected_feed(view: View, name: str, format: Format) -> Json:
    site, chosen = settings().describe_site(), selection(view, name)
    author = site.author or Person(site.title)
    if format is Format.JSON:
        author = Person(author.name, author.url)  # JSON Feed has no word for an address
    own_image = ADDRESSES.feed_image if format is Format.RSS else ADDRESSES.icon
    return present(
        id=chosen.id,
        title=chosen.title,
        description=chosen.description,
        language=site.language,
        rights=site.rights,
        updated=moment(chosen.updated),
        image=chosen.image or own_image,
        imageTitle=chosen.title,
        imageLink=ADDRESSES.page(chosen.query),
        icon=ADDRESSES.icon,
        generator="feedsvc",
        self=ADDRESSES.feed(chosen.query, format),
        authors=[editor(author, format)],
    )


@pytest.mark.parametrize(("parser", "format", "name"), CASES)
def test_every_field_of_the_feed_is_the_sites(
    view: View, parse: Parse, parser: str, format: Format, name: str
) -> None:
    found = parse(parser, name, format)["feed"]
    feed = expected_feed(view, name, format)
    expected = {key: feed[key] for key in FEED_FIELDS[parser, format].split()}
    assert found == expected | {"url": found["url"]}  # which is asked about below


@pytest.mark.parametrize(("parser", "format"), READINGS)
def test_the_feed_leads_to_its_page(parse: Parse, parser: str, format: Format) -> None:
    """Where a reader goes who clicks on the name of the feed: to a page for people."""
    pages = {name: ADDRESSES.page(query) for name, query in QUERIES.items()}
    assert {name: parse(parser, name, format)["feed"]["url"] for name in QUERIES} == pages
