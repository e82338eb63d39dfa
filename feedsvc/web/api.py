"""What there is and what a query means, for programs: `/api/feeds.json`, `/api/query`, and the
description of all addresses of feeds, `/api/openapi.json`.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, make_response
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.feeds.catalogue import explain, list_feeds
from feedsvc.web.asked import asked_feed, refuse_parameters
from feedsvc.web.openapi import describe
from feedsvc.web.shelf import shelf

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/feeds.json")
def feeds() -> AnyResponse:
    refuse_parameters("this is the list of all feeds")
    here = shelf()
    told = list_feeds(here.view(), here.site, here.addresses(), here.settings.feeds.limit)
    return _answer(told.body, told.until)


@blueprint.get("/query")
def query() -> AnyResponse:
    here = shelf()
    asked = asked_feed()
    told = explain(asked, here.view(), here.site, here.addresses(), here.settings.feeds.limit)
    return _answer(told.body, told.until)


@blueprint.get("/openapi.json")
def openapi() -> AnyResponse:
    here = shelf()
    return _answer(describe(here.site, here.base_url))


def _answer(body: bytes, until: datetime | None = None) -> AnyResponse:
    here = shelf()
    response = make_response(body)
    response.content_type = "application/json"
    return here.keep(response, here.site.options.max_age_seconds, until=until)
