"""Every golden feed, archive and list of feeds obeys the standard of its format.

A parser forgives; a standard doesn't. Atom is held against the grammar of RFC 4287 and its
prose, JSON Feed against a JSON Schema of version 1.1, OPML against a grammar of subscription
lists, RSS against the RSS 2.0 specification and the RSS Advisory Board's Best Practices Profile.
The schemas are in tests/schemas; what they can't say is checked here. So that no check can pass
by being blind, each is also shown documents that are broken in one place.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from goldens import settings
from jsonschema import Draft202012Validator
from lxml import etree
from lxml.html import fragment_fromstring
from support import BASE_URL, FIXTURES, Site

from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.index.view import View

SCHEMAS = Path(__file__).parent / "schemas"
GOLDENS = FIXTURES / "goldens"

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_WEB = re.compile(r"https?://[^/\s<>\"{}|\\^`][^\s<>\"{}|\\^`]*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+( \([^)]+\))?")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


# A feed of eight articles in threes: the newest, and the two archive pages that are full.
PAGES = [None, 1, 2]


def page_of(view: View, format: Format, page: int | None) -> bytes:
    site = settings().describe_site()
    return publish(FeedQuery(), format, view, site, 3, BASE_URL, page).body


def goldens(ending: str) -> list[Path]:
    return sorted(GOLDENS.glob(f"*.{ending}"))


def name_of(path: Path) -> str:
    return path.name


def broken(document: str, old: str, new: str) -> str:
    assert document.count(old) == 1
    return document.replace(old, new)


def twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def relative_references(markup: str) -> list[str]:
    """The addresses in HTML that mean nothing outside of a page: a feed has no address of its
    own to resolve them against.
    """
    elements = fragment_fromstring(markup, create_parent="div").iter()
    addresses = (element.get(name) for element in elements for name in ("href", "src", "poster"))
    return [address for address in addresses if address and not _ABSOLUTE.fullmatch(address)]


# ------------------------------------------------------------------------------------ Atom 1.0

ATOM_GRAMMAR = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
LINK_RELATIONS = {
    *("alternate", "related", "self", "enclosure", "via"),
    *("current", "next-archive", "prev-archive"),  # RFC 5005
}


def atom_faults(feed: Any) -> list[str]:
    """What RFC 4287 demands in prose; the grammar has been asked before."""
    entries = feed.findall(f"{ATOM}entry")
    faults = list(_atom_iri_faults(feed))
    if feed.find(f"{ATOM}author") is None:
        faults += [
            f"no author: {entry.findtext(f'{ATOM}id')}"
            for entry in entries
            if entry.find(f"{ATOM}author") is None
        ]
    ids = [feed.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)]
    faults += [f"id twice: {id}" for id in twice(ids)]
    if len(_links(feed, "self")) != 1:
        faults.append("not one link to itself")
    for container in (feed, *entries):
        kinds = [
            f"{link.get('type')} {link.get('hreflang')}" for link in _links(container, "alternate")
        ]
        faults += [f"two alternate links: {kind}" for kind in twice(kinds)]
    for entry in entries:
        faults += _atom_content_faults(entry)
    for date in feed.iter(f"{ATOM}updated", f"{ATOM}published"):
        if not is_rfc_3339(date.text):
            faults.append(f"no RFC 3339 date: {date.text}")
    for text in feed.iter(f"{ATOM}content", f"{ATOM}summary", f"{ATOM}title"):
        if text.get("type") == "html":
            faults += [f"relative: {address}" for address in relative_references(text.text or "")]
    return faults


def _links(container: Any, rel: str) -> list[Any]:
    links = container.findall(f"{ATOM}link")
    return [link for link in links if link.get("rel", "alternate") == rel]


def _atom_content_faults(entry: Any) -> Iterator[str]:
    """4.1.2: content, or else a link; a summary beside what readers can't show."""
    content = entry.find(f"{ATOM}content")
    if content is None:
        if not _links(entry, "alternate"):
            yield "neither content nor an alternate link"
        return
    type = content.get("type", "text")
    is_text = type in ("text", "html", "xhtml") or type.startswith("text/")
    is_xml = type.endswith(("+xml", "/xml"))
    elsewhere = content.get("src") is not None
    if (elsewhere or not (is_text or is_xml)) and entry.find(f"{ATOM}summary") is None:
        yield "no summary of content that isn't text"


