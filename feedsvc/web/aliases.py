"""Other addresses of feeds: those that people and programs try, and a site's old ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from feedsvc.config import Settings
from feedsvc.feeds.query import FeedQuery, Format

_SAVED = re.compile(r"/feeds/([a-z0-9-]+)([./].*|)")
USUAL = {
    "/feed": None,
    "/feed.xml": Format.RSS,
    "/index.xml": Format.RSS,
    "/rss": Format.RSS,
    "/rss.xml": Format.RSS,
    "/atom": Format.ATOM,
    "/atom.xml": Format.ATOM,
}
"""The format that each address promises; `None`: any."""


def make_aliases(
    formats: tuple[Format, ...], old: Mapping[str, str], *, usual: bool
) -> dict[str, str]:
    """Path -> path of the feed that is meant, both from the site's root and not percent-encoded."""
    aliases: dict[str, str] = {}
    for path, promised in USUAL.items() if usual else ():
        wanted = promised or formats[0]
        if wanted in formats:
            target = f"/{FeedQuery().plain_path(wanted)}"
            aliases[path] = target
            if not path.endswith(".xml"):
                aliases[f"{path}/"] = target
    return aliases | dict(old)


class Aliases:
    """All of them of one site."""

    def __init__(self, settings: Settings) -> None:
        serving = settings.serving
        formats = tuple(Format(name) for name in settings.feeds.formats)
        self._paths = make_aliases(formats, serving.old_addresses, usual=serving.usual_addresses)
        self._old_names = OldNames(
            {name: one.aliases for name, one in settings.feeds.saved.items()}
        )

    def target(self, path: str) -> str | None:
        """The path that is meant by `path`, neither percent-encoded; `None` if none is."""
        return self._paths.get(path) or self._old_names.target(path)


class OldNames:
    """The names that saved feeds had before: `old` by the present one."""

    def __init__(self, old: Mapping[str, Iterable[str]]) -> None:
        self._new = {before: name for name, others in old.items() for before in others}

    def target(self, path: str) -> str | None:
        """The path of the feed, page or archive page that is meant by one of an old name."""
        found = _SAVED.fullmatch(path)
        name = self._new.get(found[1]) if found else None
        return f"/feeds/{name}{found[2]}" if found and name else None
