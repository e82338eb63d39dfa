"""`feedsvc diff`"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from feedsvc.cli.site import EXIT_FOUND, EXIT_STORAGE, config_here, fail, site_options
from feedsvc.compare import all_paths, compare
from feedsvc.compare.changes import Comparison, Kind
from feedsvc.compare.side import Side
from feedsvc.compare.sides import Opener
from feedsvc.compare.telling import SEVERITIES, as_json, in_lines, summary
from feedsvc.console import in_colour_of, stdout
from feedsvc.errors import ConfigError, SideError
from feedsvc.progress import show_progress
from feedsvc.wiring import now

_WIDTH = max(map(len, Kind))


@click.command(
    epilog="""\b
Examples:
  feedsvc diff HEAD
  feedsvc diff origin/main --fail-on-redelivery
  feedsvc diff https://news.example.org/ articles
  feedsvc diff public git:v2 --format json

Exit status: 0 if both sides could be compared, 1 if --fail-on-redelivery found something, 2 if the
command or a configuration can't be used, 3 if a side can't be read.
"""
)
@click.argument("old")
@click.argument("new", required=False)
@site_options
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or JSON for programs.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many entries of each feed are named; JSON has all.",
)
@click.option(
    "--fail-on-redelivery",
    is_flag=True,
    help="End with 1 if readers show an article again, or the id or address of a feed is another.",
)
def diff(
    old: str,
    new: str | None,
    config_file: Path | None,
    content: Path | None,
    output: str,
    limit: int,
    fail_on_redelivery: bool,
) -> None:
    """Tell what subscribers would see if the site changed from OLD to NEW.

    Each is a folder of articles, one with a config.yaml, one made by feedsvc export, the address
    of a running feedsvc, or a git revision (main, or git:main). Without NEW it is the site here.
    """
    with ExitStack() as stack:
        room = Path(stack.enter_context(TemporaryDirectory(prefix="feedsvc-diff-")))
        opener = Opener(config_file or config_here(), content, now(), room, stack, show_progress)
        try:
            sides = opener.open(old), opener.open(new)
            with show_progress(len(all_paths(*sides)), "feeds compared") as advance:
                found = compare(*sides, advance)
        except ConfigError as error:
            fail(str(error))
        except SideError as error:
            fail(str(error), EXIT_STORAGE)
    if output == "json":
        click.echo(as_json(found, sides), nl=False)
    else:
        _print(found, sides, limit)
    if fail_on_redelivery and found.delivers_again:
        sys.exit(EXIT_FOUND)


def _print(found: Comparison, sides: tuple[Side, Side], limit: int) -> None:
    out = stdout()
    for line in in_lines(found, limit):
        if line.kind is None:
            out.print(line.text)
        else:
            name = in_colour_of(SEVERITIES[line.kind], line.kind.ljust(_WIDTH))
            out.print("  ", name, "  ", line.text, sep="")
    for side in sides:
        if side.left_out:
            articles = "1 article" if side.left_out == 1 else f"{side.left_out:,} articles"
            out.print(
                f"{side.name}: {articles} left out, which may look new or gone: see feedsvc check"
            )
    out.print(summary(found))
