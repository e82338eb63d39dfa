"""Whole feeds, byte for byte, and the same feeds through parsers that we didn't write.

`make goldens` writes the files anew; the difference is then reviewed like code.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from goldens import CASES, GOLDENS, QUERIES, render, selected
from support import BASE_URL, NOW

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.entry import make_entry
from feedsvc.feeds.query import Format
from feedsvc.feeds.site import FeedOptions
from feedsvc.index.view import View


@pytest.mark.parametrize(("name", "format"), CASES)
def test_the_bytes_are_those_of_the_golden(
    view: View, name: str, format: Format, request: pytest.FixtureRequest
) -> None:
    golden = GOLDENS / f"{name}.{format}"
    body = render(view, name, format)
    if request.config.getoption("--write-goldens"):
        golden.write_bytes(body)
    assert body == golden.read_bytes()


@pytest.mark.parametrize("hash_seed", ["0", "1"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_another_process_gives_the_same_bytes(hash_seed: str, zone: str, tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib, pathlib, goldens; "
        "from feedsvc.model import Viewpoint; "
        "store = goldens.read_store(pathlib.Path(sys.argv[2])); "
        "view = store.view(Viewpoint(goldens.NOW)); "
        "[print(name, format, hashlib.sha256(goldens.render(view, name, format)).hexdigest())"
        " for name, format in goldens.CASES]"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent), str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [
        f"{name} {format} {hashlib.sha256((GOLDENS / f'{name}.{format}').read_bytes()).hexdigest()}"
        for name, format in CASES
    ]
    assert answer.stdout.splitlines() == expected


def moment(parsed: time.struct_time | None) -> datetime | None:
    return datetime(*parsed[:6], tzinfo=UTC) if parsed else None


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_feedparser_sees_every_field(view: View, name: str, format: Format) -> None:
    headers = {"content-type": f"{format.content_type}; charset=utf-8"}
    parsed = feedparser.parse(render(view, name, format), response_headers=headers)
    assert not parsed.bozo
    articles = selected(view, name)
    assert len(parsed.entries) == len(articles)
    for entry, article in zip(parsed.entries, articles, strict=True):
        assert entry.id == article.id
        assert entry.title == article.title
        assert entry.get("link") == (
            article.url if article.url else f"{BASE_URL}stories/{article.slug}/"
        )
        assert moment(entry.get("published_parsed")) == article.published
        assert [tag.label or tag.term for tag in entry.get("tags", [])] == [
            topic.label for topic in article.topics
        ]
        names = [one.get("name") for one in entry.get("authors", [])]
        assert [one.name for one in article.creators] == [one for one in names if one]
        urls = [
            image.url if "//" in image.url else BASE_URL + image.url for image in article.images
        ]
        enclosures = [one.href for one in entry.get("enclosures", [])]
        assert enclosures == (urls[:1] if format is Format.RSS else urls)
        assert [one["url"] for one in entry.get("media_content", [])] == urls
        if format is Format.ATOM:
            assert moment(entry.updated_parsed) == (
                article.updated or NOW.replace(month=1, day=1, hour=0)
            )
            if article.excerpt:
                assert entry.summary == article.excerpt
            html = make_entry(article, Addresses(BASE_URL), FeedOptions()).html
            assert [one.value for one in entry.get("content", [])] == ([html] if html else [])


@pytest.mark.parametrize("name", QUERIES)
def test_json_feed_holds_every_field(view: View, name: str) -> None:
    feed = json.loads(render(view, name, Format.JSON))
    articles = selected(view, name)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    for item, article in zip(feed["items"], articles, strict=True):
        assert item["id"] == article.id
        assert item["title"] == article.title
        assert item.get("summary", "") == article.excerpt
        assert item.get("tags", []) == [topic.label for topic in article.topics]
        assert [one["name"] for one in item.get("authors", [])] == [
            one.name for one in article.creators
        ]
        assert len(item.get("attachments", [])) == len(article.images)
        assert item.get("language") == article.language
        published = item.get("date_published")
        assert (datetime.fromisoformat(published) if published else None) == article.published


@pytest.mark.parametrize("golden", sorted(GOLDENS.iterdir()), ids=lambda path: path.name)
def test_no_golden_knows_what_is_held_back(golden: Path) -> None:
    text = golden.read_text(encoding="utf-8")
    for trace in ("Held back", "From the future", "unpublished", "Secret", "2036", "Not yet"):
        assert trace not in text
