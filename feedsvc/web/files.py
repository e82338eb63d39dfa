"""The files that come with the pages: `/static/style.css`."""

from __future__ import annotations

import mimetypes
from functools import cache
from importlib.resources import files

from flask import Blueprint, abort, make_response
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.web.shelf import shelf

blueprint = Blueprint("files", __name__)

_MAX_AGE_SECONDS = 3600


@blueprint.get("/static/<name>")
def file(name: str) -> AnyResponse:
    content = _contents().get(name)
    if content is None:
        abort(404)
    response = make_response(content)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return shelf().keep(response, _MAX_AGE_SECONDS)


@cache
def _contents() -> dict[str, bytes]:
    """By name: an address is looked up, so that there is no path to traverse."""
    directory = files("feedsvc.web").joinpath("static")
    return {one.name: one.read_bytes() for one in directory.iterdir() if one.is_file()}
