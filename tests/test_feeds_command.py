"""`feedsvc feeds` and `feedsvc show`: the feeds of a site without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from clients import put
from flask.testing import FlaskClient

from feedsvc.cli import main
from feedsvc.config import load_settings
from feedsvc.index.store import Store
from feedsvc.wiring import make_app, task_of

CONFIG = """
site: {url: 'https://news.example.org/sub/', title: Harbour}
content: {folders: [articles]}
serving:
  old_addresses: {/blog/sea.xml: /topics/sea.rss}
feeds:
  limit: 2
  saved: {weekly: {topic: Sea, title: Each week, aliases: [long-reads]}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "articles"
    folder.mkdir()
    for day in range(1, 6):
        topics = "[Sea, Été]" if day < 4 else "[Energy]"
        put(folder, f"story-{day}", f"publishedDateTime: 2026-01-0{day}\ntopics: {topics}")
    Path("config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def web(folder: Path) -> Iterator[FlaskClient]:
    """The site as it is served, once a command has read it."""
    run("feeds")
    settings = load_settings(Path("config.yaml"), {})
    with closing(Store(task_of(settings).place)) as store:
        yield make_app(settings, store).test_client()


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_all_feeds_are_listed(folder: Path) -> None:
    answer = run("feeds")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "everything  Harbour           5 entries  2026-01-05  feed.rss .atom .json",
        "saved       Each week         3 entries  2026-01-03  feeds/weekly.rss .atom .json",
        "topics      Energy – Harbour  2 entries  2026-01-05  topics/energy.rss .atom .json",
        "topics      Sea – Harbour     3 entries  2026-01-03  topics/sea.rss .atom .json",
        "topics      Été – Harbour     3 entries  2026-01-03  topics/été.rss .atom .json",
        "languages   en – Harbour      5 entries  2026-01-05  languages/en.rss .atom .json",
    ]


def test_wide_signs_stay_in_their_columns(folder: Path) -> None:
    put(folder, "story-6", "topics: [北京]")
    lines = run("feeds").stdout.splitlines()
    assert "topics      Sea – Harbour     3 entries  2026-01-03  " in lines[3]
    assert "topics      北京 – Harbour    1 entry    2026-01-01  " in lines[5]


def test_programs_get_what_the_web_says(web: FlaskClient) -> None:
    answer = run("feeds", "--json")
    assert answer.stdout_bytes == web.get("/api/feeds.json").data
    assert json.loads(answer.stdout)["feeds"][0]["entries"] == 5


def test_an_empty_site_has_a_feed(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    (folder / "notes.txt").touch()
    Path("config.yaml").unlink()
    assert run("feeds").stdout == "everything  News  0 entries    feed.rss .atom .json\n"


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["feed"], "/feed.rss"),
        (["/feed.atom"], "/feed.atom"),
        (["feed", "--format", "json"], "/feed.json"),
        (["feed.rss", "--format", "json"], "/feed.json"),
        (["feed", "--page", "2"], "/archive/2.rss"),
        (["archive/1.json"], "/archive/1.json"),
        (["topics/sea", "--format", "atom"], "/topics/sea.atom"),
        (["topics/sea/"], "/topics/sea.rss"),
        (["topics/Sea"], "/topics/sea.rss"),
        (["topics/été.json"], "/topics/%C3%A9t%C3%A9.json"),
        (["topics/sea+energy.json"], "/topics/energy+sea.json"),
        (["topics/sea/archive/1.atom"], "/topics/sea/archive/1.atom"),
        (["feeds/weekly"], "/feeds/weekly.rss"),
        (["feeds/long-reads.json"], "/feeds/weekly.json"),
        (["blog/sea.xml"], "/topics/sea.rss"),
        (["atom.xml"], "/feed.atom"),
        (["custom?topic=sea&q=story&utm_source=x"], "/custom.rss?q=story&topic=sea"),
        (["custom.json?topic=sea&q=story"], "/custom.json?q=story&topic=sea"),
        (["custom?topic=sea"], "/topics/sea.rss"),
        (["https://news.example.org/sub/topics/%C3%A9t%C3%A9.json"], "/topics/%C3%A9t%C3%A9.json"),
        (["http://127.0.0.1:8000/custom.rss?q=story"], "/custom.rss?q=story"),
        (["https://news.example.org/sub/"], "/feed.rss"),
    ],
    ids=str,
)
def test_a_feed_is_shown_as_it_is_served(
    web: FlaskClient, arguments: list[str], address: str
) -> None:
    answer = run("show", *arguments)
    assert (answer.exit_code, answer.stderr) == (0, "")
    served = web.get(address, base_url="https://news.example.org/sub/")
    assert served.status_code == 200
    assert answer.stdout_bytes == served.data


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["topics/sae"], "There is no feed topics/sae.\nDid you mean sea or energy or été?\n"),
        (["feeds/weakly"], "There is no feed feeds/weakly.\nDid you mean weekly?\n"),
        (["stories/a"], "There is no feed stories/a.\n"),
        (["feed", "--page", "9"], "There is no archive page 9 of feed.\n"),
        (["custom?limit=none"], "limit: expected a whole number from 1 to 500, found 'none'.\n"),
        (
            ["https://other.example/feed.rss"],
            "Expected an address of https://news.example.org/sub/, "
            "found https://other.example/feed.rss.\n",
        ),
        (["http://[/feed"], "Expected the path of a feed, found http://[/feed.\n"),
    ],
    ids=str,
)
def test_what_is_no_feed(
    web: FlaskClient, folder: Path, arguments: list[str], message: str
) -> None:
    answer = run("show", *arguments)
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", message)


def test_a_mistake_is_told_as_the_web_tells_it(web: FlaskClient) -> None:
    for path in ("topics/sae", "custom?topci=sea", "custom?topic=sae", "feeds/weakly"):
        base, _, query = path.partition("?")
        said = json.loads(web.get(f"/{base}.rss?{query}").data)
        told = run("show", path).stderr
        assert told.startswith(f"{said['detail']}\n")
        assert told.splitlines()[1:] == [f"Did you mean {' or '.join(said['nearest'])}?"]


def test_a_format_that_is_not_served(folder: Path) -> None:
    Path("config.yaml").write_text("feeds: {formats: [json]}\n")
    assert run("show", "feed").stdout.startswith("{")
    answer = run("show", "feed.rss")
    assert (answer.exit_code, answer.stderr) == (
        2,
        "--format: expected one of json, found rss.\n",
    )


def test_without_a_public_address_feeds_carry_the_usual_one(folder: Path) -> None:
    Path("config.yaml").unlink()
    shown = json.loads(run("show", "feed", "--format", "json").stdout)
    assert shown["feed_url"] == "http://127.0.0.1:8000/feed.json"
    listed = json.loads(run("feeds", "--json").stdout)
    assert listed["feeds"][0]["urls"]["json"] == shown["feed_url"]
