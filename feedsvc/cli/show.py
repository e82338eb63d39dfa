"""`feedsvc show`"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import click

from feedsvc.cli.site import base_url_of, fail, read_settings, site_options, synced_store
from feedsvc.config import Settings
from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.asked import feed_at, take_apart
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.index.view import View
from feedsvc.model import Viewpoint
from feedsvc.web.aliases import Aliases
from feedsvc.web.door import is_loopback
from feedsvc.web.parameters import Parameters, TooManyError
from feedsvc.wiring import now

_SAFE = "%=&+:/?@!$'()*,;~[]"


@click.command(
    epilog="""\b
Examples:
  feedsvc show feed
  feedsvc show topics/ai --format json
  feedsvc show 'custom?min_quality=60&topic=ai' > ai.rss
  feedsvc show https://news.example.org/topics/ai/archive/2.atom

Exit status: 0 if the feed is written, 2 if there is no such feed or the configuration can't be
used, 3 if the index can't be.
"""
)
@click.argument("path")
@site_options
@click.option(
    "--format",
    "wanted",
    type=click.Choice([one.value for one in Format]),
    help="Instead of what the path ends in; by default the first of feeds.formats.",
)
@click.option("--page", type=click.IntRange(min=1), help="A page of the archive; 1 is the oldest.")
def show(
    path: str, config_file: Path | None, content: Path | None, wanted: str | None, page: int | None
) -> None:
    """Write the feed at PATH to standard output, byte for byte as it is served.

    PATH is its address without the site's and without ending; with either it will do, too.
    """
    settings = read_settings(config_file, content)
    below, query = _below(path, settings)
    below, ending, page_there = take_apart(_meant(below, settings))
    chosen = Format(wanted) if wanted else ending or Format(settings.feeds.formats[0])
    if chosen not in settings.feeds.formats:
        fail(f"--format: expected one of {', '.join(settings.feeds.formats)}, found {chosen}.")
    with synced_store(settings) as store, store.view(Viewpoint(now())) as view:
        try:
            body = _render(below, query, settings, view, chosen, page or page_there)
        except UnknownFeedError as error:
            fail(_with_nearest(str(error), error.nearest))
        except QueryError as error:
            fail(_with_nearest(f"{error}.", error.nearest))
    click.echo(body, nl=False)


def _render(
    path: str, given: str, settings: Settings, view: View, format: Format, page: int | None
) -> bytes:
    query = feed_at(path, parse_qsl(given, keep_blank_values=True), lambda: view)
    if query is None:
        raise UnknownFeedError(f"There is no feed {path}.")
    site, limit = settings.describe_site(), settings.feeds.limit
    return publish(query, format, view, site, limit, base_url_of(settings), page).body


def _below(given: str, settings: Settings) -> tuple[str, str]:
    """What was given as a path below the site, not percent-encoded, and the query; tracking
    parameters change nothing.
    """
    try:
        asked, ours = urlsplit(given), urlsplit(base_url_of(settings))
        path = asked.path
        if asked.scheme in {"http", "https"}:
            is_ours = asked.netloc.lower() == ours.netloc or is_loopback(asked.hostname or "")
            if not is_ours:
                fail(f"Expected an address of {ours.geturl()}, found {given}.")
            if f"{path}/".startswith(ours.path):
                path = path.removeprefix(ours.path.rstrip("/"))
        path = path.lstrip("/")
        parameters = Parameters(settings.serving.ignored_parameters)
        return unquote(path), parameters.clean(f"/{path}", quote(asked.query, safe=_SAFE))
    except TooManyError as error:
        fail(str(error))
    except ValueError:
        fail(f"Expected the path of a feed, found {given}.")


def _meant(path: str, settings: Settings) -> str:
    """The path that is meant by another address of a feed."""
    if path == FeedQuery().path:
        # As a path it is that of everything, as an address another one of its first format.
        return path
    return (Aliases(settings).target(f"/{path}") or path).lstrip("/")


def _with_nearest(message: str, nearest: tuple[str, ...]) -> str:
    return f"{message}\nDid you mean {' or '.join(nearest)}?" if nearest else message
