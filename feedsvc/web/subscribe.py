"""The ways to subscribe to a feed: its addresses, readers that take it at a tap, a QR code."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

import segno
from markupsafe import Markup

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.query import FeedQuery, Format

FORMAT_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON Feed"}
_MEANINGS = {
    Format.RSS: "Every reader and podcast app understands it. If in doubt, take this one.",
    Format.ATOM: "The same stories in a stricter format, with the date of each change.",
    Format.JSON: "The same stories for programs, and for readers that like JSON better.",
}
# Where each takes the percent-encoded address of a feed.
_ONLINE = {
    "Feedly": "https://feedly.com/i/subscription/feed/",
    "Inoreader": "https://www.inoreader.com/?add_feed=",
    "NewsBlur": "https://www.newsblur.com/?url=",
    "The Old Reader": "https://theoldreader.com/feeds/subscribe?url=",
    "Feedbin": "https://feedbin.com/?subscribe=",
}
SELF_HOSTED = {
    "Miniflux": "/bookmarklet?uri=",
    "FreshRSS": "/i/?c=feed&a=add&url_rss=",
    "Nextcloud News": "/index.php/apps/news/?subscribe_to=",
}
"""The same on somebody's own server, after its address."""

_LONGEST_QR = 300
"""Characters: a code of more is fine for a phone held close, and takes long to make."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One format of a feed, and where it is."""

    name: str
    url: str
    content_type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """How to subscribe to one feed: `offers`, of which the first is the usual one, `readers` by
    name with addresses that subscribe there, `app_url` for a program on the device itself.
    Where the feed `is_local`, no reader on the web can reach it. `qr` is an SVG, or `None`.
    """

    offers: tuple[Offer, ...]
    readers: tuple[tuple[str, str], ...]
    app_url: str
    is_local: bool
    qr: Markup | None

    @property
    def url(self) -> str:
        return self.offers[0].url


def subscription(query: FeedQuery, formats: Iterable[Format], addresses: Addresses) -> Subscription:
    """How to subscribe to the feed of `query`."""
    offers = tuple(
        Offer(FORMAT_NAMES[one], addresses.feed(query, one), one.content_type, _MEANINGS[one])
        for one in formats
    )
    url = offers[0].url
    is_local = _is_local(url)
    return Subscription(
        offers,
        () if is_local else tuple((name, at + quote(url, safe="")) for name, at in _ONLINE.items()),
        f"feed:{url}",
        is_local,
        qr_code(url),
    )


@lru_cache(maxsize=300)
def qr_code(url: str) -> Markup | None:
    """`url` as an SVG to put into a page, with the quiet zone that ISO/IEC 18004 asks for."""
    if len(url) > _LONGEST_QR:
        return None
    code = segno.make(url, error="m", micro=False)
    return Markup(code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host
