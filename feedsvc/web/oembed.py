"""oEmbed 1.0 (oembed.com): a program that is given the address of a page learns how to show it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec
from flask import Blueprint, abort, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import QueryError
from feedsvc.feeds.query import FeedQuery
from feedsvc.model import Article
from feedsvc.web.asked import asked_parameters, feed_at
from feedsvc.web.feed_page import heading_of
from feedsvc.web.icons import FEED_IMAGE_PIXELS
from feedsvc.web.shelf import shelf
from feedsvc.web.snippets import FRAME_SIZE, frame_markup

blueprint = Blueprint("oembed", __name__)

_FORMATS = ("json", "xml")
_TYPES = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
_STORY = "stories/"
_SAFE = "%=&+:/?@!$'()*,;~[]"

Told = dict[str, str | int]


@blueprint.get("/oembed")
def oembed() -> AnyResponse:
    given = dict(asked_parameters())
    wanted = given.get("format") or _FORMATS[0]
    if wanted not in _FORMATS:
        abort(HTTPStatus.NOT_IMPLEMENTED, "Formats are json and xml.")
    if not given.get("url"):
        raise QueryError("url", "the address of a page or feed of this site", "none")
    width, height = (_at_most(given, name) for name in ("maxwidth", "maxheight"))
    told = _about(given["url"], width, height)
    if told is None:
        abort(HTTPStatus.NOT_FOUND)
    here = shelf()
    told |= {
        "version": "1.0",
        "provider_name": here.site.title,
        "provider_url": here.base_url,
    }
    if wanted == "xml":
        body: str | bytes = render_template("feedsvc/oembed.xml", told=told)
    else:
        body = msgspec.json.encode(told) + b"\n"
    response = make_response(body)
    response.content_type = _TYPES[wanted]
    return here.keep(response, here.site.options.max_age_seconds)


def _at_most(given: dict[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not int(text[:9]):
        raise QueryError(name, "a number of pixels", f"{text[:60]!r}")
    return int(text[:9])


def _about(url: str, width: int | None, height: int | None) -> Told | None:
    """What there is to say of `url`; `None` if it is none of ours."""
    here = shelf()
    try:
        asked, ours = urlsplit(url), urlsplit(here.base_url)
        is_ours = asked.netloc.lower() == ours.netloc and asked.scheme in {"http", "https"}
    except ValueError:
        return None
    if not is_ours or not f"{asked.path}/".startswith(ours.path):
        return None
    path = asked.path.removeprefix(ours.path.rstrip("/")).removeprefix("/")
    if path.startswith(_STORY):
        article = here.view().story(unquote(path).removeprefix(_STORY).strip("/"))
        return None if article is None else _story(article, width, height)
    # As a request for it would be taken, in ASCII: tracking parameters change nothing.
    given = here.parameters.clean(f"/{path}", quote(asked.query, safe=_SAFE))
    query = feed_at(unquote(path), parse_qsl(given))
    return None if query is None else _feed(query, width, height)


def _feed(query: FeedQuery, width: int | None, height: int | None) -> Told:
    """Type rich (§2.3.4.4): the frame; where nobody may frame it, a link (§2.3.4.3)."""
    here = shelf()
    heading = heading_of(here.select(query))
    if not here.settings.serving.frame_ancestors:
        return {"type": "link", "title": heading}
    size = min(FRAME_SIZE[0], width or FRAME_SIZE[0]), min(FRAME_SIZE[1], height or FRAME_SIZE[1])
    addresses = here.addresses()
    told: Told = {
        "type": "rich",
        "title": heading,
        "width": size[0],
        "height": size[1],
        "html": frame_markup(addresses.embed(query), heading, size),
    }
    pixels = FEED_IMAGE_PIXELS
    return told | _thumbnail(addresses.feed_image, (pixels, pixels), width, height)


def _story(article: Article, width: int | None, height: int | None) -> Told:
    """Type link (§2.3.4.3): nothing but what it is."""
    told: Told = {"type": "link", "title": article.title}
    if article.authors:
        told["author_name"] = article.authors[0].name
    image = next((one for one in article.images if one.width and one.height), None)
    if image is not None and image.width and image.height:
        url, size = shelf().addresses().image(image), (image.width, image.height)
        told |= _thumbnail(url, size, width, height)
    return told


def _thumbnail(url: str, size: tuple[int, int], width: int | None, height: int | None) -> Told:
    """Which has to keep within the limits, too."""
    if (width and size[0] > width) or (height and size[1] > height):
        return {}
    return {"thumbnail_url": url, "thumbnail_width": size[0], "thumbnail_height": size[1]}
