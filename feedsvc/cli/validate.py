"""`feedsvc validate`"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click
import msgspec

from feedsvc.cli.site import EXIT_FOUND, fail, github_line
from feedsvc.console import severity, stdout
from feedsvc.validate import Report, validate_file
from feedsvc.validate.fetch import ascii_address
from feedsvc.validate.http import validate_url
from feedsvc.validate.values import is_web
from feedsvc.wiring import now

Format = Literal["text", "json", "github"]

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@click.command(
    epilog="""\b
Examples:
  feedsvc validate https://example.org/feed.xml
  feedsvc validate public/*.xml public/feed.json
  feedsvc validate - < feed.xml
  feedsvc validate --format github public/feed.xml

Exit status: 0 if there is nothing worse than warnings, 1 if there are errors, 2 if a target can't
be read.
"""
)
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option(
    "--format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="How findings are written: a line for each, a JSON array, or workflow commands of GitHub.",
)
def validate(targets: tuple[str, ...], format: Format) -> None:
    """Say what is wrong with feeds: RSS 2.0, Atom 1.0, JSON Feed 1.1, anybody's.

    A TARGET is an http or https address, a file, or - for standard input. Of an address, what
    the server says is checked as well: Content-Type, ETag, redirects. Each rule is explained in
    docs/validate.md.
    """
    for target in targets:
        _check_target(target)
    reports = []
    for target in targets:
        report = _report_on(target)
        reports.append(report)
        if format == "text":
            _print_text(target, report)
        elif format == "github":
            _print_github(target, report)
    if format == "json":
        _print_json(targets, reports)
    if not all(report.is_valid for report in reports):
        sys.exit(EXIT_FOUND)


def _check_target(target: str) -> None:
    """End the command before it begins if there is nothing to read."""
    if target == "-":
        return
    if _ADDRESS.match(target):
        try:
            ascii_address(target)
        except ValueError:
            fail(f"{target}: expected an address with a host, and without a password")
        if not is_web(target):
            fail(f"{target}: expected an http or https address")
        return
    try:
        with Path(target).open("rb"):
            return
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        fail(f"{target}: expected a file or an http or https address: {reason}")


def _report_on(target: str) -> Report:
    if _ADDRESS.match(target):
        return validate_url(target, now())
    try:
        if target == "-":
            return validate_file(sys.stdin.buffer, now())
        with Path(target).open("rb") as file:
            return validate_file(file, now())
    except OSError as error:
        fail(f"{target}: {error.strerror}")


def _shown(target: str) -> str:
    return "<stdin>" if target == "-" else target


def _print_text(target: str, report: Report) -> None:
    name, out = _shown(target), stdout()
    for one in report.findings:
        place = name if one.line is None else f"{name}:{one.line}"
        where = f"{one.place}: " if one.place else ""
        told = f": {one.rule}: {where}{one.message} ({one.source})"
        out.print(f"{place}: ", severity(one.severity), told, sep="")
    out.print(_summary(name, report))


def _summary(name: str, report: Report) -> str:
    counts = Counter(one.severity for one in report.findings)
    told = ", ".join(
        f"{count:,} {severity}" + ("" if count == 1 else "s")
        for severity, count in sorted(counts.items())
        if severity != "info"
    )
    if report.format is None:
        return f"{name} is no feed that can be read: {told}"
    entries = "1 entry" if report.entries == 1 else f"{report.entries:,} entries"
    valid = "a valid " if report.is_valid else "no valid "
    return f"{name} is {valid}{report.format} feed with {entries}" + (f": {told}" if told else "")


def _print_json(targets: tuple[str, ...], reports: list[Report]) -> None:
    rows = [
        {"target": _shown(target)} | asdict(one)
        for target, report in zip(targets, reports, strict=True)
        for one in report.findings
    ]
    click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=1))


def _print_github(target: str, report: Report) -> None:
    is_file = target != "-" and not _ADDRESS.match(target)
    for one in report.findings:
        place = {"file": target, "line": one.line} if is_file else {}
        where = f"{_shown(target)}: {one.place}".removesuffix(": ")
        message = f"{where}: {one.message} ({one.source})"
        click.echo(github_line(one.severity, {**place, "title": one.rule}, message))
    click.echo(_summary(_shown(target), report))
