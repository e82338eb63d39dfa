"""The feed as it is written in an afternoon: Flask and feedgen, rendered for each request.

It reads the articles once, makes HTML of the newest, and keeps all that in memory; only the
feed is made anew. Its entries hold what feedsvc's hold.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import frontmatter
from feedgen.feed import FeedGenerator
from flask import Flask, Response
from markdown_it import MarkdownIt

LIMIT = 50
_SITE = "https://news.example.org/"
_Post = Any
"""A `frontmatter.Post`, whose fields are of any type."""


def create_app(articles: str) -> Flask:
    """The app for a folder of articles of `benchmarks.archive`."""
    posts = [frontmatter.load(str(path)) for path in Path(articles).glob("*.md")]
    posts.sort(key=_moment, reverse=True)
    newest = [(post, _content(post)) for post in posts[:LIMIT]]
    app = Flask(__name__)

    @app.get("/feed.rss")
    def feed() -> Response:
        return Response(_render(newest), content_type="application/rss+xml; charset=utf-8")

    return app


def _render(entries: list[tuple[_Post, str]]) -> bytes:
    feed = FeedGenerator()
    feed.load_extension("dc")
    feed.load_extension("media")
    feed.title("News")
    feed.description("News")
    feed.link(href=_SITE, rel="alternate")
    feed.link(href=f"{_SITE}feed.rss", rel="self")
    feed.language("en")
    for post, content in entries:
        _add(feed, post, content)
    rendered: bytes = feed.rss_str(pretty=True)
    return rendered


def _add(feed: Any, post: _Post, content: str) -> None:
    entry = feed.add_entry(order="append")
    entry.title(post["title"])
    entry.link(href=post["webUrl"])
    entry.guid(post["webUrl"], permalink=True)
    entry.published(_moment(post))
    entry.description(post["excerpt"])
    entry.content(content)
    entry.dc.dc_creator(post["provider"]["name"])
    for topic in post["topics"]:
        entry.category(term=topic, label=topic)
    for image in post.get("images", ())[:1]:
        sizes = {name: str(image[name]) for name in ("width", "height")}
        entry.enclosure(image["url"], "0", "image/jpeg")
        entry.media.content(url=image["url"], type="image/jpeg", medium="image", **sizes)
        entry.media.thumbnail(url=image["url"], **sizes)


def _content(post: _Post) -> str:
    """The text, or else the excerpt; then the related articles."""
    text = MarkdownIt().render(post.content) or f"<p>{escape(post['excerpt'])}</p>"
    items = "\n".join(
        f'<li><a href="{escape(one["webUrl"])}" rel="noopener noreferrer">'
        f"{escape(one['title'])}</a> ({escape(one['provider']['name'])})</li>"
        for one in post.get("related", ())
    )
    return f"{text}\n<p>Related:</p>\n<ul>\n{items}\n</ul>" if items else text


def _moment(post: _Post) -> datetime:
    """YAML makes a date of most, and leaves some a text."""
    found = post["publishedDateTime"]
    return found if isinstance(found, datetime) else datetime.fromisoformat(found)
