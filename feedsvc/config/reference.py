"""The reference of all keys, as the part of docs/configuration.md that isn't written by hand."""

from __future__ import annotations

import re
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from feedsvc.config.describe import WIDTH, block, flow
from feedsvc.config.options import Option, options_of, sections
from feedsvc.config.reading import ENVIRONMENT_PREFIX
from feedsvc.config.types import Called, Checked

_PLAIN = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date",
}
_KEYS_BELOW = "the keys below"
_DOCUMENT = re.compile(r"docs/(\w+\.md)")


def reference() -> str:
    """Markdown: a heading for each section, and below it one for each of its keys."""
    lines: list[str] = []
    for section in sections():
        lines += ["", f"## {section.name}", *_paragraph(section.meaning)]
        if section.inside is not None and section.is_section:
            for option in options_of(section.inside):
                lines += _entry(option, (section.name,))
        else:
            lines += _facts(section, (section.name,))
            lines += _inner(section, (section.name,))
    return "\n".join(lines).lstrip("\n") + "\n"


def _entry(option: Option, above: tuple[str, ...]) -> Iterator[str]:
    path = (*above, option.name)
    yield from ("", f"### `{'.'.join(path)}`")
    yield from _paragraph(option.meaning)
    yield from _facts(option, path)
    yield from _inner(option, path)


def _facts(option: Option, path: tuple[str, ...]) -> Iterator[str]:
    """What may stand there, what holds without it, its variable and an example."""
    yield ""
    yield from _item(f"Value: {type_in_words(option.field)}")
    if option.field.is_required():
        yield f"- Required where `{'.'.join(path[:-1])}` is given"
    elif option.default is not None:
        yield from _item(f"Default: `{flow(option.default)}`")
    elif "Default:" not in option.meaning:
        yield "- Default: none"
    variable = variable_of(path)
    if variable:
        yield f"- Variable: `{variable}`"
    if isinstance(option.example, Mapping):
        yield from ("- Example:", "", "  ```yaml", *block(option.name, option.example, 2), "  ```")
    elif option.example is not None:
        yield from _item(f"Example: `{flow(option.example)}`")


def _inner(option: Option, path: tuple[str, ...]) -> Iterator[str]:
    if option.inside is not None:
        below = (*path, "<name>") if option.has_names else path
        for inner in options_of(option.inside):
            yield from _entry(inner, below)


def variable_of(path: Iterable[str]) -> str:
    """The environment variable of a key; "" for one below a name: it goes into that of all."""
    path = tuple(path)
    return "" if "<name>" in path else ENVIRONMENT_PREFIX + "__".join(path).upper()


def type_in_words(field: FieldInfo) -> str:
    """What a key may have as its value."""
    return _words(field.annotation, field.metadata)


def _words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    metadata = [part for one in metadata for part in getattr(one, "metadata", (one,))]
    for one in reversed(metadata):
        if isinstance(one, (Called, Checked)) and one.what:
            return one.what
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _words(arguments[0])
    if origin is Literal:
        return _alternatives([f"`{one}`" for one in arguments])
    if origin is tuple:
        words = _words(arguments[0])
        return "a list of texts" if words == "text" else f"a list, each {words}"
    if origin is dict:
        return _mapping(*arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _KEYS_BELOW
    return _PLAIN[annotation] + _bounds(metadata)


def _mapping(key: Any, value: Any) -> str:
    name, words = _words(key), _words(value)
    if words != _KEYS_BELOW:
        return f"keys and values; each key is {name}, each value {words}"
    return f"names, each with {words}" if name == "text" else f"names, each {name}, with {words}"


def _bounds(metadata: Iterable[Any]) -> str:
    least = next((one.ge for one in metadata if hasattr(one, "ge")), None)
    most = next((one.le for one in metadata if hasattr(one, "le")), None)
    return "" if least is None else f" from {least} to {most}"


def _alternatives(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _paragraph(text: str) -> Iterator[str]:
    yield ""
    yield from _wrapped(_DOCUMENT.sub(r"[\g<0>](\1)", text), "")


def _item(text: str) -> Iterator[str]:
    yield from _wrapped(f"- {text}", "  ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
