"""What an entry says in every format: where it leads, its HTML, and which pictures go where.

The rules that the formats share are here; how a format writes them is the format's affair.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.site import FeedOptions
from feedsvc.model import Article, Image, Related


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as a feed shows it.

    `html` is the whole content, `""` where there is no more than the excerpt. `enclosures`
    and `media` are the pictures to attach and to list as Media RSS: never one that `html` shows
    already, since readers would show it twice. `image` is the one that stands for the article.
    """

    article: Article
    link: str
    html: str
    enclosures: tuple[Image, ...]
    media: tuple[Image, ...]
    image: Image | None


def make_entry(article: Article, addresses: Addresses, options: FeedOptions) -> Entry:
    """Apply `options` to one article."""
    content = _content(article, addresses, options)
    attached = tuple(image for image in article.images if not _shows(content, image, addresses))
    mode = options.images
    return Entry(
        article=article,
        link=addresses.link(article),
        html=content,
        enclosures=attached if mode == "enclosure" else (),
        media=attached if mode in {"enclosure", "media"} else (),
        image=None if mode in {"none", "inline"} else next(iter(article.images), None),
    )


def _content(article: Article, addresses: Addresses, options: FeedOptions) -> str:
    body = addresses.html(article.html) if options.full_text else ""
    figures = [
        _figure(image, addresses)
        for image in article.images
        if options.images == "inline" and not _shows(body, image, addresses)
    ]
    related = article.related if options.full_text else ()
    if not (body or figures or related):
        return ""
    if not body and article.excerpt:
        # Readers show the content instead of the excerpt, so it has to be in there.
        body = excerpt_html(article)
    ending = [_related_list(related, addresses)] if related else []
    return "\n".join([*figures, *([body] if body else []), *ending])


def _shows(content: str, image: Image, addresses: Addresses) -> bool:
    return f'"{html.escape(addresses.image(image))}"' in content


def excerpt_html(article: Article) -> str:
    """The excerpt, else the title, which are plain text, as a paragraph."""
    return f"<p>{html.escape(article.excerpt or article.title, quote=False)}</p>"


def _figure(image: Image, addresses: Addresses) -> str:
    size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
    source, alt = html.escape(addresses.image(image)), html.escape(image.alt)
    return f'<p><img src="{source}" alt="{alt}"{size}></p>'


def _related_list(related: tuple[Related, ...], addresses: Addresses) -> str:
    items = "\n".join(_related_item(other, addresses) for other in related)
    return f"<p>Related:</p>\n<ul>\n{items}\n</ul>"


def _related_item(other: Related, addresses: Addresses) -> str:
    link, title = html.escape(addresses.absolute(other.url)), html.escape(other.title, quote=False)
    by = f" ({html.escape(other.provider.name, quote=False)})" if other.provider else ""
    return f'<li><a href="{link}" rel="noopener noreferrer">{title}</a>{by}</li>'
