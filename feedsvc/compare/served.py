"""The side whose feeds are there already: at a running feedsvc, or in a folder of `export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import msgspec

from feedsvc.compare.documents import Document, read_document
from feedsvc.compare.feed import Feed, Offered, each_once
from feedsvc.compare.fetch import MOST_BYTES, Fetch
from feedsvc.errors import SideError
from feedsvc.feeds.catalogue import Listing, read_listing
from feedsvc.feeds.query import Format

EXPORT_LIST = ".feedsvc-export.json"
"""What tells a folder that was made by `feedsvc export`."""
_LISTING = "api/feeds.json"
_AT_ONCE = 4  # requests: a site that is compared is to stay up
_MOST_PAGES = 10_000

Get = Callable[[str], bytes | None]
"""What is at an address below the site, percent-encoded; `None` if nothing is."""


class Served:
    """Feeds that are got by their addresses; see `Side`. What it can't read it doesn't tell."""

    is_rendered = False
    left_out = 0

    def __init__(self, name: str, get: Get, listing: Listing, at_once: int = 1) -> None:
        self.name = name
        self.home: str | None = listing.home_page_url
        self._get = get
        self._at_once = at_once
        self._kinds: dict[str, str] = {}
        self._urls: dict[str, dict[Format, str]] = {}
        for one in listing.feeds:
            urls = {Format(name): self._below(url) for name, url in one.urls.items()}
            path = unquote(next(iter(urls.values()))).rpartition(".")[0]
            self._urls[path], self._kinds[path] = urls, one.kind
        self.paths = tuple(self._urls)

    def feeds(
        self, paths: Sequence[str], base_url: str, every_format: bool
    ) -> Iterator[Feed | None]:
        """As they are: neither their address nor their formats can be chosen."""
        if self._at_once == 1:
            yield from map(self._feed, paths)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            try:
                yield from pool.map(self._feed, paths)
            finally:
                pool.shutdown(cancel_futures=True)

    def _feed(self, path: str) -> Feed | None:
        urls = self._urls.get(path)
        if urls is None:
            # Not listed, but perhaps empty, or a feed that was called so before.
            formats = {one for found in self._urls.values() for one in found}
            urls = {one: f"{quote(path, safe='/+')}.{one}" for one in Format if one in formats}
        offered: dict[Format, Offered] = {}
        has_archive = False
        for name, url in urls.items():
            found = self._offered(name, url, is_listed=path in self._urls)
            if found is not None:
                offered[name], pages = found
                has_archive = has_archive or pages > 1
        if not offered:
            return None
        return Feed(path, offered, has_archive or self._kinds.get(path) != "saved")

    def _offered(self, format: Format, url: str, *, is_listed: bool) -> tuple[Offered, int] | None:
        """A feed with its archive, and its number of pages."""
        body = self._get(url)
        if body is None and not is_listed:
            return None
        newest = document = self._read(url, body, format)
        entries = list(document.entries)
        seen = {url}
        while document.older:
            url = self._below(document.older)
            if url in seen or len(seen) == _MOST_PAGES:
                raise SideError(
                    f"{self.name}: {url}: the pages of the archive don't come to an end"
                )
            seen.add(url)
            document = self._read(url, self._get(url), format)
            entries += document.entries
        return Offered(newest.address, newest.id, each_once(entries)), len(seen)

    def _read(self, url: str, body: bytes | None, format: Format) -> Document:
        if body is None:
            raise SideError(f"{self.name}: {url}: expected a feed, found nothing")
        try:
            return read_document(body, format)
        except SideError as error:
            raise SideError(f"{self.name}: {url}: {error}") from None

    def _below(self, url: str) -> str:
        """`url` below the site: nothing else is asked, whatever a feed says."""
        home = self.home or ""
        if not url.startswith(home):
            raise SideError(f"{self.name}: expected addresses of {home}, found {url}")
        return url.removeprefix(home)


def running_side(address: str) -> Served:
    """The feedsvc that runs at `address`. Raises `SideError`."""
    if urlsplit(address).query or urlsplit(address).fragment:
        raise SideError(f"{address}: expected the address of the start page")
    return _side(address, Fetch(f"{address.rstrip('/')}/"), _AT_ONCE)


def exported_side(name: str, folder: Path) -> Served:
    """The files in `folder`. Raises `SideError`."""
    root = folder.resolve()

    def get(url: str) -> bytes | None:
        file = Path(root, unquote(url)).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            return None
        try:
            if file.stat().st_size > MOST_BYTES:
                raise SideError(f"{name}: {url}: expected at most {MOST_BYTES:,} bytes, found more")
            return file.read_bytes()
        except OSError as error:
            raise SideError(f"{name}: {url}: {error.strerror}") from None

    return _side(name, get)


def _side(name: str, get: Get, at_once: int = 1) -> Served:
    body = get(_LISTING)
    if body is None:
        raise SideError(f"{name}: expected the feeds of feedsvc, found no {_LISTING}")
    try:
        return Served(name, get, read_listing(body), at_once)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, StopIteration) as error:
        raise SideError(f"{name}: {_LISTING}: expected a list of feeds: {error}") from None
