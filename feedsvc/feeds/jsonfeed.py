"""FeedSelection -> JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.entry import Entry, excerpt_html, make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import FeedSelection
from feedsvc.feeds.site import Site
from feedsvc.model import Article, Image, Person

Json = dict[str, object]


def render_json(selection: FeedSelection, site: Site, addresses: Addresses) -> bytes:
    """The feed as UTF-8; keys in a fixed order, absent rather than empty."""
    feed = _present(
        version="https://jsonfeed.org/version/1.1",
        title=selection.title,
        description=selection.description,
        home_page_url=addresses.page(selection.query),
        feed_url=addresses.feed(selection.query, Format.JSON, selection.page),
        next_url=_next_url(selection, addresses),
        icon=selection.image or addresses.icon,
        favicon=addresses.icon,
        authors=[_author(site.author or Person(site.title), addresses)],
        language=site.language,
    )
    feed["_feedsvc"] = {"about": addresses.namespace}
    feed["items"] = [
        _item(make_entry(article, addresses, selection.options), addresses)
        for article in selection.articles
    ]
    return msgspec.json.format(msgspec.json.encode(feed), indent=1) + b"\n"


def _next_url(selection: FeedSelection, addresses: Addresses) -> str | None:
    if selection.previous_page is None:
        return None
    return addresses.feed(selection.query, Format.JSON, selection.previous_page)


def _item(entry: Entry, addresses: Addresses) -> Json:
    article = entry.article
    original = addresses.absolute(article.original_url) if article.original_url else None
    return _present(
        id=article.id,
        url=entry.link,
        external_url=original if original != entry.link else None,
        title=article.title,
        # Mandatory: where there is no more, the excerpt, which is plain text, as HTML.
        content_html=entry.html or excerpt_html(article),
        summary=article.excerpt,
        image=addresses.image(entry.image) if entry.image else None,
        date_published=_timestamp(article.published),
        date_modified=_timestamp(article.updated),
        authors=[_author(person, addresses) for person in article.creators],
        tags=[term.label for term in article.topics],
        language=article.language,
        attachments=[_attachment(image, addresses) for image in entry.enclosures],
        _feedsvc=_own(article, addresses),
    )


def _own(article: Article, addresses: Addresses) -> Json:
    """Ranks and kinds; see the page at `about`."""
    related = [
        _present(title=other.title, url=addresses.absolute(other.url)) for other in article.related
    ]
    return _present(
        about=addresses.namespace,
        categories=[term.label for term in article.categories],
        type=article.type.label if article.type else None,
        quality=_measured(article.quality),
        heat=_measured(article.heat),
        related=related,
    )


def _measured(rank: int | None) -> int | None:
    return rank if rank is not None and rank >= 0 else None


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