def _atom_iri_faults(feed: Any) -> Iterator[str]:
    """No document here has a base, so every IRI is absolute."""
    iris = [one.text for one in feed.iter(*(ATOM + tag for tag in ("id", "uri", "icon", "logo")))]
    for element in feed.iter():
        iris += [element.get(name) for name in ("href", "src", "scheme", "url")]
    for iri in iris:
        if iri is not None and not _ABSOLUTE.fullmatch(iri):
            yield f"no absolute IRI: {iri}"
    for link in feed.iter(f"{ATOM}link"):
        rel = link.get("rel", "alternate")
        if rel not in LINK_RELATIONS and not _ABSOLUTE.fullmatch(rel):
            yield f"unregistered relation: {rel}"


def is_rfc_3339(text: str) -> bool:
    """The form, and a day and time that exist."""
    if not _RFC_3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# Everything that the grammar allows and the goldens don't show: extensions, XHTML, a source.
ATOM_SAMPLE = """\
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xmlns:x="urn:x" x:mark="m">
  <x:simple>text</x:simple>
  <id>urn:x:feed</id>
  <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>feed</b></div></title>
  <updated>2026-03-04T10:00:00Z</updated>
  <link rel="self" href="https://a.example/feed"/>
  <link href="https://a.example/" type="text/html" hreflang="en"><x:y>inside</x:y></link>
  <x:structured x:a="1"><x:b>2</x:b> and text</x:structured>
  <entry xml:base="https://a.example/">
    <id>urn:x:1</id>
    <title>One</title>
    <updated>2026-03-04T10:00:00.5+01:00</updated>
    <author><name>Ada</name><email>ada@a.example</email><x:y/></author>
    <link href="https://a.example/1"/>
    <link rel="enclosure" type="image/png" length="83" href="https://a.example/1.png"/>
    <category term="sea" scheme="https://a.example/topics/" label="Sea"/>
    <source><id>urn:x:source</id><x:y/></source>
  </entry>
  <entry>
    <id>urn:x:2</id>
    <title type="html">&lt;i&gt;Two&lt;/i&gt;</title>
    <updated>2026-03-04T10:00:00Z</updated>
    <author><name>Bo</name><uri>https://b.example/</uri></author>
    <content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>
  </entry>
</feed>
"""


def atom(document: str | bytes) -> Any:
    return etree.fromstring(document.encode() if isinstance(document, str) else document)


@pytest.mark.parametrize("golden", goldens("atom"), ids=name_of)
def test_atom_obeys_rfc_4287(golden: Path) -> None:
    feed = atom(golden.read_bytes())
    ATOM_GRAMMAR.assertValid(feed)
    assert atom_faults(feed) == []


@pytest.mark.parametrize("page", PAGES)
def test_an_atom_archive_obeys_rfc_4287(view: View, page: int | None) -> None:
    feed = atom(page_of(view, Format.ATOM, page))
    ATOM_GRAMMAR.assertValid(feed)
    assert atom_faults(feed) == []


