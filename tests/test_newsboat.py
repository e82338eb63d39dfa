"""A feed reader that we didn't write subscribes over HTTP and shows the articles."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support import FIXTURES, Site
from werkzeug.serving import make_server

pytestmark = pytest.mark.needs("newsboat")


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_newsboat_stores_every_article(
    make_site: Callable[..., Site], tmp_path: Path, format: str
) -> None:
    site = make_site(site__url=None, content__folders=[str(FIXTURES / "articles")])
    site.read()
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.port}"
        (tmp_path / "urls").write_text(f"{base}/feed.{format}\n")
        (tmp_path / "config").write_text("")
        for _ in range(2):  # the second time there is nothing new, and nothing is doubled
            subprocess.run(
                ["newsboat", "-u", tmp_path / "urls", "-C", tmp_path / "config",
                 "-c", tmp_path / "cache.db", "-x", "reload"],
                check=True, timeout=60, capture_output=True,
            )  # fmt: skip
        feed = site.client.get("/feed.json", headers={"Host": f"127.0.0.1:{server.port}"}).json
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert feed is not None
    with sqlite3.connect(tmp_path / "cache.db") as cache:
        rows = cache.execute("SELECT guid, title, url FROM rss_item").fetchall()
    cache.close()
    stored = {guid: (title, url) for guid, title, url in rows}
    assert len(rows) == len(feed["items"])
    for item in feed["items"]:
        title, url = stored[item["id"]]
        assert (title, url) == (item["title"], item["url"])
