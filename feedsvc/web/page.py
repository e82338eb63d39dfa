"""A page: a template, and what all templates can use. See docs/theming.md for what they promise."""

from __future__ import annotations

from datetime import datetime

from flask import make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.query import FeedQuery, feed_of
from feedsvc.model import Facet
from feedsvc.web.files import file_address
from feedsvc.web.language import OWN, direction, long_date
from feedsvc.web.shelf import shelf
from feedsvc.web.subscribe import FORMAT_NAMES, SELF_HOSTED
from feedsvc.words import shorten

_REASONS = {
    "unpublished": "not published",
    "future": "its date is to come",
    "expired": "its expiry date is over",
}


def answer_page(
    template: str,
    *,
    until: datetime | None = None,
    is_private: bool = False,
    language: str | None = None,
    **context: object,
) -> AnyResponse:
    """The page, until the index changes, or `until`. What `is_private` no cache may keep.
    `language` is that of what stands on it, if that isn't the site's.
    """
    response = make_response(render_page(template, language, **context))
    return shelf().keep(response, 0, until=until, is_private=is_private)


def render_page(template: str, language: str | None = None, **context: object) -> str:
    """The HTML alone. The index needn't be there."""
    here = shelf()
    of_site = here.site.language
    language = language or of_site

    def moment(time: datetime) -> str:
        return long_date(time.astimezone(here.settings.zone).date(), of_site)

    common = {
        "site": here.site,
        "preview": here.preview,
        "static": here.is_static,
        "viewpoint": here.viewpoint(),
        "reasons": _REASONS,
        "formats": here.formats,
        "everything": FeedQuery(),
        "feed_of": feed_of,
        "Facet": Facet,
        "format_names": FORMAT_NAMES,
        "here": here.page_addresses(),
        "absolute": here.addresses(),
        "file": file_address,
        "long_date": moment,
        "long_day": lambda day: long_date(day, of_site),
        "self_hosted": SELF_HOSTED,
        "language": language,
        "direction_of": direction,
        "shorten": shorten,
        "zone": here.settings.site.timezone,
        "direction": direction(of_site),
        # For what is in our own words on a page of another language or direction.
        "is_own": language.partition("-")[0] == OWN and direction(of_site) == "ltr",
        "own_language": OWN,
    }
    return render_template(template, **common, **context)
