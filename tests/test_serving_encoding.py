"""Content codings: who gets which, and what is never coded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients import DECODERS, ask, serving, write_site
from faults import FaultyServer
from hypothesis import example, given
from hypothesis import strategies as st
from support import NOW

from feedsvc.web.conditional import can_decide, is_unchanged, named_tags
from feedsvc.web.encoding import IDENTITY, accepted_codings, compress
from feedsvc.web.freshness import Freshness
from feedsvc.web.representation import Representation

TEXTS = ("/feed.rss", "/feed.atom", "/feed.json", "/topics.opml", "/", "/topics/sea/", "/ns/feedsvc",
         "/static/style.css")  # fmt: skip
PICTURES = ("/media/articles/noise.png", "/icon.png", "/icon-144.png", "/favicon.ico")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("encoding")
    write_site(directory)
    with serving(directory, server__workers=1) as server:
        yield server


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", None),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.5,br;q=0.5,zstd;q=0.6", "zstd"),
        ("gzip;q=0", None),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("*;q=0.5, br;q=0", "zstd"),
        ("br;q=0, zstd;q=0, *", "gzip"),
        ("identity", None),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0.5, gzip;q=0.1, br;q=0.9", "br"),
        ("deflate", None),
        ("compress, sdch;q=1", None),
        ("gzip;q=nonsense", None),
        ("gzip;q=2", None),
        (";;;", None),
        (", ,gzip", "gzip"),
        ("\xff\xfe", None),
        ("gzip " * 1000, None),
    ],
)
def test_who_accepts_what_gets_what(
    server: FaultyServer, header: str | None, coding: str | None
) -> None:
    plain = ask(server.port, "/feed.rss")
    reply = ask(server.port, "/feed.rss", {"Accept-Encoding": header})
    assert (reply.status, reply["content-encoding"]) == (200, coding)
    assert reply.plain == plain.body
    assert reply["vary"] == "Sec-Fetch-Dest, Accept-Encoding"


@pytest.mark.parametrize("coding", [None, *DECODERS])
@pytest.mark.parametrize("path", TEXTS)
def test_texts_are_the_same_in_every_coding(
    server: FaultyServer, path: str, coding: str | None
) -> None:
    plain = ask(server.port, path)
    is_feed = path.startswith("/feed.")  # a person who opens it gets a page
    varies = "Sec-Fetch-Dest, Accept-Encoding" if is_feed else "Accept-Encoding"
    for method in ("GET", "HEAD"):
        reply = ask(server.port, path, {"Accept-Encoding": coding}, method)
        assert reply["vary"] == varies
        assert reply["content-encoding"] == coding
        if method == "GET":
            assert reply.plain == plain.body
            assert coding is None or len(reply.body) < len(plain.body)
    same = ask(server.port, path, {"Accept-Encoding": coding, "If-None-Match": plain.tag})
    assert (same.status, same["vary"]) == (304, varies)


@pytest.mark.parametrize("path", PICTURES)
def test_pictures_are_as_they_are(server: FaultyServer, path: str) -> None:
    plain = ask(server.port, path)
    for coding in DECODERS:
        reply = ask(server.port, path, {"Accept-Encoding": coding})
        assert (reply.body, reply.tag) == (plain.body, plain.tag)
        assert reply["content-encoding"] is None
        assert reply["vary"] is None


@pytest.mark.parametrize("coding", DECODERS)
def test_what_does_not_get_smaller_stays_as_it_is(coding: str) -> None:
    made = Representation([("Content-Type", "text/plain")], b"short", Freshness(60))
    asked = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": coding}
    answer = made.answer(asked, NOW)
    told = dict(answer.headers)
    assert b"".join(answer.body) == b"short"
    assert "Content-Encoding" not in told
    assert (told["ETag"], told["Vary"], told["Content-Length"]) == (
        made.tag(),
        "Accept-Encoding",
        "5",
    )


@pytest.mark.parametrize("coding", DECODERS)
def test_the_same_text_is_the_same_bytes(coding: str) -> None:
    text = b"tide " * 1000
    assert compress(coding, text) == compress(coding, text)
    assert DECODERS[coding](compress(coding, text)) == text


HEADERS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            ["gzip", "br", "zstd", "*", "identity", "deflate", ";q=", "0", "1", "0.5", ",", " ", '"',
             "W/", "-gzip", ";br", "\\", "=", "\0", "é", "Sun, 06 Nov 1994 08:49:37 GMT", "9" * 20]
        ),
        max_size=20,
    ).map("".join),
)  # fmt: skip


@given(HEADERS)
@example("gzip;q=" + "9" * 400)
@example("gzip;q=\u0661")
def test_any_header_names_codings_of_ours(header: str) -> None:
    codings = accepted_codings(header)
    assert codings[-1] == IDENTITY
    assert len(set(codings)) == len(codings)
    assert set(codings) <= {IDENTITY, *DECODERS}


@given(HEADERS)
@example('""')
@example('W/""')
@example("Sun, 06 Nov 99999999999 08:49:37 GMT")
def test_any_header_is_a_condition(header: str) -> None:
    assert all(isinstance(tag, str) for tag in named_tags(header))
    assert is_unchanged("abc", NOW, header, None) in {True, False}
    assert is_unchanged("abc", NOW, None, header) in {True, False}
    assert can_decide(header) in {True, False}
    assert "abc" in set(named_tags(f'"abc", {header}'))
