"""A configuration as YAML with comments: every key there is, with its meaning above it.

What is given stands there; every other key stands in a comment, with its default or an example.
Keys below an option that has keys of its own are explained with it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from feedsvc.config.options import Option, is_given, options_of, sections

WIDTH = 100
"""The longest line of a comment, in characters."""

_HEADING = (
    "The configuration of feedsvc. Every key there is stands here; one in a comment shows its "
    "default, or an example where the default is nothing. Any key can also be given as an "
    "environment variable, which wins: FEEDSVC_SITE__URL=https://news.example.org/ for site.url "
    "(docs/configuration.md)."
)


def commented_yaml(given: Mapping[str, Any]) -> str:
    """The configuration that holds `given`, which is valid, as the text of a file.

    `given` is as YAML has it: mappings, lists and plain values.
    """
    lines = list(_comment(_HEADING, 0))
    for section in sections():
        lines += ["", *_comment(section.meaning, 0), *_section(section, given.get(section.name))]
    return "\n".join(lines) + "\n"


def _section(section: Option, given: Any) -> Iterator[str]:
    if section.inside is None or not section.is_section:
        yield from _option(section, given, 0)
        return
    yield f"{section.name}:"
    for number, option in enumerate(options_of(section.inside)):
        if number:
            yield ""
        yield from _comment(option.meaning, 2)
        yield from _option(option, (given or {}).get(option.name), 2)


def _option(option: Option, given: Any, indent: int) -> Iterator[str]:
    """One key with all that is below it, without its meaning."""
    if not is_given(given):
        yield from _in_comment(block(option.name, option.shown, indent), indent)
    elif option.inside is None:
        yield from block(option.name, given, indent)
    elif not option.has_names:
        yield f"{' ' * indent}{option.name}:"
        yield from _options(option.inside, given, indent + 2, with_others=True)
    else:
        yield f"{' ' * indent}{option.name}:"
        for number, (name, keys) in enumerate(given.items()):
            if is_given(keys):
                yield f"{' ' * (indent + 2)}{flow(name)}:"
                # The first shows what there is besides, for all.
                yield from _options(option.inside, keys, indent + 4, with_others=number == 0)
            else:
                yield f"{' ' * (indent + 2)}{flow(name)}: {{}}"


def _options(
    inside: type[BaseModel], given: Mapping[str, Any], indent: int, *, with_others: bool
) -> Iterator[str]:
    known = {option.name: option for option in options_of(inside)}
    for name, option in known.items():
        if is_given(given.get(name)) or with_others:
            yield from _option(option, given.get(name), indent)
    for name, value in given.items():
        if name not in known:  # the words of a query
            yield from block(name, value, indent)


def block(name: str, value: Any, indent: int = 0) -> Iterator[str]:
    """A key and its value as YAML: mappings as blocks, all else on the line of its name."""
    start = f"{' ' * indent}{flow(name)}:"
    if isinstance(value, Mapping) and value:
        yield start
        for key, inner in value.items():
            yield from block(key, inner, indent + 2)
    else:
        yield f"{start} {flow(value)}"


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").rstrip("\n")


def _comment(text: str, indent: int) -> Iterable[str]:
    start = f"{' ' * indent}# "
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=start,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _in_comment(lines: Iterable[str], indent: int) -> Iterator[str]:
    for line in lines:
        yield f"{line[:indent]}# {line[indent:]}"
