"""The values that formats have in common: addresses, languages, types, numbers.

Each check yields what is wrong with one text at one spot; nothing here knows a format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import urlsplit

from feedsvc.validate.findings import Finding, Spot, finding, quoted

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# What no IRI holds: RFC 3987 §2.2 has these nowhere.
_NOT_IN_IRI = re.compile(r"[\s<>\"{}|\\^`\x00-\x1f\x7f]")
# RFC 5646 §2.1, as much as readers look at.
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
# RFC 6838 §4.2, with parameters behind it.
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(\s*;.*)?"
)
_EMAIL = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.?[^@\s<>()]*")
_NUMBER = re.compile(r"[0-9]{1,18}")


@lru_cache(1024)
def meant(name: str, known: frozenset[str]) -> str | None:
    """Which of the names in `known` is the one that was misspelt, if any."""
    return next(iter(get_close_matches(name[:40], known, n=1, cutoff=0.75)), None)


def is_absolute(address: str) -> bool:
    """Whether it has a scheme, so that nothing is needed to resolve it against."""
    return _SCHEME.match(address) is not None


def is_web(address: str) -> bool:
    """Whether it is an http or https address with a host."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def trimmed(text: str, spot: Spot, source: str) -> Iterator[Finding]:
    """White space around an address, a date or an id: some readers keep it."""
    if text.strip() and text != text.strip():
        yield finding("space-around", spot, "no white space around the value", "some", source)


def address(
    text: str,
    spot: Spot,
    source: str,
    *,
    base: str = "",
    web: bool = False,
    is_name: bool = False,
) -> Iterator[Finding]:
    """An IRI (RFC 3987), which is absolute unless `base` is; with `web`, better http(s). One that
    is a name is never asked, so that it needn't lead anywhere.
    """
    yield from trimmed(text, spot, source)
    text = text.strip()
    if not text:
        yield finding("value-empty", spot, "an address", "nothing", source)
    elif _NOT_IN_IRI.search(text):
        yield finding(
            "link-invalid", spot, "an address without spaces and quotes", quoted(text), source
        )
    elif not is_absolute(text):
        if not is_absolute(base):
            yield finding("link-relative", spot, "an absolute address", quoted(text), source)
    elif is_name:
        return
    elif text.lower().startswith(("http:", "https:")):
        if not is_web(text):
            yield finding("link-invalid", spot, "an address with a host", quoted(text), source)
    elif web:
        yield finding("link-not-web", spot, "an http or https address", quoted(text), source)


def language(text: str, spot: Spot, source: str) -> Iterator[Finding]:
    """A language tag: RFC 5646."""
    if not _LANGUAGE.fullmatch(text.strip()):
        yield finding(
            "language-invalid", spot, "a language tag such as “en-GB”", quoted(text), source
        )


def media_type(text: str, spot: Spot, source: str) -> Iterator[Finding]:
    """A media type: RFC 6838."""
    if not _MEDIA_TYPE.fullmatch(text.strip()):
        yield finding(
            "media-type-invalid", spot, "a media type such as “audio/mpeg”", quoted(text), source
        )


def number(
    text: str, spot: Spot, source: str, least: int = 0, most: int | None = None
) -> Iterator[Finding]:
    """A whole number in decimal digits."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or int(text) < least or (most is not None and int(text) > most):
        limits = f"{least} or more" if most is None else f"from {least} to {most}"
        yield finding("number-invalid", spot, f"a whole number, {limits}", quoted(text), source)


def one_of(text: str, allowed: tuple[str, ...], spot: Spot, source: str) -> Iterator[Finding]:
    if text not in allowed:
        yield finding("value-unknown", spot, "one of " + ", ".join(allowed), quoted(text), source)
