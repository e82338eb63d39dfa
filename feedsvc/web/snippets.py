"""What somebody pastes into their own page to show a feed there."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

from flask import render_template
from markupsafe import escape

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.web.shelf import shelf
from feedsvc.web.subscribe import FORMAT_NAMES

COMPONENT_VERSION = 1
"""What is at the address of a version never changes: other pages name it with its digest."""
FRAME_SIZE = 600, 480
"""Width and height, pixels."""
_ENTRIES = 5
_RESERVED_EM = 28  # what the component takes with so many entries


@dataclass(frozen=True, slots=True)
class Snippets:
    """For one feed: the web component (nothing where there is no JSON), the frame (nothing where
    none is allowed), the links that let readers find the feed, the badge in Markdown;
    `frame_url` is what the frame shows.
    """

    component: str
    frame: str
    links: str
    badge: str
    frame_url: str
    badge_url: str
    origin: str


def make_snippets(query: FeedQuery, title: str) -> Snippets:
    """`title` is what the feed is called."""
    here = shelf()
    addresses = here.addresses()
    may_be_framed = bool(here.settings.serving.frame_ancestors)
    page = addresses.listing(query)
    badge = addresses.badge(query)
    return Snippets(
        component=_component(query, title) if Format.JSON in here.formats else "",
        frame=frame_markup(addresses.embed(query), title, FRAME_SIZE) if may_be_framed else "",
        links="\n".join(
            f'<link rel="alternate" type="{one.content_type}" '
            f'title="{escape(title)} ({FORMAT_NAMES[one]})" '
            f'href="{escape(addresses.feed(query, one))}">'
            for one in here.formats
        ),
        badge=f"[![{_in_markdown(title)}]({badge})]({page})",
        frame_url=here.page_addresses().embed(query),
        badge_url=here.page_addresses().badge(query),
        origin=_origin(addresses),
    )


def frame_markup(url: str, title: str, size: tuple[int, int]) -> str:
    """An `iframe`."""
    return render_template("feedsvc/frame.html", url=url, title=title, size=size).strip()


def component_name(version: int) -> str:
    """The file, and its address."""
    return f"embed-{version}.js"


def _component(query: FeedQuery, title: str) -> str:
    here = shelf()
    addresses = here.addresses()
    name = component_name(COMPONENT_VERSION)
    return (
        f'<script async src="{addresses.absolute(name)}" '
        f'integrity="{_integrity(here.files[name])}" crossorigin="anonymous"></script>\n'
        f'<div style="min-height:{_RESERVED_EM}em">'
        f'<feed-embed src="{escape(addresses.feed(query, Format.JSON))}" limit="{_ENTRIES}">'
        f'<a href="{escape(addresses.listing(query))}">{escape(title)}</a></feed-embed></div>'
    )


@cache
def _integrity(content: bytes) -> str:
    """Subresource Integrity §3.5."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def _in_markdown(text: str) -> str:
    for sign in "\\[]*_`<>!":
        text = text.replace(sign, f"\\{sign}")
    return text


def _origin(addresses: Addresses) -> str:
    scheme, _, rest = addresses.base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
