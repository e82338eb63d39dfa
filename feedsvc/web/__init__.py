"""The Flask app: feeds, pages and images over HTTP.

`create_app` is handed everything it needs; it reads neither files, configuration nor, but
for `clock`, the time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from flask import Flask, Response, abort, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.config import Settings
from feedsvc.errors import NotReadyError, QueryError, StorageError, UnknownFeedError
from feedsvc.index.health import IndexHealth
from feedsvc.index.store import Store
from feedsvc.state.versions import Versions
from feedsvc.web import (
    api,
    build,
    discovery,
    embed,
    feeds,
    files,
    icons,
    media,
    oembed,
    pages,
    problems,
)
from feedsvc.web.access import AccessLog, RequestIds
from feedsvc.web.door import Door
from feedsvc.web.fastpath import FastPath
from feedsvc.web.guard import guard
from feedsvc.web.memory import Memory
from feedsvc.web.meter import Meter
from feedsvc.web.operations import Operations
from feedsvc.web.politeness import Politeness
from feedsvc.web.sharing import sharing_headers
from feedsvc.web.shelf import Shelf, close_view, shelf
from feedsvc.web.theme import check_templates, template_loader


def create_app(
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
    *,
    preview: bool = False,
    memory: Memory | None = None,
    versions: Versions | None = None,
    politeness: Politeness | None = None,
    static: bool = False,
    health: IndexHealth | None = None,
) -> Flask:
    """The WSGI app. `clock` gives the present time, aware; `preview` shows what is held back,
    to the machine it runs on alone. With `static` its answers are for files: pages offer nothing
    that needs a server. `health` is what `/readyz` tells. The others are for `FastPath`; a preview
    has none.

    Raises `ConfigError` if the site's icon is no picture, or a template of its own can't be read.
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False  # see _close_with_slash
    app.url_map.merge_slashes = False
    app.url_map.converters["page"] = feeds.PageNumber
    if preview:
        memory = versions = politeness = None
    app.extensions["feedsvc"] = Shelf(
        settings,
        store,
        clock,
        preview,
        icons.make_icons(settings.icon_file),
        files.load_files(settings.templates_directory),
        versions,
        static,
    )
    check_templates(settings.templates_directory)
    app.jinja_loader = template_loader(settings.templates_directory)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (feeds, pages, build, embed, oembed, discovery, api, media, icons, files):
        app.register_blueprint(part.blueprint)
    app.before_request(_close_with_slash)
    app.teardown_appcontext(close_view)
    _answer_errors(app)
    app.after_request(_secure)
    door = Door(settings)
    if preview:
        app.before_request(lambda: _only_here(door))
        app.after_request(_keep_private)
    names = RequestIds(door.proxies)
    app.wsgi_app = FastPath(  # type: ignore[method-assign]
        app.wsgi_app,
        door,
        clock,
        memory,
        versions,
        politeness,
        shares=not preview,
        operations=Operations(
            store, clock, health or IndexHealth(), door, Meter(), settings.server.metrics_token
        ),
        names=names,
        access=AccessLog(door.proxies, names) if settings.logging.access else None,
    )
    return app


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(NotReadyError, problems.not_ready)
    app.register_error_handler(StorageError, problems.not_ready)
    app.register_error_handler(HTTPException, problems.failed)
    app.register_error_handler(UnknownFeedError, problems.unknown_feed)
    app.register_error_handler(QueryError, problems.mistaken_query)


def _close_with_slash() -> AnyResponse | None:
    """Pages have one address. Flask's own redirect would name the host that a proxy asked."""
    rule = request.url_rule
    if rule is None or not rule.rule.endswith("/") or request.path.endswith("/"):
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(shelf().prefix + quote(request.path[1:]) + "/" + query, 308)


def _secure(response: Response) -> Response:
    response.headers.pop("Date", None)  # the server writes it; Flask's would be a second one
    if response.status_code >= 300:
        kept = f"public, max-age={shelf().site.options.max_age_seconds}"
        is_moved = response.status_code in {301, 308}
        # What isn't there now may be soon.
        response.headers.setdefault("Cache-Control", kept if is_moved else "no-cache")
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
        del response.headers["Content-Type"]
    if not shelf().preview:
        for name, value in sharing_headers(request.environ):
            response.headers[name] = value
    if "Allow" in response.headers:  # a set, in another order in each process
        response.headers["Allow"] = ", ".join(sorted(response.headers["Allow"].split(", ")))
    guard(response, preview=shelf().preview)
    return response


def _only_here(door: Door) -> None:
    """A preview is for the machine it runs on."""
    if not door.is_from_here(request.environ):
        abort(403, "The preview of held-back articles is for this machine alone.")


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
