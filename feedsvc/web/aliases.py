"""Other addresses of feeds: those that people and programs try, and a site's old ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feedsvc.feeds.query import FeedQuery, Format

_USUAL = {
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
    formats: tuple[Format, ...],
    old: Mapping[str, str],
    old_names: Mapping[str, Iterable[str]],
    *,
    usual: bool,
) -> dict[str, str]:
    """Path -> path of the feed that is meant, both from the site's root and not percent-encoded.

    `old` are addresses, `old_names` those that saved feeds had before, by their present names.
    """
    aliases: dict[str, str] = {}
    for path, promised in _USUAL.items() if usual else ():
        wanted = promised or formats[0]
        if wanted in formats:
            target = f"/{FeedQuery().plain_path(wanted)}"
            aliases[path] = target
            if not path.endswith(".xml"):
                aliases[f"{path}/"] = target
    for name, others in old_names.items():
        new = FeedQuery(saved=name)
        for before in (FeedQuery(saved=other) for other in others):
            aliases[f"/{before.plain_page_path}"] = f"/{new.plain_page_path}"
            for one in formats:
                aliases[f"/{before.plain_path(one)}"] = f"/{new.plain_path(one)}"
    return aliases | dict(old)
