"""Pictures that lie beside the articles: `/media/<folder>/<path in it>`.

Only what an article that may be seen names is served, so there is no path to traverse:
the address is looked up, not opened.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from io import BufferedReader
from urllib.parse import quote

from cachetools import LRUCache
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import wrap_file

from feedsvc.inside import open_inside
from feedsvc.web.shelf import shelf

blueprint = Blueprint("media", __name__)

_MAX_AGE_SECONDS = 3600


@blueprint.get("/media/<folder>/<path:path>")
def picture(folder: str, path: str) -> Response:
    here = shelf()
    image = here.view().image(f"media/{quote(folder)}/{quote(path)}")
    root = next((root for root in here.settings.folders if root.name == folder), None)
    if image is None or image.path is None or root is None:
        abort(404)
    # Looked up again: the file may have been replaced by a link to somewhere else.
    try:
        stream = open_inside(root, root / image.path)
    except OSError:
        abort(404)
    status = os.fstat(stream.fileno())
    if not stat.S_ISREG(status.st_mode):
        stream.close()
        abort(404)
    etag = _digest(stream)
    changed = here.changed_at(f"/{image.url}", etag)
    response = Response(
        wrap_file(request.environ, stream), mimetype=image.mime_type, direct_passthrough=True
    )
    response.content_length = status.st_size
    response.set_etag(etag)
    response.last_modified = changed or here.now  # conditions are compared with it
    try:
        response.make_conditional(
            request.environ, accept_ranges=True, complete_length=status.st_size
        )
    except HTTPException:  # such parts as there aren't
        stream.close()
        raise
    if changed is None:
        del response.headers["Last-Modified"]
    response.headers["Cache-Control"] = here.cache_control(_MAX_AGE_SECONDS)
    return response


_digests: LRUCache[tuple[int, int, int, int], str] = LRUCache(10_000)
_guard = threading.Lock()


def _digest(stream: BufferedReader) -> str:
    """What tells the file's bytes from others, kept for as long as it stays the same file."""
    status = os.fstat(stream.fileno())
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    with _guard:
        known = _digests.get(key)
    if known is None:
        known = hashlib.file_digest(stream, "sha256").hexdigest()[:32]
        stream.seek(0)
        with _guard:
            _digests[key] = known
    return known