def test_the_atom_sample_obeys_rfc_4287() -> None:
    ATOM_GRAMMAR.assertValid(atom(ATOM_SAMPLE))
    assert atom_faults(atom(ATOM_SAMPLE)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<id>urn:x:feed</id>", ""),
        ("<title>One</title>", ""),
        ("<title>One</title>", "<title>One</title><title>Uno</title>"),
        ("<title>One</title>", "<title>O<b>n</b>e</title>"),
        ("<title>One</title>", '<title type="text/plain">One</title>'),
        ("<title>One</title>", '<title type="xhtml">One</title>'),
        ("<name>Ada</name>", ""),
        ("<email>ada@a.example</email>", "<email>ada</email>"),
        ("<updated>2026-03-04T10:00:00.5+01:00</updated>", "<updated>4 March 2026</updated>"),
        ("<updated>2026-03-04T10:00:00.5+01:00</updated>", ""),
        ('<link href="https://a.example/1"/>', '<link rel="alternate"/>'),
        ('type="image/png"', 'type="png"'),
        ('length="83"', 'length="unknown"'),
        ('hreflang="en"', 'hreflang="in English"'),
        ('term="sea"', ""),
        ("<x:simple>text</x:simple>", "<simple>text</simple>"),
        ("<x:simple>text</x:simple>", "text"),
        ("<x:simple>text</x:simple>", '<pubDate xmlns="">text</pubDate><entry/>'),
        ('x:mark="m"', 'mark="m"'),
    ],
)
def test_the_atom_grammar_refuses(old: str, new: str) -> None:
    assert not ATOM_GRAMMAR.validate(atom(broken(ATOM_SAMPLE, old, new)))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<author><name>Bo</name><uri>https://b.example/</uri></author>", "", "no author: urn:x:2"),
        ("<id>urn:x:2</id>", "<id>urn:x:1</id>", "id twice: urn:x:1"),
        ("<id>urn:x:2</id>", "<id>2</id>", "no absolute IRI: 2"),
        ('rel="self" href', 'rel="via" href', "not one link to itself"),
        ('href="https://a.example/feed"', 'href="/feed"', "no absolute IRI: /feed"),
        ('href="https://a.example/feed"', 'href="https://a.example/a b"',
         "no absolute IRI: https://a.example/a b"),
        ('scheme="https://a.example/topics/"', 'scheme="topics"', "no absolute IRI: topics"),
        ("<uri>https://b.example/</uri>", "<uri>b.example</uri>", "no absolute IRI: b.example"),
        ('rel="enclosure"', 'rel="image"', "unregistered relation: image"),
        ('rel="enclosure" type="image/png" length="83"', "", "two alternate links: None None"),
        ('<link href="https://a.example/1"/>', "", "neither content nor an alternate link"),
        ('"image/svg+xml"', '"image/png"', "no summary of content that isn't text"),
        ('<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>',
         '<content type="text/html" src="https://a.example/2"/>',
         "no summary of content that isn't text"),
        ("&lt;i&gt;Two&lt;/i&gt;", '&lt;a href="two"&gt;Two&lt;/a&gt;', "relative: two"),
        ("2026-03-04T10:00:00.5", "12026-03-04T10:00:00",
         "no RFC 3339 date: 12026-03-04T10:00:00+01:00"),
        ("10:00:00.5+01:00", "10:00:00", "no RFC 3339 date: 2026-03-04T10:00:00"),
    ],
)  # fmt: skip
def test_the_prose_of_rfc_4287_refuses(old: str, new: str, fault: str) -> None:
    document = atom(broken(ATOM_SAMPLE, old, new))
    ATOM_GRAMMAR.assertValid(document)  # the grammar alone would let it through
    assert atom_faults(document) == [fault]


# ------------------------------------------------------------------------------------- RSS 2.0

# Elements without a namespace: (must be there once, may be there once, may be there often).
RSS_ELEMENTS = {
    "rss": ({"channel"}, set(), set()),
    "channel": (
        {"title", "link", "description"},
        {"language", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate",
         "generator", "docs", "cloud", "ttl", "image", "rating", "textInput", "skipHours",
         "skipDays"},
        {"category", "item"},
    ),
    "image": ({"url", "title", "link"}, {"width", "height", "description"}, set()),
    "item": (
        {"guid"},  # the specification demands none, the profile recommends it
        {"title", "link", "description", "author", "comments", "enclosure", "pubDate", "source"},
        {"category"},  # one enclosure, as the profile recommends
    ),
}  # fmt: skip
RSS_ATTRIBUTES = {
    "rss": {"version"},
    "guid": {"isPermaLink"},
    "enclosure": {"url", "length", "type"},
    "category": {"domain"},
    "source": {"url"},
}
RSS_DATES = ("pubDate", "lastBuildDate")
RSS_PEOPLE = ("author", "managingEditor", "webMaster")


