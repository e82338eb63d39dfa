"""The builder without a browser: what the form says, and the lines of config.yaml it writes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given, settings
from lxml import html
from queries import queries
from support import Site

from feedsvc.config import load_settings
from feedsvc.feeds.query import FeedQuery
from feedsvc.feeds.snippet import config_snippet
from feedsvc.feeds.vocabulary import VOCABULARY, parse_query

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


@pytest.fixture
def filled(site: Site) -> Site:
    for number in range(50):
        site.write(f"{number}.md", f"{DATED}title: T{number}\nquality: {number}\n"
                   f"topics: [Sea, Label {number}]\nprovider: {{domain: p{number % 2}.example}}")  # fmt: skip
    site.write("held.md", DATED + "title: H\npublished: false\ntopics: [Secret plans]")
    site.read()
    return site


def form_of(site: Site, query: str = "") -> tuple[dict[str, list[str]], html.HtmlElement]:
    """What the form would send as it stands, and the page."""
    answer = site.client.get("/build" + (f"?{query}" if query else ""))
    assert answer.status_code == 200
    page = html.fromstring(answer.text)
    sent: dict[str, list[str]] = {}
    for name, value in page.get_element_by_id("builder").form_values():
        if value and (name, value) != ("order", "on"):  # as lxml reads an empty value
            sent.setdefault(name, []).append(value)
    return sent, page


def result(page: html.HtmlElement) -> str:
    return " ".join(page.get_element_by_id("result").text_content().split())


def test_empty_it_is_everything(filled: Site) -> None:
    sent, page = form_of(filled)
    assert sent == {}
    assert "50 stories now" in result(page)
    assert page.get_element_by_id("feed-url").get("value").endswith("/feed.rss")
    assert "feeds:" not in result(page)


@pytest.mark.parametrize(
    "parameters",
    [
        [("topic", "sea")],
        [("topic", "label-7"), ("topic", "sea"), ("not_provider", "p1.example")],
        [("min_quality", "10"), ("min_heat", "0"), ("order", "quality"), ("q", 'sea "t 1"')],
        [("since", "36500d"), ("has", "image"), ("limit", "7"), ("fold", "story")],
        [("pace", "3/week by quality")],
        [("pace", "7/day by newest")],
        [("all_topic", "sea"), ("all_topic", "label-1"), ("content", "full"), ("images", "none")],
        [("until", "2026-03-05"), ("language", "en")],
    ],
)
def test_it_keeps_what_was_asked_for(filled: Site, parameters: list[tuple[str, str]]) -> None:
    sent, page = form_of(filled, urlencode(parameters))
    asked = parse_query(parameters)
    assert parse_query((name, one) for name, values in sent.items() for one in values) == asked
    url = page.get_element_by_id("feed-url").get("value")
    told = filled.client.get(f"/api/query?{urlencode(parameters)}").json
    assert told is not None
    assert url == told["urls"]["rss"]
    assert f"{told['matches']} stor" in result(page)
    assert told["title"] in result(page)


def test_labels_and_other_spellings_are_understood(filled: Site) -> None:
    sent, page = form_of(filled, "topic=Label+7&topic=SEA&q=")
    assert sent == {"topic": ["sea", "label-7"]}
    assert "50 stories now" in result(page)


def test_the_commonest_names_are_offered_and_all_can_be_named(filled: Site) -> None:
    _, page = form_of(filled)
    offered = page.xpath("//input[@name='topic' and @type='checkbox']/@value")
    assert len(offered) == 40
    assert "sea" in offered
    assert offered[0] == "sea", "the commonest first"
    _, chosen = form_of(filled, "not_topic=label-49")
    assert chosen.xpath("//input[@name='not_topic']/@value")[0] == "label-49"
    rest = page.xpath("//datalist[@id='topics-rest']/option/@value")
    assert len(rest) == 11
    assert "Secret plans" not in rest
    assert "secret-plans" not in offered


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("min_quality=many", "Quality of at least: expected a whole number"),
        ("topic=No+Body", "there is no topic “No Body”. Did you mean"),
        ("not_provider=p3.example", "there is no provider “p3.example”. Did you mean p0.example"),
        ("since=7d&pace=1/day", "Not older than: expected a day beside pace, found '7d'"),
        ("all_category=a&not_category=a", "category"),
        ("topci=sea", "there is no condition topci. Did you mean topic"),
        ("action=x&topic=sea", "there is no condition action."),
    ],
)
def test_mistakes_are_told_and_nothing_is_lost(filled: Site, query: str, said: str) -> None:
    sent, page = form_of(filled, f"q=tide&{query}")
    assert "That can’t be" in result(page)
    assert said in result(page)
    assert sent["q"] == ["tide"]
    assert "feed-url" not in html.tostring(page).decode()
    # Nothing in the form has a name that a script could take for one of the form's own.
    assert set(sent) <= set(VOCABULARY)
    if query.startswith("min_quality"):
        assert sent["min_quality"] == ["many"]
        [field] = page.xpath("//*[@aria-invalid]")
        assert field.get("name") == "min_quality"


def test_what_may_have_been_meant_is_a_tap_away(filled: Site) -> None:
    _, page = form_of(filled, "q=tide&topic=labl+7&not_topic=sea")
    [link] = [one for one in page.xpath("//p[@id='matches']/a") if one.text == "Label 7"]
    assert link.get("href") == "/build?q=tide&topic=label-7&not_topic=sea"
    assert filled.client.get(link.get("href")).status_code == 200


@settings(max_examples=60, deadline=None)
@given(queries())
def test_the_lines_for_the_configuration_mean_the_same(
    tmp_path_factory: pytest.TempPathFactory, query: FeedQuery
) -> None:
    # The configuration takes no signs that this Python doesn't know.
    assume(all(value.isprintable() for _, value in query.as_parameters()))
    file = tmp_path_factory.mktemp("snippet") / "config.yaml"
    file.write_text(config_snippet(query, "Sea: the “best” – 海"), encoding="utf-8")
    [(name, saved)] = load_settings(file, {}).feeds.saved.items()
    assert name == "a-name-for-it"
    assert saved.title == "Sea: the “best” – 海"
    assert parse_query(saved.parameters) == query


def test_a_name_is_made_of_the_words(tmp_path: Path) -> None:
    query = parse_query([("topic", "sea"), ("min_quality", "60")])
    assert config_snippet(query, "Sea, quality 60 and up") == (
        "feeds:\n  saved:\n    sea-quality-60-and-up:\n      title: Sea, quality 60 and up\n"
        "      topic: sea\n      min_quality: 60\n"
    )


def test_a_long_name_ends_with_a_word() -> None:
    query = parse_query([("topic", "sea")])
    assert "\n    of-tables-and-other-things-that-are:\n" in (
        config_snippet(query, "Of tables, and other things that are uncommonly long")
    )


def test_every_box_may_be_ticked(filled: Site) -> None:
    labels = [("topic", f"label-{number}") for number in range(45)]
    blanks = [(name, "") for name in VOCABULARY] * 2
    _, page = form_of(filled, urlencode([*labels, *blanks]))
    assert "45 stories now" in result(page)
    _, page = form_of(filled, urlencode([*labels, *[("topic", f"t{n}") for n in range(9)]]))
    assert "That can’t be" in result(page)


def test_nobody_who_is_held_back_is_given_away(filled: Site) -> None:
    _, page = form_of(filled, "topic=secret-plans")
    assert "0 stories" in result(page)
    assert "Secret" not in html.tostring(page, encoding="unicode")
