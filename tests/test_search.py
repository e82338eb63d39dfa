"""Words that people search for: the same are found on each engine, whatever they write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from goldens import settings as golden_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml.html import fragment_fromstring
from support import NOW, ROOT, RULES, Site, article, fill, parsed_of, searched

from feedsvc.content.article import read_article
from feedsvc.content.scan import Scanner
from feedsvc.index.store import IndexPlace, Store
from feedsvc.model import Article, Provider, Term, Viewpoint
from feedsvc.words import phrases_of, shorten, words_of

TEXTS = {
    "voiced": "バスの話",
    "hindi two": "हिन्दी में काम",
    "school": "한국어학교 소식",
    "latin": "The Tide comes in; Tides don't. Déjà vu in Łódź, naïve Straße.",
    "chinese": "东京都政府宣布新的海港计划。北京大学",
    "japanese": "東京タワーと海のニュース ﾊﾝｶｸ",
    "korean": "서울의 바다 소식",
    "thai": "ข่าวทะเลวันนี้",
    "arabic": "أخبار البحر اليوم",
    "hebrew": "חֲדָשׁוֹת הים",
    "russian": "Новости моря: Ёлка и ёж",
    "greek": "Ειδήσεις της θάλασσας, Οδυσσεύς",
    "hindi": "समुद्र की खबरें",
    "turkish": "İstanbul'da DENİZ ılık",
    "signs": "C++ & C#, AT&T 50% €100 foo_bar x=1 OR NOT NEAR(a b) * ^ {x} : \\ ' \" ½ ① ﬁsh",
    "emoji": "Waves 🌊 and 👩‍🚀 flags 🇩🇪",
    "new letters": "𞤀𞤣𞤤𞤢𞤥 ᏣᎳᎩ ꭰ 𑄌𑄋𑄴𑄟 ẞ ǰ ŉ ﷺ",
    "numbers": "3.14 1,000 ２０２６ ४२ ²",
}


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path, engine: str) -> Iterator[Store]:
    url = None if engine == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store(IndexPlace(tmp_path / "index", "index", "rules", url))
    yield store
    store.close()


def corpus() -> list[Article]:
    """Texts in many scripts, and the articles of the golden feeds and of the seeds."""
    found = [article(name, title=text) for name, text in TEXTS.items()]
    found.append(article("fields", title="one two", excerpt="three four",
                         html="<p>five <b>six</b></p><p>seven</p>",
                         provider=Provider("sea.example", "Sea Post", "sea.example"),
                         topics=(Term("deep", "Deep Water"),)))  # fmt: skip
    found.append(article("long", title="Long", html="<p>" + "水" * 10_500 + "</p>",
                         provider=Provider("quirky.example", "Quirky"),
                         topics=(Term("rocketry", "Rocketry"),)))  # fmt: skip
    for source in Scanner([*golden_settings().folders, ROOT / "seeds"], ["*.md"]).scan().files:
        parsed = read_article(source, RULES)
        if parsed is not None and parsed.article is not None:
            found.append(parsed.article)
    return found


def holds(one: Article, phrases: Sequence[Sequence[str]]) -> bool:
    """Whether `one` has them all, each in one of its texts."""
    texts = [one.title, one.excerpt, body_of(one), *([provider_of(one)] if one.provider else [])]
    texts.append(" ".join(term.label for term in one.topics))
    fields = [words_of(text)[:10_000] for text in texts]
    return all(
        any(field[at : at + len(phrase)] == list(phrase) for field in fields for at in range(len(field)))
        for phrase in phrases
    )  # fmt: skip


def body_of(one: Article) -> str:

    return (
        " ".join(fragment_fromstring(one.html, create_parent="div").itertext()) if one.html else ""
    )


def provider_of(one: Article) -> str:
    assert one.provider is not None
    return f"{one.provider.name} {one.provider.domain or ''}"


texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(sorted(TEXTS.values())).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, 12)).map(
            lambda part: text[part[0] : part[0] + part[1]]
        )
    ),
    st.lists(
        st.sampled_from([*"\"'*^:(){}-+\\%&|!<>", "AND", "OR", "NOT", "NEAR", "a", "tide", " "]),
        max_size=12,
    ).map("".join),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(texts, min_size=15, max_size=15))
@example(["tide", '"tide comes"', '"comes tide"', "don't", "deja VU", "lodz", "strasse", "京", "东京", "京都",
          "ﾊﾝｶｸ", "海のニ", "바다", "ทะเล", "البحر"])  # fmt: skip
@example(["", '"', '""', "\0", "'; DROP TABLE search; --", "* OR *", "title:tide", "NEAR(a b)", "a AND", "\ud800", "x" * 5000,
          "\\", "'a':1 & !b", "<->", '"a" NOT "b"'])  # fmt: skip
def test_what_is_searched_is_found_whatever_it_is(store: Store, queries: list[str]) -> None:
    made = corpus()
    fill(store, parsed_of(made))
    with store.view(Viewpoint(NOW)) as view:
        for query in queries:
            phrases = phrases_of(query)
            found = {one.path for one in searched(view, query)}
            shown = {one.path for one in made if Viewpoint(NOW).shows(one)}
            if phrases:
                shown &= {one.path for one in made if holds(one, phrases)}
            missing = {path for path in shown - found if not is_rival(path, made)}
            assert (found - shown, missing) == (set(), set()), query


def is_rival(path: str, made: list[Article]) -> bool:
    [one] = [one for one in made if one.path == path]
    return sum(other.id == one.id for other in made) > 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("TIDE", ["latin"]),
        ("tid", []),
        ("deja", ["latin"]),
        ("łódź", ["latin"]),
        ("naive strasse", ["latin"]),
        ("京", ["chinese", "japanese"]),
        ("东京", ["chinese"]),
        ("京都", ["chinese"]),
        ("都京", []),
        ('"東 京"', ["japanese"]),
        ("ハンカク", ["japanese"]),
        ("バス", ["voiced"]),
        ("ハス", []),
        ("काम", ["hindi two"]),
        ("कीम", []),
        ("학교", ["school"]),
        ("한국", ["school"]),
        ("rocketry", ["long"]),
        ("quirky", ["long"]),
        ("елка", ["russian"]),
        ("θαλασσας", ["greek"]),
        ("οδυσσευσ", ["greek"]),
        ("חדשות", ["hebrew"]),
        ("istanbul deniz", ["turkish"]),
        ("fish", ["signs"]),
        ("2026", ["numbers"]),
        ("three", ["fields"]),
        ("six", ["fields"]),
        ("post", ["fields"]),
        ("deep", ["fields"]),
        ('"one two"', ["fields"]),
        ('"two three"', []),
        ('"six seven"', ["fields"]),
    ],
)
def test_what_is_found(store: Store, query: str, names: list[str]) -> None:
    made = [
        one for one in corpus() if one.path in {f"{name}.md" for name in (*TEXTS, "fields", "long")}
    ]
    fill(store, parsed_of(made))
    with store.view(Viewpoint(NOW)) as view:
        assert sorted(one.id for one in searched(view, query)) == names


def test_a_search_is_a_feed(site: Site) -> None:
    site.write("a.md", "title: Tidal power\npublishedDateTime: 2026-01-01", "The *moon* pulls.")
    site.write("b.md", "title: Moon dust\npublishedDateTime: 2026-01-02\npublished: false")
    site.read()
    assert site.titles("/custom.json?q=moon") == ["Tidal power"]
    for format in ("rss", "atom"):
        feed = site.client.get(f"/custom.{format}?q=moon")
        assert "Tidal power" in feed.text
        assert "With “moon” – Test News" in feed.text
        assert "dust" not in feed.text


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("short", 5, "short"),
        ("one two three", 10, "one two…"),
        ("one, two three", 6, "one…"),
        ("a-very-long-word-indeed", 10, "a-very-lo…"),
        ("x a-very-long-word-indeed", 10, "x a-very…"),
        ("大潮の日曜日、灯台下の磯で", 8, "大潮の日曜日、…"),
        ("大潮の日曜日灯台下の磯で", 8, "大潮の日曜日灯…"),
        ("e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("", 3, ""),
    ],
)
def test_text_is_cut_between_words_where_it_has_any(text: str, length: int, expected: str) -> None:
    assert shorten(text, length) == expected
