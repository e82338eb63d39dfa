"""The site of the golden feeds: its settings, its feeds, and how they are made."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

from support import BASE_URL, FIXTURES, NOW, RULES

from feedsvc.config import Settings, load_settings
from feedsvc.content.scan import Scanner
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.feeds.select import select
from feedsvc.feeds.vocabulary import parse_query
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.sync import sync
from feedsvc.index.view import View
from feedsvc.model import Article, Facet

GOLDENS = FIXTURES / "goldens"
QUERIES = {
    "feed": FeedQuery(),
    "topic-sea": feed_of(Facet.TOPIC, "sea"),
    "topic-empty": feed_of(Facet.TOPIC, "secret"),
    "provider-north": feed_of(Facet.PROVIDER, "north.example"),
    "topics-several": feed_of(Facet.TOPIC, "sea", "food-and-drink", "海"),
    "custom": parse_query(
        parse_qsl(
            "topic=Sea&topic=Food+%26+drink&not_provider=minato.example&order=quality&fold=story"
            "&limit=6&since=2000-01-01"
        )
    ),
}
CASES = [(name, format) for name in QUERIES for format in Format]


def settings() -> Settings:
    return load_settings(
        None,
        {},
        {
            ("content", "folders"): (str(FIXTURES / "articles"),),
            ("site", "title"): "Golden & News",
            ("site", "description"): "Every shape of an article.",
            ("site", "author"): {"name": "The editors", "email": "editors@news.example.org"},
            ("site", "rights"): "© the editors",
            ("topics",): {"sea": {"image": "https://news.example.org/sea.png"}},
            ("site", "id_authority"): "news.example.org",
            ("site", "since"): RULES.since,
            ("providers",): {"north.example": {"title": "The Quay", "description": "All of it."}},
        },
    )


def read_store(directory: Path) -> Store:
    """The fixture articles, read into an index in `directory`."""
    store = Store(IndexPlace(directory, "index", "rules"))
    content = settings().content
    sync(store, Scanner(settings().folders, content.include, content.exclude), RULES, NOW)
    return store


def render(view: View, name: str, format: Format) -> bytes:
    return publish(QUERIES[name], format, view, settings().describe_site(), 50, BASE_URL).body


def stands_for_description(article: Article, content: str) -> str:
    """What RSS says in <description>: the excerpt; before other content there has to be one."""
    return article.excerpt or (article.title if content else "")


def selected(view: View, name: str) -> tuple[Article, ...]:
    return select(QUERIES[name], view, settings().describe_site(), 50).articles
