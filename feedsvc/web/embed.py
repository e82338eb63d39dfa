"""Feeds on other people's pages: a frame (`/embed/topics/ai`), the web component (`/embed.js`) and
a badge (`/badge/topics/ai.svg`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.asked import Parameters
from feedsvc.feeds.naming import meant_by
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.vocabulary import shown
from feedsvc.web.asked import asked_parameters, feed_at
from feedsvc.web.feed_page import heading_of
from feedsvc.web.page import render_page
from feedsvc.web.shelf import shelf
from feedsvc.web.snippets import COMPONENT_VERSION, component_name

blueprint = Blueprint("embed", __name__)

THEMES = ("auto", "light", "dark")
LAYOUTS = ("list", "cards", "ticker")
LIMIT, MOST = 5, 50
_ACCENT = re.compile(r"#?((?:[0-9a-f]{3}){1,2})", re.IGNORECASE)
_MAX_AGE_SECONDS = 3600
_COMPONENT = re.compile(r"embed-\d+\.js")
_YEAR_SECONDS = 31_536_000
_WEEK = timedelta(days=7)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """How a frame shows its feed. `accent` is a colour as CSS has it, or nothing."""

    theme: str = THEMES[0]
    layout: str = LAYOUTS[0]
    limit: int = LIMIT
    has_images: bool = True
    accent: str = ""


@blueprint.get("/embed/<path:path>")
def frame(path: str) -> AnyResponse:
    here = shelf()
    look, given = _look(asked_parameters())
    query = _feed_at(path, given)
    selection = here.select(query)
    style = f":root{{--accent:{look.accent}}}" if look.accent else ""
    html = render_page(
        "embed.html",
        selection=selection,
        heading=heading_of(selection),
        articles=selection.articles[: look.limit],
        look=look,
        style=style,
    )
    response = _framed(make_response(html), style)
    return here.keep(response, here.site.options.max_age_seconds, until=selection.until)


@blueprint.errorhandler(QueryError)
@blueprint.errorhandler(UnknownFeedError)
def no_feed(error: QueryError | UnknownFeedError) -> AnyResponse:
    """In the frame, too: whoever has put it there wants to see why."""
    detail = str(error).rstrip(".")
    html = render_page("embed.html", look=Look(), style="", detail=f"{detail}.")
    return _framed(make_response(html, 400 if isinstance(error, QueryError) else 404), "")


def _look(given: Parameters) -> tuple[Look, Parameters]:
    """How to show it, and the parameters that are left, which say what. Raises `QueryError`."""
    own = {"theme", "layout", "limit", "images", "accent"}
    values = {name: value.strip() for name, value in given if name in own and value.strip()}
    for name, allowed in (("theme", THEMES), ("layout", LAYOUTS)):
        if values.get(name, allowed[0]) not in allowed:
            raise QueryError(name, f"one of {', '.join(allowed)}", shown(values[name]))
    limit = values.get("limit", str(LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", limit) or int(limit) > MOST:
        raise QueryError("limit", f"a whole number from 1 to {MOST}", shown(limit))
    accent = _ACCENT.fullmatch(values.get("accent", "000"))
    if accent is None:
        raise QueryError("accent", "a colour such as 9b2c1d", shown(values["accent"]))
    look = Look(
        values.get("theme", THEMES[0]),
        values.get("layout", LAYOUTS[0]),
        int(limit),
        values.get("images") != "none",
        f"#{accent[1].lower()}" if "accent" in values else "",
    )
    return look, [pair for pair in given if pair[0] not in own]


def _feed_at(path: str, given: Parameters) -> FeedQuery:
    query = feed_at(path, given)
    if query is None:
        raise UnknownFeedError(f"There is no feed {path}.")
    return query


def _framed(response: Response, style: str) -> Response:
    """May be shown by the sites that the configuration names; `style` is the one inline style."""
    named = shelf().settings.serving.frame_ancestors
    # Our own pages show what others would see.
    ancestors = " ".join(dict.fromkeys((*named, "'self'"))) if named else "'none'"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f" 'sha256-{digest}'" if style else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'{allowed}; img-src 'self' https: http:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/embed.js", defaults={"version": 0})
@blueprint.get("/embed-<page:version>.js")
def component(version: int) -> AnyResponse:
    here = shelf()
    content = here.files.get(component_name(version or COMPONENT_VERSION))
    if content is None:
        abort(404)
    response = make_response(content)
    response.content_type = "text/javascript; charset=utf-8"
    return here.keep(response, _YEAR_SECONDS if version else _MAX_AGE_SECONDS)


def components(names: Iterable[str]) -> list[str]:
    """Those of `names` that are versions of the component."""
    return [name for name in names if _COMPONENT.fullmatch(name)]


@blueprint.get("/badge/<path:path>.svg")
def badge(path: str) -> AnyResponse:
    """The name of a feed, and how many stories it got within seven days."""
    here = shelf()
    view, site = here.view(), here.site
    query = _feed_at(path, asked_parameters())
    selection = here.select(query)
    meant = meant_by(query, view, site)
    week = view.viewpoint.now.replace(microsecond=0) - _WEEK
    if meant.pace is not None or meant.folds:
        published = [one.published for one in selection.articles if one.published is not None]
        recent = [moment for moment in published if moment >= week]
        number, oldest = len(recent), min(recent, default=None)
    else:
        wanted = meant.filter_at(view.viewpoint.now, site.zone)
        start = max(filter(None, (wanted.start, week)))
        found = view.find(replace(wanted, start=start))
        number, oldest = found.total, found.oldest
    # It changes when the feed does, and when the first of these is older than a week.
    moments = (selection.until, oldest and oldest + _WEEK + _SECOND)
    until = min((moment for moment in moments if moment is not None), default=None)
    heading = heading_of(selection)
    svg = render_template("feedsvc/badge.svg", name=heading, count=f"{number} this week")
    response = make_response(svg)
    response.content_type = "image/svg+xml"
    return here.keep(response, here.site.options.max_age_seconds, until=until)
