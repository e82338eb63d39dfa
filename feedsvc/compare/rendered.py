"""The side that is a folder of articles: read by the project's own code, rendered by `publish`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import datetime

from feedsvc.compare.documents import read_document
from feedsvc.compare.feed import Feed, Offered, each_once
from feedsvc.config import Settings
from feedsvc.errors import FeedsvcError, QueryError, SideError, UnknownFeedError
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.asked import feed_at
from feedsvc.feeds.naming import meant_by
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.index.store import Store
from feedsvc.index.sync import sync
from feedsvc.index.view import View
from feedsvc.model import Facet, Viewpoint
from feedsvc.wiring import task_of

Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]


class Rendered:
    """The feeds of one view of an index; see `Side`."""

    is_rendered = True

    def __init__(self, name: str, settings: Settings, view: View) -> None:
        self.name = name
        self.home = settings.site.url
        self.left_out = view.census().left_out
        self._settings = settings
        self._site = settings.describe_site()
        self._view = view
        self._old_names = {
            f"feeds/{alias}": f"feeds/{saved}"
            for saved, one in settings.feeds.saved.items()
            for alias in one.aliases
        }
        self.paths = tuple(query.path for query in self._listed())

    def _listed(self) -> Iterator[FeedQuery]:
        yield FeedQuery()
        yield from (FeedQuery(saved=name) for name in self._site.saved)
        for facet in Facet:
            yield from (feed_of(facet, one.slug) for one in self._view.counts(facet))

    def feeds(
        self, paths: Sequence[str], base_url: str, every_format: bool
    ) -> Iterator[Feed | None]:
        """Without `every_format` entries are read from JSON, whose ids the others have, too."""
        for path in paths:
            try:
                yield self._feed(path, base_url, every_format)
            except (UnknownFeedError, QueryError):
                yield None
            except FeedsvcError as error:
                raise SideError(f"{self.name}: {error}") from None

    def _feed(self, path: str, base_url: str, every_format: bool) -> Feed | None:
        query = feed_at(self._old_names.get(path, path), (), lambda: self._view)
        if query is None:
            return None
        formats = tuple(map(Format, self._site.formats))
        if every_format:
            offered = {one: self._read(query, one, base_url)[0] for one in formats}
        else:
            # The others say the same: all are made of one selection, whose id is Atom's.
            json, identity = self._read(query, Format.JSON, base_url)
            addresses = Addresses(base_url)
            offered = {
                one: Offered(
                    addresses.feed(query, one), identity if one is Format.ATOM else "", json.entries
                )
                for one in formats
            }
        return Feed(path, offered, meant_by(query, self._view, self._site).has_archive)

    def _read(self, query: FeedQuery, format: Format, base_url: str) -> tuple[Offered, str]:
        """The feed with its archive, and the id of the selection that it is made of."""
        site, limit = self._site, self._settings.feeds.limit
        newest = publish(query, format, self._view, site, limit, base_url)
        document = read_document(newest.body, format)
        entries = list(document.entries)
        for page in range(newest.selection.previous_page or 0, 0, -1):
            older = publish(query, format, self._view, site, limit, base_url, page)
            entries += read_document(older.body, format).entries
        return Offered(document.address, document.id, each_once(entries)), newest.selection.id


def rendered_side(
    name: str, settings: Settings, now: datetime, stack: ExitStack, progress: Progress
) -> Rendered:
    """Read the folders of `settings`, whose index is to be one of its own, and open what is seen
    `now` for as long as `stack` lasts. Raises `SideError`.
    """
    task = task_of(settings)
    try:
        store = stack.enter_context(closing(Store(task.place)))
        sync(store, task.scanner(), task.rules, now, progress=progress)
        view = stack.enter_context(store.view(Viewpoint(now)))
        return Rendered(name, settings, view)
    except FeedsvcError as error:
        raise SideError(f"{name}: {error}") from None
