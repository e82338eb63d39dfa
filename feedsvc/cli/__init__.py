"""The `feedsvc` command: one module for each of its commands, which wire, print and exit.

A module is loaded when its command is called: whoever lists feeds needn't load what serves them.
"""

from __future__ import annotations

import errno
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from traceback import walk_tb
from typing import Any

import click

from feedsvc import __version__

COMMANDS = (
    "init", "serve", "check", "diff", "feeds", "show", "export", "index", "doctor", "validate",
)  # fmt: skip
"""Each in the module of its name, in the order in which they are listed."""
EXIT_OUTPUT = 3
"""Standard output can't be written; the status of an index that can't be, too."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"feedsvc.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, and for a name that is misspelt with the one that is meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            nearest = get_close_matches(args[0], COMMANDS, n=1)
            if not nearest:
                raise
            message = f"{error.message} Did you mean {nearest[0]!r}?"
            raise click.UsageError(message, error.ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List what the commands do in whole sentences, not cut off after 45 letters."""
        rows = [(name, _summary(self.get_command(ctx, name))) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                # Here, since a fault at the end of the process would be told as one of Python.
                if sys.stdout is not None:
                    sys.stdout.flush()
        except OSError as error:
            if not (_is_of_output(error) or _output_fails()):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno == errno.EPIPE:
                sys.exit(1)  # who reads has enough, as click has it
            click.echo(f"standard output can't be written: {error.strerror}", err=True)
            sys.exit(EXIT_OUTPUT)


def _summary(command: click.Command | None) -> str:
    """The first paragraph of its help."""
    text = (command.help if command else "") or ""
    return " ".join(text.partition("\n\n")[0].split())


def _is_of_output(error: OSError) -> bool:
    """Whether it was raised where texts are printed."""
    names = [frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__)]
    return error.filename is None and names[-1] in {__name__, "click.utils", "rich.console"}


def _output_fails() -> bool:
    """Whether something still waits to be written there, in vain."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="feedsvc")
def main() -> None:
    """Feeds from a folder of Markdown articles: RSS, Atom and JSON Feed for each topic and
    each provider.
    """
