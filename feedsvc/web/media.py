"""Pictures that lie beside the articles: `/media/<folder>/<path in it>`.

Only what an article that may be seen names is served, so there is no path to traverse:
the address is looked up, not opened.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, abort, send_file

from feedsvc.web.shelf import shelf

blueprint = Blueprint("media", __name__)

# An SVG is a document: opened by itself it may neither run nor fetch anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_MAX_AGE_SECONDS = 3600


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
    status = file.stat()
    etag = _digest(file, status.st_size, status.st_mtime_ns, status.st_ino)
    changed = here.changed_at(f"/{image.url}", etag)
    response = send_file(
        file,
        mimetype=image.mime_type,
        etag=etag,
        last_modified=changed or here.now,  # with None it would be what the file says
        conditional=True,
    )
    if changed is None:
        del response.headers["Last-Modified"]
    response.headers["Cache-Control"] = here.cache_control(_MAX_AGE_SECONDS)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@lru_cache(maxsize=10_000)
def _digest(file: Path, size: int, changed_ns: int, number: int) -> str:
    """What tells the file's bytes from others; the other arguments say when to look again."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:32]
