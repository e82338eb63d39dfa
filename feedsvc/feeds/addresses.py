"""Addresses as a feed prints them: absolute, from the site's base URL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urljoin

from feedsvc.feeds.query import FeedQuery, Format, story_path
from feedsvc.model import OWN_SITE, Article, Facet, Image

_ABSOLUTE = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes absolute addresses. `base_url` ends in a slash and is what readers call the site."""

    base_url: str

    def feed(self, query: FeedQuery, format: Format, page: int | None = None) -> str:
        return self.base_url + query.feed_path(format, page)

    def page(self, query: FeedQuery, number: int | None = None) -> str:
        """The page for people; with `number` that of an archive page."""
        path = query.page_path if number is None else query.archive_page_path(number)
        return self.base_url + path

    def listing(self, query: FeedQuery, number: int | None = None) -> str:
        """The page that has all stories of the feed, as `page`: for everything that isn't the
        start page, which shows some of them.
        """
        if number is None and query == FeedQuery():
            return f"{self.base_url}archive/"
        return self.page(query, number)

    def embed(self, query: FeedQuery) -> str:
        """The feed made for a frame on another page, which has a number and pictures of its own."""
        return self.base_url + replace(query, limit=None, images=None).path_below("embed")

    def badge(self, query: FeedQuery) -> str:
        """The feed's name and news as a picture."""
        return self.base_url + query.path_below("badge", ".svg")

    def facet(self, facet: Facet) -> str:
        """The page that lists a facet: what categories name as their scheme."""
        return f"{self.base_url}{facet}/"

    def story(self, article: Article) -> str:
        return self.base_url + story_path(article.slug)

    def link(self, article: Article) -> str:
        """Where the entry leads: the original, or our own page where there is none."""
        return self.story(article) if article.url is None else self.absolute(article.url)

    def image(self, image: Image) -> str:
        return self.absolute(image.url)

    def html(self, html: str) -> str:
        """An article's HTML with this site's address in it."""
        return html.replace(OWN_SITE, self.base_url)

    def absolute(self, url: str) -> str:
        # Most are, and joining takes longer than all else of a rendering.
        return url if url.startswith(_ABSOLUTE) else urljoin(self.base_url, url)

    @property
    def icon(self) -> str:
        """The site's icon, square, 512 pixels."""
        return f"{self.base_url}icon.png"

    @property
    def feed_image(self) -> str:
        """The same with 144 pixels, all that RSS 2.0 <image> allows."""
        return f"{self.base_url}icon-144.png"

    @property
    def namespace(self) -> str:
        """The XML namespace of our own elements, and the page that explains them."""
        return f"{self.base_url}ns/feedsvc"
