"""gPodder subscribes over HTTP and downloads what a feed encloses: a real download, of a picture.

gPodder is for podcasts, but an enclosure is an enclosure: where an entry has no audio or video,
it takes the first picture as the episode's file. So it shows the whole way that newsboat leaves
out: address, type and size in the feed, then the picture itself from /media. An entry without
pictures is an episode without a file; `gpo download` tries it and leaves an empty .partial.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from support import FIXTURES, Site, served

pytestmark = pytest.mark.needs("gpo")

PICTURE = FIXTURES / "articles" / "square.png"
DOWNLOADED, NORMAL = 1, 0  # gPodder's states of an episode


@pytest.fixture
def pictured(make_site: Callable[..., Site]) -> Site:
    site = make_site(site__url=None, site__title="Fish & News", site__description="Of the sea.")
    shutil.copy(PICTURE, site.folder / "first.png")
    Image.new("RGB", (4, 3)).save(site.folder / "second.png")
    site.write(
        "pictured.md",
        "title: 'Pictured: a < b'\npublishedDateTime: 2026-03-04T10:00:00Z\n"
        "webUrl: https://a.example/pictured?a=1&b=2\nimages: [first.png, second.png]",
        "A *body*.",
    )
    site.write(
        "bare.md",
        "title: Bare\npublishedDateTime: 2026-03-03T10:00:00Z\nwebUrl: https://a.example/bare",
        "Another *body*.",
    )
    site.read()
    return site


def stamp(day: int) -> int:
    return int(datetime(2026, 3, day, 10, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_gpodder_downloads_the_first_picture(pictured: Site, tmp_path: Path, format: str) -> None:
    home = tmp_path / "gpodder"
    # Nothing of ours reaches Debian's Python, no proxy stands before the loopback address.
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
        "GPODDER_HOME": str(home),
    }
    with served(pictured.app) as base:
        # The second time there is nothing new, and nothing is doubled.
        for command in (["subscribe", f"{base}/feed.{format}"], ["update"], ["download"],
                        ["update"], ["download"]):  # fmt: skip
            subprocess.run(
                ["gpo", *command], env=environment, stdin=subprocess.DEVNULL,
                check=True, timeout=60, capture_output=True,
            )  # fmt: skip
    with sqlite3.connect(home / "Database") as database:
        channels = database.execute("SELECT title, url, link, description FROM podcast").fetchall()
        episodes = database.execute(
            "SELECT guid, title, link, published, description_html, url, mime_type, file_size,"
            " state FROM episode ORDER BY published DESC"
        ).fetchall()
    database.close()
    assert channels == [("Fish & News", f"{base}/feed.{format}", f"{base}/", "Of the sea.")]
    assert episodes == [
        ("https://a.example/pictured?a=1&b=2", "Pictured: a < b",
         "https://a.example/pictured?a=1&b=2", stamp(4), "<p>A <em>body</em>.</p>",
         f"{base}/media/articles/first.png", "image/png", PICTURE.stat().st_size, DOWNLOADED),
        ("https://a.example/bare", "Bare",
         "https://a.example/bare", stamp(3), "<p>Another <em>body</em>.</p>",
         "", "application/octet-stream", 0, NORMAL),
    ]  # fmt: skip
    files = [file for file in (home / "Downloads").rglob("*") if file.is_file()]
    assert {file.name: file.read_bytes() for file in files if file.suffix != ".partial"} == {
        "first.png": PICTURE.read_bytes()
    }
