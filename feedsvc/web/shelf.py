"""What every view needs, hung on the app: settings, store, the time, the site's address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from feedsvc.config import Settings
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.opml import Outline
from feedsvc.feeds.publish import lifetime
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.feeds.select import FeedSelection, name_feed, select
from feedsvc.index.store import Store
from feedsvc.index.view import View
from feedsvc.model import Viewpoint


class Shelf:
    """The app's own things. Methods that look at the request need one."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime],
        preview: bool,
        icons: dict[str, bytes],
    ) -> None:
        self.settings = settings
        self.store = store
        self.site = settings.describe_site()
        self.formats = tuple(Format(name) for name in settings.feeds.formats)
        self.preview = preview
        self.icons = icons
        self._clock = clock

    def viewpoint(self) -> Viewpoint:
        return Viewpoint(self._clock(), self.preview)

    def view(self) -> View:
        """The view that this request is answered from: one state of the index throughout."""
        if "view" not in g:
            g.view = self.store.view(self.viewpoint())
        return cast("View", g.view)

    def select(self, query: FeedQuery) -> FeedSelection:
        return select(query, self.view(), self.site, self.settings.feeds.limit)

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

    def max_age_seconds(self, view: View) -> int:
        """How long an answer made of `view` may be kept without asking."""
        return lifetime(self.site.options.max_age_seconds, view.until, self._clock())

    @property
    def prefix(self) -> str:
        """The path of the public address, with slashes around it: `/` or `/news/`."""
        return urlsplit(self.settings.site.url).path if self.settings.site.url else "/"

    def addresses(self) -> Addresses:
        """Absolute addresses: from the configured one, else from the request."""
        return Addresses(self.settings.site.url or request.host_url)

    def page_addresses(self) -> Addresses:
        """Addresses for links between our own pages: they work under any name."""
        return Addresses(self.prefix)


def close_view(error: BaseException | None) -> None:
    """Let go of the view, if the request needed one."""
    view = g.pop("view", None)
    if view is not None:
        view.close()


def shelf(app: Flask | None = None) -> Shelf:
    """The shelf of `app`, or of the app that is answering."""
    found = (app or current_app).extensions["feedsvc"]
    return cast("Shelf", found)