def rss_faults(document: bytes) -> list[str]:
    """What the specification of RSS 2.0 and the Best Practices Profile demand."""
    rss = etree.fromstring(document)
    if rss.tag != "rss" or rss.get("version") != "2.0":
        return ["no RSS 2.0"]
    faults = [fault for element in rss.iter() for fault in _rss_element_faults(element)]
    if faults:
        return faults
    channel = rss.find("channel")
    items = channel.findall("item")
    faults += _rss_channel_faults(channel)
    for item in items:
        faults += _rss_item_faults(item)
    guids = [item.findtext("guid") for item in items]
    faults += [f"guid twice: {guid}" for guid in twice(guids)]
    for title in re.findall(r"<title>([^<]*)</title>", document.decode()):
        # Readers that take titles for HTML show these two right, and no other spelling.
        if re.search(r"&(?!#x26;|#x3C;|gt;|quot;|apos;)", title):
            faults.append(f"title not in hexadecimal references: {title}")
    return faults


def _rss_element_faults(element: Any) -> Iterator[str]:
    """Structure: what RSS itself doesn't define needs a namespace."""
    if not isinstance(element.tag, str) or element.tag.startswith("{"):
        return
    for name in element.attrib:
        if not name.startswith("{") and name not in RSS_ATTRIBUTES.get(element.tag, set()):
            yield f"<{element.tag}> has {name}"
    children = Counter(
        child.tag
        for child in element
        if isinstance(child.tag, str) and not child.tag.startswith("{")
    )
    required, optional, repeated = RSS_ELEMENTS.get(element.tag, (set(), set(), set()))
    for tag in sorted(required - set(children)):
        yield f"<{element.tag}> without <{tag}>"
    for tag, count in children.items():
        if tag not in required | optional | repeated:
            yield f"<{tag}> in <{element.tag}>"
        elif count > 1 and tag not in repeated:
            yield f"<{element.tag}> with {count} <{tag}>"


def _rss_channel_faults(channel: Any) -> Iterator[str]:
    yield from _rss_text_faults(channel)
    links = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if [link.get("type") for link in links] != ["application/rss+xml"]:
        yield "not one atom:link to itself"
    for link in channel.findall(f"{ATOM}link"):
        if not _WEB.fullmatch(link.get("href", "")):
            yield f"no absolute URL: {link.get('href')}"
    language = channel.findtext("language", "en")
    if not _LANGUAGE.fullmatch(language):
        yield f"no language: {language}"
    image = channel.find("image")
    if image is not None:
        if not _WEB.fullmatch(image.findtext("url")):
            yield f"no absolute URL: {image.findtext('url')}"
        for name in ("title", "link"):
            if image.findtext(name) != channel.findtext(name):
                yield f"the image has another {name}"


