"""Renders each feed once, from the index and without a cache: `python render.py CONFIG NAMES`.

Prints the milliseconds of each as a JSON list. `NAMES` is a JSON object: the `topics` and
`providers` of the feeds. It is the one benchmark that calls feedsvc's own functions, since
over HTTP nobody can tell a feed that is rendered from one that is kept. It runs as a file, so
that it finds the installed feedsvc.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from feedsvc.config import load_settings
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.index.store import Store
from feedsvc.model import Facet, Viewpoint
from feedsvc.serving import forget_what_stays
from feedsvc.slugs import slugify
from feedsvc.wiring import task_of

LIMIT = 50


def milliseconds(config: Path, topics: list[str], providers: list[str]) -> Iterator[float]:
    """How long each feed takes, in each format."""
    settings = load_settings(config)
    store, site = Store(task_of(settings).place), settings.describe_site()
    queries = [
        FeedQuery(),
        *(feed_of(Facet.TOPIC, slugify(name)) for name in topics),
        *(feed_of(Facet.PROVIDER, name) for name in providers),
    ]
    forget_what_stays()  # as `feedsvc serve` does
    for query in queries:
        for ending in Format:
            start = time.perf_counter()
            with store.view(Viewpoint(datetime.now(UTC))) as view:
                publish(query, ending, view, site, LIMIT, "https://news.example.org/")
            yield 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    click.echo(json.dumps(list(milliseconds(Path(sys.argv[1]), **json.loads(sys.argv[2])))))
