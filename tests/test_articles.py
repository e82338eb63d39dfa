"""What each field of an article means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from feedsvc.model import Article, Image, ParsedFile, Person, Provider, Related, Term
from feedsvc.sameness import address_key

ReadOne = Callable[..., Article]
Read = Callable[..., ParsedFile]

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


def test_a_whole_article(read_one: ReadOne) -> None:
    article = read_one(
        """
category: News
title: "Harbour lights &#8211; on again"
excerpt: "One &amp; two.\\r\\nThree &lt;b&gt;."
publishedDateTime: 2026-03-04T10:00:00+01:00
updatedDateTime: 2026-03-05
originalUrl: https://a.example/original
webUrl: https://a.example/web
type: article
quality: 67
heat: -1
locale: en_GB
provider:
  name: Reuters
  domain: Reuters.COM
  images: [{url: "https://a.example/r.png", width: 50, height: 50}]
  authors: [{name: Ada, url: "https://ada.example/"}, Bo]
topics: [AI in Healthcare, AI, ai]
images:
  - {url: "https://a.example/1.PNG?x=.gif", width: 1200, height: 628, isCached: true, title: One}
  - https://a.example/2
related:
  - title: Other
    excerpt: Of it
    publishedDateTime: 2026-03-01
    webUrl: https://b.example/other
    provider: {name: B, domain: b.example}
