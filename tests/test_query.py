"""A query, its normal form and its address: each has exactly one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queries import labels, queries

from feedsvc.errors import QueryError
from feedsvc.feeds.query import FeedQuery, Format, Pace, feed_of
from feedsvc.feeds.vocabulary import VOCABULARY, name_of, parse_query
from feedsvc.model import Facet, Filter, Names, Order
from feedsvc.words import phrases_of, print_phrases


def parameters_at(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


@given(queries(), st.randoms())
def test_query_to_url_to_query_is_the_identity(query: FeedQuery, random: object) -> None:
    url = query.feed_path(Format.ATOM)
    assert url.isascii()
    if query.path == "custom":
        assert parse_query(parameters_at(url)) == query
        assert urlsplit(url).path == "custom.atom"
    given = query.as_parameters()
    again = [*given, *given]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert parse_query(again) == query
    assert parse_query(again).feed_path(Format.ATOM) == url
    assert hash(parse_query(again)) == hash(query)


@given(
    st.lists(st.tuples(st.sampled_from([*VOCABULARY, "foo", ""]), st.text(max_size=12)), max_size=4)
)
def test_any_parameters_give_a_query_or_say_what_is_wrong(pairs: list[tuple[str, str]]) -> None:
    told = []
    try:
        query = parse_query(pairs)
    except QueryError as error:
        told = [error.expected, error.found, str(error)]
    else:
        assert parse_query(query.as_parameters()) == query
    assert all(text and text.isprintable() for text in told)


@given(st.text())
def test_words_are_what_they_are_printed_as(text: str) -> None:
    phrases = phrases_of(text)
    assert phrases_of(print_phrases(phrases)) == phrases


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "feed.rss"),
        ("topic=AI", "topics/ai.rss"),
        ("topic=AI in Healthcare&topic=AI", "topics/ai+ai-in-healthcare.rss"),
        ("provider=Reuters.com&topic=ai", "topics/ai/providers/reuters.com.rss"),
        ("topic=a&topic=b&type=Video&type=text", "topics/a+b/types/text+video.rss"),
        ("topic=a&provider=b&type=c", "custom.rss?provider=b&topic=a&type=c"),
        ("all_topic=a", "topics/a.rss"),
        ("topic=a&all_topic=b", "custom.rss?all_topic=a&all_topic=b"),
        ("topic=a&topic=b&all_topic=a", "topics/a.rss"),
        ("topic=a&topic=b&not_topic=b", "custom.rss?not_topic=b&topic=a"),
        ("provider=a&not_provider=b", "providers/a.rss"),
        ("not_type=Press release", "custom.rss?not_type=press-release"),
        ("language=pt_BR", "languages/pt-br.rss"),
        ("language=en&language=en-GB", "languages/en.rss"),
        ("all_language=en&all_language=en-GB", "languages/en-gb.rss"),
        ("language=en&not_language=en-GB", "custom.rss?language=en&not_language=en-gb"),
        ("language=de&not_language=en&not_language=en-us", "custom.rss?language=de&not_language=en"),
        ("q=バス", "custom.rss?q=%E3%83%90%E3%82%B9"),
        ("q=학교", "custom.rss?q=%ED%95%99%EA%B5%90"),
        ("author=Jane Doe", "authors/jane-doe.rss"),
        ("order=newest&topic=a", "topics/a.rss"),
        ("order=heat&topic=a", "custom.rss?order=heat&topic=a"),
        # Their defaults can be configured, so that what was asked for stays in the address.
        ("limit=50&content=full&images=enclosure", "custom.rss?content=full&images=enclosure&limit=50"),
        ("min_quality=060", "custom.rss?min_quality=60"),
        ("min_quality=0", "custom.rss?min_quality=0"),
        ("since=48h&until=1d", "custom.rss?since=2d&until=1d"),
        ("since=2w", "custom.rss?since=14d"),
        ("since=36h", "custom.rss?since=36h"),
        ("since=2026-01-01", "custom.rss?since=2026-01-01"),
        ("q=Zebra  ÄPFEL", "custom.rss?q=apfel+zebra"),
        ("q=\"the Sea\" the", "custom.rss?q=the+%22the+sea%22"),
        ("q=東京", "custom.rss?q=%E6%9D%B1%E4%BA%AC"),
        ("pace=5/day", "custom.rss?pace=5/day+by+heat"),
        ("pace=1/week by newest", "custom.rss?pace=1/week+by+newest"),
        ("fold=story&has=image", "custom.rss?fold=story&has=image"),
        ("topic=&q= &limit=", "feed.rss"),
        ("topic=C++&topic=a/b", "topics/a-b+c-plus-plus.rss"),
        ("topic=日本", "topics/%E6%97%A5%E6%9C%AC.rss"),
    ],
)  # fmt: skip
def test_one_address(given: str, url: str) -> None:
    pairs = [
        (name, value) for name, _, value in (one.partition("=") for one in given.split("&")) if name
    ]
    query = parse_query(pairs)
    assert query.feed_path(Format.RSS) == url
    stem, _, asked = url.partition("?")
    archive = stem.removesuffix(".rss").removesuffix("feed").rstrip("/")
    expected = f"{archive}/archive/3.rss".lstrip("/") + (f"?{asked}" if asked else "")
    assert query.feed_path(Format.RSS, 3) == expected


@pytest.mark.parametrize(
    ("given", "parameter", "expected"),
    [
        ("topci=a", "topci", "one of topic, "),
        ("all_provider=a", "all_provider", "one of topic, "),
        ("min_quality=-1", "min_quality", "a whole number from 0"),
        ("min_quality=６０", "min_quality", "a whole number from 0"),
        ("min_heat=1e3", "min_heat", "a whole number from 0"),
        ("limit=0", "limit", "from 1 to 500"),
        ("limit=501", "limit", "from 1 to 500"),
        ("limit=5&limit=6", "limit", "one value"),
        ("since=yesterday", "since", "a day such as"),
        ("since=0d", "since", "a day such as"),
        ("since=2026-02-30", "since", "a day such as"),
        ("since=20260130", "since", "a day such as"),
        ("until=0001-01-01", "until", "a day such as"),
        ("since=1d&until=2d", "until", "a time after since"),
        ("since=2d&until=2d", "until", "a time after since"),
        ("since=2026-02-01&until=2026-01-31", "until", "a time after since"),
        ("q=...", "q", "one to 50 words"),
        ("q=" + "a" * 201, "q", "one to 50 words"),
        ("q=" + " ".join(f"w{n}" for n in range(51)), "q", "one to 50 words"),
        ("since=99999d", "since", "a day such as"),
        ("has=video", "has", "image"),
        ("order=hottest", "order", "newest, heat or quality"),
        ("content=all", "content", "full or excerpt"),
        ("images=yes", "images", "enclosure, media"),
        ("pace=0/day", "pace", "a pace such as"),
        ("pace=5/month", "pace", "a pace such as"),
        ("pace=5/day by size", "pace", "a pace such as"),
        ("pace=5/day&order=heat", "order", "beside pace"),
        ("pace=5/day&since=7d", "since", "a day beside pace"),
        ("pace=5/day&until=12h", "until", "a day beside pace"),
        ("language=en-GB&not_language=en", "not_language", "no name that language asks for"),
        ("q=" + " ".join(f"aa{n:02}-bbb" for n in range(22)), "q", "one to 50 words"),
        ("fold=topic", "fold", "story"),
        ("topic=a&not_topic=A", "not_topic", "no name that topic asks for"),
        ("all_topic=a&all_topic=b&not_topic=b", "not_topic", "no name that topic asks for"),
        ("&".join(f"topic=t{n}" for n in range(51)), "topic", "at most 50 names"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_told(given: str, parameter: str, expected: str) -> None:
    pairs = [(name, value) for name, _, value in (one.partition("=") for one in given.split("&"))]
    with pytest.raises(QueryError) as caught:
        parse_query(pairs)
    assert caught.value.parameter == parameter
    assert expected in caught.value.expected


def test_every_word_is_explained() -> None:
    for one in VOCABULARY.values():
        assert parse_query([(one.name, one.example)]) != FeedQuery()
        assert one.meaning.endswith(".")


@given(labels)
def test_a_name_resolved_twice_is_the_same(label: str) -> None:
    for facet in Facet:
        once = name_of(facet, label)
        assert name_of(facet, once) == once


def test_a_facet_twice_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="each facet once"):
        FeedQuery(Filter((Names(Facet.TOPIC, ("a",)), Names(Facet.TOPIC, ("b",)))))


@pytest.mark.parametrize(
    ("zone", "since", "start", "end"),
    [
        ("UTC", date(2026, 3, 29), "2026-03-29T00:00", "2026-03-30T00:00"),
        # A day of 23 hours, of 25, one that begins at 1, and one that isn't there at all.
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T23:00"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00", "2018-11-05T02:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_days_are_those_of_the_site(zone: str, since: date, start: str, end: str) -> None:
    query = FeedQuery(since=since, until=since)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    wanted = query.filter_at(now, ZoneInfo(zone))
    assert wanted.start == datetime.fromisoformat(f"{start}:00+00:00")
    assert wanted.end == datetime.fromisoformat(f"{end}:00+00:00")


def test_which_feeds_have_an_archive() -> None:
    kept = [FeedQuery(), feed_of(Facet.TOPIC, "a", "b"), FeedQuery(until=timedelta(days=1)),
            FeedQuery(since=date(2026, 1, 1), limit=3)]  # fmt: skip
    moving = [FeedQuery(since=timedelta(days=1)), FeedQuery(order=Order.HEAT),
              FeedQuery(pace=Pace(1, "day")), FeedQuery(folds=True)]  # fmt: skip
    assert all(query.has_archive for query in kept)
    assert not any(query.has_archive for query in moving)
