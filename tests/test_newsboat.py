"""A feed reader that we didn't write subscribes over HTTP and shows the articles."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import FIXTURES, Site, served, words

pytestmark = pytest.mark.needs("newsboat")


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_newsboat_stores_every_article(
    make_site: Callable[..., Site], tmp_path: Path, format: str
) -> None:
    site = make_site(site__url=None, content__folders=[str(FIXTURES / "articles")])
    site.read()
    with served(site.app) as base:
        (tmp_path / "urls").write_text(f"{base}/feed.{format}\n")
        (tmp_path / "config").write_text("")
        for _ in range(2):  # the second time there is nothing new, and nothing is doubled
            subprocess.run(
                ["newsboat", "-u", tmp_path / "urls", "-C", tmp_path / "config",
                 "-c", tmp_path / "cache.db", "-x", "reload"],
                check=True, timeout=60, capture_output=True,
            )  # fmt: skip
        feed = site.client.get("/feed.json", base_url=base).json
    assert feed is not None
    with sqlite3.connect(tmp_path / "cache.db") as cache:
        rows = cache.execute("SELECT guid, title, url, content, pubDate FROM rss_item").fetchall()
    cache.close()
    stored = {guid: rest for guid, *rest in rows}
    assert len(rows) == len(feed["items"])
    for item in feed["items"]:
        title, url, content, seconds = stored[item["id"]]
        assert (title, url) == (item["title"], item["url"])
        if "summary" in item or "<p>Related" in item["content_html"]:
            # The summary of Atom is plain text, and stored as it is.
            is_plain = format == "atom" and content == item.get("summary")
            text = " ".join(content.split()) if is_plain else words(content)
            assert text == words(item["content_html"])
        if "date_published" in item:
            assert datetime.fromtimestamp(seconds, UTC) == datetime.fromisoformat(
                item["date_published"]
            )