secured: "never shown"
unknown: {deep: [1, 2]}
""",
        "Some *Markdown*.",
    )
    assert article == Article(
        id="https://a.example/web",
        slug="harbour-lights-on-again-" + article.slug.rpartition("-")[2],
        path="articles/2026-03-04-x.md",
        title="Harbour lights – on again",
        url="https://a.example/web",
        original_url="https://a.example/original",
        excerpt="One & two.\nThree <b>.",
        html="<p>Some <em>Markdown</em>.</p>",
        published=datetime(2026, 3, 4, 9, tzinfo=UTC),
        updated=datetime(2026, 3, 4, 23, tzinfo=UTC),
        provider=Provider(
            "reuters.com",
            "Reuters",
            "reuters.com",
            (Image("https://a.example/r.png", "image/png", 50, 50),),
        ),
        topics=(Term("ai-in-healthcare", "AI in Healthcare"), Term("ai", "AI")),
        categories=(Term("news", "News"),),
        type=Term("article", "article"),
        language="en-GB",
        authors=(Person("Ada", "https://ada.example/"), Person("Bo")),
        images=(
            Image("https://a.example/1.PNG?x=.gif", "image/png", 1200, 628, None, "One", True),
            Image("https://a.example/2", "image/jpeg"),
        ),
        related=(
            Related(
                "Other",
                "https://b.example/other",
                (address_key("https://b.example/other"),),
                provider=Provider("b.example", "B", "b.example"),
                visible_from=datetime(2026, 2, 28, 23, tzinfo=UTC),
            ),
        ),
        quality=67,
        heat=-1,
        visible_from=datetime(2026, 3, 4, 9, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("", True),
        ("published: true", True),
        ("published: 'True'", True),
        ("published: yes", True),
        ("published: 1", True),
        ("published: false", False),
        ('published: "false"', False),
        ("published: FALSE", False),
        ("Published: false", False),
        ("published: no", False),
        ("published: off", False),
        ("published: 0", False),
        ("published: ' No '", False),
    ],
)
def test_published(read_one: ReadOne, line: str, published: bool) -> None:
    assert read_one(f"{DATED}title: A\n{line}").is_published is published


@pytest.mark.parametrize(
    "lines",
    [
        "published: maybe",
        "published:",
        "published: ''",
        "published: [true]",
        "published: {a: true}",
        "published: false\npublished: true",
        "published: false\npublished: 2020-01-01",
        "published: true\nPublished: false",
    ],
)
def test_an_unreadable_flag_counts_as_false_and_is_reported(read: Read, lines: str) -> None:
    parsed = read(f"{DATED}title: A\n{lines}")
    assert parsed.article is not None
    assert parsed.article.is_published is False
    assert [problem.field.lower() for problem in parsed.problems] == ["published"]
    assert "counts as false" in parsed.problems[0].reason


@pytest.mark.parametrize(
    ("line", "removed"),
    [("", False), ("removed: false", False), ("removed: true", True), ("removed: eh", True)],
)
def test_removed(read: Read, line: str, removed: bool) -> None:
    parsed = read(f"{DATED}title: A\n{line}")
    assert parsed.article is not None
    assert parsed.article.is_removed is removed


def test_a_draft_is_not_published(read_one: ReadOne) -> None:
    assert not read_one(f"{DATED}title: A\ndraft: true").is_published
    assert read_one(f"{DATED}title: A\ndraft: false").is_published


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("&#8217;", "’"),
        ("&#x2019; &rsquo;", "’ ’"),
        ("&amp;#8217;", "&#8217;"),
        ("AT&T &copy=1", "AT&T &copy=1"),
        ("<b>&lt;i&gt;", "<b><i>"),
        ("&#7;a &nosuch; &", "a &nosuch; &"),
        ("Bonjour&nbsp;!", "Bonjour\u00a0!"),
    ],
)
def test_character_references_are_decoded_once(read: Read, raw: str, title: str) -> None:
    article = read(f"{DATED}title: '{raw}'").article
    assert article is not None
    assert article.title == title


def test_control_characters_are_left_out_and_reported(read: Read) -> None:
    parsed = read(f'{DATED}title: "a\\x07b\\ufffe"\nexcerpt: "\\x1bc"')
    assert parsed.article is not None
    assert (parsed.article.title, parsed.article.excerpt) == ("ab", "c")
    assert [problem.field for problem in parsed.problems] == ["title", "excerpt"]


def test_name_serves_where_title_is_missing(read_one: ReadOne) -> None:
    assert read_one(f"{DATED}name: April").title == "April"


def test_the_file_name_serves_where_both_are_missing(read: Read) -> None:
    parsed = read(DATED, name="2026-03-04-harbour-lights.md")
    assert parsed.article is not None
    assert parsed.article.title == "Harbour lights"
    assert parsed.problems[0].field == "title"


def test_links(read_one: ReadOne) -> None:
    only = read_one(f"{DATED}title: A\noriginalUrl: https://a.example/ä b")
    assert only.url == only.original_url == only.id == "https://a.example/%C3%A4%20b"
    none = read_one(f"{DATED}title: A")
    assert none.url is None
    relative = read_one(f"{DATED}title: A\nwebUrl: /2026/a/")
    assert relative.url == "/2026/a/"
    assert relative.id == "tag:news.example.org,2026-03-04:a"
    assert read_one(f"{DATED}title: A\nwebUrl: //a.example/x").url == "https://a.example/x"


@pytest.mark.parametrize(
    ("lines", "identity"),
    [
        ("webUrl: https://a.example/w\noriginalUrl: https://a.example/o", "https://a.example/w"),
        ("originalUrl: https://a.example/o", "https://a.example/o"),
        ("id: urn:x:1\nwebUrl: https://a.example/w", "urn:x:1"),
        ("guid: https://old.example/?p=1\nwebUrl: https://a.example/w", "https://old.example/?p=1"),
        ("id: 42", "tag:news.example.org,2026-01-01:42"),
        ("id: my own id", "tag:news.example.org,2026-01-01:my%20own%20id"),
        ("", "tag:news.example.org,2026-03-04:a-b"),
        ("slug: Kept", "tag:news.example.org,2026-03-04:kept"),
    ],
)
def test_ids(read_one: ReadOne, lines: str, identity: str) -> None:
    assert read_one(f"{DATED}title: A b\n{lines}").id == identity


def test_an_id_survives_a_move(read_one: ReadOne) -> None:
    first = read_one(f"{DATED}title: A", name="2026-03-04-a.md")
    moved = read_one(f"{DATED}title: A", name="old/2026/another-name.md")
    assert (first.id, first.slug) == (moved.id, moved.slug)


def test_the_day_of_an_id_is_the_one_that_was_written(read_one: ReadOne) -> None:
    article = read_one("publishedDateTime: 2026-03-04T23:30:00-08:00\ntitle: A")
    assert article.id == "tag:news.example.org,2026-03-04:a"


def test_story_slugs_tell_articles_apart_without_counting(read_one: ReadOne) -> None:
    slugs = {read_one(f"{DATED}title: A\nwebUrl: https://a.example/{n}").slug for n in range(3)}
    assert len(slugs) == 3
    assert read_one(f"{DATED}title: A\nslug: My Own").slug == "my-own"
    long = read_one(f"{DATED}title: {'harbour ' * 40}").slug
    assert len(long) < 80


def test_a_missing_date(read_one: ReadOne, read: Read) -> None:
    dated_by_name = read_one("title: A", name="2026-03-04-x.md")
    assert dated_by_name.published == datetime(2026, 3, 3, 23, tzinfo=UTC)
    undated = read("title: A", name="x.md")
    assert undated.article is not None
    assert undated.article.published is None
    assert undated.article.id == "tag:news.example.org,2026-01-01:a"
    assert undated.problems[0].field == "publishedDateTime"


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("provider: Lamp Post", Provider("lamp-post", "Lamp Post")),
        ("provider: {name: Lamp Post}", Provider("lamp-post", "Lamp Post")),
        ("provider: {domain: lamp.example.}", Provider("lamp.example", "lamp.example", "lamp.example")),
        (
            "provider: {name: Lamp, domain: 'https://www.Lamp.example/news'}",
            Provider("www.lamp.example", "Lamp", "www.lamp.example"),
        ),
        ("provider: [{name: A}]", Provider("a", "A")),
        ("provider:", None),
    ],
)  # fmt: skip
def test_providers(read_one: ReadOne, text: str, provider: Provider | None) -> None:
    assert read_one(f"{DATED}title: A\n{text}").provider == provider


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("topics: AI", ["AI"]),
        ("topics: [AI, Sea]", ["AI", "Sea"]),
        ("topics: ['  a   b ', '', null]", ["a b"]),
        ("topics: [On, 2024, 1.0]", ["On", "2024", "1.0"]),
        ("topics: [C, C++, 'C#']", ["C", "C++", "C#"]),
        ("topics:", []),
        ("topics: []", []),
    ],
)
def test_topics(read_one: ReadOne, text: str, labels: list[str]) -> None:
    assert [topic.label for topic in read_one(f"{DATED}title: A\n{text}").topics] == labels


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("quality: high", "quality"),
        ("quality: [1]", "quality"),
        ("topics: {a: b}", "topics"),
        ("topics: [AI, [b]]", "topics"),
        ("images: [{width: 3}]", "images[0].url"),
        ("images: ['javascript:alert(1)']", "images"),
        ("images: [[x]]", "images"),
        ("images: [{url: 'https://a.example/', width: wide}]", "images[0].width"),
        ("provider: {domain: 'no domain!'}", "provider.domain"),
        ("provider: {name: [x]}", "provider.name"),
        ("related: [just words]", "related"),
        ("related: [{title: A}]", "related[0].webUrl"),
        ("locale: '!'", "locale"),
        ("updatedDateTime: soon", "updatedDateTime"),
        ("excerpt: [a]", "excerpt"),
    ],
)
def test_a_wrong_field_is_ignored_and_named(read: Read, lines: str, field: str) -> None:
    parsed = read(f"{DATED}title: A\n{lines}")
    assert parsed.article is not None
    assert parsed.problems[0].field == field
    assert parsed.problems[0].line == 4
    assert {problem.severity for problem in parsed.problems} == {"warning"}


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("title: [a, b]", "title"),
        ("title: {a: b}", "title"),
        ("title: A\npublishedDateTime: soon", "publishedDateTime"),
        ("title: A\npublishedDateTime: [2026-01-01]", "publishedDateTime"),
        ("title: A\nwebUrl: 'javascript:alert(1)'", "webUrl"),
        ("title: A\nwebUrl: [x]", "webUrl"),
        ("title: A\nwebUrl: http://", "webUrl"),
        ("title: A\nwebUrl: www.example.com/x", "webUrl"),
        ("title: A\nwebUrl: 'http://[::1/'", "webUrl"),
        ("title: A\noriginalUrl: 'mailto:a@b.example'", "originalUrl"),
        ("title: A\nid: {a: b}", "id"),
    ],
)
def test_what_decides_identity_or_time_must_be_right(read: Read, lines: str, field: str) -> None:
    parsed = read(lines)
    assert parsed.article is None
    assert [problem.field for problem in parsed.problems] == [field]
    assert parsed.problems[0].severity == "error"


def test_related_addresses_and_bare_strings(read_one: ReadOne) -> None:
    article = read_one(f"{DATED}title: A\nrelated: ['https://b.example/x']")
    url = "https://b.example/x"
    assert article.related == (Related(url, url, (address_key(url),)),)


def test_markdown_is_made_safe_and_absolute(read_one: ReadOne) -> None:
    article = read_one(
        f"{DATED}title: A\nwebUrl: https://a.example/2026/x",
        "[l](more)\n\n![p](/p.png)\n\n<script>alert(1)</script>"
        "<a href='javascript:x' onclick='y'>z</a>\n\n| a |\n| - |\n| ~~b~~ |\n",
    )
    assert 'href="https://a.example/2026/more"' in article.html
    assert 'src="https://a.example/p.png"' in article.html
    assert "<table>" in article.html
    assert "<s>b</s>" in article.html
    for bad in ("script", "alert", "javascript", "onclick"):
        assert bad not in article.html


def test_the_payload_is_nowhere(read: Read) -> None:
    parsed = read(f"{DATED}title: A\nsecured: c2VjcmV0\nrelated: [{{secured: c2VjcmV0}}]")
    assert "c2VjcmV0" not in repr(parsed)


def test_relative_images_follow_the_article(read: Read) -> None:
    elsewhere = read(f"{DATED}title: A\nwebUrl: https://a.example/x/y\nimages: [/q.gif, p.png]")
    assert elsewhere.article is not None
    assert [image.url for image in elsewhere.article.images] == [
        "https://a.example/q.gif",
        "https://a.example/x/p.png",
    ]
    # What isn't from a site's root was surely meant for a file.
    assert [str(problem) for problem in elsewhere.problems] == [
        "articles/2026-03-04-x.md:5: images: expected an image's http or https address "
        "or a file of the folder, found 'p.png'"
    ]


def test_a_picture_that_is_nowhere_is_left_out(read: Read) -> None:
    parsed = read(f"{DATED}title: A\nimages: [/p.png]")
    assert parsed.article is not None
    assert parsed.article.images == ()
    assert parsed.problems[0].field == "images"


@pytest.mark.parametrize(
    "line",
    [
        '"published ": false',
        "published\u00a0: false",
        "pub\u200blished: false",
        "ｐｕｂｌｉｓｈｅｄ: false",
        "{a: b, published:false}",
        '"published=false": x',
        "publish: false",
        "publised: false",
        "pubished: no",
        "private: true",
        "status: draft",
        "removd: true",
    ],
)
def test_a_flag_is_not_missed_for_its_spelling(read: Read, line: str) -> None:
    front_matter = f"{DATED}title: A\n{line}"
    if line.startswith("{"):
        front_matter = "{publishedDateTime: 2026-03-04T10:00:00Z, title: A, published:false}"
    parsed = read(front_matter)
    assert parsed.article is not None
    assert not parsed.article.is_published or parsed.article.is_removed


@pytest.mark.parametrize("line", ["publishedAt: 2020-01-01", "publisher: no one", "publishing: x"])
def test_other_fields_are_no_flags(read_one: ReadOne, line: str) -> None:
    assert read_one(f"{DATED}title: A\n{line}").is_published


def test_control_characters_in_a_body_are_reported(read: Read) -> None:
    [problem] = read(f"{DATED}title: A", "a\x01b").problems
    assert (problem.field, problem.severity) == ("text", "warning")


def test_a_repeated_field_is_reported(read: Read) -> None:
    [problem] = read(f"{DATED}title: A\ntitle: B").problems
    assert (problem.field, problem.line) == ("title", 4)


@pytest.mark.parametrize(
    ("name", "title", "day"),
    [
        ("2026-03-04.md", "2026-03-04", 4),
        ("2026-03-04 A-B walk.md", "A-B walk", 4),
        ("iPhone notes.md", "iPhone notes", None),
    ],
)
def test_a_name_that_is_a_title_stays_as_it_is(
    read: Read, name: str, title: str, day: int | None
) -> None:
    parsed = read("topics: [a]", name=name)
    assert parsed.article is not None
    assert parsed.article.title == title
    assert (parsed.article.published is None) is (day is None)
    assert [one.field for one in parsed.problems] == ([] if day else ["publishedDateTime"])


def test_a_date_that_stands_twice_leaves_the_article_out(read: Read) -> None:
    parsed = read("title: A\npublishedDateTime: 2099-01-01\npublishedDateTime: 2020-01-01")
    assert parsed.article is None
    assert parsed.problems[0].field == "publishedDateTime"


def test_hostile_text_is_refused_quickly(read: Read) -> None:
    assert read(f"title: A\npublishedDateTime: '1{' ' * 200_000}x'").article is None
    many = ", ".join(f"T{number}" for number in range(5_000))
    assert len(read(f"{DATED}title: A\ntopics: [{many}]").article.topics) == 5_000  # type: ignore[union-attr]
