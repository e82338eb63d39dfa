"""What search engines and browsers look for by themselves: `/robots.txt`, `/sitemap.xml` and
`/manifest.webmanifest`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from flask import Blueprint, abort, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.query import FeedQuery, feed_of
from feedsvc.feeds.select import present
from feedsvc.feeds.site import FeedOptions
from feedsvc.index.view import View
from feedsvc.model import Article, Facet
from feedsvc.web.icons import FEED_IMAGE_PIXELS, ICON_PIXELS
from feedsvc.web.shelf import shelf

blueprint = Blueprint("discovery", __name__)

_STORIES_IN_SITEMAP = 1000  # of the 50,000 that sitemaps.org allows: read and written at once
_LONGEST_SHORT_NAME = 12
# Pages that never end, and what is for programs. Not the feeds: some readers ask first.
# The asterisk is for Python's own parser, which takes a question mark at the end away.
_NOT_FOR_ROBOTS = ("api/", "build", "custom?*", "custom/")

Entry = tuple[str, datetime | None]
"""An address, and when what is there changed."""


@blueprint.get("/robots.txt")
def robots() -> AnyResponse:
    """RFC 9309."""
    here = shelf()
    refused = [""] if here.preview else _NOT_FOR_ROBOTS
    lines = ["User-agent: *", *(f"Disallow: {here.prefix}{path}" for path in refused)]
    if not here.preview:
        lines += ["", f"Sitemap: {here.addresses().absolute('sitemap.xml')}"]
    response = make_response("\n".join(lines) + "\n")
    response.content_type = "text/plain; charset=utf-8"
    return here.keep(response, here.site.options.max_age_seconds)


@blueprint.get("/sitemap.xml")
def sitemaps() -> AnyResponse:
    """The list of the lists (sitemaps.org)."""
    here = shelf()
    names, addresses = sitemap_names(here.view()), here.addresses()
    return _xml(
        "feedsvc/sitemaps.xml", [addresses.absolute(f"sitemap/{name}.xml") for name in names]
    )


def sitemap_names(view: View) -> list[str]:
    """What `/sitemap/….xml` there are."""
    numbers = range(1, -(-view.find().total // _STORIES_IN_SITEMAP) + 1)
    return ["feeds", *(f"stories-{number}" for number in numbers)]


@blueprint.get("/sitemap/feeds.xml")
def sitemap_of_feeds() -> AnyResponse:
    return _xml("feedsvc/sitemap.xml", list(_feeds()))


@blueprint.get("/sitemap/stories-<page:number>.xml")
def sitemap_of_stories(number: int) -> AnyResponse:
    """Numbered from the oldest, so that a full one seldom changes."""
    here = shelf()
    view = here.view()
    found = view.find()
    last = number * _STORIES_IN_SITEMAP
    if last - _STORIES_IN_SITEMAP >= found.total:
        abort(404)
    first = max(0, found.total - last)
    count = found.total - (last - _STORIES_IN_SITEMAP) - first
    articles = view.articles(found.hits(first=first, count=count))
    shown = present(articles, view, FeedOptions(related="none"))
    addresses = here.addresses()
    # Of stories that share an address the newest has it: it comes first.
    changed: dict[str, datetime | None] = {}
    for one in shown:
        if _has_page(one):
            changed.setdefault(addresses.story(one), one.updated or one.published)
    return _xml("feedsvc/sitemap.xml", list(changed.items()))


def _has_page(article: Article) -> bool:
    """Whether our page of it says more than the original it leads to."""
    return article.url is None or bool(article.html)


def _feeds() -> Iterator[Entry]:
    here = shelf()
    view, addresses = here.view(), here.addresses()
    yield addresses.base_url, None
    yield addresses.listing(FeedQuery()), None
    for query in here.saved_feeds():
        yield addresses.page(query), None
    for facet in Facet:
        newest = view.newest(facet)
        counts = view.counts(facet)
        if counts:
            yield addresses.facet(facet), None
        for one in counts:
            yield addresses.page(feed_of(facet, one.slug)), newest.get(one.slug)


def _xml(template: str, entries: list[Entry] | list[str]) -> AnyResponse:
    here = shelf()
    response = make_response(render_template(template, entries=entries))
    response.content_type = "application/xml; charset=utf-8"
    return here.keep(response, here.site.options.max_age_seconds)


@blueprint.get("/manifest.webmanifest")
def manifest() -> AnyResponse:
    """W3C Web Application Manifest."""
    here = shelf()
    site, addresses = here.site, here.page_addresses()
    icons = ((addresses.feed_image, FEED_IMAGE_PIXELS), (addresses.icon, ICON_PIXELS))
    told = {
        "name": site.title,
        "short_name": site.title[:_LONGEST_SHORT_NAME].strip(),
        "description": site.description,
        "lang": site.language,
        "start_url": here.prefix,
        "scope": here.prefix,
        "display": "minimal-ui",
        "background_color": "#fbfaf6",
        "icons": [
            {"src": url, "type": "image/png", "sizes": f"{pixels}x{pixels}"}
            for url, pixels in icons
        ],
    }
    response = make_response(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    response.content_type = "application/manifest+json"
    return here.keep(response, here.site.options.max_age_seconds)
