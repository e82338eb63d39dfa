"""Renders feeds, from the index and without a cache: `python render.py CONFIG QUERIES`.

`QUERIES` is a JSON list of queries as in an address, `topic=ai&min_quality=60`. Prints the
milliseconds that each took in each format as a JSON list of lists. It is the one benchmark that
calls feedsvc's own functions, since over HTTP nobody can tell a feed that is rendered from one
that is kept. It runs as a file, so that it finds the installed feedsvc.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import click

from feedsvc.config import load_settings
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import Format
from feedsvc.feeds.vocabulary import parse_query
from feedsvc.index.store import Store
from feedsvc.model import Viewpoint
from feedsvc.serving import forget_what_stays
from feedsvc.wiring import task_of

LIMIT = 50


def milliseconds(config: Path, queries: list[str]) -> Iterator[list[float]]:
    """How long each query takes, in each format."""
    settings = load_settings(config)
    store, site = Store(task_of(settings).place), settings.describe_site()
    forget_what_stays()  # as `feedsvc serve` does
    for query in queries:
        times = []
        for ending in Format:
            start = time.perf_counter()
            asked = parse_query(parse_qsl(query))
            with store.view(Viewpoint(datetime.now(UTC))) as view:
                publish(asked, ending, view, site, LIMIT, "https://news.example.org/")
            times.append(1000 * (time.perf_counter() - start))
        yield times


if __name__ == "__main__":
    click.echo(json.dumps(list(milliseconds(Path(sys.argv[1]), json.loads(sys.argv[2])))))
