"""The types of single options: what a value must look like, and how that is called in messages
and in docs/configuration.md.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import pathspec
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from werkzeug.urls import iri_to_uri

from feedsvc.rules import RULES


@dataclass(frozen=True, slots=True)
class Called:
    """What a value has to be, in words."""

    what: str


@dataclass(frozen=True, slots=True)
class Checked(AfterValidator):
    """A check, and what passes it, in words."""

    what: str


def _expect(what: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "{what}", {"what": what})


_HTTP_URL = "an http or https address without a query, such as https://example.org/"
_NO_USER = "an http or https address without a user name or password"
_ADDRESS = "an http or https address"
_GLOBS = "patterns as in .gitignore, such as *.md"
_NETWORK = "an address or network such as 127.0.0.1 or 10.0.0.0/8, or unix"
_DATE = "a date such as 2026-01-31"
_TEXTS = "text, or a list of texts"


def _http_url(value: str) -> str:
    if "?" in value or "#" in value or not _is_http(value):
        raise _expect(_HTTP_URL)
    if "@" in urlsplit(value).netloc:
        # It would stand in every feed.
        raise _expect(_NO_USER)
    uri = iri_to_uri(value)
    return uri if uri.endswith("/") else uri + "/"


def _address(value: str) -> str:
    if not _is_http(value):
        raise _expect(_ADDRESS)
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
        raise _expect(_GLOBS) from None
    return values


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise _expect("a number")
    return value


def _network(value: str) -> str:
    if value == UNIX_PEER:
        return value
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise _expect(_NETWORK) from None


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


def _matching(pattern: str, what: str) -> Checked:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise _expect(what)
        return value

    return Checked(check, what)


def _one_of(values: Collection[str], what: str) -> Checked:
    def check(value: str) -> str:
        if value not in values:
            raise _expect(what)
        return value

    return Checked(check, what)


def _text_of_date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _expect(_DATE) from None
    return value


FIELDS = (
    "title", "excerpt", "publishedDateTime", "updatedDateTime", "expiryDate", "webUrl",
    "originalUrl", "id", "slug", "published", "draft", "removed", "provider", "authors", "topics",
    "categories", "type", "images", "related", "locale", "quality", "heat", "featuredContent",
)  # fmt: skip
UNIX_PEER = "unix"
"""How whoever connects to a Unix socket is called where addresses are named."""

FORWARDING = (
    "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-prefix",
)  # fmt: skip
FORMATS = ("rss", "atom", "json")

Line = Annotated[str, AfterValidator(_printable)]
Text = Annotated[Line, AfterValidator(_filled)]
HttpUrl = Annotated[str, Checked(_http_url, _HTTP_URL)]
Globs = Annotated[tuple[Text, ...], Checked(_globs, f"a list of {_GLOBS}")]
Whole = Annotated[int, BeforeValidator(_no_truth)]
Address = Annotated[str, Checked(_address, _ADDRESS)]


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _texts(value: object) -> object:
    """YAML makes numbers and dates of what looks like one; here they are words like others."""
    values = value if isinstance(value, (list, tuple)) else (value,)
    is_plain = all(isinstance(one, (str, int, date)) for one in values)
    if not values or not is_plain or any(isinstance(one, bool) for one in values):
        raise _expect(_TEXTS)
    return tuple(map(str, values))


Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts), Called(_TEXTS)]
SavedName = Annotated[
    str, _matching(r"[a-z0-9]+(-[a-z0-9]+)*", "a name in lower case such as weekend-reading")
]
FrameAncestor = Annotated[
    str,
    _matching(
        r"\*|'self'|https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?",
        "*, 'self' or an origin such as https://example.org",
    ),
]
Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    Called("a name, or a list of names"),
]
Language = Annotated[
    str, _matching(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "a language tag such as en or pt-BR")
]
TimeZone = Annotated[
    str, _one_of(available_timezones(), "an IANA time zone such as UTC or Europe/Berlin")
]
PostgresUrl = Annotated[
    str,
    _matching(
        r"postgresql\+psycopg://[^\s/]+/[^\s/?]+(\?\S*)?",
        "an address such as postgresql+psycopg://user:password@host/database",
    ),
]
Email = Annotated[str, _matching(r"[^@\s]+@[^@\s]+", "an e-mail address")]
Authority = Annotated[
    str,
    _matching(
        r"([\w.!+-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)*",
        "a domain or e-mail address in lower case (RFC 4151 §2.1)",
    ),
]
Date = Annotated[date, BeforeValidator(_text_of_date), Called(_DATE)]
Token = Annotated[
    str, _matching(r"[\x21-\x7e]{16,200}", "16 to 200 plain characters, without blanks")
]
ForwardingHeader = Annotated[
    str, BeforeValidator(str.lower), _one_of(FORWARDING, f"one of {', '.join(FORWARDING)}")
]
FieldName = Annotated[str, _one_of(FIELDS, f"one of {', '.join(FIELDS)}")]
FormatName = Annotated[str, _one_of(FORMATS, "rss, atom or json")]
RuleName = Annotated[str, _one_of(RULES, f"a rule of docs/check.md: {', '.join(RULES)}")]
FormatNames = Annotated[tuple[FormatName, ...], Field(min_length=1), AfterValidator(_once)]
Network = Annotated[str, Checked(_network, _NETWORK)]
HostName = Annotated[
    str,
    _matching(
        r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]",
        "a host in lower case without a port, such as news.example.org or .example.org",
    ),
]
ParameterName = Annotated[
    str, _matching(r"[^\s&=#*]+\*?|_\*", "the name of a parameter, such as ref or mc_*")
]
OwnPath = Annotated[
    str, _matching(r"/[^\s?#]*", "a path of this site that begins with /, without a query")
]
