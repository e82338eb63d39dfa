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
from feedsvc.feeds.entry import Entry, make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection
from feedsvc.feeds.site import Site
from feedsvc.model import Article, Facet, Image, Person

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
HISTORY = "http://purl.org/syndication/history/1.0"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
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
    feed.feedsvc.namespaces = _namespaces(addresses)
    feed.feedsvc.repair = lambda root: _complete_channel(root, selection, site, addresses)
    feed.id(selection.id)
    feed.title(selection.title)
    feed.description(selection.description or selection.title)
    feed.updated(selection.updated)
    feed.lastBuildDate(selection.updated)
    feed.language(site.language)
    feed.generator(**_GENERATOR)
    editor = site.author or Person(site.title)
    feed.author(_author(editor))
    if editor.email:  # RSS 2.0 <managingEditor> is an address, with the name behind it
        feed.managingEditor(f"{editor.email} ({editor.name})")
    if site.rights:
        feed.rights(site.rights)
    feed.icon(addresses.icon)
    feed.logo(selection.image or addresses.icon)
    if selection.image:
        feed.image(selection.image, selection.title)
    elif format is Format.RSS:
        feed.image(addresses.feed_image, selection.title, width="144", height="144")
    for link in _feed_links(selection, site, addresses, format):
        feed.link(link)
    for article in selection.articles:
        _add_entry(feed, make_entry(article, addresses, selection.options), site, addresses)
    return feed


def _namespaces(addresses: Addresses) -> dict[str, str]:
    return {
        "dc": DC,
        "feedsvc": addresses.namespace,
        "fh": HISTORY,
        "media": MEDIA,
        "sy": SYNDICATION,
    }


def _feed_links(
    selection: FeedSelection, site: Site, addresses: Addresses, format: Format
) -> list[dict[str, str]]:
    """The page, self, other formats and archive (RFC 5005 §4)."""
    query, page, previous = selection.query, selection.page, selection.previous_page
    mime = format.content_type
    human = {"href": addresses.page(query), "rel": "alternate", "type": "text/html"}
    links = [{"href": addresses.feed(query, format, page), "rel": "self", "type": mime}]
    links += [
        {"href": addresses.feed(query, other, page), "rel": "alternate", "type": other.content_type}
        for other in Format
        if other is not format and other in site.formats
    ]
    if page is not None:
        links.append({"href": addresses.feed(query, format), "rel": "current", "type": mime})
    if previous is not None:
        href = addresses.feed(query, format, previous)
        links.append({"href": href, "rel": "prev-archive", "type": mime})
    # In Atom first, since parsers take the first alternate for the page; in RSS last, since
    # feedgen makes the channel's <link> of the last link, whatever its rel.
    return [*links, human] if format is Format.RSS else [human, *links]


def _add_entry(feed: FeedGenerator, entry: Entry, site: Site, addresses: Addresses) -> None:
    article = entry.article
    element = feed.add_entry(order="append")
    element.guid(article.id, permalink=article.id == entry.link)
    element.title(article.title)
    element.link(href=entry.link, rel="alternate", type="text/html")
    element.updated(article.updated or site.since_moment)
    if article.published is not None:
        element.published(article.published)
    if article.excerpt:
        element.summary(article.excerpt, type="text")
    if entry.html:
        element.content(entry.html, type="html")
    # In one call each: feedgen goes through all there is again for every one that is added.
    element.author([_author(author) for author in article.creators])
    for image in entry.enclosures[:1]:  # RSS has room for one
        element.enclosure(addresses.image(image), str(image.byte_size or 0), image.mime_type)
    scheme = addresses.facet(Facet.TOPIC)
    element.category(
        [{"term": term.slug, "label": term.label, "scheme": scheme} for term in article.topics]
    )
    element.feedsvc.repair = lambda element: _complete_entry(element, entry, addresses)


def _author(person: Person) -> dict[str, str]:
    pairs = {"name": person.name, "email": person.email, "uri": person.url}
    return {key: value for key, value in pairs.items() if value}


class _Repair:
    """What our two extensions share: feedgen makes them, the feed then says what to repair."""

    namespaces: dict[str, str]
    repair: Callable[[Any], None]

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_rss(self, element: Any) -> Any:
        self.repair(element)
        return element

    extend_atom = extend_rss


class _ChannelExtension(_Repair, BaseExtension):  # type: ignore[misc]  # feedgen is untyped
    pass


class _EntryExtension(_Repair, BaseEntryExtension):  # type: ignore[misc]  # feedgen is untyped
    pass


