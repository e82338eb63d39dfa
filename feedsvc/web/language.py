"""How pages write in a site's language: dates, and the direction of text (CLDR, through Babel)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

OWN = "en"
"""The language of our own words on the pages."""


@lru_cache(maxsize=100)
def locale_of(tag: str) -> Locale:
    """What CLDR knows of the language `tag` (BCP 47); of one that it doesn't know, of English."""
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            tag = tag.rpartition("-")[0]
    return Locale.parse(OWN)


def long_date(day: date, tag: str) -> str:
    """`4 March 2026`, as the language writes it."""
    return format_date(day, "long", locale_of(tag))


def direction(tag: str) -> str:
    """`ltr` or `rtl`."""
    return str(locale_of(tag).text_direction)
