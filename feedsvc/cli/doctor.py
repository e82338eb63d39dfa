"""`feedsvc doctor`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from feedsvc.cli.files import check_files
from feedsvc.cli.site import EXIT_FOUND, config_here, fail, site_options, with_content
from feedsvc.config import Given, Settings, explain_settings
from feedsvc.console import mark, stdout
from feedsvc.doctor import (
    Answer,
    ask_running,
    is_kept,
    look_at_folders,
    look_at_index,
    look_at_machine,
    look_at_settings,
)
from feedsvc.errors import ConfigError, FeedsvcError
from feedsvc.index.store import Store
from feedsvc.model import Viewpoint, printable
from feedsvc.wiring import now, task_of


@click.command(
    epilog="""\b
Examples:
  feedsvc doctor
  feedsvc doctor --config /etc/feedsvc/config.yaml
  feedsvc doctor --json

Exit status: 0 if there are no errors (warnings may be), 1 if there are, 2 if the command or the
configuration can't be used.
"""
)
@site_options
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(config_file: Path | None, content: Path | None, as_json: bool) -> None:
    """Say how the site is set up, what runs, and what may be wrong with it.

    The options that were given are listed with file and line. A running feedsvc is asked on this
    machine as its proxy would ask it. Nothing is changed.
    """
    try:
        settings, given = explain_settings(
            config_file or config_here(), overrides=with_content(content)
        )
    except ConfigError as error:
        fail(str(error))
    parts = dict(_parts(settings))
    if as_json:
        told = {
            "options": [asdict(one) for one in given],
            "answers": [
                {"about": about} | asdict(one) for about, found in parts.items() for one in found
            ],
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=1))
    else:
        _print(given, parts)
    if any(one.mark == "error" for found in parts.values() for one in found):
        sys.exit(EXIT_FOUND)


def _parts(settings: Settings) -> Iterator[tuple[str, list[Answer]]]:
    yield "machine", list(look_at_machine(settings))
    yield (
        "configuration",
        [
            *look_at_settings(settings),
            *(Answer("error", reason) for reason in check_files(settings)),
        ],
    )
    yield "articles", list(look_at_folders(settings))
    is_there = False
    try:
        with closing(Store(task_of(settings).place)) as store:
            yield "index", list(look_at_index(store, Viewpoint(now())))
            with suppress(FeedsvcError):  # which was told
                is_there = is_kept(store)
    except FeedsvcError as error:
        yield "index", [Answer("error", str(error))]
    yield "server", list(ask_running(settings, is_there=is_there))


def _print(given: tuple[Given, ...], parts: dict[str, list[Answer]]) -> None:
    out = stdout()
    out.print("options that were given")
    for one in given:
        out.print(f"  {one.name} = {_shown(one.value)}  ({one.place})")
    if not given:
        out.print("  none: the defaults hold")
    for about, found in parts.items():
        out.print(f"\n{about}")
        for answer in found:
            out.print("  ", mark(answer.mark), f"  {printable(answer.text)}", sep="")
            if answer.advice:
                out.print(f"           {answer.advice}")


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()