def _rss_item_faults(item: Any) -> Iterator[str]:
    yield from _rss_text_faults(item)
    if not item.findtext("title") and not item.findtext("description"):
        yield "neither title nor description"
    guid = item.find("guid")
    if not guid.text:
        yield "empty guid"
    elif guid.get("isPermaLink", "true") == "true" and not _WEB.fullmatch(guid.text):
        yield f"no permanent link: {guid.text}"
    for author in item.findall(f"{DC}creator"):
        if not author.text or item.find("author") is not None:
            yield "dc:creator that is empty or beside an author"
    enclosure = item.find("enclosure")
    if enclosure is not None:
        yield from _enclosure_faults(enclosure)
    for category in item.findall("category"):
        if not category.text:
            yield "empty category"
        if not _ABSOLUTE.fullmatch(category.get("domain", "urn:x:none")):
            yield f"no absolute URL: {category.get('domain')}"
    for element in item.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            url = element.get("url", "urn:x:none")
            if not _ABSOLUTE.fullmatch(url):
                yield f"no absolute URL: {url}"
    summary_and_body = ["description", f"{CONTENT}encoded"]
    order = [child.tag for child in item if child.tag in summary_and_body]
    if order not in ([], summary_and_body[:1], summary_and_body[1:], summary_and_body):
        yield "content:encoded twice or before the description"
    for name in summary_and_body:
        for address in relative_references(item.findtext(name, "")):
            yield f"relative: {address}"


def _rss_text_faults(element: Any) -> Iterator[str]:
    """What a channel and an item have alike."""
    for name in RSS_DATES:
        date = element.findtext(name)
        if date is not None and not is_rfc_822(date):
            yield f"no RFC 822 date: {date}"
    for name in RSS_PEOPLE:
        person = element.findtext(name)
        if person is not None and not _MAILBOX.fullmatch(person):
            yield f"{name} without an e-mail address: {person}"
    for name in ("link", "docs", "comments"):
        url = element.findtext(name)
        if url is not None and not _WEB.fullmatch(url):
            yield f"no absolute URL: {url}"


def _enclosure_faults(enclosure: Any) -> Iterator[str]:
    if not _WEB.fullmatch(enclosure.get("url", "")):
        yield f"no absolute URL: {enclosure.get('url')}"
    if not enclosure.get("length", "").isdecimal():
        yield f"no length: {enclosure.get('length')}"
    if not _MEDIA_TYPE.fullmatch(enclosure.get("type", "")):
        yield f"no media type: {enclosure.get('type')}"


def is_rfc_822(text: str) -> bool:
    """The one spelling that every reader knows: right day of the week, four-digit year, GMT."""
    try:
        return format_datetime(parsedate_to_datetime(text), usegmt=True) == text
    except ValueError:
        return False


RSS_SAMPLE = """\
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="urn:x" x:mark="m"
     xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>A &#x26; B</title>
    <link>https://a.example/</link>
    <description>Of the sea.</description>
    <atom:link rel="self" href="https://a.example/feed.rss" type="application/rss+xml"/>
    <managingEditor>ada@a.example (Ada)</managingEditor>
    <language>en</language>
    <lastBuildDate>Wed, 04 Mar 2026 10:00:00 GMT</lastBuildDate>
    <image>
      <url>https://a.example/a.png</url><title>A &#x26; B</title><link>https://a.example/</link>
    </image>
    <item>
      <title>One</title>
      <link>https://a.example/1</link>
      <guid>https://a.example/1</guid>
      <dc:creator>Bo</dc:creator>
      <description>Short.</description>
      <content:encoded>&lt;a href="https://a.example/2"&gt;Two&lt;/a&gt;</content:encoded>
      <category domain="https://a.example/topics/">Sea</category>
      <enclosure url="https://a.example/1.png" length="0" type="image/png"/>
      <pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate>
    </item>
    <item>
      <title>Two</title>
      <guid isPermaLink="false">urn:x:2</guid>
    </item>
  </channel>
</rss>
"""


@pytest.mark.parametrize("golden", goldens("rss"), ids=name_of)
def test_rss_obeys_its_specification_and_profile(golden: Path) -> None:
    assert rss_faults(golden.read_bytes()) == []


@pytest.mark.parametrize("page", PAGES)
def test_an_rss_archive_obeys_its_specification_and_profile(view: View, page: int | None) -> None:
    assert rss_faults(page_of(view, Format.RSS, page)) == []


