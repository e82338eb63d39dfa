"""`feedsvc check`"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from feedsvc.cli.files import check_files
from feedsvc.cli.site import (
    EXIT_FOUND,
    github_line,
    read_settings,
    site_options,
    synced_store,
)
from feedsvc.console import faint, severity, stdout
from feedsvc.lint import check as check_site
from feedsvc.model import Problem, Viewpoint, printable
from feedsvc.progress import show_progress
from feedsvc.rules import RULES
from feedsvc.wiring import now

_SEVERITIES = ("error", "warning", "info")


@click.command(
    epilog="""\b
Examples:
  feedsvc check
  feedsvc check --skip naive-date --skip insecure-link
  feedsvc check --format github --fail-on warning

Exit status: 0 if nothing as bad as --fail-on was found, 1 if it was, 2 if the command or the
configuration can't be used, 3 if the index can't be.
"""
)
@site_options
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Lines for people, JSON for programs, or annotations of GitHub Actions.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="RULE",
    type=click.Choice(list(RULES)),
    help="Leave out what this rule finds; may be repeated. Also check.skip in config.yaml.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    default="error",
    show_default=True,
    help="From which severity on the exit status is 1.",
)
def check(
    config_file: Path | None, content: Path | None, output: str, skip: tuple[str, ...], fail_on: str
) -> None:
    """Find mistakes in the articles, and in the feeds that they give, before readers do.

    What is held back is looked at too. Each rule is explained in docs/check.md.
    """
    settings = read_settings(config_file, content)
    left_out = {*skip, *settings.check.skip}
    found = [
        Problem("config.yaml", None, "", reason, "error", "unusable-file")
        for reason in check_files(settings)
        if "unusable-file" not in left_out
    ]
    with synced_store(settings) as store, store.view(Viewpoint(now(), preview=True)) as view:
        census = view.census()
        with show_progress(census.total, "articles checked") as advance:
            found += check_site(settings, view, skip=left_out, advance=advance)
    places = {folder.name: folder for folder in settings.folders}
    match output:
        case "json":
            told = [asdict(one) | {"path": _place(one.path, places)} for one in found]
            click.echo(msgspec.json.format(msgspec.json.encode(told), indent=1))
        case "github":
            for one in found:
                click.echo(_annotation(one, places))
        case _:
            _print(found, places, census.total + census.left_out)
    counted = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1] if fail_on != "never" else ()
    if any(one.severity in counted for one in found):
        sys.exit(EXIT_FOUND)


def _print(found: list[Problem], places: Mapping[str, Path], files: int) -> None:
    out = stdout()
    for one in found:
        place = printable(_place(one.path, places))
        line = f":{one.line}" if one.line else ""
        field = printable(f"{one.field}: ") if one.field else ""
        out.print(
            f"{place}{line}: ",
            severity(one.severity),
            f": {field}{printable(one.reason)} ",
            faint(f"[{one.rule}]"),
            sep="",
        )
    counted: Counter[str] = Counter(one.severity for one in found)
    told = ", ".join(_count(name, counted[name]) for name in _SEVERITIES if counted[name])
    checked = "1 file" if files == 1 else f"{files:,} files"
    out.print(f"{checked} checked: {told or 'nothing found'}")


def _count(name: str, number: int) -> str:
    return f"{number:,} {name}{'s' if number > 1 and name != 'info' else ''}"


def _place(path: str, places: Mapping[str, Path]) -> str:
    """The file of a message, as it can be opened from here."""
    name, _, below = path.partition("/")
    if name not in places:
        return path
    file = Path(places[name], below)
    here = Path.cwd()
    return os.path.relpath(file) if file.is_relative_to(here) else str(file)


def _annotation(one: Problem, places: Mapping[str, Path]) -> str:
    field = f"{one.field}: " if one.field else ""
    place = {"file": _place(one.path, places), "line": one.line, "title": one.rule}
    return github_line(one.severity, place, f"{field}{one.reason}")
