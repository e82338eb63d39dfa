"""The reference of all commands, as the part of docs/cli.md that isn't written by hand.

It is made of what `--help` says, so that each command is described once.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

from feedsvc.cli import main

PROGRAM = "feedsvc"
EXAMPLES = "Examples:"
EXIT_STATUS = "Exit status:"
WIDTH = 100
_AS_IT_STANDS = "\b"
"""Alone in the first line of a paragraph: click doesn't wrap it."""
_OPTION = re.compile(r"(?<![\w`-])--[a-z][a-z-]*")
_DOCUMENT = re.compile(r"docs/([\w-]+\.md)")


def reference() -> str:
    """Markdown: a heading for each command, below it what it does, takes, and ends with."""
    lines: list[str] = []
    for name, command in commands():
        lines += ["", f"## {name}", *_section(name, command)]
    return "\n".join(lines).lstrip("\n") + "\n"


def commands(
    group: click.Group = main, above: str = PROGRAM
) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it, in the order in which they are listed."""
    context = click.Context(group, info_name=above)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{above} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")


def options_of(command: click.Command) -> list[click.Option]:
    """Without `--help`, which each has."""
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def parts_of(epilog: str | None) -> tuple[str, str]:
    """The examples and the exit statuses of a command, each "" if there are none."""
    examples = status = ""
    for paragraph in _paragraphs(epilog):
        first, _, rest = paragraph.removeprefix(_AS_IT_STANDS).lstrip("\n").partition("\n")
        if first == EXAMPLES:
            examples = textwrap.dedent(rest)
        elif first.startswith(EXIT_STATUS):
            status = " ".join(paragraph.split())
    return examples, status


def _section(name: str, command: click.Command) -> Iterator[str]:
    for paragraph in _paragraphs(command.help):
        if paragraph.startswith(_AS_IT_STANDS):
            yield from ("", "```text", *paragraph.splitlines()[1:], "```")
        else:
            yield from ("", *_wrapped(paragraph))
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield from ("", "```text", usage, "```")
    options = [_option(one, context) for one in options_of(command)]
    if options:
        yield ""
    for option in options:
        yield from _wrapped(option, "  ")
    examples, status = parts_of(command.epilog)
    if examples:
        yield from ("", "```sh", *examples.splitlines(), "```")
    if status:
        yield from ("", *_wrapped(status))


def _option(option: click.Option, context: click.Context) -> str:
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=len))
    value = "" if option.is_flag or option.count else _value(option, context)
    said = _linked(" ".join((option.help or "").split()))
    if option.show_default and not option.is_flag:
        said += f" Default: `{option.get_default(context)}`."
    return f"- `{names}{value}`: {said}"


def _value(option: click.Option, context: click.Context) -> str:
    if option.metavar is None and isinstance(option.type, click.Choice):
        return f" {'|'.join(map(str, option.type.choices))}"
    return f" {option.make_metavar(context)}"


def _paragraphs(text: str | None) -> list[str]:
    return inspect.cleandoc(text or "").split("\n\n")


def _linked(text: str) -> str:
    return _DOCUMENT.sub(r"[\g<0>](\1)", _OPTION.sub(r"`\g<0>`", text))


def _wrapped(paragraph: str, indent: str = "") -> list[str]:
    text = " ".join(paragraph.split())
    return textwrap.wrap(
        text if text.startswith("- ") else _linked(text),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