def _complete_channel(
    root: Any, selection: FeedSelection, site: Site, addresses: Addresses
) -> None:
    channel = root.find("channel")
    if selection.page is not None:
        archive = etree.Element(f"{{{HISTORY}}}archive")
        (root if channel is None else channel).append(archive)
    if channel is None:
        return
    # feedgen writes the self link alone; all the others are atom:link too.
    own = channel.find(f"{{{ATOM}}}link")
    # The page comes first among the alternates: parsers take the first for it.
    *others, human = _feed_links(selection, site, addresses, Format.RSS)[1:]
    for link in reversed([human, *others]):
        own.addnext(etree.Element(f"{{{ATOM}}}link", link))
    if selection.page is None:
        _add_schedule(channel, selection.options.max_age_seconds)


def _add_schedule(channel: Any, max_age_seconds: int) -> None:
    """RSS 2.0 <ttl> in minutes and the syndication module's frequency an hour, a day: in step
    with Cache-Control, since readers take the longest of them.
    """
    if max_age_seconds < 60:
        return
    ttl = etree.SubElement(channel, "ttl")
    ttl.text = str(max_age_seconds // 60)
    for period, seconds in (("hourly", 3600), ("daily", 86_400)):
        if max_age_seconds <= seconds:
            etree.SubElement(channel, f"{{{SYNDICATION}}}updatePeriod").text = period
            frequency = etree.SubElement(channel, f"{{{SYNDICATION}}}updateFrequency")
            frequency.text = str(-(-seconds // max_age_seconds))
            return


def _complete_entry(element: Any, entry: Entry, addresses: Addresses) -> None:
    if element.tag == "item":
        _complete_item(element, entry.article)
    else:
        _complete_atom_entry(element, entry, addresses)
    _add_media(element, entry.media, addresses)
    _add_own(element, entry.article, addresses.namespace)


def _complete_item(item: Any, article: Article) -> None:
    description = item.find("description")
    if description is not None and article.excerpt:
        # RSS 2.0 <description> is HTML, the excerpt is plain text.
        description.text = html.escape(article.excerpt, quote=False)
    elif description is not None:
        # Without an excerpt feedgen makes the content the description; there has to be one.
        description.tag = f"{{{CONTENT}}}encoded"
        opening = etree.Element("description")
        opening.text = html.escape(article.title, quote=False)
        description.addprevious(opening)
    # RSS 2.0 <author> must be an e-mail address and feedgen drops names without one.
    for author in item.findall("author"):
        item.remove(author)
    for creator in article.creators:
        etree.SubElement(item, f"{{{DC}}}creator").text = creator.name
    if article.language:
        etree.SubElement(item, f"{{{DC}}}language").text = article.language


def _complete_atom_entry(element: Any, entry: Entry, addresses: Addresses) -> None:
    if entry.article.language:
        element.set(_XML_LANG, entry.article.language)
    # feedgen loses rel, type, length and title of every link of an entry: write them anew.
    old = element.findall("link")
    at = element.index(old[0])
    for link in old:
        element.remove(link)
    for offset, attributes in enumerate(_entry_links(entry, addresses)):
        element.insert(at + offset, etree.Element("link", attributes))


def _entry_links(entry: Entry, addresses: Addresses) -> list[dict[str, str]]:
    """RFC 4287 §4.2.7: the story, its original if elsewhere, its images, related stories."""
    article = entry.article
    links = [{"href": entry.link, "rel": "alternate", "type": "text/html"}]
    if article.original_url and addresses.absolute(article.original_url) != entry.link:
        links.append({"href": addresses.absolute(article.original_url), "rel": "via"})
    for image in entry.enclosures:
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
    for first in images[:1]:
        thumbnail = etree.SubElement(element, f"{{{MEDIA}}}thumbnail", url=addresses.image(first))
        if first.width is not None and first.height is not None:
            thumbnail.set("width", str(first.width))
            thumbnail.set("height", str(first.height))


def _add_own(element: Any, article: Article, namespace: str) -> None:
    """Ranks and kinds, in a namespace of our own; see the page at its address.

    Not `category`: parsers that look at local names alone would add it to RSS's own.
    """
    kinds = [("articleCategory", term.label) for term in article.categories]
    if article.type:
        kinds.append(("type", article.type.label))
    ranks = [("quality", article.quality), ("heat", article.heat)]
    measured = [(name, str(rank)) for name, rank in ranks if rank is not None and rank >= 0]
    for name, text in (*kinds, *measured):
        etree.SubElement(element, f"{{{namespace}}}{name}").text = text
