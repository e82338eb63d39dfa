"""What `validate` says of documents: each rule has a document that breaks it in one place.

That it says nothing of what is right is held by minimal feeds of each format, by our own feeds and
archives, and by the grammar of RFC 4287, which it must never be milder than.
"""

from __future__ import annotations

import codecs
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from broken_feeds import (
    ATOM_BROKEN,
    ATOM_FEED,
    JSON_BROKEN,
    JSON_FEED,
    NO_FEEDS,
    RSS_BROKEN,
    RSS_FEED,
)
from goldens import settings as golden_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from support import BASE_URL, FIXTURES, NOW, ROOT

from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.index.view import View
from feedsvc.validate import Report, validate
from feedsvc.validate.document import OVERSIZE
from feedsvc.validate.findings import RULES, printable, quoted

GOLDENS = sorted((FIXTURES / "goldens").iterdir())
ATOM_GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / "atom.rng"))


def check(document: str | bytes, content_type: str | None = None) -> Report:
    body = document.encode() if isinstance(document, str) else document
    return validate(body, content_type, now=NOW)


def said(document: str | bytes, content_type: str | None = None) -> list[str]:
    """What is found, a line for each: `line: rule: place: message (source)`."""
    return [
        f"{one.line or '-'}: {one.rule}: {one.place}: {one.message} ({one.source})"
        for one in check(document, content_type).findings
    ]


def broken(document: str, old: str, new: str) -> str:
    assert document.count(old) == 1
    return document.replace(old, new)


def is_no_milder_than_the_grammar(body: bytes) -> None:
    if not ATOM_GRAMMAR.validate(etree.fromstring(body)):
        report = check(body)
        # The prose knows no order, only the grammar does.
        is_late = "metadata-late" in {one.rule for one in report.findings}
        assert is_late or not report.is_valid, body.decode()


def worse_than_info(report: Report) -> list[str]:
    return [str(one) for one in report.findings if one.severity != "info"]


# ------------------------------------------------------------------------------- what is right


@pytest.mark.parametrize(
    ("document", "format"),
    [(RSS_FEED, "RSS 2.0"), (ATOM_FEED, "Atom 1.0"), (JSON_FEED, "JSON Feed 1.1")],
)
def test_of_a_right_feed_it_says_what_it_is(document: str, format: str) -> None:
    own = {"RSS 2.0": ".rss", "Atom 1.0": "", "JSON Feed 1.1": ".json"}[format]
    report = check(document)
    assert report.findings == ()
    assert (report.format, report.entries) == (format, 2)
    assert report.own_address == f"https://a.example/feed{own}"
    assert report.is_valid


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.name)
def test_our_own_feeds_are_right(golden: Path) -> None:
    assert worse_than_info(check(golden.read_bytes())) == []


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("page", [None, 1, 2])
def test_our_own_archives_are_right(view: View, format: Format, page: int | None) -> None:
    site = golden_settings().describe_site()
    body = publish(FeedQuery(), format, view, site, 3, BASE_URL, page).body
    assert worse_than_info(check(body)) == []


def test_an_entry_document_is_a_feed_of_one() -> None:
    entry = ATOM_FEED[ATOM_FEED.index("<entry>") : ATOM_FEED.index("</entry>")] + "</entry>"
    entry = entry.replace("<entry>", '<entry xmlns="http://www.w3.org/2005/Atom">')
    report = check(entry)
    assert (report.format, report.entries, report.findings) == ("Atom 1.0", 1, ())


def test_an_address_is_relative_to_its_base() -> None:
    feed = ATOM_FEED.replace("<feed ", '<feed xml:base="https://a.example/" ')
    feed = feed.replace('href="https://a.example/1"', 'href="1"')
    feed = feed.replace('&lt;a href="https://a.example/2"', '&lt;a href="2"')
    assert said(feed) == []
    # An id never is: RFC 4287 §4.2.6.
    feed = feed.replace("urn:x:2", "2")
    assert [one.rule for one in check(feed).findings] == ["id-relative"]


# ------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(("old", "new", "expected"), RSS_BROKEN)
def test_what_is_wrong_with_rss(old: str, new: str, expected: list[str]) -> None:
    assert said(broken(RSS_FEED, old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), ATOM_BROKEN)
def test_what_is_wrong_with_atom(old: str, new: str, expected: list[str]) -> None:
    document = broken(ATOM_FEED, old, new)
    assert said(document) == expected
    is_no_milder_than_the_grammar(document.encode())


@pytest.mark.parametrize(("old", "new", "expected"), JSON_BROKEN)
def test_what_is_wrong_with_a_json_feed(old: str, new: str, expected: list[str]) -> None:
    assert said(broken(JSON_FEED, old, new)) == expected


