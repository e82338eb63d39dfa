"""What most values of an archive need not go through changes nothing in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import RULES

from feedsvc.content import dates, fields, text
from feedsvc.content.dates import parse_moment
from feedsvc.content.fields import clean_url
from feedsvc.content.text import one_line, plain_text

NEVER = re.compile(r"(?!)")
SIGNS = "ab9AZ.-_~%!$&'()*+,/:;=?@#[]\\ \t\n\u00e9\u4e2d^|`{}<>\"\x85\u200b\u2028\ufffe\U0001ffff"
parts = st.sampled_from(
    [*SIGNS, "xn--", "//", "&amp;", "&#10;", "%20", "..", ".example", "a" * 63, "a" * 64]
)
rests = st.lists(parts, max_size=8).map("".join)
starts = st.sampled_from(
    ["https://", "http://", "https://a.example", "https://a.example/", "HTTP://", "//", ""]
)
moments = st.from_regex(
    r"[012]\d{3}-[01]\d-[0-3]\d[T ][0-2]\d:[0-6]\d:[0-6]\d(Z|z| Z|\+02|)", fullmatch=True
)


@settings(max_examples=500, deadline=None)
@given(starts, rests)
def test_a_clean_address_stays_as_it_is(start: str, rest: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        short = clean_url(start + rest)
        patch.setattr(fields, "_CLEAN_URL", NEVER)
        assert clean_url(start + rest) == short


@settings(max_examples=500, deadline=None)
@given(rests | st.text())
def test_a_plain_text_stays_as_it_is(raw: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        short = one_line(raw), plain_text(raw)
        patch.setattr(text, "_is_plain", lambda _: False)
        assert (one_line(raw), plain_text(raw)) == short


@settings(max_examples=500, deadline=None)
@given(moments)
def test_a_date_in_utc_is_what_it_says(raw: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        short = parse_moment(raw, RULES.zone)
        patch.setattr(dates, "_UTC_DATE", NEVER)
        assert parse_moment(raw, RULES.zone) == short
