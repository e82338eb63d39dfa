"""config.yaml and FEEDSVC_ variables -> `Settings`, or every fault with its place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from feedsvc.config.settings import Settings
from feedsvc.errors import ConfigError, QueryError
from feedsvc.feeds.vocabulary import parse_query
from feedsvc.slugs import slugify

ENVIRONMENT_PREFIX = "FEEDSVC_"


def load_settings(
    file: Path | None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[tuple[str, ...], object] | None = None,
) -> Settings:
    """Read `file` (`None`: defaults alone), then FEEDSVC_ variables, then `overrides`.

    Raises `ConfigError` with one line for each fault.
    """
    return explain_settings(file, environ, overrides)[0]


def explain_settings(
    file: Path | None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[tuple[str, ...], object] | None = None,
) -> tuple[Settings, tuple[Given, ...]]:
    """The same, and what was given, each option with its place. Raises `ConfigError`."""
    origin = _Origin(str(file) if file else "configuration")
    values: dict[str, Any] = {}
    if file is not None:
        values = _read_yaml(file, origin)
    for variable, path, text in _variables(environ):
        _put(values, path, text)
        origin.variables[path] = variable
    for path, value in (overrides or {}).items():
        _put(values, path, value)
        origin.variables[path] = "the command"
    faults = origin.faults
    if values.pop("directory", None) is not None:
        path = ("directory",)
        faults.append(f"{origin.place(path)}: directory: unknown key; {_known_keys(path)}")
    values["directory"] = file.parent.absolute() if file else Path().absolute()
    settings = _validated(values, origin)
    if settings is not None:
        faults += _together(settings, origin)
    if faults or settings is None:
        raise ConfigError("\n".join(faults))
    return settings, tuple(_given(settings, origin))


def _validated(values: dict[str, Any], origin: _Origin) -> Settings | None:
    """The settings; if there are faults, which are told, those without what is at fault, so that
    the rest can be looked at.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
    origin.faults += (_explain(fault, origin) for fault in found)
    for fault in found:
        depth = 3 if fault["loc"][:2] == ("feeds", "saved") else 2
        _drop(values, fault["loc"][:depth])
    try:
        return Settings.model_validate(values)
    except ValidationError:
        return None


def _drop(values: dict[Any, Any], path: tuple[str | int, ...]) -> None:
    inner: object = values
    for part in path[:-1]:
        below = inner.get(part) if isinstance(inner, dict) else None
        if not isinstance(below, dict):
            values.pop(path[0], None)
            return
        inner = below
    if isinstance(inner, dict):
        inner.pop(path[-1], None)


def _together(settings: Settings, origin: _Origin) -> Iterator[str]:
    """What is wrong between options that are right each for itself."""
    for facet, section in (("topics", settings.topics), ("providers", settings.providers)):
        slugs: dict[str, str] = {}
        for name in section:
            other = slugs.setdefault(slugify(name), name)
            if other != name:
                yield (
                    f"{origin.place((facet, name))}: {facet}.{name}: expected each name once, "
                    f"found another spelling of {other}"
                )
    yield from _saved(settings, origin)
    names = [folder.name for folder in settings.folders]
    if len(set(names)) < len(names):
        yield (
            f"{origin.place(('content', 'folders'))}: content.folders: expected folders with "
            f"different names, found {', '.join(names)}"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """An option that isn't left to its default: `place` is file and line, or a variable."""

    name: str
    value: object
    place: str


def _given(settings: Settings, origin: _Origin) -> Iterator[Given]:
    values = settings.model_dump(exclude_unset=True, mode="json")
    for section, options in values.items():
        for key, value in options.items():
            path = (section, key)
            hidden = _is_secret(path)
            yield Given(".".join(path), "(hidden)" if hidden else value, origin.place(path))


def _saved(settings: Settings, origin: _Origin) -> Iterator[str]:
    """Saved feeds that ask for nothing there can be, or whose old name is another's."""
    taken = dict.fromkeys(settings.feeds.saved, "that of a feed")
    for name, saved in settings.feeds.saved.items():
        path = ("feeds", "saved", name)
        try:
            parse_query(saved.parameters)
        except QueryError as error:
            at = (*path, error.parameter)
            meant = f"; did you mean {error.nearest[0]!r}?" if error.nearest else ""
            expected = f"expected {error.expected}, found {error.found}{meant}"
            yield f"{origin.place(at)}: {'.'.join(at)}: {expected}"
        for alias in saved.aliases:
            if alias in taken:
                at = (*path, "aliases")
                expected = f"expected old names of this feed alone, found {taken[alias]}: {alias}"
                yield f"{origin.place(at)}: {'.'.join(at)}: {expected}"
            taken[alias] = "an old name of another"


class _Origin:
    """Where each value was written, for messages."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[tuple[str, ...], int] = {}
        self.variables: dict[tuple[str, ...], str] = {}
        self.faults: list[str] = []

    def place(self, path: tuple[str, ...]) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self.variables:
                return self.variables[path[:length]]
            if path[:length] in self.lines:
                return f"{self.file}:{self.lines[path[:length]]}"
        below = (name for at, name in self.variables.items() if at[: len(path)] == path)
        return next(below, self.file)


class _Loader(yaml.SafeLoader):
    """Takes what looks like a number or a date, and can't be one, for text: that has a line."""


def _or_text(tag: str) -> None:
    construct = yaml.SafeLoader.yaml_constructors[tag]

    def construct_or_text(loader: yaml.SafeLoader, node: yaml.Node) -> object:
        try:
            return construct(loader, node)
        except ValueError:
            return str(node.value)

    _Loader.add_constructor(tag, construct_or_text)


for _kind in ("int", "float", "timestamp"):
    _or_text(f"tag:yaml.org,2002:{_kind}")


def _read_yaml(file: Path, origin: _Origin) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: the configuration can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: expected UTF-8, found other bytes") from None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{file}:1: expected 'name: value' lines, found something else")
        _note_lines(node, (), origin)
        values: dict[str, Any] = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = error.problem or "found something else"
        if isinstance(error, (yaml.composer.ComposerError, yaml.constructor.ConstructorError)):
            # An alias or a tag may be a secret that begins with * or !.
            problem = problem.split(" '")[0]
        raise ConfigError(f"{file}{line}: expected YAML, {problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: expected YAML: {error}") from None
    return _without_blanks(values)


