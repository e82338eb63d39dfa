"""Addresses as a feed prints them: absolute, from the site's base URL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from feedsvc.feeds.query import FeedQuery, Format, story_path
from feedsvc.model import Article, Facet, Image


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes absolute addresses. `base_url` ends in a slash and is what readers call the site."""

    base_url: str

    def feed(self, query: FeedQuery, format: Format) -> str:
        return self.base_url + query.feed_path(format)

    def page(self, query: FeedQuery) -> str:
        return self.base_url + query.page_path

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

    def absolute(self, url: str) -> str:
        return urljoin(self.base_url, url)
