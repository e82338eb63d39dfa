"""Lists of feeds -> OPML 2.0 subscription lists (http://opml.org/spec2.opml)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from feedsvc.feeds.site import Site


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed, `feed_url` being its address and `page_url` its page; or a group of `feeds`."""

    title: str
    description: str = ""
    feed_url: str = ""
    page_url: str = ""
    feeds: tuple[Outline, ...] = ()


def render_opml(site: Site, outlines: list[Outline]) -> bytes:
    """The list as UTF-8. No dates: it changes with its feeds and with nothing else."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = site.title
    if site.author is not None:
        etree.SubElement(head, "ownerName").text = site.author.name
    body = etree.SubElement(root, "body")
    for outline in outlines:
        _add(body, outline)
    if not len(body):
        # OPML 2.0 wants at least one outline.
        etree.SubElement(body, "outline", text=site.title)
    body_bytes: bytes = etree.tostring(
        root, encoding="UTF-8", xml_declaration=True, pretty_print=True
    )
    return body_bytes


def _add(parent: Any, outline: Outline) -> None:
    element = etree.SubElement(parent, "outline", text=outline.title, title=outline.title)
    if outline.feed_url:
        # "rss" whatever the format is: the specification's word for a feed.
        element.set("type", "rss")
        element.set("xmlUrl", outline.feed_url)
        element.set("htmlUrl", outline.page_url)
        if outline.description:
            element.set("description", outline.description)
    for feed in outline.feeds:
        _add(element, feed)
