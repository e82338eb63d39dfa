"""The site as files: what the app answers at each of its addresses, written to a folder.

The bytes are the app's own. What needs a server isn't there: queries (`/custom`, `/build`,
search), oEmbed, conditional answers; and a story whose date comes appears with the next export.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Flask

from feedsvc.config import Settings
from feedsvc.errors import ExportError
from feedsvc.export.hosting import Answered, headers_file, nginx_file, redirects_file
from feedsvc.export.links import broken_links
from feedsvc.export.paths import site_paths
from feedsvc.export.tree import Tree, Written
from feedsvc.index.view import View

NOT_FOUND = "404.html"
_MISSING = "/a-page-that-is-not-there"
_ACCEPT = {"Accept": "text/html,*/*"}  # for the page of what isn't there
_OF_SERVERS = frozenset(
    {
        "accept-ranges", "content-disposition", "content-encoding", "content-length", "date",
        "etag", "last-modified", "vary",
    }
)  # fmt: skip
"""Headers that whoever serves the files makes by itself."""

Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]


class ChangedError(ExportError):
    """What is exported has changed since it was begun."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; with `broken` links nothing was put in place."""

    written: Written
    broken: tuple[str, ...] = ()


def export(
    app: Flask,
    settings: Settings,
    view: View,
    folder: Path,
    *,
    prune: bool,
    check: bool,
    progress: Progress,
    is_current: Callable[[], bool],
) -> Exported:
    """Write all that `app`, made for files, answers of `view` to `folder`, which changes at once.

    Files that were written before and are the same keep their times. With `prune` what isn't of
    this site goes; with `check` nothing changes if a link leads nowhere. `settings` have a
    `site.url`, and `is_current` says whether the index is still what `view` sees: else nothing
    changes, and `ChangedError` is raised. Raises `ExportError`.
    """
    _check_place(folder, settings)
    site_url = settings.site.url or ""
    paths = list(site_paths(app, view, settings))
    answered: list[Answered] = []
    client = app.test_client()
    with Tree(folder) as tree:
        with progress(len(paths)) as advance:
            for path in [*paths, _MISSING]:
                is_missing = path == _MISSING
                reply = client.get(path, base_url=site_url, headers=_ACCEPT)
                if reply.status_code != (404 if is_missing else 200):
                    if not is_current():
                        raise ChangedError("The articles changed meanwhile.")
                    raise ExportError(f"{path}: expected an answer, found {reply.status}.")
                name = NOT_FOUND if is_missing else file_of(unquote(path), reply.mimetype or "")
                tree.write(name, reply.data, reply.content_type or "")
                headers = tuple(
                    (key, value) for key, value in reply.headers if key.lower() not in _OF_SERVERS
                )
                address = f"/{NOT_FOUND}" if is_missing else unquote(path)
                answered.append(Answered(address, name, headers))
                advance(1)
        prefix = unquote(urlsplit(site_url).path)
        tree.write("_headers", headers_file(prefix, answered), "")
        tree.write("_redirects", redirects_file(prefix, settings), "")
        tree.write("_nginx.conf", nginx_file(prefix, settings, answered), "")
        if check:
            broken = broken_links(tree.directory, site_url)
            if broken:
                return Exported(tree.written, tuple(broken))
        if not is_current():
            raise ChangedError("The articles changed meanwhile.")
        tree.put_in_place(prune=prune)
        return Exported(tree.written)


def _check_place(folder: Path, settings: Settings) -> None:
    """Raise `ExportError` where the folder would take the place of what it is made of."""
    target = folder.resolve()
    own: dict[Path, str] = {}
    with suppress(RuntimeError):  # there is none for this user
        own[Path.home()] = "the home directory is"
    own |= {
        Path.cwd(): "the working directory is",
        settings.directory: "the folder of the configuration is",
        settings.index_directory: "the index is",
        settings.templates_directory: "the templates are",
        **dict.fromkeys(settings.folders, "the articles are"),
    }
    nowhere = {settings.index_directory, settings.templates_directory, *settings.folders}
    for place, name in own.items():
        there = place.resolve()
        is_above = there.is_relative_to(target)
        # Beside the articles there is room; among them, or in the index, there is none.
        is_below = target.is_relative_to(there) and place in nowhere
        if is_above or is_below:
            raise ExportError(
                f"{target} can't be written: {name} {'in it' if is_above else 'around it'} "
                f"({there}). Name a folder of its own, such as public."
            )


def file_of(path: str, mimetype: str) -> str:
    """The file in which what is at `path` lies: pages are where static hosts look for them."""
    name = path.lstrip("/")
    if mimetype != "text/html":
        return name
    return f"{name}index.html" if not name or name.endswith("/") else f"{name}.html"
