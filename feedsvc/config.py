"""config.yaml and FEEDSVC_ variables -> one frozen `Settings`; the only reader of either.

Each option is declared once, below, with its type, default and meaning. A fault is told as
`config.yaml:12: site.timezone: expected …, found …`; all faults of a file are told at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pathspec
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from werkzeug.urls import iri_to_uri

from feedsvc.errors import ConfigError
from feedsvc.model import Facet, FeedOptions, Naming, Person, Site
from feedsvc.slugs import slugify

ENVIRONMENT_PREFIX = "FEEDSVC_"


def _expect(what: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "{what}", {"what": what})


def _http_url(value: str) -> str:
    if "?" in value or "#" in value or not _is_http(value):
        raise _expect("an http or https address without a query, such as https://example.org/")
    uri = iri_to_uri(value)
    return uri if uri.endswith("/") else uri + "/"


def _address(value: str) -> str:
    if not _is_http(value):
        raise _expect("an http or https address")
    return iri_to_uri(value)


def _is_http(value: str) -> bool:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  an impossible port raises here
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and value.isprintable()
        and (" " not in value)
    )


def _globs(values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        pathspec.GitIgnoreSpec.from_lines(values)
    except (ValueError, re.error):
        raise _expect("patterns as in .gitignore, such as *.md") from None
    return values


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise _expect("a number")
    return value


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _printable(value: str) -> str:
    if not all(char.isprintable() or char == " " for char in value):
        raise _expect("one line of printable text")
    return value


def _filled(value: str) -> str:
    if not value.strip():
        raise _expect("text that isn't empty")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", value):
        raise _expect("a language tag such as en or pt-BR")
    return value


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise _expect("an IANA time zone such as UTC or Europe/Berlin")
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise _expect("an e-mail address")
    return value


def _authority(value: str) -> str:
    if not re.fullmatch(r"([\w.!+-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)*", value):
        raise _expect("a domain or e-mail address in lower case (RFC 4151 §2.1)")
    return value


def _text_of_date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _expect("a date such as 2026-01-31") from None
    return value


def _format_name(value: str) -> str:
    if value not in FORMATS:
        raise _expect("rss, atom or json")
    return value


def _field_name(value: str) -> str:
    if value not in FIELDS:
        raise _expect(f"one of {', '.join(FIELDS)}")
    return value


FIELDS = (
    "title", "excerpt", "publishedDateTime", "updatedDateTime", "expiryDate", "webUrl",
    "originalUrl", "id", "slug", "published", "draft", "removed", "provider", "authors", "topics",
    "categories", "type", "images", "related", "locale", "quality", "heat", "featuredContent",
)  # fmt: skip
FORMATS = ("rss", "atom", "json")

Line = Annotated[str, AfterValidator(_printable)]
Text = Annotated[Line, AfterValidator(_filled)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Globs = Annotated[tuple[Text, ...], AfterValidator(_globs)]
Whole = Annotated[int, BeforeValidator(_no_truth)]
Address = Annotated[str, AfterValidator(_address)]


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(_Section):
    """Who is responsible for the feeds."""

    name: Text
    email: Annotated[str, AfterValidator(_email)] | None = None
    url: HttpUrl | None = None


class SiteSettings(_Section):
    """What every feed says of the site."""

    title: Text = "News"
    description: Line = ""
    url: HttpUrl | None = None
    language: Annotated[str, AfterValidator(_language)] = "en"
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    author: Author | None = None
    rights: Line = ""
    icon: Text | None = None
    id_authority: Annotated[str, AfterValidator(_authority)] = "localhost"
    since: Annotated[date, BeforeValidator(_text_of_date)] = date(2000, 1, 1)


class ContentSettings(_Section):
    """Where the articles are."""

    folders: Annotated[tuple[Text, ...], Field(min_length=1)] = ("articles",)
    include: Annotated[Globs, Field(min_length=1)] = ("*.md", "*.markdown")
    exclude: Globs = ()
    base_url: HttpUrl | None = None
    fields: dict[Annotated[str, AfterValidator(_field_name)], Names] = {}
    max_file_bytes: Annotated[Whole, Field(ge=1000, le=100_000_000)] = 5_000_000
    watch_seconds: Annotated[float, Field(ge=0, le=86_400)] = 2


class FeedSettings(_Section):
    """What the feeds hold."""

    limit: Annotated[Whole, Field(ge=1, le=500)] = 50
    formats: Annotated[
        tuple[Annotated[str, AfterValidator(_format_name)], ...],
        Field(min_length=1),
        AfterValidator(_once),
    ] = FORMATS
    images: Literal["enclosure", "media", "inline", "none"] = "enclosure"
    related: Literal["visible", "all", "none"] = "visible"
    full_text: bool = True
    max_age_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 300


class NamingSettings(_Section):
    """How one topic or provider is presented."""

    title: Line = ""
    description: Line = ""
    image: Address | None = None
    full_text: bool | None = None


class ServerSettings(_Section):
    """Where `feedsvc serve` listens."""

    host: Text = "127.0.0.1"
    port: Annotated[Whole, Field(ge=1, le=65_535)] = 8000


class Settings(_Section):
    """The whole configuration. `directory` is what relative folders start from."""

    site: SiteSettings = SiteSettings()
    content: ContentSettings = ContentSettings()
    feeds: FeedSettings = FeedSettings()
    topics: dict[str, NamingSettings] = {}
    providers: dict[str, NamingSettings] = {}
    server: ServerSettings = ServerSettings()
    directory: Annotated[Path, Field(exclude=True)] = Path()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The content folders, absolute."""
        return tuple(Path(self.directory, folder).absolute() for folder in self.content.folders)

    @property
    def icon_file(self) -> Path | None:
        """The configured icon, absolute."""
        return Path(self.directory, self.site.icon).absolute() if self.site.icon else None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    def describe_site(self) -> Site:
        """The site as feeds know it."""
        author = self.site.author
        namings = {
            (facet, key): Naming(named.title, named.description, named.image, named.full_text)
            for facet, section in ((Facet.TOPIC, self.topics), (Facet.PROVIDER, self.providers))
            for key, named in _by_key(facet, section)
        }
        return Site(
            title=self.site.title,
            description=self.site.description,
            language=self.site.language,
            id_authority=self.site.id_authority,
            since=self.site.since,
            author=Person(author.name, author.url, author.email) if author else None,
            rights=self.site.rights,
            namings=namings,
            formats=self.feeds.formats,
            options=FeedOptions(
                images=self.feeds.images,
                related=self.feeds.related,
                full_text=self.feeds.full_text,
                max_age_seconds=self.feeds.max_age_seconds,
            ),
        )


