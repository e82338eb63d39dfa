"""`feedsvc index`"""

from __future__ import annotations

from pathlib import Path

import click

from feedsvc.cli.site import config_here, open_store, read_settings, site_options, sync_once
from feedsvc.report import index_report
from feedsvc.wiring import log_options, now, task_of


@click.command(
    epilog="""\b
Examples:
  feedsvc index
  feedsvc index --rebuild

Exit status: 0 if the index is up to date, or another feedsvc process keeps it so, 2 if the command
or the configuration can't be used, 3 if the index can't be.
"""
)
@site_options
@click.option("--rebuild", is_flag=True, help="Read every file again.")
def index(config_file: Path | None, content: Path | None, rebuild: bool) -> None:
    """Read what changed in the folder, once, and report; `serve` does it by itself."""
    settings = read_settings(config_file, content)
    log_options(settings)()
    with open_store(settings) as store:
        done = sync_once(task_of(settings), store, rebuild=rebuild)
        click.echo(index_report(settings, store, now(), config_file or config_here()))
    if done is None:
        click.echo("\n  nothing to do: another feedsvc process keeps the index in step")
        return
    click.echo(
        f"\n  {len(done.plan.added):,} added, {len(done.plan.changed):,} changed, "
        f"{len(done.plan.removed):,} removed"
    )
