"""FeedSelection -> RSS 2.0 and Atom 1.0, through feedgen; nobody else imports feedgen.

feedgen builds the tree; two feedgen extensions of ours, the hooks it has for this, then
put right in the tree what feedgen gets wrong and add what it has no word for. Articles
are clean before they come here (no characters that XML forbids), times are set from the
content alone, so the same selection gives the same bytes on every run and machine.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feedsvc import __version__
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection
from feedsvc.model import Article, Facet, Image, Person, Site

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_GENERATOR = {"generator": "feedsvc", "version": __version__}


def _rfc822(moment: datetime) -> str:
    """RSS 2.0 <pubDate>: RFC 822 with a four-digit year, in GMT."""
    return format_datetime(moment, usegmt=True)


# feedgen's own formatter switches the locale of the whole process around each date, and it
# formats at least one date for each channel: with threads, the locale ends up wrong.
feedgen.feed.formatRFC2822 = _rfc822
feedgen.entry.formatRFC2822 = _rfc822


def render_rss(selection: FeedSelection, site: Site, addresses: Addresses) -> bytes:
    """RSS 2.0 after the RSS Advisory Board's Best Practices Profile; UTF-8."""
    feed = _feed(selection, site, addresses, Format.RSS)
    return _RSS_TITLE.sub(_hexadecimal, feed.rss_str(pretty=True))


def render_atom(selection: FeedSelection, site: Site, addresses: Addresses) -> bytes:
    """Atom 1.0 (RFC 4287); UTF-8."""
    body: bytes = _feed(selection, site, addresses, Format.ATOM).atom_str(pretty=True)
    return body


# The Best Practices Profile asks for these two references in titles, which are plain text:
# readers that take titles for HTML then still show `AT&T` and `a < b`.
_RSS_TITLE = re.compile(rb"<title>[^<]*</title>")


