"""Requests that nobody should send: each is answered, none is served under another name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from clients import ask, serving, write_site
from support import Site
from werkzeug.test import create_environ, run_wsgi_app


@pytest.mark.parametrize("host", ["[::::]", "[...]", "[1:2:3]", "[::1", "::1"])
def test_a_host_in_brackets_is_an_address(make_site: Callable[..., Site], host: str) -> None:
    site = make_site(site__url=None)
    site.read()
    for path in ("/", "/feed.rss", "/topics"):
        environ = create_environ(path) | {"HTTP_HOST": host}
        _, status, _ = run_wsgi_app(site.app, environ)
        assert status == "400 Bad Request"


@pytest.mark.parametrize("path", ["//feed.rss", "///feed.rss"])
def test_slashes_in_front_make_no_other_address(site: Site, path: str) -> None:
    site.read()
    # Not through the test client, which takes them for a host.
    first, second = (
        run_wsgi_app(site.app, create_environ("/feed.rss") | {"PATH_INFO": asked})
        for asked in (path, "/feed.rss")
    )
    assert first[1] == "200 OK"
    assert str(first[2]) == str(second[2])


@pytest.mark.parametrize(
    "path", ["/archive/01.rss", "/archive/0.rss", "/topics//sea.rss", "/topics/a%00b.rss", "/%00/"]
)
def test_other_spellings_lead_nowhere(make_site: Callable[..., Site], path: str) -> None:
    site = make_site(feeds__limit=1)
    for number in range(3):
        site.write(f"{number}.md", f"title: T\nid: {number}\npublishedDateTime: 2026-03-04")
    site.read()
    assert site.client.get("/archive/1.rss").status_code == 200
    assert site.client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["get", "Get", "head", "gET"])
def test_methods_are_written_large(site: Site, method: str) -> None:
    site.read()
    environ = create_environ("/feed.rss") | {"REQUEST_METHOD": method}
    _, status, _ = run_wsgi_app(site.app, environ)
    assert status == "501 Not Implemented"


def test_what_the_environment_says_is_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_IF_NONE_MATCH", "HTTP_RANGE", "QUERY_STRING"):
        monkeypatch.setenv(name, "*")
    write_site(tmp_path)
    with serving(tmp_path) as server:
        assert ask(server.port, "/feed.rss").status == 200