def _note_lines(node: yaml.Node, path: tuple[str, ...], origin: _Origin) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            if below in origin.lines:
                origin.faults.append(
                    f"{origin.file}:{key.start_mark.line + 1}: {'.'.join(below)}: expected "
                    f"once, found a second time (first on line {origin.lines[below]})"
                )
            origin.lines[below] = key.start_mark.line + 1
            _note_lines(value, below, origin)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            origin.lines[(*path, str(index))] = value.start_mark.line + 1


def _without_blanks(values: dict[Any, Any]) -> dict[Any, Any]:
    """A key with nothing after it is as if it weren't there: its default counts."""
    return {
        key: _without_blanks(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...], object]]:
    for variable in sorted(environ):
        text = environ[variable]
        if not variable.startswith(ENVIRONMENT_PREFIX) or not text:
            continue
        path = tuple(variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"))
        value: object = text
        if text[0] in "[{" and not any(path[: len(secret)] == secret for secret in _SECRETS):
            try:
                value = yaml.safe_load(text)
            except (yaml.YAMLError, ValueError, RecursionError):
                # Never the text: it may be a secret under a name that is misspelt.
                expected = "expected a YAML list or mapping, since it begins like one"
                raise ConfigError(f"{variable}: {expected}, found something else") from None
        yield variable, path, value


def _put(values: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[path[-1]] = value


_SECRETS = {("index", "url"), ("server", "metrics_token")}
"""What may hold a password, so that no message shows it, nor what stands above or below it."""


def _is_secret(path: tuple[str, ...]) -> bool:
    return any(all(map(str.__eq__, path, secret)) for secret in _SECRETS)


_EXPECTATIONS = {
    "string_type": "text (in quotes, if it looks like something else)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "tuple_type": "a list such as [a, b]",
    "too_short": "a list with at least one item",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "date_type": "a date such as 2026-01-31",
    "missing": "a value",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def _explain(fault: ErrorDetails, origin: _Origin) -> str:
    parts = [part for part in fault["loc"] if part != "[key]"]
    path = tuple(map(str, parts))
    named = "".join(f", item {one + 1}" if isinstance(one, int) else f".{one}" for one in parts)
    place = f"{origin.place(path)}: {named.removeprefix('.')}"
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{place}: unknown key; {_known_keys(path)}"
    if kind == "expected":
        expected = str(context["what"])
    elif kind == "literal_error":
        expected = f"one of {context['expected']}"
    elif kind == "greater_than_equal":
        expected = f"a number of at least {context['ge']}"
    elif kind == "less_than_equal":
        expected = f"a number of at most {context['le']}"
    else:
        expected = _EXPECTATIONS.get(kind, fault["msg"])
    found = "none" if kind == "missing" else _describe(fault["input"])
    if _is_secret(path):
        found = "something else"
    return f"{place}: expected {expected}, found {found}"


def _known_keys(path: tuple[str, ...]) -> str:
    section: type[BaseModel] = Settings
    for part in path[:-1]:
        # Below topics and providers the next part is a name that the user chose.
        section = _section_of(section, part) or section
    known = sorted(name for name in section.model_fields if name != "directory")
    nearest = get_close_matches(path[-1], known, n=1)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    return f"expected one of {', '.join(known)}"


def _section_of(section: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = section.model_fields.get(name)
    if field is None:
        return None
    for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _describe(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if isinstance(value, str) and "@" in value.partition("//")[2]:
        return "an address with @ in it, which isn't shown"
    return repr(value) if isinstance(value, str) else str(value)