@pytest.mark.parametrize(("document", "found"), NO_FEEDS)
def test_what_is_no_feed_at_all(document: str, found: str) -> None:
    expected = "expected RSS 2.0, Atom 1.0 or JSON Feed 1.1"
    assert said(document) == [f"1: format-unknown: document: {expected}, found {found} (practice)"]
    assert check(document).format is None


def test_bytes_that_are_not_of_their_encoding() -> None:
    latin = RSS_FEED.replace("One</title>", "Café</title>").encode("latin-1")
    assert said(latin) == [
        "24: encoding-wrong: document: expected text in UTF-8, found the bytes e9 3c 2f 74 "
        "(XML 1.0 §4.3.3)"
    ]
    # Where the document says nothing, what HTTP says holds: RFC 7303 §3.2.
    silent = latin.replace(b' encoding="UTF-8"', b"")
    assert said(silent, "text/xml; charset=ISO-8859-1") == [
        "1: encoding-not-utf-8: document: expected UTF-8, found “ISO-8859-1” (practice)"
    ]


def test_utf_16_is_read() -> None:
    wide = codecs.BOM_UTF16_LE + RSS_FEED.replace("UTF-8", "UTF-16").encode("utf-16-le")
    assert [one.rule for one in check(wide).findings] == ["encoding-not-utf-8"]
    assert check(wide).entries == 2


@pytest.mark.parametrize(
    ("document", "source"),
    [(RSS_FEED, "RFC 7303 §3.2"), (JSON_FEED, "RFC 8259 §8.1")],
    ids=["xml", "json"],
)
def test_a_charset_that_is_another(document: str, source: str) -> None:
    assert said(document, "text/xml; charset=us-ascii") == [
        "-: charset-conflict: Content-Type: expected the charset UTF-8, found “us-ascii” "
        f"({source})"
    ]
    assert said(document, 'text/xml; charset="utf-8"') == []


def test_a_feed_that_is_too_large_for_readers() -> None:
    feed = RSS_FEED.replace("Of the sea.", "Of the sea. " * (OVERSIZE // 12))
    assert [(one.rule, one.message) for one in check(feed).findings] == [
        ("feed-oversize", f"expected at most 1,000,000 bytes, found {len(feed.encode()):,}")
    ]


def test_each_rule_is_broken_by_some_document() -> None:
    tables = [*RSS_BROKEN, *ATOM_BROKEN, *JSON_BROKEN]
    shown = {line.split(": ")[1] for *_, expected in tables for line in expected}
    here = {"format-unknown", "charset-conflict", "feed-oversize"}
    text = Path(__file__).with_name("test_validate_http.py").read_text(encoding="utf-8")
    elsewhere = set(re.findall(r'["\s]([a-z]+(?:-[a-z0-9]+)+)[":]', text))
    assert RULES.keys() - shown - here - elsewhere == set()


def test_the_same_fault_is_told_of_each_entry() -> None:
    feed = RSS_FEED.replace("    <item>", "    <item><author>Bo</author></item>\n    <item>")
    assert [one.place for one in check(feed).findings if one.rule == "email-invalid"] == [
        "channel/item[1]/author",
        "channel/item[3]/author",
    ]


# --------------------------------------------------------------------------------- any document


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'>{}]><rss version='2.0'><channel><title>&j;</title>"
        "</channel></rss>",
        "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'>{}]><rss version='&j;'/>",
    ],
    ids=["in text", "in an attribute"],
)
def test_a_bomb_does_nothing(document: str) -> None:
    entities = "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    start = time.monotonic()
    report = check(document.format(entities))
    assert not report.is_valid
    assert all(len(one.message) < 200 for one in report.findings)
    assert time.monotonic() - start < 5


def test_no_file_is_read_for_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for outside in (
        f"<!ENTITY x SYSTEM '{secret.as_uri()}'>",
        f"<!ENTITY % p SYSTEM '{secret}'> %p;",
    ):
        feed = RSS_FEED.replace("<rss ", f"<!DOCTYPE rss [{outside}]>\n<rss ", 1)
        feed = feed.replace("<title>Two</title>", "<title>Two <b>&x;</b></title>")
        assert "the secret" not in "\n".join(said(feed))
        assert not check(feed).is_valid


def all_is_printable(report: Report) -> None:
    for one in report.findings:
        assert one.severity == RULES[one.rule]
        assert re.match("expected .+, found .+", one.message)
        assert all(text.isprintable() for text in (one.place, one.message, one.source))


def test_what_a_feed_says_never_steers_a_terminal() -> None:
    feed = JSON_FEED.replace('"id": "1"', r'"id": "\u001b[2J\u202e\ud800", "\u001b[2J": 1')
    report = check(feed.replace("https://a.example/1.mp3", r"\u001b[2J"))
    assert {one.rule for one in report.findings} == {"member-unknown", "link-invalid"}
    all_is_printable(report)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.none() | st.text(max_size=40))
