"""What is said where there is no answer: a page for people, a problem document for programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image as Picture
from support import Site

PEOPLE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nowhere", 404, "Not found"),
        ("GET", "/stories/nobody/", 404, "Not found"),
        ("GET", "/static/nothing.css", 404, "Not found"),
        ("GET", "/topics/nobody/", 404, "There is no such feed"),
        ("GET", "/custom?limit=0", 400, "This address asks for nothing that there can be"),
        ("POST", "/", 405, "Method Not Allowed"),
        ("DELETE", "/feed.rss", 405, "Method Not Allowed"),
    ],
)
def test_people_get_a_page_and_programs_a_document(
    site: Site, method: str, path: str, status: int, title: str
) -> None:
    site.read()
    page = site.client.open(path, method=method, headers=PEOPLE)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert f"<h1>{title}</h1>" in page.text
    assert 'class="masthead"' in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    document = site.client.open(path, method=method)
    assert (document.status_code, document.mimetype) == (status, "application/problem+json")
    told = document.json
    assert told is not None
    assert (told["title"], told["status"]) == (title, status)
    assert told["detail"]
    for answer in (page, document):
        assert answer.headers["Vary"] == "Accept"
        assert "max-age=300" not in answer.headers["Cache-Control"]
        assert (answer.headers.get("Allow") is not None) == (status == 405)


def test_other_headers_of_an_answer_stay(site: Site) -> None:
    Picture.new("RGB", (9, 9)).save(site.folder / "p.png")
    site.write("a.md", "title: A\nimages: [p.png]\npublishedDateTime: 2026-03-04")
    site.read()
    size = (site.folder / "p.png").stat().st_size
    answer = site.client.get("/media/articles/p.png", headers={"Range": "bytes=99999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_before_the_folder_is_read(site: Site) -> None:
    page = site.client.get("/", headers=PEOPLE)
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert "<h1>Not ready yet</h1>" in page.text
    assert page.headers["Retry-After"] == "2"
    assert page.headers["Cache-Control"] == "no-store"
    feed = site.client.get("/feed.rss")
    assert (feed.status_code, feed.mimetype) == (503, "application/problem+json")


def test_a_fault_of_ours_tells_nothing_of_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a secret of the house")

    site.read()
    monkeypatch.setattr("feedsvc.web.pages.news_article", fail)
    site.write("a.md", "title: A\nslug: a\npublishedDateTime: 2026-03-04")
    site.read()
    for headers in (PEOPLE, {}):
        answer = site.client.get("/stories/a/", headers=headers)
        assert answer.status_code == 500
        assert "Something went wrong here" in answer.text
        assert "secret" not in answer.text
    assert "a secret of the house" in caplog.text


def test_a_preview_says_why_it_is_closed(make_site: Callable[..., Site]) -> None:
    preview = make_site(preview=True, site__url=None)
    answer = preview.client.get("/", headers=PEOPLE, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 403
    assert "for this machine alone" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
