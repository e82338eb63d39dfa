"""What every view needs, hung on the app: settings, store, the time, the site's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from flask import current_app, g, request
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.config import Settings
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.naming import name_feed
from feedsvc.feeds.opml import Outline
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.select import FeedSelection, select
from feedsvc.index.store import Store
from feedsvc.index.view import View
from feedsvc.model import Viewpoint
from feedsvc.state.versions import Versions
from feedsvc.web.aliases import Aliases
from feedsvc.web.door import BASE_URL
from feedsvc.web.freshness import FRESHNESS, Freshness
from feedsvc.web.parameters import Parameters


class Shelf:
    """The app's own things. Methods that look at the request need one."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime],
        preview: bool,
        icons: dict[str, bytes],
        files: dict[str, bytes],
        versions: Versions | None,
        is_static: bool = False,
    ) -> None:
        self.settings = settings
        self.store = store
        self.site = settings.describe_site()
        self.formats = tuple(Format(name) for name in settings.feeds.formats)
        self.preview = preview
        self.is_static = is_static
        self.icons = icons
        self.files = files
        self.aliases = Aliases(settings)
        self.parameters = Parameters(settings.serving.ignored_parameters)
        self._clock = clock
        self._versions = versions

    @property
    def now(self) -> datetime:
        return self._clock()

    def viewpoint(self) -> Viewpoint:
        return Viewpoint(self._clock(), self.preview)

    def view(self) -> View:
        """The view that this request is answered from: one state of the index throughout."""
        if "view" not in g:
            g.view = self.store.view(self.viewpoint())
        return cast("View", g.view)

    def select(self, query: FeedQuery, page: int | None = None) -> FeedSelection:
        return select(query, self.view(), self.site, self.settings.feeds.limit, page)

    def saved_feeds(self) -> tuple[FeedQuery, ...]:
        """Those that the configuration names, in its order."""
        return tuple(FeedQuery(saved=name) for name in self.site.saved)

    def outline(self, query: FeedQuery) -> Outline:
        """How a list of feeds names the feed of `query`."""
        named = name_feed(query, self.view(), self.site)
        addresses = self.addresses()
        return Outline(
            named.title,
            named.description,
            addresses.feed(query, self.formats[0]),
            addresses.page(query),
        )

    def changed_at(self, path: str, etag: str) -> datetime | None:
        """Since when what is at `path` has been that of `etag`, if that is known."""
        now = self._clock()
        changed = self._versions.changed_at(path, etag, now) if self._versions else None
        return changed if changed is not None and changed <= now else None

    def keep(
        self,
        response: AnyResponse,
        max_age_seconds: int,
        *,
        is_feed: bool = False,
        is_private: bool = False,
        until: datetime | None = None,
    ) -> AnyResponse:
        """`response`, made of the view if this request needed one, as an answer that holds for
        a while; not past `until`, if it changes then by itself.
        """
        if not self.preview:
            fresh = self._freshness(max_age_seconds, is_feed=is_feed, is_private=is_private)
            # Files know no moments: whoever writes them writes them anew.
            earlier = until is not None and (fresh.until is None or until < fresh.until)
            if earlier and not self.is_static:
                fresh = replace(fresh, until=until)
            request.environ[FRESHNESS] = fresh
        return response

    def cache_control(self, max_age_seconds: int) -> str:
        """The header of an answer that `keep` is not for, as it would be."""
        return self._freshness(max_age_seconds).cache_control(self._clock())

    def _freshness(
        self, max_age_seconds: int, *, is_feed: bool = False, is_private: bool = False
    ) -> Freshness:
        view: View | None = g.get("view")
        feeds = self.settings.feeds
        return Freshness(
            max_age_seconds,
            feeds.stale_while_revalidate_seconds if max_age_seconds else 0,
            feeds.stale_if_error_seconds if view is not None else 0,
            None if view is None else view.generation,
            None if view is None or self.is_static else view.until,
            is_feed,
            is_private,
        )

    @property
    def base_url(self) -> str:
        """The absolute address of this site: the configured one, else that of the request."""
        return str(request.environ[BASE_URL])

    @property
    def prefix(self) -> str:
        """The path of that address, with slashes around it: `/` or `/news/`."""
        return urlsplit(self.base_url).path

    def addresses(self) -> Addresses:
        """Absolute addresses, for feeds."""
        return Addresses(self.base_url)

    def page_addresses(self) -> Addresses:
        """Addresses for links between our own pages: they work under any name."""
        return Addresses(self.prefix)


def close_view(error: BaseException | None) -> None:
    """Let go of the view, if the request needed one."""
    view = g.pop("view", None)
    if view is not None:
        view.close()


def shelf() -> Shelf:
    """The shelf of the app that is answering."""
    return cast("Shelf", current_app.extensions["feedsvc"])