def test_the_rss_sample_obeys_its_specification_and_profile() -> None:
    assert rss_faults(RSS_SAMPLE.encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('<rss version="2.0"', '<rss version="0.91"', "no RSS 2.0"),
        ("<description>Of the sea.</description>", "", "<channel> without <description>"),
        ("<language>en</language>", "<language>en</language><language>de</language>",
         "<channel> with 2 <language>"),
        ("<language>en</language>", "<language>plain English</language>",
         "no language: plain English"),
        ("<language>en</language>", "<updated>now</updated>", "<updated> in <channel>"),
        ('<guid isPermaLink="false">urn:x:2</guid>', "", "<item> without <guid>"),
        ('<guid isPermaLink="false">urn:x:2</guid>', "<guid>https://a.example/1</guid>",
         "guid twice: https://a.example/1"),
        ('isPermaLink="false"', "", "no permanent link: urn:x:2"),
        ('isPermaLink="false"', 'isPermaLink="false" id="2"', "<guid> has id"),
        ("<title>Two</title>", "", "neither title nor description"),
        ("<title>Two</title>", "<title>Two &amp; more</title>",
         "title not in hexadecimal references: Two &amp; more"),
        ("<title>Two</title>", "<title>Two</title><author>Bo</author>",
         "author without an e-mail address: Bo"),
        ("<dc:creator>Bo</dc:creator>",
         "<dc:creator>Bo</dc:creator><author>bo@a.example (Bo)</author>",
         "dc:creator that is empty or beside an author"),
        ('<enclosure url="https://a.example/1.png" length="0" type="image/png"/>',
         '<enclosure url="https://a.example/1.png" length="0" type="image/png"/>'
         '<enclosure url="https://a.example/2.png" length="0" type="image/png"/>',
         "<item> with 2 <enclosure>"),
        ('length="0"', "", "no length: None"),
        ('length="0"', 'length="-1"', "no length: -1"),
        ('type="image/png"', 'type="png"', "no media type: png"),
        ('url="https://a.example/1.png"', 'url="/1.png"', "no absolute URL: /1.png"),
        ("<link>https://a.example/1</link>", "<link>1</link>", "no absolute URL: 1"),
        ("Tue, 03 Mar", "Mon, 03 Mar", "no RFC 822 date: Mon, 03 Mar 2026 10:00:00 GMT"),
        ("03 Mar 2026", "03 Mar 26", "no RFC 822 date: Tue, 03 Mar 26 10:00:00 GMT"),
        ("03 Mar 2026 10:00:00 GMT", "03 Mar 2026 10:00:00 +0000",
         "no RFC 822 date: Tue, 03 Mar 2026 10:00:00 +0000"),
        ("Wed, 04 Mar 2026 10:00:00 GMT", "2026-03-04T10:00:00Z",
         "no RFC 822 date: 2026-03-04T10:00:00Z"),
        ('rel="self"', 'rel="alternate"', "not one atom:link to itself"),
        ('href="https://a.example/feed.rss"', 'href="feed.rss"', "no absolute URL: feed.rss"),
        ('href="https://a.example/2"', 'href="../2"', "relative: ../2"),
        ("Short.", '&lt;img src="//a.example/1.png"&gt;', "relative: //a.example/1.png"),
        ('domain="https://a.example/topics/"', 'domain="topics/"', "no absolute URL: topics/"),
        ("<url>https://a.example/a.png</url><title>A &#x26; B</title>",
         "<url>https://a.example/a.png</url><title>B</title>", "the image has another title"),
        ("<description>Short.</description>\n      <content:encoded>",
         "<content:encoded>x</content:encoded><description>Short.</description><content:encoded>",
         "content:encoded twice or before the description"),
        ("ada@a.example (Ada)", "Ada", "managingEditor without an e-mail address: Ada"),
    ],
)  # fmt: skip
def test_the_rss_checks_refuse(old: str, new: str, fault: str) -> None:
    assert rss_faults(broken(RSS_SAMPLE, old, new).encode()) == [fault]


