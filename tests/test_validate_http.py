"""What `validate` says of how a feed is served: by a server that does one thing wrong."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from broken_feeds import ATOM_FEED, JSON_FEED, RSS_FEED
from support import NOW, Site, served

from feedsvc.validate import Report
from feedsvc.validate.fetch import Hop
from feedsvc.validate.http import _redirects, validate_url

ETAG = '"1"'


@dataclass
class Page:
    """What the server says at one path; with an ETag it knows what the client has."""

    body: str | bytes = RSS_FEED
    status: int = 200
    headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Type": "application/rss+xml; charset=utf-8", "ETag": ETAG}
    )
    ignores_conditions: bool = False
    said_length: int | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        made = self.server.pages[self.path]
        page = made() if callable(made) else made
        known = self.headers.get("If-None-Match") == page.headers.get("ETag", "none")
        body = page.body.encode() if isinstance(page.body, str) else page.body
        if known and not page.ignores_conditions:
            self.send_response(304)
            self.end_headers()
            return
        # Only what is `own` of this address can be right about it.
        body = body.replace(b"https://a.example/feed.rss", self.server.address.encode() + b"/feed")
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        length = len(body) if page.said_length is None else page.said_length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self, pages: dict[str, Page | Callable[[], Page]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = pages
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(pages: dict[str, Page | Callable[[], Page]]) -> Iterator[_Server]:
    with _Server(pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def of(page: Page | Callable[[], Page], **others: Page) -> tuple[Report, list[str], _Server]:
    """The report on `/feed`, its findings as lines with `SERVER` for the address, the server."""
    paths = {f"/{name}": other for name, other in others.items()}
    with serving({"/feed": page, **paths}) as server:
        report = validate_url(f"{server.address}/feed", NOW)
    return report, lines(report, server), server


def lines(report: Report, server: _Server) -> list[str]:
    return [
        f"{one.severity}: {one.rule}: {one.place}: {one.message}".replace(server.address, "SERVER")
        for one in report.findings
    ]


def with_headers(**headers: str | None) -> Page:
    """A right feed with other headers, `None` for none."""
    page = Page()
    for name, value in headers.items():
        name = name.replace("_", "-")
        page.headers.pop(name, None)
        if value is not None:
            page.headers[name] = value
    return page


def redirect(to: str, status: int = 301) -> Page:
    return Page("", status, {"Location": to})


def test_a_feed_that_is_served_right() -> None:
    page = with_headers(Content_Encoding="gzip")
    page.body = RSS_FEED.replace("https://a.example/feed.rss", "SELF")
    with serving({}) as server:
        own = page.body.replace("SELF", f"{server.address}/feed")
        page.body = gzip.compress(own.encode())
        server.pages["/feed"] = page
        report = validate_url(f"{server.address}/feed", NOW)
        assert server.asked == ["/feed", "/feed"]
    assert report.findings == ()
    assert (report.format, report.entries) == ("RSS 2.0", 2)


PLAIN = "info: not-compressed: Content-Encoding: expected gzip, found none"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(), [PLAIN]),
        (with_headers(Content_Type=None), [
            "warning: content-type-missing: Content-Type: expected a Content-Type, found none", PLAIN]),
        (with_headers(Content_Type="text/html"), [
            "error: content-type-wrong: Content-Type: expected application/rss+xml, found “text/html”", PLAIN]),
        (with_headers(Content_Type="application/atom+xml"), [
            "error: content-type-wrong: Content-Type: expected application/rss+xml, found “application/atom+xml”", PLAIN]),
        (with_headers(Content_Type="text/xml"), [
            "warning: content-type-generic: Content-Type: expected application/rss+xml, found “text/xml”", PLAIN]),
        (with_headers(Content_Type="application/rss+xml; charset=iso-8859-1"), [
            PLAIN, "error: charset-conflict: Content-Type: expected the charset UTF-8, found “iso-8859-1”"]),
        (with_headers(ETag=None), [
            PLAIN, "warning: validators-missing: ETag: expected an ETag or Last-Modified, found neither"]),
        (with_headers(ETag=None, Last_Modified="Wed, 04 Mar 2026 10:00:00 GMT"), [
            PLAIN, "warning: not-modified-missing: status: expected 304 for its own ETag and Last-Modified, found 200"]),
        (Page(ignores_conditions=True), [
            PLAIN, "warning: not-modified-missing: status: expected 304 for its own ETag and Last-Modified, found 200"]),
        (with_headers(Content_Encoding="br"), [
            "error: coding-unknown: HTTP: expected gzip or no Content-Encoding, found br"]),
        (with_headers(Content_Encoding="gzip"), [
            "error: coding-unknown: HTTP: expected gzip, as Content-Encoding says, found none"]),
        (Page("gone", 410), ["error: http-status: status: expected 200, found 410"]),
        (Page("no", 500), ["error: http-status: status: expected 200, found 500"]),
        (Page("x" * 50, said_length=100), [
            "error: fetch-failed: HTTP: expected 100 bytes, as Content-Length says, found 50"]),
        (redirect("/feed"), ["info: redirect-permanent: status: expected the feed at SERVER/feed, found 301 to SERVER/feed"] * 6 + [
            "error: redirect-broken: HTTP: expected at most 5 redirects, found 6"]),
        (Page("", 302, {}), ["error: redirect-broken: HTTP: expected an http or https address in Location, found none"]),
        (redirect("file:///etc/passwd"), [
            "error: redirect-broken: HTTP: expected an http or https address in Location, found file:///etc/passwd"]),
        (redirect("http://[::1/"), [
            "error: redirect-broken: HTTP: expected an http or https address in Location, found http://[::1/"]),
        (redirect("http://me:secret@a.example/"), [
            "error: redirect-broken: HTTP: expected an http or https address in Location, found http://me:secret@a.example/"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer(page: Page, expected: list[str]) -> None:
    assert of(page)[1] == expected


@pytest.mark.parametrize(
    ("document", "type", "generic"),
    [
        (ATOM_FEED, "application/atom+xml", "application/xml"),
        (JSON_FEED, "application/feed+json", "application/json"),
    ],
    ids=["atom", "json"],
)
def test_each_format_has_its_content_type(document: str, type: str, generic: str) -> None:
    def rules(content_type: str) -> list[str]:
        page = with_headers(Content_Type=content_type)
        page.body = document
        return [one.rule for one in of(page)[0].findings if one.rule.startswith("content-type")]

    assert rules(f"{type}; charset=utf-8") == []
    assert rules(type.upper()) == []
    assert rules(generic) == ["content-type-generic"]
    assert rules("application/rss+xml") == ["content-type-wrong"]


def test_a_self_link_to_another_address() -> None:
    page = Page(RSS_FEED.replace("https://a.example/feed.rss", "https://b.example/feed"))
    assert of(page)[1][1:] == [
        "warning: self-mismatch: self: expected SERVER/feed, found “https://b.example/feed”"
    ]


@pytest.mark.parametrize(
    ("status", "told", "ends_well"),
    [(301, "redirect-permanent", False), (308, "redirect-permanent", False), (302, "redirect-temporary", True), (307, "redirect-temporary", True)],
)  # fmt: skip
def test_a_redirect_is_told(status: int, told: str, ends_well: bool) -> None:
    """The self link names the first address: right only if readers are to keep to it."""
    _, said, _ = of(redirect("new", status), new=Page())
    assert said[0] == (
        f"info: {told}: status: expected the feed at SERVER/feed, found {status} to SERVER/new"
    )
    assert ("warning: self-mismatch: self: expected SERVER/new, found “SERVER/feed”" in said) is (
        not ends_well
    )


def test_a_redirect_away_from_https_is_told() -> None:
    found = list(_redirects((Hop("https://a.example/", 301, "http://a.example/"),)))
    assert [one.rule for one in found] == ["redirect-permanent", "redirect-insecure"]


def test_ids_that_change_from_one_request_to_the_next() -> None:
    numbers = iter(range(100))

    def page() -> Page:
        made = with_headers(ETag=f'"{next(numbers)}"')
        made.body = RSS_FEED.replace(
            "<guid>https://a.example/1<", f'<guid isPermaLink="false">urn:x:{next(numbers)}<'
        )
        return made

    assert of(page)[1][1:] == [
        "warning: not-modified-missing: status: expected 304 for its own ETag and Last-Modified, found 200",
        "error: id-unstable: https://a.example/1: expected the id “urn:x:1” as a moment before, found “urn:x:3”",
    ]  # fmt: skip


def test_nothing_is_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.validate.fetch.LIMIT_BYTES", 1000)
    too_large = ["error: feed-too-large: HTTP: expected at most 1,000 bytes, found more"]
    assert of(Page("x" * 1001))[1] == too_large
    bomb = with_headers(Content_Encoding="gzip")
    bomb.body = gzip.compress(b"x" * 10_000)
    assert len(bomb.body) < 1000
    assert of(bomb)[1] == too_large


def test_nobody_answers() -> None:
    with serving({}) as server:
        address = server.address
    report = validate_url(f"{address}/feed", NOW)
    assert [one.message for one in report.findings] == [
        "expected an answer, found Connection refused"
    ]


def test_what_answers_is_no_http() -> None:
    page = Page(headers={"X": "y" * 70_000})
    assert [one.rule for one in of(page)[0].findings] == ["fetch-failed"]


def test_our_own_server_serves_feeds_right(make_site: Callable[..., Site]) -> None:
    site = make_site(site__url=None)
    site.write("one.md", "title: One\npublishedDateTime: 2026-03-01T10:00:00Z\ntopics: [Sea]")
    site.read()
    with served(site.app) as address:
        for name in ("feed.rss", "feed.atom", "feed.json", "topics/sea.atom"):
            report = validate_url(f"{address}/{name}", NOW)
            assert [str(one) for one in report.findings if one.severity != "info"] == []
            assert report.entries == 1
