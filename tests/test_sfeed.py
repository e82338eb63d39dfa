"""sfeed, a parser in C without an XML library, turns every golden feed into its lines of text.

It reads XML as its author thinks feeds use it: no namespaces, no schema, the first of several
elements, one spelling of each date. What comes out right here does so in the many readers that
are as simple. All nine columns of every line are compared with the article.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from goldens import QUERIES, render, settings
from lxml.html import fragment_fromstring
from support import BASE_URL, FIXTURES, RULES, Site, served, words

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.entry import Entry, make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.select import select
from feedsvc.index.view import View

pytestmark = pytest.mark.needs("sfeed")

CASES = [(name, format) for name in QUERIES for format in (Format.RSS, Format.ATOM)]
ADDRESSES = Addresses(BASE_URL)
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}


def columns(line: str) -> list[str]:
    """One line of sfeed(5): timestamp, title, link, content, content-type, id, author,
    enclosure, category. The content alone can hold line breaks, which are escaped.
    """
    found = line.split("\t")
    found[3] = re.sub(r"\\[nt\\]", lambda escape: ESCAPES[escape[0]], found[3])
    return found


def expected(entry: Entry, format: Format) -> list[str]:
    article = entry.article
    when = article.published
    if when is None and format is Format.ATOM:
        since = datetime(RULES.since.year, RULES.since.month, RULES.since.day, tzinfo=UTC)
        when = article.updated or since
    content = entry.html or article.excerpt
    is_html = entry.html or format is Format.RSS
    return [
        f"{when.timestamp():.0f}" if when else "",
        article.title,
        entry.link,
        content,
        ("html" if is_html else "plain") if content else "",
        article.id,
        article.creators[0].name if article.creators else "",
        ADDRESSES.image(entry.enclosures[0]) if entry.enclosures else "",
        # In Atom it takes the terms, for programs, not the labels, for people.
        "|".join(topic.slug if format is Format.ATOM else topic.label for topic in article.topics),
    ]


def as_text(line: list[str], entry: Entry) -> list[str]:
    """The line with text in place of the HTML that RSS wants where the article has text."""
    if line[4] == "html" and not entry.html:
        text = fragment_fromstring(line[3], create_parent="div").text_content()
        return [*line[:3], text, *line[4:]]
    return line


@pytest.mark.parametrize(("name", "format"), CASES)
def test_every_column_is_the_articles(view: View, name: str, format: Format) -> None:
    feed = render(view, name, format)
    run = subprocess.run(["sfeed"], input=feed, check=True, timeout=60, capture_output=True)
    lines = [columns(line) for line in run.stdout.decode().split("\n") if line]
    chosen = select(QUERIES[name], view, settings().describe_site(), 50)
    entries = [make_entry(article, ADDRESSES, chosen.options) for article in chosen.articles]
    assert [as_text(line, entry) for line, entry in zip(lines, entries, strict=True)] == [
        expected(entry, format) for entry in entries
    ]


@pytest.mark.needs("curl")
@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_sfeed_update_subscribes_over_http(
    make_site: Callable[..., Site], tmp_path: Path, format: Format
) -> None:
    site = make_site(site__url=None, content__folders=[str(FIXTURES / "articles")])
    site.read()
    with served(site.app) as base:
        (tmp_path / "sfeedrc").write_text(
            f"sfeedpath={tmp_path}/feeds\nfeeds() {{ feed news {base}/feed.{format}; }}\n"
        )
        for _ in range(2):  # the second time nothing is doubled
            subprocess.run(
                ["sfeed_update", tmp_path / "sfeedrc"], check=True, timeout=60, capture_output=True
            )
        feed = site.client.get("/feed.json", base_url=base).json
    assert feed is not None
    text = (tmp_path / "feeds" / "news").read_text(encoding="utf-8")
    stored = [columns(line) for line in text.split("\n") if line]
    assert sorted((line[5], line[1], line[2]) for line in stored) == sorted(
        (item["id"], item["title"], item["url"]) for item in feed["items"]
    )
    contents = {
        line[5]: words(line[3]) if line[4] == "html" else " ".join(line[3].split())
        for line in stored
    }
    for item in feed["items"]:
        if "summary" in item or "<p>Related" in item["content_html"]:
            assert contents[item["id"]] == words(item["content_html"])