# ------------------------------------------------------------------------------- JSON Feed 1.1

JSON_SCHEMA = json.loads((SCHEMAS / "jsonfeed.schema.json").read_text(encoding="utf-8"))
JSON_VALIDATOR = Draft202012Validator(JSON_SCHEMA)
JSON_SAMPLE = """\
{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "A feed",
  "home_page_url": "https://a.example/",
  "feed_url": "https://a.example/feed.json",
  "next_url": "https://a.example/feed.json?page=2",
  "language": "en-GB",
  "authors": [{"name": "Ada", "url": "mailto:ada@a.example", "_a": {"b": 1}}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "_a": {"about": "https://a.example/about"},
  "items": [
    {
      "id": "1",
      "url": "https://a.example/1",
      "content_html": "<a href='https://a.example/2'>Two</a>",
      "date_published": "2026-03-04T10:00:00.5+01:00",
      "tags": ["sea"],
      "attachments": [
        {"url": "https://a.example/1.png", "mime_type": "image/png", "size_in_bytes": 83}
      ],
      "_a": {"b": [1, 2]}
    },
    {"id": "2", "content_text": "Two"}
  ]
}
"""


def json_faults(feed: Any) -> list[str]:
    """What the specification demands and the schema can't."""
    items = feed["items"]
    faults = [f"id twice: {id}" for id in twice(item["id"] for item in items)]
    if feed.get("next_url", "") == feed.get("feed_url"):
        faults.append("next_url is feed_url")
    for item in items:
        for address in relative_references(item.get("content_html", "")):
            faults.append(f"relative: {address}")
        for name in ("date_published", "date_modified"):
            if name in item and not is_rfc_3339(item[name]):
                faults.append(f"no RFC 3339 date: {item[name]}")
    return faults


def schema_faults(feed: Any) -> list[str]:
    """Where the schema is broken: `items.0.id`."""
    return [".".join(map(str, error.absolute_path)) for error in JSON_VALIDATOR.iter_errors(feed)]


def test_the_json_schema_is_one() -> None:
    Draft202012Validator.check_schema(JSON_SCHEMA)


@pytest.mark.parametrize("golden", goldens("json"), ids=name_of)
def test_json_feed_obeys_its_specification(golden: Path) -> None:
    feed = json.loads(golden.read_bytes())
    assert schema_faults(feed) == []
    assert json_faults(feed) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_json_archive_obeys_its_specification(view: View, page: int | None) -> None:
    feed = json.loads(page_of(view, Format.JSON, page))
    assert schema_faults(feed) == []
    assert json_faults(feed) == []


def test_the_json_sample_obeys_its_specification() -> None:
    feed = json.loads(JSON_SAMPLE)
    assert schema_faults(feed) == []
    assert json_faults(feed) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("version/1.1", "version/1", "version"),
        ('"title": "A feed",', "", ""),
        ('"title": "A feed",', '"title": "",', "title"),
        ('"title": "A feed",', '"title": "A feed", "subtitle": "Of the sea.",', ""),
        ('"_a": {"about": "https://a.example/about"}', '"_a": "about"', "_a"),
        ('"_a": {"about": "https://a.example/about"}', '"_": {}', ""),
        ('"home_page_url": "https://a.example/"', '"home_page_url": "/"', "home_page_url"),
        ('"language": "en-GB"', '"language": "en_GB"', "language"),
        ('"name": "Ada", "url": "mailto:ada@a.example", ', "", "authors.0"),
        ('"type": "WebSub", ', "", "hubs.0"),
        ('"id": "1",', "", "items.0"),
        ('"id": "1",', '"id": 1,', "items.0.id"),
        ('"content_text": "Two"', '"title": "Two"', "items.1"),
        ('"tags": ["sea"]', '"tags": "sea"', "items.0.tags"),
        ('"tags": ["sea"]', '"keywords": ["sea"]', "items.0"),
        ("2026-03-04T10:00:00.5+01:00", "2026-03-04 10:00:00", "items.0.date_published"),
        ('"mime_type": "image/png", ', "", "items.0.attachments.0"),
        ('"size_in_bytes": 83', '"size_in_bytes": "83"', "items.0.attachments.0.size_in_bytes"),
        ('"size_in_bytes": 83', '"length": 83', "items.0.attachments.0"),
    ],
)
def test_the_json_schema_refuses(old: str, new: str, place: str) -> None:
    assert schema_faults(json.loads(broken(JSON_SAMPLE, old, new))) == [place]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"id": "2"', '"id": "1"', "id twice: 1"),
        ("feed.json?page=2", "feed.json", "next_url is feed_url"),
        ("href='https://a.example/2'", "href='/2'", "relative: /2"),
        ("2026-03-04T10:00:00.5+01:00", "2026-02-30T10:00:00Z",
         "no RFC 3339 date: 2026-02-30T10:00:00Z"),
    ],
)  # fmt: skip
def test_the_prose_of_json_feed_refuses(old: str, new: str, fault: str) -> None:
    feed = json.loads(broken(JSON_SAMPLE, old, new))
    assert schema_faults(feed) == []  # the schema alone would let it through
    assert json_faults(feed) == [fault]


