"""Conditional requests: has the client got this already? (RFC 9110 §13)

Proxies and clients spell entity tags in their own ways: weakened (`W/"x"`), without quotes, or
with the coding at the end (`"x-gzip"`, `"x;br"`). All of these name the same bytes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from werkzeug.http import parse_date, parse_etags

_ENDING = re.compile(r"(?:[-;](?:gzip|br|zstd|deflate|df))+\Z")
_LONGEST_HEADER = 8000
_LONGEST_TAG = 100


def named_tags(if_none_match: str) -> Iterator[str]:
    """The opaque tags that the header lists, as we gave them."""
    # What clients keep with the quotes escaped, or in quotes of their own.
    text = if_none_match[:_LONGEST_HEADER].replace("\\", "").replace('""', '"')
    for tag in parse_etags(text).as_set(include_weak=True):
        if tag and len(tag) <= _LONGEST_TAG:  # `""` is told as None
            yield _ENDING.sub("", tag.strip('" '))


def is_unchanged(
    etag: str,
    last_modified: datetime | None,
    if_none_match: str | None,
    if_modified_since: str | None,
) -> bool:
    """Whether the answer is 304: `If-None-Match` decides alone if it is there (§13.2.2)."""
    if if_none_match is not None:
        return if_none_match.strip() == "*" or etag in named_tags(if_none_match)
    if if_modified_since is None or last_modified is None:
        return False
    since = date_of(if_modified_since)
    return since is not None and last_modified <= since


def can_decide(if_range: str) -> bool:
    """Whether the header is what it may be: a strong tag or a date (§13.1.5)."""
    return if_range.startswith('"') or date_of(if_range) is not None


def date_of(header: str | None) -> datetime | None:
    """The time that a header names, if it names one."""
    try:
        return parse_date(header)
    except (OverflowError, ValueError):
        return None
