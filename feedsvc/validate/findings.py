"""What can be wrong with a feed: the rules, and one finding of one rule.

A rule has one severity wherever it applies: `error` breaks a specification or readers, `warning`
is what a profile or practice advises against, `info` is worth knowing and no fault. What each
means is in docs/validate.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

_LONGEST_QUOTE = 80

_ERRORS = """
    fetch-failed http-status redirect-broken content-type-wrong charset-conflict coding-unknown
    id-unstable feed-too-large
    format-unknown xml-malformed json-malformed character-forbidden entity-undefined
    entity-declared namespace-undeclared encoding-unknown encoding-wrong json-byte-order-mark
    version-unknown element-missing element-repeated element-unknown attribute-missing
    attribute-unknown text-stray value-unknown number-invalid
    date-invalid date-weekday id-relative id-duplicate guid-not-permalink
    link-invalid link-relative link-repeated email-invalid author-missing author-empty
    media-type-invalid language-invalid image-size entry-empty content-missing summary-missing
    content-src markup-unescaped text-type-unknown xhtml-div
    member-missing member-type next-url-loop
"""
_WARNINGS = """
    redirect-insecure content-type-missing content-type-generic validators-missing
    not-modified-missing self-mismatch feed-oversize
    doctype encoding-not-utf-8 namespace-misspelt text-garbled version-old
    value-empty space-around date-two-digit-year date-zone date-future date-zero date-order
    guid-missing link-not-web self-missing self-repeated rel-unknown author-twice
    enclosure-repeated image-differs content-before-description content-relative content-script
    escaped-twice archive-current-missing metadata-late
    member-duplicate member-unknown member-deprecated extension-invalid
"""
_INFOS = """
    redirect-permanent redirect-temporary not-compressed byte-order-mark entries-none
    text-markup title-references
"""

RULES: dict[str, Severity] = {
    **dict.fromkeys(_ERRORS.split(), "error"),
    **dict.fromkeys(_WARNINGS.split(), "warning"),
    **dict.fromkeys(_INFOS.split(), "info"),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a document: `line` counts from 1, `None` where it isn't known.

    `place` is a path such as `channel/item[3]/guid`, in JSON a pointer (RFC 6901).
    """

    place: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found at one place. All text is one line of printable signs.

    `source` names what demands or advises it: `RFC 4287 §4.2.6`, `RSS profile`.
    """

    rule: str
    severity: Severity
    line: int | None
    place: str
    message: str
    source: str


def finding(rule: str, spot: Spot, expected: str, found: str, source: str) -> Finding:
    """A finding of `rule`, which has to be one of `RULES`."""
    message = printable(f"expected {expected}, found {found}")
    return Finding(rule, RULES[rule], spot.line, printable(spot.place), message, source)


def quoted(text: str) -> str:
    """A value as messages show it: in quotes, on one line, not too long."""
    short = " ".join(text.split())
    if len(short) > _LONGEST_QUOTE:
        short = short[: _LONGEST_QUOTE - 1] + "…"
    return f"“{short}”" if short else "nothing"


def printable(text: str) -> str:
    """Without what could steer a terminal or can't be encoded: such signs as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(ord(one)) for one in text)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