def _by_key(
    facet: Facet, section: Mapping[str, NamingSettings]
) -> Iterator[tuple[str, NamingSettings]]:
    """Topics may be written as label or slug, providers as domain or name."""
    for name, named in section.items():
        yield slugify(name), named
        if facet is Facet.PROVIDER:
            yield name.lower(), named


def load_settings(
    file: Path | None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[tuple[str, ...], object] | None = None,
) -> Settings:
    """Read `file` (`None`: defaults alone), then FEEDSVC_ variables, then `overrides`.

    Raises `ConfigError` with one line for each fault.
    """
    origin = _Origin(str(file) if file else "configuration")
    values: dict[str, Any] = {}
    if file is not None:
        values = _read_yaml(file, origin)
    for variable, path, text in _variables(environ):
        _put(values, path, text)
        origin.variables[path] = variable
    for path, value in (overrides or {}).items():
        _put(values, path, value)
    if "directory" in values:
        path = ("directory",)
        raise ConfigError(f"{origin.place(path)}: directory: unknown key; {_known_keys(path)}")
    values["directory"] = file.parent.absolute() if file else Path().absolute()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
        raise ConfigError("\n".join(_explain(fault, origin) for fault in faults)) from None
    for facet, section in (("topics", settings.topics), ("providers", settings.providers)):
        slugs: dict[str, str] = {}
        for name in section:
            other = slugs.setdefault(slugify(name), name)
            if other != name:
                raise ConfigError(
                    f"{origin.place((facet, name))}: {facet}.{name}: expected each name once, "
                    f"found another spelling of {other}"
                )
    names = [folder.name for folder in settings.folders]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"{origin.place(('content', 'folders'))}: content.folders: expected folders with "
            f"different names, found {', '.join(names)}"
        )
    return settings


class _Origin:
    """Where each value was written, for messages."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[tuple[str, ...], int] = {}
        self.variables: dict[tuple[str, ...], str] = {}

    def place(self, path: tuple[str, ...]) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self.variables:
                return self.variables[path[:length]]
            if path[:length] in self.lines:
                return f"{self.file}:{self.lines[path[:length]]}"
        return self.file


def _read_yaml(file: Path, origin: _Origin) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: the configuration can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: expected UTF-8, found other bytes") from None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{file}:1: expected 'name: value' lines, found something else")
        _note_lines(node, (), origin)
        values: dict[str, Any] = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{line}: expected YAML, {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: expected YAML: {error}") from None
    return _without_blanks(values)


def _note_lines(node: yaml.Node, path: tuple[str, ...], origin: _Origin) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            if below in origin.lines:
                raise ConfigError(
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
        if text[0] in "[{":
            try:
                value = yaml.safe_load(text)
            except yaml.YAMLError:
                raise ConfigError(f"{variable}: expected a YAML list, found {text!r}") from None
        yield variable, path, value


def _put(values: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[path[-1]] = value


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
    path = tuple(str(part) for part in fault["loc"])
    place = f"{origin.place(path)}: {'.'.join(path)}"
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
    return repr(value) if isinstance(value, str) else str(value)
