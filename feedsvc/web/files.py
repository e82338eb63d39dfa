"""The files that come with the pages: `/static/style.css`, `/static/pages.js`, and a site's own
`theme.css`.
"""

from __future__ import annotations

import hashlib
import mimetypes
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, abort, make_response
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.web.shelf import shelf

blueprint = Blueprint("files", __name__)

THEME = "theme.css"
"""The style sheet of a site, after ours."""
_MAX_AGE_SECONDS = 3600


def load_files(templates: Path) -> dict[str, bytes]:
    """By name: an address is looked up, so that there is no path to traverse. `templates` is the
    site's own folder.
    """
    directory = files("feedsvc.web").joinpath("static")
    loaded = {one.name: one.read_bytes() for one in directory.iterdir() if one.is_file()}
    theme = templates / THEME
    if theme.is_file():
        loaded[THEME] = theme.read_bytes()
    return loaded


def file_address(name: str) -> str | None:
    """Where pages find the file, another address after each change; `None`: there is none."""
    here = shelf()
    content = here.files.get(name)
    if content is None:
        return None
    version = hashlib.sha256(content).hexdigest()[:8]
    return f"{here.page_addresses().absolute(f'static/{name}')}?v={version}"


@blueprint.get("/static/<name>")
def file(name: str) -> AnyResponse:
    content = shelf().files.get(name)
    if content is None:
        abort(404)
    response = make_response(content)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return shelf().keep(response, _MAX_AGE_SECONDS)