def _hexadecimal(title: re.Match[bytes]) -> bytes:
    return title[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _feed(
    selection: FeedSelection, site: Site, addresses: Addresses, format: Format
) -> FeedGenerator:
    feed = FeedGenerator()
    feed.register_extension("feedsvc", _ChannelExtension, _EntryExtension)
    feed.feedsvc.repair = lambda channel: _complete_channel(channel, selection, site, addresses)
    feed.id(selection.id)
    feed.title(selection.title)
    feed.description(selection.description or selection.title)
    feed.updated(selection.updated)
    feed.lastBuildDate(selection.updated)
    feed.language(site.language)
    feed.generator(**_GENERATOR)
    feed.author(_author(site.author or Person(site.title)))
    if site.rights:
        feed.rights(site.rights)
    if site.icon:
        feed.icon(addresses.absolute(site.icon))
    if selection.image:
        feed.image(addresses.absolute(selection.image), selection.title)
    feed.link(href=addresses.feed(selection.query, format), rel="self", type=format.content_type)
    for other in _other_formats(site, format):
        href = addresses.feed(selection.query, other)
        feed.link(href=href, rel="alternate", type=other.content_type)
    # Last, because feedgen makes the channel's <link> of the last link, whatever its rel.
    feed.link(href=addresses.page(selection.query), rel="alternate", type="text/html")
    for article in selection.articles:
        _add_entry(feed, article, site, addresses)
    return feed


def _add_entry(feed: FeedGenerator, article: Article, site: Site, addresses: Addresses) -> None:
    link = addresses.link(article)
    entry = feed.add_entry(order="append")
    entry.guid(article.id, permalink=article.id == link)
    entry.title(article.title)
    entry.link(href=link, rel="alternate", type="text/html")
    entry.updated(article.updated or site.since_moment)
    if article.published is not None:
        entry.published(article.published)
    if article.excerpt:
        entry.summary(article.excerpt, type="text")
    if article.html:
        entry.content(article.html, type="html")
    for author in article.creators:
        entry.author(_author(author))
    if article.images:
        first = article.images[0]
        entry.enclosure(addresses.image(first), str(first.byte_size or 0), first.mime_type)
    for term in article.topics:
        entry.category(term=term.slug, label=term.label, scheme=addresses.facet(Facet.TOPIC))
    entry.feedsvc.repair = lambda element: _complete_entry(element, article, addresses)


def _author(person: Person) -> dict[str, str]:
    pairs = {"name": person.name, "email": person.email, "uri": person.url}
    return {key: value for key, value in pairs.items() if value}


class _Repair:
    """What our two extensions share: feedgen makes them, the feed then says what to repair."""

    repair: Callable[[Any], None]

    def extend_ns(self) -> dict[str, str]:
        return {"dc": DC, "media": MEDIA}

    def extend_rss(self, element: Any) -> Any:
        self.repair(element)
        return element

    extend_atom = extend_rss


class _ChannelExtension(_Repair, BaseExtension):  # type: ignore[misc]  # feedgen is untyped
    pass


class _EntryExtension(_Repair, BaseEntryExtension):  # type: ignore[misc]  # feedgen is untyped
    pass


def _other_formats(site: Site, format: Format) -> list[Format]:
    return [other for other in Format if other is not format and other in site.formats]


def _complete_channel(
    root: Any, selection: FeedSelection, site: Site, addresses: Addresses
) -> None:
    channel = root.find("channel")
    if channel is None:
        return
    # feedgen writes the self link alone; the other formats are atom:link too.
    own = channel.find(f"{{{ATOM}}}link")
    for other in reversed(_other_formats(site, Format.RSS)):
        link = etree.Element(
            f"{{{ATOM}}}link",
            href=addresses.feed(selection.query, other),
            rel="alternate",
            type=other.content_type,
        )
        own.addnext(link)


def _complete_entry(element: Any, article: Article, addresses: Addresses) -> None:
    if element.tag == "item":
        _complete_item(element, article)
    else:
        _complete_atom_entry(element, article, addresses)
    _add_media(element, article.images, addresses)


def _complete_item(item: Any, article: Article) -> None:
    description = item.find("description")
    if description is not None and article.excerpt:
        # RSS 2.0 <description> is HTML, the excerpt is plain text.
        description.text = html.escape(article.excerpt, quote=False)
    # RSS 2.0 <author> must be an e-mail address and feedgen drops names without one.
    for author in item.findall("author"):
        item.remove(author)
    for creator in article.creators:
        etree.SubElement(item, f"{{{DC}}}creator").text = creator.name
    if article.language:
        etree.SubElement(item, f"{{{DC}}}language").text = article.language
    # RSS has labels for people where Atom has terms for programs: feedgen writes the label.


def _complete_atom_entry(entry: Any, article: Article, addresses: Addresses) -> None:
    if article.language:
        entry.set(_XML_LANG, article.language)
    # feedgen loses rel, type, length and title of every link of an entry: write them anew.
    old = entry.findall("link")
    at = entry.index(old[0])
    for link in old:
        entry.remove(link)
    for offset, attributes in enumerate(_entry_links(article, addresses)):
        entry.insert(at + offset, etree.Element("link", attributes))


def _entry_links(article: Article, addresses: Addresses) -> list[dict[str, str]]:
    """RFC 4287 §4.2.7: the story, its original if elsewhere, its images, related stories."""
    link = addresses.link(article)
    links = [{"href": link, "rel": "alternate", "type": "text/html"}]
    if article.original_url and addresses.absolute(article.original_url) != link:
        links.append({"href": addresses.absolute(article.original_url), "rel": "via"})
    for image in article.images:
        enclosure = {
            "href": addresses.image(image),
            "rel": "enclosure",
            "type": image.mime_type,
            "length": str(image.byte_size or 0),
        }
        if image.alt:
            enclosure["title"] = image.alt
        links.append(enclosure)
    for related in article.related:
        href = addresses.absolute(related.url)
        links.append({"href": href, "rel": "related", "title": related.title})
    return links


def _add_media(element: Any, images: tuple[Image, ...], addresses: Addresses) -> None:
    """Media RSS 1.5.1 <media:content>, one for each image and none of them in a group:
    a group would say that they are the same picture. No <media:description> or
    <media:title>: parsers take them for the entry's own.
    """
    for image in images:
        content = etree.SubElement(
            element,
            f"{{{MEDIA}}}content",
            url=addresses.image(image),
            type=image.mime_type,
            medium="image",
        )
        for name, number in (
            ("fileSize", image.byte_size),
            ("width", image.width),
            ("height", image.height),
        ):
            if number is not None:
                content.set(name, str(number))
    if images:
        first = images[0]
        thumbnail = etree.SubElement(element, f"{{{MEDIA}}}thumbnail", url=addresses.image(first))
        if first.width is not None and first.height is not None:
            thumbnail.set("width", str(first.width))
            thumbnail.set("height", str(first.height))
