"""Settings -> the parts, put together: what every command and every server needs alike."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from feedsvc.config import Settings
from feedsvc.content.article import ArticleRules
from feedsvc.content.dialects import names_with
from feedsvc.index.health import IndexHealth
from feedsvc.index.indexer import IndexTask
from feedsvc.index.store import IndexPlace, Store
from feedsvc.logs import LogOptions

if TYPE_CHECKING:
    from flask import Flask

    from feedsvc.web.politeness import Slots

_MEGABYTE = 1_000_000


def now() -> datetime:
    """The present time, aware."""
    return datetime.now(UTC)


def rules_of(settings: Settings) -> ArticleRules:
    """How this site's articles are read."""
    return ArticleRules(
        zone=settings.zone,
        id_authority=settings.site.id_authority,
        since=settings.site.since,
        base_url=settings.content.base_url,
        max_file_bytes=settings.content.max_file_bytes,
        names=names_with(settings.content.fields),
        language=settings.site.language,
    )


def task_of(settings: Settings) -> IndexTask:
    """What is indexed, how and where."""
    rules = rules_of(settings)
    content, folders = settings.content, settings.folders
    read_by = repr((rules, content.include, content.exclude, [one.name for one in folders]))
    return IndexTask(
        place=IndexPlace(
            settings.index_directory,
            f"index-{_name_of_folders(settings)}",
            _digest(read_by),
            settings.index.url,
        ),
        folders=folders,
        include=content.include,
        exclude=content.exclude,
        rules=rules,
        watch=content.watch,
        poll_seconds=content.watch_seconds,
    )


def log_options(settings: Settings) -> LogOptions:
    """How to log, and what never to."""
    password = urlsplit(settings.index.url or "").password
    secrets = (settings.server.metrics_token, settings.index.url, password, unquote(password or ""))
    logging = settings.logging
    return LogOptions(logging.format, logging.level, tuple(dict.fromkeys(filter(None, secrets))))


def make_app(
    settings: Settings,
    store: Store,
    *,
    preview: bool = False,
    slots: Slots | None = None,
    health: IndexHealth | None = None,
) -> Flask:
    """The WSGI app with all that `settings` asks for. `slots` are the memory of `Politeness`, and
    `health` is that of the index, if processes share them. Raises `ConfigError` as `create_app`
    does.
    """
    # Not above: whoever only reads articles needn't load what serves them.
    from feedsvc.state.versions import VersionPlace, Versions
    from feedsvc.web import create_app
    from feedsvc.web.memory import Memory
    from feedsvc.web.politeness import Politeness, make_slots

    serving = settings.serving
    place = VersionPlace(
        settings.index_directory, f"versions-{_name_of_folders(settings)}", settings.index.url
    )
    politeness = None
    if serving.rate is not None:
        rate = serving.rate
        politeness = Politeness(rate.requests, rate.seconds, slots or make_slots())
    return create_app(
        settings,
        store,
        now,
        preview=preview,
        memory=Memory(serving.cache_mb * _MEGABYTE, store, now) if serving.cache_mb else None,
        versions=Versions(place, serving.delta_versions),
        politeness=politeness,
        health=health,
    )


def make_static_app(settings: Settings, store: Store, at: datetime) -> Flask:
    """The app whose answers are written to files, as they are `at` one moment."""
    from feedsvc.web import create_app

    return create_app(settings, store, lambda: at, static=True)


def _name_of_folders(settings: Settings) -> str:
    # Of other folders there is another index, so that none answers for the other.
    return _digest(repr(sorted(map(str, settings.folders))))[:8]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
