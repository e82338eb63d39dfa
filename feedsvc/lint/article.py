"""What one article says that may not be as it was meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from feedsvc.content.images import type_of
from feedsvc.model import OWN_SITE, Article, Facet, Image, Severity
from feedsvc.rules import RULES

LARGE_ENTRY_BYTES = 250_000
_SHOWN = 3  # of what an article has many of
_SHOWN_CHARACTERS = 120
_SERVED = ("media/", "stories/", "feeds/", "archive/", *(f"{facet}/" for facet in Facet))
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:[A-Za-z]{2,8}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
_OWN_LINK = re.compile(rf'(?:href|src)="{re.escape(OWN_SITE)}([^"#]+)')
# What was cleaned has its values in double quotes, in which < and > may stand; `*+` never tries
# again.
_PICTURE = re.compile(r'<img((?:"[^"]*+"|[^"<>])*+)>')
_INSECURE_SOURCE = re.compile(r'\ssrc="(http://[^"]*)"')


@dataclass(frozen=True, slots=True)
class Remark:
    """What `rule` finds in `field`; `text` stands in the file where the line is to be found."""

    rule: str
    field: str
    reason: str
    text: str = ""

    @property
    def severity(self) -> Severity:
        return RULES[self.rule][0]


def look_at_article(article: Article, now: datetime) -> Iterator[Remark]:
    """All that the rules find in `article`."""
    if article.is_published and article.visible_from and article.visible_from > now:
        when = article.visible_from.strftime("%Y-%m-%dT%H:%M:%SZ")
        reason = f"expected a date that has come, found {when}; held back until then"
        yield Remark("future-date", "publishedDateTime", reason)
    markup = _MARKUP.search(article.title)
    if markup:
        reason = f"expected plain text, found {markup[0]!r}, which readers show as it stands"
        yield Remark("markup-in-title", "title", reason)
    if not article.excerpt and not article.html:
        reason = "expected an excerpt or words below the front matter, found neither"
        yield Remark("empty-excerpt", "excerpt", reason)
    size = len(article.html.encode())
    if size > LARGE_ENTRY_BYTES:
        reason = f"expected at most {LARGE_ENTRY_BYTES:,} bytes of HTML, found {size:,}"
        yield Remark("large-entry", "text", f"{reason}; every reader fetches them")
    yield from _addresses(article)
    yield from _pictures(article)


def _addresses(article: Article) -> Iterator[Remark]:
    if article.url and article.url.startswith("http://"):
        reason = f"expected an https address, found {_short(article.url)}"
        yield Remark("insecure-link", "webUrl", reason, article.url)
    links = dict.fromkeys(_OWN_LINK.findall(article.html))
    lost = [link for link in links if link and not link.startswith(_SERVED)]
    for link in lost[:_SHOWN]:
        reason = (
            f"expected a whole address, or content.base_url for it to be relative to, "
            f"found {_short(link)}{_and_more(lost)}"
        )
        yield Remark("relative-link", "text", reason, unquote(link))


def _pictures(article: Article) -> Iterator[Remark]:
    insecure = [image.url for image in article.images if image.url.startswith("http://")]
    inside = dict.fromkeys(
        url for tag in _PICTURE.findall(article.html) for url in _INSECURE_SOURCE.findall(tag)[:1]
    )
    for field, urls in (("images", insecure), ("text", list(inside))):
        for url in urls[:_SHOWN]:
            reason = f"expected an https address, found {_short(url)}{_and_more(urls)}"
            yield Remark("insecure-image", field, f"{reason}; readers on https pages hide it", url)
    for image in article.images:
        if image.path is None and type_of(image.url) is None:
            reason = f"expected an ending such as .jpg or .png, found {_short(image.url)}"
            yield Remark("unknown-image-type", "images", f"{reason}; called JPEG", image.url)
    for image in article.provider.images if article.provider else ():
        if not _is_square(image):
            found = f"{image.width} × {image.height}"
            reason = f"expected a square picture, found {found}: {_short(image.url)}"
            yield Remark("icon-not-square", "provider.images", reason, image.url)


def _is_square(image: Image) -> bool:
    return image.width is None or image.height is None or image.width == image.height


def _and_more(found: list[str]) -> str:
    return f" (of {len(found)} such)" if len(found) > _SHOWN else ""


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")
