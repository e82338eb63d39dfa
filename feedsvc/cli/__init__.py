"""The `feedsvc` command: one module for each of its commands, which wire, print and exit.

A module is loaded when its command is called: whoever lists feeds needn't load what serves them.
"""

from __future__ import annotations

from importlib import import_module

import click

from feedsvc import __version__

COMMANDS = (
    "init", "serve", "check", "diff", "feeds", "show", "export", "index", "doctor", "validate",
)  # fmt: skip
"""Each in the module of its name, in the order in which they are listed."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"feedsvc.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="feedsvc")
def main() -> None:
    """Feeds from a folder of Markdown articles: RSS, Atom and JSON Feed for each topic and
    each provider.
    """
