"""`feedsvc feeds`"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from feedsvc.cli.site import base_url_of, read_settings, site_options, synced_store
from feedsvc.console import in_columns, stdout
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.catalogue import ListedFeed, Listing, list_feeds, read_listing
from feedsvc.model import Viewpoint
from feedsvc.wiring import now


@click.command(
    epilog="""\b
Examples:
  feedsvc feeds
  feedsvc feeds --json

Exit status: 0 if the feeds are listed, 2 if the command or the configuration can't be used, 3 if
the index can't be.
"""
)
@site_options
@click.option("--json", "as_json", is_flag=True, help="What /api/feeds.json says, for programs.")
def feeds(config_file: Path | None, content: Path | None, as_json: bool) -> None:
    """List all feeds of the site: how many entries, the day of the newest, and where.

    Any other feed that can be described is shown by feedsvc show.
    """
    settings = read_settings(config_file, content)
    addresses = Addresses(base_url_of(settings))
    with synced_store(settings) as store, store.view(Viewpoint(now())) as view:
        told = list_feeds(view, settings.describe_site(), addresses, settings.feeds.limit)
    if as_json:
        click.echo(told.body, nl=False)
        return
    listing = read_listing(told.body)
    out = stdout()
    for line in in_columns([_row(one, listing) for one in listing.feeds]):
        out.print(line)


def _row(one: ListedFeed, listing: Listing) -> tuple[str, str, str, str, str]:
    newest = f"{one.newest:%Y-%m-%d}" if one.newest else ""
    paths = [listing.path(url) for url in one.urls.values()]
    entries = "1 entry" if one.entries == 1 else f"{one.entries:,} entries"
    return one.kind, one.title, entries, newest, _in_short(paths)


def _in_short(paths: Iterable[str]) -> str:
    """`feed.rss .atom .json`: of the others the ending."""
    first, *others = paths
    return " ".join([first, *(f".{other.rpartition('.')[2]}" for other in others)])