def test_any_bytes_give_a_report(body: bytes, content_type: str | None) -> None:
    all_is_printable(check(body, content_type))
    for start in (b"<", b'{"version": ', b"<rss version='2.0'>", b"\xff\xfe<\x00", b"\xef\xbb\xbf"):
        all_is_printable(check(start + body, content_type))


BODIES = [path.read_bytes() for path in GOLDENS] + [
    document.encode() for document in (RSS_FEED, ATOM_FEED, JSON_FEED)
]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_damage_to_a_real_feed_gives_a_report(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        to = min(len(body), at + data.draw(st.integers(0, 40)))
        other = data.draw(st.sampled_from(BODIES))
        piece = data.draw(
            st.binary(max_size=8)
            | st.text("<>/&;\"'=: \n{}[],0nt", max_size=8).map(str.encode)
            | st.integers(0, len(other)).map(lambda start, it=other: it[start : start + 60])
        )
        body = body[:at] + piece + body[to:]
    all_is_printable(check(body))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [*json.loads(JSON_FEED), *json.loads(JSON_FEED)["items"][0], "name", "url"]
            )
            | st.text(max_size=6),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=300)
@given(VALUES, st.dictionaries(st.sampled_from(list(json.loads(JSON_FEED))), VALUES))
def test_any_json_gives_a_report(value: Any, members: dict[str, Any]) -> None:
    for document in (value, {"version": "https://jsonfeed.org/version/1.1"} | members):
        all_is_printable(check(json.dumps(document)))


@pytest.mark.parametrize("document", ['{"items":' + "[" * 100_000, "<rss>" + "<a>" * 100_000])
def test_no_depth_is_too_deep(document: str) -> None:
    assert [one.rule for one in check(document).findings] in (["json-malformed"], ["xml-malformed"])


# SVG in XHTML is more than the grammar knows, and fine.
ATOM_BODIES = [path.read_bytes() for path in GOLDENS if path.suffix == ".atom"] + [
    ATOM_FEED.replace("image/svg+xml", "a/b+xml")
    .replace("http://www.w3.org/2000/svg", "urn:x")
    .encode()
]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_what_the_grammar_of_atom_refuses_is_an_error(data: st.DataObject) -> None:
    """Whole elements and attributes are taken out, doubled, moved or given other values."""
    feed = etree.fromstring(data.draw(st.sampled_from(ATOM_BODIES)))
    elements = list(feed.iter("{*}*"))[1:]
    element = data.draw(st.sampled_from(elements))
    match data.draw(st.sampled_from(["remove", "double", "move", "rename", "text", "attribute"])):
        case "remove":
            element.getparent().remove(element)
        case "double":
            element.addnext(etree.fromstring(etree.tostring(element)))
        case "move":
            place = data.draw(st.sampled_from([one for one in elements if one is not element]))
            if element not in list(place.iterancestors()):
                place.append(element)
        case "rename":
            element.tag = data.draw(st.sampled_from(elements)).tag
        case "text":
            element.text = data.draw(st.sampled_from(["", "x", "2026-02-30T10:00:00Z", " "]))
        case "attribute":
            name = data.draw(st.sampled_from(["type", "rel", "href", "src", "length", "hreflang"]))
            element.set(name, data.draw(st.sampled_from(["", "x", "a/b", "html", "xhtml", "1"])))
    is_no_milder_than_the_grammar(etree.tostring(feed))


# ------------------------------------------------------------------------------------------ docs


def documented() -> dict[str, str]:
    """The rules of docs/validate.md and their severities: rows of tables."""
    text = (ROOT / "docs" / "validate.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    for row in rows:
        assert len(row) == 5, row  # rule, severity, what it means, an example, what to do
        assert all(row), row
    assert len(rows) == len({row[0] for row in rows})
    return {row[0].strip("`"): row[1] for row in rows}


def test_each_rule_is_documented_and_none_that_there_isnt() -> None:
    assert documented() == RULES


def test_rules_are_named_in_the_code_that_finds_them() -> None:
    code = "".join(path.read_text() for path in (ROOT / "feedsvc" / "validate").glob("*.py"))
    for rule in RULES:
        assert re.search(rf'"{rule}"', code), rule


def test_an_id_neednt_lead_anywhere() -> None:
    assert said(broken(ATOM_FEED, "<id>urn:x:2</id>", "<id>https://a.example:99999/</id>")) == []


def test_what_cant_be_printed_is_escaped() -> None:
    assert printable("a\x1b\u202e\U000e0001b") == r"a\u001b\u202e\U000e0001b"


def test_a_value_is_quoted_on_one_line_and_not_too_long() -> None:
    assert quoted("a\n  b") == "“a b”"
    assert quoted("") == "nothing"
    assert quoted("x" * 200) == f"“{'x' * 79}…”"
