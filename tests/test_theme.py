"""A site's own templates and style sheet."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import FEEDSVC
from side_by_side import free_port
from support import NOW, Site

from feedsvc.errors import ConfigError
from feedsvc.report import index_report


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder beside which no configuration is needed: that of the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def test_a_template_of_ones_own_stands_before_ours(
    templates: Path, make_site: Callable[..., Site]
) -> None:
    (templates / "saved.html").write_text("<!doctype html><title>Mine</title>{{ site.title }}")
    site = make_site()
    site.read()
    assert site.client.get("/feeds/").text == "<!doctype html><title>Mine</title>Test News"
    assert "Newest stories" in site.client.get("/").text


def test_it_may_extend_ours(templates: Path, make_site: Callable[..., Site]) -> None:
    (templates / "base.html").write_text(
        '{% extends "feedsvc/base.html" %}\n{% block site_head %}<meta name="own">{% endblock %}'
    )
    site = make_site()
    site.read()
    for path in ("/topics/", "/build", "/archive/"):
        page = site.client.get(path).text
        assert '<meta name="own">' in page
        assert '<main id="main"' in page


def test_a_style_sheet_of_ones_own_comes_after_ours(
    templates: Path, make_site: Callable[..., Site]
) -> None:
    plain = make_site()
    plain.read()
    assert "theme.css" not in plain.client.get("/").text
    assert plain.client.get("/static/theme.css").status_code == 404
    (templates / "theme.css").write_text(":root { --accent: green; }")
    page = (themed := make_site()).client.get("/feeds/").text
    ours, theirs = page.index('href="/static/style.css?v='), page.index("/static/theme.css?v=")
    assert ours < theirs
    sheet = themed.client.get("/static/theme.css")
    assert sheet.text == ":root { --accent: green; }"
    assert sheet.mimetype == "text/css"
    (templates / "theme.css").write_text(":root { --accent: blue; }")
    assert make_site().client.get("/feeds/").text[theirs : theirs + 40] != page[theirs:][:40]


def test_the_report_says_so(templates: Path, make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.read()
    assert "pages are made" not in index_report(site.settings, site.store, NOW, None)
    (templates / "theme.css").touch()
    (templates / "story.html").touch()
    line = f"  pages are made with story.html, theme.css in {templates}\n"
    assert line in index_report(site.settings, site.store, NOW, None)


def test_a_template_that_is_none_is_told_at_the_start(
    templates: Path, make_site: Callable[..., Site]
) -> None:
    broken = templates / "story.html"
    broken.write_text("<p>\n{% if %}\n</p>")
    with pytest.raises(ConfigError) as told:
        make_site()
    assert str(told.value).startswith(f"{broken}:2: expected a Jinja template: ")
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError) as told:
        make_site()
    assert str(told.value).startswith(f"{broken}: expected a Jinja template in UTF-8")


def test_feedsvc_serve_ends_at_one(templates: Path) -> None:
    (templates.parent / "articles").mkdir()
    (templates / "base.html").write_text("{% liquid %}")
    run = subprocess.run(
        [FEEDSVC, "serve", "--content", "articles", "--port", str(free_port())],
        cwd=templates.parent, timeout=60, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert f"{templates / 'base.html'}:1: expected a Jinja template" in run.stderr
    assert "Traceback" not in run.stderr


def test_what_is_there_for_something_else_does_no_harm(
    templates: Path, make_site: Callable[..., Site]
) -> None:
    (templates / "layouts").mkdir()
    (templates / "layouts" / "post.html").write_text("{% liquid %}")
    (templates / "other.html").write_text("{% liquid %}")
    (templates / "sitemap.xml").write_text("{{ entries | nothing }}")
    site = make_site()
    site.write("a.md", "title: A\npublishedDateTime: 2026-03-04")
    site.read()
    for path in ("/", "/sitemap.xml", "/sitemap/feeds.xml", "/sitemap/stories-1.xml"):
        assert site.client.get(path).status_code == 200


def test_another_folder_can_be_named(templates: Path, make_site: Callable[..., Site]) -> None:
    (templates / "saved.html").write_text("Of another program")
    (templates.parent / "look").mkdir()
    (templates.parent / "look" / "saved.html").write_text("Mine")
    assert make_site(site__templates="look").client.get("/feeds/").text == "Mine"


def test_one_that_fails_is_an_error_that_is_told_plainly(
    templates: Path, make_site: Callable[..., Site], caplog: pytest.LogCaptureFixture
) -> None:
    (templates / "base.html").write_text("{{ nothing.at.all }}")
    site = make_site()
    site.read()
    answer = site.client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert answer.mimetype == "text/html"
    assert "Something went wrong here" in answer.text
    assert "nothing" not in answer.text
    assert "could not be made" in caplog.text
    assert site.client.get("/feed.rss").status_code == 200
    assert site.client.get("/nowhere", headers={"Accept": "text/html"}).status_code == 404


def test_their_text_is_escaped(templates: Path, make_site: Callable[..., Site]) -> None:
    (templates / "saved.html").write_text("{{ site.title }}")
    site = make_site(site__title="<b>&")
    assert site.client.get("/feeds/").text == "&lt;b&gt;&amp;"


def test_nothing_else_of_the_folder_is_served(
    templates: Path, make_site: Callable[..., Site]
) -> None:
    (templates / "secret.txt").write_text("secret")
    (templates / "secret.css").write_text("secret")
    site = make_site()
    for path in ("secret.txt", "secret.css", "../secret.css", "%2e%2e/templates/theme.css"):
        assert site.client.get(f"/static/{path}").status_code == 404
