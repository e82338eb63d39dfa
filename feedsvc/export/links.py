"""Links of the exported files that lead to none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from lxml import html

_IN_MARKUP = {".html"}
_IN_TEXT = {".rss", ".atom", ".json", ".opml", ".xml", ".webmanifest"}
_ENDINGS = ("", ".html", "/index.html", "index.html")


def broken_links(directory: Path, site_url: str) -> list[str]:
    """Each with the files that it is in. Addresses of this site alone: others aren't asked."""
    found: dict[str, list[str]] = {}
    known: dict[str, bool] = {}
    root = urlsplit(site_url)
    # As they stand in JSON and XML, up to what can't belong to an address there.
    own = re.compile(rf"{re.escape(site_url)}[^\s\"'<>\\&?#]*")
    for file in sorted(directory.rglob("*")):
        if file.suffix in _IN_MARKUP:
            address = urljoin(site_url, file.relative_to(directory).as_posix())
            links = _links_of_page(file.read_bytes(), address)
        elif file.suffix in _IN_TEXT:
            links = iter(own.findall(file.read_text(encoding="utf-8")))
        else:
            continue
        for link in dict.fromkeys(links):
            parts = urlsplit(link)
            if (parts.scheme, parts.netloc) != (root.scheme, root.netloc):
                continue
            path = unquote(parts.path)
            if path not in known:
                known[path] = _is_there(directory, path, root.path)
            if not known[path]:
                found.setdefault(link, []).append(str(file.relative_to(directory)))
    return [f"{link} in {_some(files)}" for link, files in found.items()]


def _some(files: list[str]) -> str:
    """First the page of a story: that is where it was written."""
    files.sort(key=lambda name: (not name.startswith("stories/"), name))
    more = len(files) - 1
    return files[0] + (f" and {more:,} more file{'s' if more > 1 else ''}" if more else "")


def _links_of_page(content: bytes, address: str) -> Iterator[str]:
    document = html.document_fromstring(content)
    for element, attribute, link, _ in document.iterlinks():
        # A form asks a server; a snippet to be copied is text.
        if attribute in {"href", "src", "poster", "srcset"} and element.tag != "form":
            yield urljoin(address, link)


def _is_there(directory: Path, path: str, prefix: str) -> bool:
    if not f"{path}/".startswith(prefix):
        return True  # another part of the host
    below = path.removeprefix(prefix)
    try:
        return any((directory / f"{below}{ending}").is_file() for ending in _ENDINGS)
    except (OSError, ValueError):  # too long for a name, or with signs that none has
        return False
