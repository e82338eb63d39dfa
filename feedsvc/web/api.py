"""What there is and what a query means, for programs: `/api/feeds.json`, `/api/query`, and the
description of all addresses of feeds, `/api/openapi.json`.
"""

from __future__ import annotations

from flask import Blueprint, make_response
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.catalogue import explain, list_feeds
from feedsvc.web.asked import asked_feed
from feedsvc.web.openapi import describe
from feedsvc.web.shelf import shelf

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/feeds.json")
def feeds() -> AnyResponse:
    here = shelf()
    limit = here.settings.feeds.limit
    return _answer(list_feeds(here.view(), here.site, here.addresses(), limit))


@blueprint.get("/query")
def query() -> AnyResponse:
    here = shelf()
    asked = asked_feed()
    limit = here.settings.feeds.limit
    return _answer(explain(asked, here.view(), here.site, here.addresses(), limit))


@blueprint.get("/openapi.json")
def openapi() -> AnyResponse:
    here = shelf()
    return _answer(describe(here.site, here.base_url))


def _answer(body: bytes) -> AnyResponse:
    here = shelf()
    response = make_response(body)
    response.content_type = "application/json"
    return here.keep(response, here.site.options.max_age_seconds)
