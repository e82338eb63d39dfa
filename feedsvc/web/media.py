"""Pictures that lie beside the articles: `/media/<folder>/<path in it>`.

Only what an article that may be seen names is served, so there is no path to traverse:
the address is looked up, not opened.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, abort, send_file

from feedsvc.web.shelf import shelf

blueprint = Blueprint("media", __name__)

# An SVG is a document: opened by itself it may neither run nor fetch anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@blueprint.get("/media/<folder>/<path:path>")
def picture(folder: str, path: str) -> Response:
    here = shelf()
    image = here.view().image(f"media/{quote(folder)}/{quote(path)}")
    root = next((root for root in here.settings.folders if root.name == folder), None)
    if image is None or image.path is None or root is None:
        abort(404)
    # Looked up again: the file may have been replaced by a link to somewhere else.
    file = (root / image.path).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        abort(404)
    response = send_file(file, mimetype=image.mime_type, conditional=True, max_age=3600)
    response.headers["Content-Security-Policy"] = _POLICY
    return response
