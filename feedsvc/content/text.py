"""Plain text as articles write it -> plain text that every format can carry."""

from __future__ import annotations

import html
import re

# Only references that end in a semicolon: `?a=1&copy=2` in a text is not a copyright sign.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# What XML 1.0 §2.2 forbids, written as what it allows.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"\r\n?")
_BREAK = re.compile(r"[\t\n\r]+")


def has_forbidden(text: str) -> bool:
    """Whether `text` holds characters that no XML document can (XML 1.0 §2.2)."""
    return _FORBIDDEN.search(text) is not None


def strip_forbidden(text: str) -> str:
    """Remove what XML forbids and write line ends as LF."""
    return _FORBIDDEN.sub("", _LINE_END.sub("\n", text))


def decode_references(text: str) -> str:
    """Decode HTML character references once: `&amp;lt;` becomes `&lt;`."""
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), text)


def plain_text(raw: str) -> str:
    """`raw` with its references decoded once, without what XML forbids, trimmed."""
    if _is_plain(raw):
        return raw.strip()
    return strip_forbidden(decode_references(raw)).strip()


def one_line(raw: str) -> str:
    """`plain_text` with each run of tabs and line ends as one space: titles and labels."""
    return raw.strip() if _is_plain(raw) else _BREAK.sub(" ", plain_text(raw))


def _is_plain(raw: str) -> bool:
    """Whether there is nothing to decode, remove or join, as in nearly all texts.

    To Python nothing is printable that XML forbids, and no line end is.
    """
    return "&" not in raw and raw.isprintable()
