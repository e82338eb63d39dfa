"""Articles of Jekyll, Hugo, Eleventy and Obsidian, read without configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import NOW, RULES, Site, source_of

from feedsvc.config import load_settings
from feedsvc.config.types import FIELDS
from feedsvc.content.article import read_article
from feedsvc.content.dialects import DIALECTS
from feedsvc.errors import ConfigError
from feedsvc.model import Article, ParsedFile, Person, Term

ReadOne = Callable[..., Article]
DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
MARCH = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.fixture
def read_file(tmp_path: Path) -> Callable[[str, str], ParsedFile]:
    def read(name: str, text: str) -> ParsedFile:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return read_article(source_of(file, tmp_path), RULES)

    return read


def test_jekyll(read_file: Callable[[str, str], ParsedFile]) -> None:
    parsed = read_file(
        "_posts/2026-03-01-welcome.markdown",
        "---\nlayout: post\ntitle: Welcome\ndate: 2026-03-04 11:00:00 +0100\n"
        "last_modified_at: 2026-03-05 10:00:00 +0000\ncategories: [news, sea]\n"
        "tags: [tide, wind]\nauthor: Ada\nimage:\n  path: https://a.example/i.png\n"
        "  alt: A tide\n  width: 4\ndescription: Hello.\npublished: true\nlang: de\n---\nText\n",
    )
    assert parsed.problems == ()
    article = parsed.article
    assert article is not None
    assert article.published == MARCH
    assert article.updated == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert article.categories == (Term("news", "news"), Term("sea", "sea"))
    assert [topic.label for topic in article.topics] == ["tide", "wind"]
    assert article.authors == (Person("Ada"),)
    assert (article.images[0].url, article.images[0].alt) == ("https://a.example/i.png", "A tide")
    assert article.excerpt == "Hello."
    assert article.language == "de"


def test_jekyll_dates_by_file_name(read_file: Callable[[str, str], ParsedFile]) -> None:
    article = read_file("_posts/2026-03-04-a.md", "---\ntitle: A\n---\n").article
    assert article is not None
    assert article.published == datetime(2026, 3, 3, 23, tzinfo=UTC)


def test_jekyll_drafts_are_not_published(read_file: Callable[[str, str], ParsedFile]) -> None:
    article = read_file("_drafts/2026-03-04-a.md", "---\ntitle: A\npublished: true\n---\n").article
    assert article is not None
    assert not article.is_published


HUGO = {
    "toml": "+++\ntitle = 'Hugo'\ndate = 2026-03-04T11:00:00+01:00\nlastmod = 2026-03-05\n"
    "draft = false\nsummary = 'S'\ntags = ['a', 'b']\nimages = ['https://a.example/i.png']\n"
    "weight = 3\n[params]\nx = 1\n+++\nBody",
    "json": '{\n "title": "Hugo",\n "date": "2026-03-04T11:00:00+01:00",\n'
    ' "lastmod": "2026-03-05",\n "draft": false,\n "summary": "S",\n "tags": ["a", "b"],\n'
    ' "images": ["https://a.example/i.png"],\n "weight": 3\n}\n\nBody',
    "yaml": "---\ntitle: Hugo\ndate: 2026-03-04T11:00:00+01:00\nlastmod: 2026-03-05\n"
    "draft: false\nsummary: S\ntags: [a, b]\nimages: [https://a.example/i.png]\n---\nBody",
}


@pytest.mark.parametrize("form", HUGO)
def test_hugo(read_file: Callable[[str, str], ParsedFile], form: str) -> None:
    parsed = read_file("content/posts/my-post/index.md", HUGO[form])
    assert parsed.problems == ()
    article = parsed.article
    assert article is not None
    assert (article.title, article.excerpt, article.html) == ("Hugo", "S", "<p>Body</p>")
    assert article.published == MARCH
    assert article.updated == datetime(2026, 3, 4, 23, tzinfo=UTC)
    assert [topic.label for topic in article.topics] == ["a", "b"]
    assert article.images[0].url == "https://a.example/i.png"
    assert article.is_published


def test_hugo_publish_date_decides(read_one: ReadOne) -> None:
    article = read_one("title: A\ndate: 2026-01-01\npublishDate: 2026-03-04T10:00:00Z")
    assert article.published == article.visible_from == MARCH


@pytest.mark.parametrize("value", ["true", "'true'"])
def test_hugo_drafts_are_not_published(read_one: ReadOne, value: str) -> None:
    assert not read_one(f"{DATED}title: A\ndraft: {value}").is_published


def test_an_expired_article_disappears_by_itself(site: Site) -> None:
    moment = NOW + timedelta(hours=1)
    site.write("a.md", f"{DATED}title: A\nexpiryDate: {moment.isoformat()}")
    site.write("b.md", f"{DATED}title: B")
    site.read()
    assert site.titles("/feed.json") == ["A", "B"]
    site.clock.now = moment
    assert site.titles("/feed.json") == ["B"]


def test_an_unreadable_expiry_leaves_the_article_out(read: Callable[..., ParsedFile]) -> None:
    parsed = read(f"{DATED}title: A\nexpiryDate: soon")
    assert parsed.article is None
    assert parsed.problems[0].field == "expiryDate"


@pytest.mark.parametrize("value", ["2026-03-04T10:00:00Z", "2026-03-04 10:00:00 +0000"])
def test_published_may_be_a_date(read_one: ReadOne, value: str) -> None:
    article = read_one(f"title: A\npublished: {value}")
    assert article.is_published
    assert article.published == MARCH
    both = read_one(f"title: A\npublished: {value}\ndate: 2026-01-02T00:00:00Z")
    assert both.published == datetime(2026, 1, 2, tzinfo=UTC)


def test_eleventy_and_obsidian(read_one: ReadOne) -> None:
    article = read_one(
        "title: A\ncreated: 2026-03-04 11:00\nupdated: 2026-03-05\ntags: sea, tide tables\n"
        "cover: https://a.example/c.png"
    )
    assert article.published == MARCH
    assert article.updated is not None
    assert [topic.label for topic in article.topics] == ["sea", "tide tables"]
    assert article.images[0].url == "https://a.example/c.png"


def test_our_own_names_count_first(read_one: ReadOne) -> None:
    article = read_one(
        f"{DATED}title: A\ndate: 2020-01-01\ntopics: [Mine]\ntags: [Theirs]\n"
        "excerpt: Mine\nsummary: Theirs\ndescription: Theirs"
    )
    assert article.published == MARCH
    assert [topic.label for topic in article.topics] == ["Mine"]
    assert article.excerpt == "Mine"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("+++\ntitle = 'A'\nx = [\n+++\n", 3, "expected TOML: Invalid value"),
        ("+++\ntitle = 'A'\n", 1, "expected a closing '+++' line"),
        ("+++\na = " + "[" * 100_000 + "\n+++\n", None, "expected at most 100 levels"),
        ('{\n "title": \n', 2, "expected JSON: Expecting value"),
        ('{"a": ' + "[" * 100_000, None, "expected at most 100 levels"),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", 1, "expected at most 100 levels"),
    ],
)
def test_faults_in_other_forms(
    read_file: Callable[[str, str], ParsedFile], text: str, line: int | None, reason: str
) -> None:
    parsed = read_file("x.md", text)
    assert parsed.article is None
    [problem] = parsed.problems
    assert problem.line == line
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize("form", ["toml", "json"])
def test_other_forms_know_their_lines(
    read_file: Callable[[str, str], ParsedFile], form: str
) -> None:
    parsed = read_file("x.md", HUGO[form].replace("2026-03-04T11:00:00+01:00", '"soon"')
                       .replace('""', '"'))  # fmt: skip
    [problem] = parsed.problems
    assert (problem.field, problem.line) == ("date", 3)


def test_a_repeated_key_of_json_is_noticed(read_file: Callable[[str, str], ParsedFile]) -> None:
    parsed = read_file(
        "2026-01-01-x.md", '{"title": "A", "published": false, "published": true, "secured": "s"}'
    )
    assert parsed.article is not None
    assert not parsed.article.is_published


class TestOwnNames:
    def test_they_count_before_all_others(self, make_site: Callable[..., Site]) -> None:
        settings = load_settings(
            None,
            {},
            {("content", "fields"): {"publishedDateTime": ["posted"], "title": "headline"}},
        )
        assert settings.content.fields == {"publishedDateTime": ("posted",), "title": ("headline",)}

    def test_an_unknown_field_is_a_fault(self) -> None:
        with pytest.raises(ConfigError, match="expected one of title, excerpt"):
            load_settings(None, {}, {("content", "fields"): {"titel": "x"}})

    def test_the_configuration_knows_every_field(self) -> None:
        assert set(FIELDS) == set(DIALECTS)

    def test_a_renamed_flag_still_hides(self, tmp_path: Path) -> None:
        from dataclasses import replace

        from feedsvc.content.dialects import names_with

        rules = replace(RULES, names=names_with({"published": ("live",), "title": ("headline",)}))
        file = tmp_path / "2026-01-01-x.md"
        for lines, published in (
            ("live: no", False),
            ("live: yes", True),
            ("live: yes\npublished: no", False),
            ("live: no\npublished: yes", False),
        ):
            file.write_text(f"---\nheadline: H\ntitle: T\n{lines}\n---\n")
            article = read_article(source_of(file, tmp_path), rules).article
            assert article is not None
            assert article.title == "H"
            assert article.is_published is published
