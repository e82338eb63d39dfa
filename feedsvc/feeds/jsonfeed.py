"""FeedSelection -> JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import html
import json
from datetime import datetime

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection
from feedsvc.model import Article, Image, Person, Site

Json = dict[str, object]


def render_json(selection: FeedSelection, site: Site, addresses: Addresses) -> bytes:
    """The feed as UTF-8; keys in a fixed order, absent rather than empty."""
    feed = _present(
        version="https://jsonfeed.org/version/1.1",
        title=selection.title,
        description=selection.description,
        home_page_url=addresses.page(selection.query),
        feed_url=addresses.feed(selection.query, Format.JSON),
        icon=addresses.absolute(selection.image) if selection.image else None,
        favicon=addresses.absolute(site.icon) if site.icon else None,
        authors=[_author(site.author or Person(site.title), addresses)],
        language=site.language,
    )
    feed["items"] = [_item(article, addresses) for article in selection.articles]
    return json.dumps(feed, ensure_ascii=False, indent=1).encode() + b"\n"


def _item(article: Article, addresses: Addresses) -> Json:
    link = addresses.link(article)
    original = addresses.absolute(article.original_url) if article.original_url else None
    images = [_attachment(image, addresses) for image in article.images]
    return _present(
        id=article.id,
        url=link,
        external_url=original if original != link else None,
        title=article.title,
        # Mandatory: where there is no body, the excerpt, which is plain text, as HTML.
        content_html=article.html or html.escape(article.excerpt or article.title, quote=False),
        summary=article.excerpt,
        image=addresses.image(article.images[0]) if article.images else None,
        date_published=_timestamp(article.published),
        date_modified=_timestamp(article.updated),
        authors=[_author(person, addresses) for person in article.creators],
        tags=[term.label for term in article.topics],
        language=article.language,
        attachments=images,
    )


def _author(person: Person, addresses: Addresses) -> Json:
    avatar = addresses.image(person.avatar) if person.avatar else None
    return _present(name=person.name, url=person.url, avatar=avatar)


def _attachment(image: Image, addresses: Addresses) -> Json:
    return _present(
        url=addresses.image(image),
        mime_type=image.mime_type,
        title=image.alt,
        size_in_bytes=image.byte_size,
    )


def _timestamp(moment: datetime | None) -> str | None:
    """RFC 3339."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _present(**members: object) -> Json:
    return {name: value for name, value in members.items() if value not in (None, "", [])}