# ------------------------------------------------------------------------------------ OPML 2.0

OPML_GRAMMAR = etree.RelaxNG(etree.parse(SCHEMAS / "opml.rng"))
OPML_SAMPLE = """\
<opml version="2.0" xmlns:x="urn:x">
  <head>
    <title>Feeds of A &amp; B</title>
    <dateModified>Wed, 04 Mar 2026 10:00:00 GMT</dateModified>
    <x:mark>m</x:mark>
    <ownerEmail>ada@a.example</ownerEmail>
  </head>
  <body>
    <outline type="rss" text="All" title="All" xmlUrl="https://a.example/feed.rss"
             htmlUrl="https://a.example/" language="en" version="RSS" x:mark="m"/>
    <outline text="Topics">
      <outline type="rss" text="Sea" xmlUrl="https://a.example/topics/sea.atom"/>
    </outline>
  </body>
</opml>
"""


@pytest.mark.parametrize("name", ["subscriptions", "topics", "providers"])
def test_opml_is_a_subscription_list(make_site: Callable[..., Site], name: str) -> None:
    site = make_site(content__folders=[str(FIXTURES / "articles")], site__author={"name": "Ada"})
    site.read()
    OPML_GRAMMAR.assertValid(etree.fromstring(site.client.get(f"/{name}.opml").data))


def test_the_opml_sample_is_a_subscription_list() -> None:
    OPML_GRAMMAR.assertValid(etree.fromstring(OPML_SAMPLE))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<opml version="2.0"', '<opml version="1.0"'),
        ("Wed, 04 Mar 2026 10:00:00 GMT", "2026-03-04T10:00:00Z"),
        ("<x:mark>m</x:mark>", "<mark>m</mark>"),
        ("<x:mark>m</x:mark>", "<title>Again</title>"),
        ("ada@a.example", "Ada"),
        ('text="All" ', ""),
        ('text="All" ', 'text="" '),
        ('x:mark="m"', 'mark="m"'),
        ('type="rss" text="All"', 'text="All"'),
        ('type="rss" text="All"', 'type="atom" text="All"'),
        ('xmlUrl="https://a.example/feed.rss"', ""),
        ('xmlUrl="https://a.example/feed.rss"', 'xmlUrl="/feed.rss"'),
        ('<outline text="Topics">', '<outline text="Topics" xmlUrl="https://a.example/">'),
        ('<outline type="rss" text="Sea" xmlUrl="https://a.example/topics/sea.atom"/>', ""),
    ],
)
def test_the_opml_grammar_refuses(old: str, new: str) -> None:
    assert not OPML_GRAMMAR.validate(etree.fromstring(broken(OPML_SAMPLE, old, new)))
