"""An archive in the publisher's layout, checked against its own API's answers.

The fixture is a small archive of our own: articles in `_news`, and below `api/news/` what
the original site's API says of them: 25 a page there, 2 here; newest first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import FIXTURES, Site

ARCHIVE = FIXTURES / "archive"
TOPICS = ["", "tide-tables", "sea-and-sky"]


def api_titles(topic: str) -> list[str]:
    """All pages of the API's answer for a topic, one after the other."""
    titles: list[str] = []
    for number in range(1, 100):
        page = Path(ARCHIVE, "api", "news", topic, "page", str(number), "index.json")
        if not page.exists():
            break
        titles += [item["title"] for item in json.loads(page.read_text())["value"]]
    return titles


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_holds_what_the_api_lists_in_its_order(
    make_site: Callable[..., Site], topic: str
) -> None:
    site = make_site(content__folders=[str(ARCHIVE / "_news")], feeds__limit=500)
    site.read()
    expected = api_titles(topic)
    assert len(expected) >= 3
    assert site.titles(f"/topics/{topic}.json" if topic else "/feed.json") == expected


def test_the_whole_archive_breaks_nothing(make_site: Callable[..., Site]) -> None:
    site = make_site(content__folders=[str(ARCHIVE)], feeds__limit=500)
    site.read()
    titles = site.titles("/feed.json")
    assert {"Ferry simulator", "Ida Quay", "Gone course"} - set(titles) == {"Gone course"}
    assert not [problem for problem in site.problems() if "can't" in problem]
    assert "cGF5bG9hZA" not in site.client.get("/feed.json").text + "".join(site.problems())
