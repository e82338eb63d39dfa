"""`feedsvc diff`: what subscribers would see, whatever the two sides are made of."""

from __future__ import annotations

import http.server
import io
import json
import re
import shlex
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from support import NOW, ROOT, served

from feedsvc.cli import main
from feedsvc.compare import compare, fetch
from feedsvc.compare.changes import Comparison, compare_feed
from feedsvc.compare.documents import read_document
from feedsvc.compare.feed import Entry, Feed, Offered, each_once
from feedsvc.compare.revision import _unpack
from feedsvc.compare.sides import Opener
from feedsvc.config import load_settings
from feedsvc.errors import SideError
from feedsvc.feeds.query import Format
from feedsvc.index.store import Store
from feedsvc.index.sync import sync
from feedsvc.wiring import make_app, now, task_of

SITE = "site: {url: 'https://news.example.org/', id_authority: news.example.org}\n"
CONFIG = SITE + "feeds: {limit: 3}\n"


def write(folder: Path, name: str, fields: str = "", body: str = "") -> None:
    """An article with a link of its own, from January; `fields` win."""
    own = {"title": name.title(), "date": "2026-01-01", "topics": "[Sea]"}
    own["webUrl"] = f"https://paper.example/{name}"
    given = dict(line.split(": ", 1) for line in fields.splitlines())
    lines = [f"{key}: {value}" for key, value in (own | given).items() if value != "none"]
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(["---", *lines, "---", body or f"Of {name}.", ""])
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def make(folder: Path, number: int = 5, config: str = CONFIG) -> Path:
    """A site: a folder with a configuration and articles of as many days."""
    for day in range(1, number + 1):
        write(folder / "articles", f"story-{day}", f"date: 2026-01-0{day}")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    return folder


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["diff", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def diff(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def told(*arguments: object) -> dict:
    return json.loads(diff(*arguments, "--format", "json"))


def kinds(*arguments: object) -> dict[str, int]:
    return {name: number for name, number in told(*arguments)["counts"].items() if number}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sites(here: Path) -> tuple[Path, Path]:
    """Two sites that are the same."""
    return make(Path("old")), make(Path("new"))


class TestEntries:
    def test_nothing_differs(self, sites: tuple[Path, Path]) -> None:
        assert diff(*sites) == (
            "3 feeds compared: 0 new, 0 changed, 0 disappeared, 0 re-delivered\n"
        )
        assert told(*sites) == {
            "old": {"name": "old", "left_out": 0},
            "new": {"name": "new", "left_out": 0},
            "compared": 3,
            "counts": {"new": 0, "changed": 0, "disappeared": 0, "re-delivered": 0},
            "articles": [],
            "feeds": [],
        }
        assert not list(Path.cwd().rglob(".feedsvc"))

    def test_all_kinds_by_article_and_by_feed(self, sites: tuple[Path, Path]) -> None:
        articles = sites[1] / "articles"
        write(articles, "story-1", "date: 2026-01-01\ntitle: Another", "Other words")
        (articles / "story-2.md").unlink()
        write(articles, "story-3", "date: 2026-01-03\nid: https://news.example.org/3")
        write(articles, "story-9", "date: 2026-01-09\ntopics: [Kelp]")
        assert diff(*sites).splitlines() == [
            "4 articles",
            "  re-delivered  Story-3 (feed, topics/sea, languages/en): same link, "
            "id https://paper.example/story-3 → https://news.example.org/3",
            "  disappeared   Story-2 (feed, topics/sea, languages/en)",
            "  changed       Another (feed, topics/sea, languages/en): title, text",
            "  new           Story-9 (feed, languages/en)",
            "",
            "feed: 1 new, 1 changed, 1 disappeared, 1 re-delivered",
            "  re-delivered  Story-3: same link, "
            "id https://paper.example/story-3 → https://news.example.org/3",
            "  disappeared   Story-2",
            "  changed       Another: title, text",
            "  new           Story-9, 2026-01-09",
            "topics/sea: 1 changed, 1 disappeared, 1 re-delivered",
            "  re-delivered  Story-3: same link, "
            "id https://paper.example/story-3 → https://news.example.org/3",
            "  disappeared   Story-2",
            "  changed       Another: title, text",
            "languages/en: 1 new, 1 changed, 1 disappeared, 1 re-delivered",
            "  re-delivered  Story-3: same link, "
            "id https://paper.example/story-3 → https://news.example.org/3",
            "  disappeared   Story-2",
            "  changed       Another: title, text",
            "  new           Story-9, 2026-01-09",
            "topics/kelp: a new feed, with 1 entry",
            "",
            "3 feeds compared: 1 new, 1 changed, 1 disappeared, 1 re-delivered; feeds: 1 new",
        ]
        assert run(*sites).exit_code == 0
        assert run(*sites, "--fail-on-redelivery").exit_code == 1

    def test_json_has_all(self, sites: tuple[Path, Path]) -> None:
        write(sites[1] / "articles", "story-3", "date: 2026-01-03\nid: https://news.example.org/3")
        found = told(*sites, "--limit", 0)
        change = {
            "kind": "re-delivered",
            "id": "https://news.example.org/3",
            "title": "Story-3",
            "link": "https://paper.example/story-3",
            "published": "2026-01-03T00:00:00Z",
            "was_id": "https://paper.example/story-3",
            "known_by": "link",
        }
        paths = ["feed", "topics/sea", "languages/en"]
        assert found["articles"] == [change | {"feeds": paths}]
        assert found["feeds"] == [
            {"path": path, "state": "kept", "entries": 5, "addresses": [], "changes": [change]}
            for path in paths
        ]

    @pytest.mark.parametrize(
        ("fields", "changed"),
        [
            ("title: Another", ["title"]),
            ("excerpt: Words", ["text"]),
            ("date: 2025-12-31", ["date"]),
            ("lastmod: 2026-01-07", ["updated"]),
            ("id: https://paper.example/story-1\nwebUrl: https://b.example/", ["link"]),
            ("images: [https://paper.example/a.jpg]", ["enclosures"]),
            ("topics: [sea]", []),
        ],
    )
    def test_what_changed(self, sites: tuple[Path, Path], fields: str, changed: list[str]) -> None:
        write(sites[1] / "articles", "story-1", fields)
        articles = told(*sites)["articles"]
        assert [one["fields"] for one in articles] == ([changed] if changed else [])

    def test_a_later_date_comes_up_as_new_again(self, sites: tuple[Path, Path]) -> None:
        write(sites[1] / "articles", "story-1", "date: 2026-02-01")
        assert (
            "  changed       Story-1 (feed, topics/sea, languages/en): date, comes up as new again\n"
        ) in diff(*sites)
        assert told(*sites)["articles"][0]["comes_up_again"] is True

    @pytest.mark.parametrize(
        ("old", "new", "because"),
        [
            ("id: tag:a,2026:1", "id: tag:a,2026:2\ntitle: B", "link"),
            ("webUrl: https://a.example/", "webUrl: https://b.example/", "title and date"),
            ("webUrl: none", "webUrl: none\ntitle: B\ndate: 2026-01-05", "text"),
        ],
    )
    def test_what_is_delivered_again(
        self, sites: tuple[Path, Path], old: str, new: str, because: str
    ) -> None:
        for site, fields in zip(sites, (old, new), strict=True):
            write(site / "articles", "story-1", fields, "The very same words.")
        (article,) = told(*sites)["articles"]
        assert (article["kind"], article["known_by"]) == ("re-delivered", because)

    def test_leaving_the_newest_page_is_no_disappearance(self, sites: tuple[Path, Path]) -> None:
        for day in range(10, 20):
            write(sites[1] / "articles", f"story-{day}", f"date: 2026-01-{day}")
        assert kinds(*sites) == {"new": 10}

    def test_leaving_a_feed_without_an_archive_is_none_either(self, here: Path) -> None:
        config = SITE + "feeds: {saved: {best: {topic: Sea, order: heat, limit: 2}}}\n"
        sites = make(Path("old"), 3, config), make(Path("new"), 3, config)
        write(sites[1] / "articles", "story-4", "heat: 9")
        assert kinds(*sites) == {"new": 1}
        (sites[1] / "articles" / "story-1.md").unlink()
        (sites[1] / "articles" / "story-2.md").unlink()
        found = {one["path"]: one["changes"] for one in told(*sites)["feeds"]}
        assert [one["title"] for one in found["feeds/best"]] == ["Story-2", "Story-4"]

    def test_the_limit_is_that_of_each_feed(self, sites: tuple[Path, Path]) -> None:
        for day in range(10, 15):
            write(sites[1] / "articles", f"story-{day}", f"date: 2026-01-{day}")
        lines = diff(*sites, "--limit", 2).splitlines()
        assert lines[:4] == [
            "5 articles",
            "  new           Story-14 (feed, topics/sea, languages/en)",
            "  new           Story-13 (feed, topics/sea, languages/en)",
            "  … and 3 more",
        ]
        assert lines.count("  … and 3 more") == 4

    def test_an_unreadable_article_is_told(self, sites: tuple[Path, Path]) -> None:
        write(sites[1] / "articles", "story-1", "title: [x]")
        assert diff(*sites).splitlines()[-2:] == [
            "new: 1 article left out, which may look new or gone: see feedsvc check",
            "3 feeds compared: 0 new, 0 changed, 1 disappeared, 0 re-delivered",
        ]
        assert told(*sites)["new"]["left_out"] == 1

    def test_what_is_held_back_is_not_seen(self, sites: tuple[Path, Path]) -> None:
        write(sites[1] / "articles", "story-8", "published: false")
        write(sites[1] / "articles", "story-9", "date: 2999-01-01")
        assert kinds(*sites) == {}

    def test_titles_do_not_steer_the_terminal(self, sites: tuple[Path, Path]) -> None:
        write(sites[1] / "articles", "story-9", 'title: "A\\u202e\\u009b2J B"')
        assert "  new           A 2J B (feed" in diff(*sites)


class TestFeeds:
    def test_new_and_gone(self, sites: tuple[Path, Path]) -> None:
        for day in range(1, 6):
            write(sites[1] / "articles", f"story-{day}", f"date: 2026-01-0{day}\ntopics: [Kelp]")
        assert diff(*sites).splitlines() == [
            "topics/sea: gone, with 5 entries",
            "topics/kelp: a new feed, with 5 entries",
            "",
            "2 feeds compared: 0 new, 0 changed, 0 disappeared, 0 re-delivered; "
            "feeds: 1 new, 1 gone",
        ]
        assert run(*sites, "--fail-on-redelivery").exit_code == 0

    def test_a_feed_that_is_empty_now_is_there(self, sites: tuple[Path, Path]) -> None:
        for day in range(1, 6):
            write(sites[1] / "articles", f"story-{day}", "published: false")
        assert told(*sites)["compared"] == 3
        assert kinds(*sites) == {"disappeared": 5}

    def test_ids_and_addresses(self, sites: tuple[Path, Path]) -> None:
        (sites[1] / "config.yaml").write_text(
            CONFIG.replace("id_authority: news", "id_authority: other")
            .replace("limit: 3", "formats: [atom, json]")
            .replace("https:", "http:")
        )
        assert diff(*sites).splitlines()[:5] == [
            "feed: another address, fewer formats",
            "  no longer served as RSS: https://news.example.org/feed.rss",
            "  Atom id: tag:news.example.org,2000-01-01:feed → tag:other.example.org,2000-01-01:feed",
            "  Atom self link: https://news.example.org/feed.atom → http://news.example.org/feed.atom",
            "  JSON self link: https://news.example.org/feed.json → http://news.example.org/feed.json",
        ]
        assert diff(*sites).endswith(
            "0 re-delivered; feeds: 3 with another address, 3 in fewer formats\n"
        )
        assert run(*sites, "--fail-on-redelivery").exit_code == 1

    def test_a_format_less_is_no_redelivery(self, sites: tuple[Path, Path]) -> None:
        (sites[1] / "config.yaml").write_text(SITE + "feeds: {limit: 3, formats: [rss]}\n")
        assert run(*sites, "--fail-on-redelivery").exit_code == 0
        assert diff(*sites).splitlines()[-5:] == [
            "languages/en: fewer formats",
            "  no longer served as Atom: https://news.example.org/languages/en.atom",
            "  no longer served as JSON: https://news.example.org/languages/en.json",
            "",
            "3 feeds compared: 0 new, 0 changed, 0 disappeared, 0 re-delivered; "
            "feeds: 3 in fewer formats",
        ]

    def test_a_renamed_feed_is_found_under_its_old_name(self, here: Path) -> None:
        old = make(Path("old"), 2, SITE + "feeds: {saved: {weekly: {topic: Sea}}}\n")
        new = make(
            Path("new"), 2, SITE + "feeds: {saved: {often: {topic: Sea, aliases: [weekly]}}}\n"
        )
        found = {one["path"]: one for one in told(old, new)["feeds"]}
        assert found["feeds/often"]["state"] == "new"
        assert found["feeds/weekly"]["state"] == "kept"
        assert found["feeds/weekly"]["changes"] == []
        assert {one["new"] for one in found["feeds/weekly"]["addresses"]} == {
            "tag:news.example.org,2000-01-01:feeds/often",
            *(f"https://news.example.org/feeds/often.{ending}" for ending in Format),
        }
        assert run(old, new, "--fail-on-redelivery").exit_code == 1


class TestSides:
    def test_folders_of_articles_are_called_alike(self, here: Path) -> None:
        for name in ("first", "second"):
            write(Path(name), "a", "images: [p.png]\nwebUrl: none")
            (Path(name) / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        assert kinds("first", "second") == {}
        Path("x.yaml").write_text(CONFIG)
        write(Path("second"), "b")
        assert kinds("first", "second", "--config", "x.yaml") == {"new": 1}

    def test_an_export(self, sites: tuple[Path, Path]) -> None:
        for site in sites:
            write(site / "articles", "story-8", "topics: [Été, C++]")
        done = CliRunner().invoke(
            main, ["export", "public", "--config", "old/config.yaml"], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        assert kinds("public", "new") == kinds("old", "public") == {}
        assert told("public", "new")["compared"] == 5
        write(sites[1] / "articles", "story-9")
        (sites[1] / "articles" / "story-1.md").unlink()
        assert kinds("public", "new") == {"new": 1, "disappeared": 1}
        listing = Path("public/api/feeds.json")
        for broken in ("[]", '{"home_page_url": "https://a.example/", "feeds": []}x', "{}"):
            listing.unlink()
            listing.write_text(broken)
            assert run("public", "new").exit_code == 3
        listing.unlink()
        assert run("public", "new").stderr == (
            "public: expected the feeds of feedsvc, found no api/feeds.json\n"
        )

    def test_a_running_server(self, sites: tuple[Path, Path]) -> None:
        for site in sites:
            write(site / "articles", "story-8", "topics: [Été, C++]")
        write(sites[1] / "articles", "story-9")
        with running(sites[0]) as address:
            assert (kinds(address, "old"), told("old", address)["compared"]) == ({}, 5)
            assert kinds(address, "new") == {"new": 1}
            assert kinds("new", f"{address}/") == {"disappeared": 1}
            assert run(f"{address}/topics", "new").stderr == (
                f"{address}/topics: expected the feeds of feedsvc, found no api/feeds.json\n"
            )
        assert run(address, "new").exit_code == 3

    def test_a_server_without_an_address_of_its_own(self, here: Path) -> None:
        old = make(Path("old"), 2, "{}")
        with running(old) as address:
            assert kinds(address, "old") == {}
            assert told(address, "old")["feeds"] == []

    def test_a_feed_that_a_server_has_moved(self, here: Path) -> None:
        old = make(Path("old"), 2, SITE + "feeds: {saved: {weekly: {topic: Sea}}}\n")
        new = make(
            Path("new"), 2, SITE + "feeds: {saved: {often: {topic: Sea, aliases: [weekly]}}}\n"
        )
        with running(new) as address:
            states = {one["path"]: one["state"] for one in told(old, address)["feeds"]}
        assert states == {"feeds/often": "new", "feeds/weekly": "kept"}

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            (["nothing"], 2, "nothing: expected a folder, an http address or a git revision, found nothing of that name."),
            (["config.yaml"], 2, "config.yaml: expected a folder, an http address or a git revision, found a file."),
            (["ftp://a.example/"], 2, "ftp://a.example/: expected a folder, an http address or a git revision, found nothing of that name."),
            (["git:HEAD"], 3, "git:HEAD: there is no such revision in the repository here."),
            (["http://127.0.0.1:1/"], 3, "http://127.0.0.1:1/api/feeds.json: [Errno 111] Connection refused"),
            (["http://127.0.0.1:x/"], 3, None),
            (["http://127.0.0.1:1/?a=b"], 3, "http://127.0.0.1:1/?a=b: expected the address of the start page"),
            (["empty"], 2, "empty: expected a folder of articles at {here}/empty/articles, found none."),
            (["wrong"], 2, "wrong/config.yaml:1: sites: unknown key; did you mean 'site'?"),
        ],
    )  # fmt: skip
    def test_what_is_no_side(
        self, here: Path, arguments: list[str], status: int, message: str | None
    ) -> None:
        make(here)
        for name, text in (("empty", ""), ("wrong", "sites: {}")):
            Path(name).mkdir()
            Path(name, "config.yaml").write_text(text)
        answer = run(*arguments)
        assert (answer.exit_code, answer.stdout) == (status, "")
        if message is not None:
            assert answer.stderr == message.format(here=here) + "\n"

    def test_an_old_side_is_needed(self, here: Path) -> None:
        assert run().exit_code == 2


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The site of `folder`, served on loopback."""
    with TemporaryDirectory() as room:
        settings = load_settings(
            folder / "config.yaml", {}, {("index", "directory"): f"{room}/index"}
        )
        task = task_of(settings)
        with closing(Store(task.place)) as store:
            sync(store, task.scanner(), task.rules, now())
            with served(make_app(settings, store)) as address:
                yield address


class TestRevisions:
    @pytest.fixture
    def repository(self, here: Path) -> Path:
        make(here)
        git("init", "-q", "-b", "main")
        commit("One")
        return here

    def test_the_working_tree_is_compared_with_a_revision(self, repository: Path) -> None:
        assert diff("HEAD") == (
            "3 feeds compared: 0 new, 0 changed, 0 disappeared, 0 re-delivered\n"
        )
        write(Path("articles"), "story-9")
        assert kinds("HEAD") == kinds("git:main", ".") == {"new": 1}
        commit("Two")
        assert kinds("HEAD") == {}
        assert kinds("HEAD~1", "HEAD") == {"new": 1}
        assert kinds("HEAD", "HEAD^") == {"disappeared": 1}
        assert not Path(".feedsvc").exists()

    def test_a_name_that_is_a_folder_is_the_folder(self, repository: Path) -> None:
        git("branch", "articles")
        write(Path("articles"), "story-9")
        assert kinds("git:articles", "articles") == {"new": 1}
        assert kinds("articles") == {}

    def test_each_side_has_its_own_configuration(self, repository: Path) -> None:
        Path("config.yaml").write_text(CONFIG.replace("authority: news", "authority: other"))
        (change,) = told("HEAD")["feeds"][0]["addresses"]
        assert (change["what"], change["format"]) == ("id", "atom")
        Path("config.yaml").unlink()
        assert told("HEAD")["feeds"] != []

    def test_a_configuration_of_then_that_can_not_be_used(self, repository: Path) -> None:
        Path("config.yaml").write_text("sites: {}")
        commit("Two")
        make(repository)
        answer = run("git:HEAD")
        assert (answer.exit_code, answer.stderr) == (
            2,
            "HEAD:config.yaml:1: sites: unknown key; did you mean 'site'?\n",
        )

    def test_below_the_top_of_the_repository(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(Path("sub/site"), 2)
        commit("Two")
        monkeypatch.chdir("sub/site")
        write(Path("articles"), "story-9")
        assert kinds("HEAD") == {"new": 1}
        assert kinds("HEAD", "--config", "../../config.yaml") == {}
        assert kinds("HEAD", "--content", "articles") == {"new": 1}
        assert kinds("HEAD~", "--content", "../../articles", "--config", "config.yaml") == {}

    def test_absolute_folders_are_those_of_the_revision(self, repository: Path) -> None:
        Path("config.yaml").write_text(
            f"{CONFIG}content: {{folders: ['{repository}/articles', '{repository}/later']}}\n"
        )
        write(Path("later"), "story-8")
        assert kinds("HEAD") == {"new": 1}
        commit("Two")
        write(Path("later"), "story-9")
        assert kinds("HEAD") == {"new": 1}

    def test_folders_that_a_revision_does_not_have(self, repository: Path) -> None:
        (repository.parent / "elsewhere").mkdir(exist_ok=True)
        answer = run("HEAD", "--content", "../elsewhere")
        assert (answer.exit_code, answer.stderr) == (
            3,
            f"HEAD: {repository / '../elsewhere'} is outside of the repository.\n",
        )
        write(Path("later"), "story-9")
        answer = run("HEAD", "--content", "later")
        assert (answer.exit_code, answer.stderr) == (
            3,
            "HEAD: expected a folder of articles, found no later.\n",
        )

    def test_a_revision_is_no_option(self, repository: Path) -> None:
        assert run("--", "--all").exit_code == 2
        assert run("git:--all").exit_code == 3

    def test_git_is_not_there(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        answer = run("HEAD")
        assert (answer.exit_code, answer.stderr) == (
            3,
            "git can't be started: No such file or directory\n",
        )

    def test_links_stay_inside(self, repository: Path) -> None:
        secret = repository.parent / "secret.md"
        secret.write_text("---\ntitle: Secret\n---\n")
        Path("articles/out.md").symlink_to(secret)
        Path("articles/in.md").symlink_to("story-1.md")
        commit("Two")
        Path("articles/out.md").unlink()
        assert kinds("HEAD") == {}


def git(*arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@a.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


@pytest.mark.parametrize("name", ["../out.md", "/tmp/out.md", "a/../../out.md"])
def test_archives_do_not_lead_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(tarfile.TarError, match="leads out"):
        unpack(tmp_path / "tree", tarfile.TarInfo(name))


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    link = tarfile.TarInfo("sub")
    link.type, link.linkname = tarfile.SYMTYPE, "."
    with pytest.raises(OSError, match="exists"):
        unpack(tmp_path / "tree", link, tarfile.TarInfo("sub/out.md"))
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def unpack(tree: Path, *members: tarfile.TarInfo) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member in members:
            archive.addfile(member)
    packed.seek(0)
    with tarfile.open(fileobj=packed, mode="r|") as archive:
        _unpack(archive, tree)


ENTRY = Entry("id", "https://a.example/", "A", NOW, NOW, "digest")


def changed(old: list[Entry], new: list[Entry], **formats: list[list[Entry]]) -> list[str]:
    """Of a feed in JSON and other formats, what became of its entries."""
    sides = [{Format.JSON: old}, {Format.JSON: new}]
    for name, those in formats.items():
        for side, entries in zip(sides, those, strict=True):
            side[Format(name)] = entries
    feeds = [
        Feed("feed", {one: Offered("", "", tuple(those)) for one, those in side.items()})
        for side in sides
    ]
    found = compare_feed("feed", *feeds).entries
    return [" ".join([one.kind, one.because, *one.formats]).strip() for one in found]


class TestIdentity:
    """As readers have it."""

    def test_the_id_else_the_link_else_the_title(self) -> None:
        without_id = replace(ENTRY, id="")
        without_link = replace(without_id, link="")
        assert changed([without_id], [replace(without_id, title="B")]) == ["changed"]
        assert changed([without_link], [replace(without_link, text="B")]) == ["changed"]
        assert changed([without_link], [replace(without_link, title="B", text="B")]) == [
            "disappeared",
            "new",
        ]

    @pytest.mark.parametrize("id", ["ID", "id ", "id/", "http://a.example/", ""])
    def test_nothing_is_made_normal(self, id: str) -> None:
        assert changed([ENTRY], [replace(ENTRY, id=id)]) == ["re-delivered link"]

    def test_what_several_have_in_common_tells_nothing(self) -> None:
        old = [replace(ENTRY, id=f"old-{title}", title=title) for title in "AB"]
        new = [replace(ENTRY, id=f"new-{title}", title=title) for title in "AB"]
        assert changed(old, new) == ["re-delivered title and date"] * 2
        assert changed(old, [replace(one, published=None) for one in new]) == [
            "disappeared", "disappeared", "new", "new",
        ]  # fmt: skip

    def test_what_is_kept_is_no_copy(self) -> None:
        assert changed([ENTRY], [ENTRY, replace(ENTRY, id="b")]) == ["new"]

    def test_ids_are_those_of_each_format(self) -> None:
        other = replace(ENTRY, id="other")
        assert changed([ENTRY], [ENTRY], rss=[[ENTRY], [other]]) == ["re-delivered link rss"]
        assert changed([ENTRY], [other], rss=[[ENTRY], [other]]) == ["re-delivered link"]
        both = {"rss": [[ENTRY], [other]], "atom": [[ENTRY], [other]]}
        assert changed([ENTRY], [ENTRY], **both) == ["re-delivered link atom rss"]

    def test_the_first_of_a_name_counts(self) -> None:
        later = replace(ENTRY, title="B")
        assert each_once([ENTRY, later, replace(ENTRY, id="b")]) == (
            ENTRY,
            replace(ENTRY, id="b"),
        )

    def test_no_format_in_common(self) -> None:
        old = Feed("feed", {Format.RSS: Offered("a", "", (ENTRY,))})
        new = Feed("feed", {Format.JSON: Offered("b", "", ())})
        found = compare_feed("feed", old, new)
        assert [one.what for one in found.addresses] == ["format"]
        assert found.entries == ()


texts = st.sampled_from(["", "a", "b", "c"])
moments = st.none() | st.sampled_from([NOW, datetime(2026, 1, 1, tzinfo=UTC)])
entries = st.lists(st.builds(Entry, texts, texts, texts, moments, moments, texts), max_size=6)


@given(entries, entries)
def test_each_entry_is_accounted_for_once(old: list[Entry], new: list[Entry]) -> None:
    assert changed(old, old) == []
    found = [one.partition(" ")[0] for one in changed(old, new)]
    before, after = ({one.identity for one in side} for side in (old, new))
    assert found.count("disappeared") + found.count("re-delivered") == len(before - after)
    assert found.count("new") + found.count("re-delivered") == len(after - before)
    assert found.count("changed") <= len(before & after)


names = st.lists(
    st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8),
    min_size=1, max_size=5, unique_by=str.casefold,
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(names=names, data=st.data())
def test_what_a_file_is_called_changes_nothing(names: list[str], data: st.DataObject) -> None:
    """Nor in which order files were written, where articles have ids of their own."""
    with TemporaryDirectory() as directory, ExitStack() as stack:
        room = Path(directory)
        sides = room / "old", room / "new"
        others = data.draw(st.permutations(names))
        for folder, called in zip(sides, (names, others), strict=True):
            folder.mkdir()
            order = data.draw(st.permutations(range(len(names))))
            for number in order:
                fields = f"title: T{number}\nid: tag:a,2026:{number}\ndate: 2026-01-0{number + 1}"
                text = f"---\n{fields}\ntopics: [T{number % 2}]\n---\nText {number}\n"
                (folder / f"{called[number]}.md").write_text(text)
        rooms = room / "rooms"
        rooms.mkdir()
        opener = Opener(None, None, NOW, rooms, stack, lambda total: nullcontext(lambda done: 0))
        old, new = (opener.open(str(one)) for one in sides)
        compared = 3 if len(names) == 1 else 4
        assert compare(old, new) == Comparison(compared, ())
        assert compare(old, old) == Comparison(compared, ())


class TestDocuments:
    @pytest.mark.parametrize(
        ("format", "body"),
        [
            ("json", b"{"),
            ("json", b"[]"),
            ("json", b'{"version": "1", "items": [{"url": 1}]}'),
            ("json", b'{"version": "\xff"}'),
            ("rss", b"<feed/>"),
            ("rss", b"<rss/>"),
            ("rss", b""),
            ("atom", b"<feed/>"),
            ("atom", b"<feed"),
            ("rss", b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/"><rss><channel/></rss>'),
            ("rss", b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>'),
        ],
    )
    def test_what_is_no_feed(self, format: str, body: bytes) -> None:
        with pytest.raises(SideError, match="expected"):
            read_document(body, Format(format))

    def test_feeds_of_others(self) -> None:
        rss = read_document(
            b"<rss><channel><item><link>https://a.example/</link><pubDate>soon</pubDate>"
            b"<guid/><enclosure url='https://a.example/a.mp3'/></item>"
            b"<item><title>T</title><pubDate>Mon, 01 Jun 2026 12:00:00 GMT</pubDate></item>"
            b"</channel></rss>",
            Format.RSS,
        )
        assert rss.entries == (
            Entry(link="https://a.example/", enclosures=("https://a.example/a.mp3",)),
            Entry(title="T", published=NOW),
        )
        atom = read_document(
            b"<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><entry><id>e</id>"
            b"<link href='https://a.example/'/><published>2026-06-01T14:00:00+02:00</published>"
            b"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>X</div></content>"
            b"</entry></feed>",
            Format.ATOM,
        )
        assert (atom.id, atom.entries[0].published) == ("f", NOW)
        assert atom.entries[0].text
        item = read_document(b'{"version": "1", "items": [{"id": 7}]}', Format.JSON)
        assert item.entries == (Entry(id="7"),)

    def test_all_formats_of_ours_say_the_same(self, here: Path) -> None:
        make(here, 3, SITE)
        write(here / "articles", "story-2", "images: [https://paper.example/a.jpg]")
        found = []
        for one in Format:
            shown = CliRunner().invoke(main, ["show", "feed", "--format", one.value])
            found.append(read_document(shown.stdout_bytes, one))
        for document in found:
            assert [
                (one.id, one.link, one.title, one.published, one.enclosures)
                for one in document.entries
            ] == [
                (one.id, one.link, one.title, one.published, one.enclosures)
                for one in found[0].entries
            ]
        assert {document.address for document in found} == {
            f"https://news.example.org/feed.{one}" for one in Format
        }


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Language, name and contents of the code in a document."""
    return re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def command_of(line: str) -> click.Context:
    """What click makes of a line of a shell, without doing it."""
    program, name, *arguments = shlex.split(line.partition(" > ")[0], comments=True)
    assert program == "feedsvc"
    with click.Context(main) as context:
        command = main.get_command(context, name)
    assert command is not None
    return command.make_context(name, arguments)


def test_the_example_of_the_documentation(here: Path) -> None:
    text = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
    for language, name, code in blocks(text):
        if language == "markdown":
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(code, encoding="utf-8")
        elif language == "text":
            assert diff("old", "new") == code
        else:
            for line in code.splitlines():
                command_of(line)
    assert "[deploy/github-actions.yml]" in text


@pytest.mark.parametrize("name", ["diff", "feeds", "show"])
def test_the_examples_of_the_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    examples, _, status = str(command.epilog).partition("\n\n")
    assert [command_of(line.strip()).info_name for line in examples.splitlines()[2:]]
    assert status.startswith("Exit status: 0 if ")


def test_the_members_of_json_are_documented(sites: tuple[Path, Path]) -> None:
    write(sites[1] / "articles", "story-1", "date: 2026-02-01")
    write(sites[1] / "articles", "story-3", "date: 2026-01-03\nid: https://news.example.org/3")
    (sites[1] / "config.yaml").write_text(CONFIG.replace("https:", "http:"))
    text = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8").partition("## JSON")[2]

    def names_in(value: object) -> Iterator[str]:
        if isinstance(value, list):
            for one in value:
                yield from names_in(one)
        elif isinstance(value, dict):
            for name, one in value.items():
                yield name
                yield from names_in(one)

    found = told(*sites)
    found["counts"] = 0  # named by what they count
    assert {name for name in names_in(found) if f"`{name}`" not in text} == set()


def test_the_workflow_calls_commands_that_there_are() -> None:
    workflow = yaml.safe_load((ROOT / "deploy" / "github-actions.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    lines = [line for step in job["steps"] for line in step.get("run", "").splitlines()]
    called = [command_of(line) for line in lines if line.startswith("feedsvc ")]
    assert [(one.info_name, one.params.get("old")) for one in called] == [
        ("check", None),
        ("diff", "origin/main"),
        ("diff", "origin/main"),
    ]
    assert called[1].params["fail_on_redelivery"]
    checkout = next(step for step in job["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"]["fetch-depth"] == 0
    with pytest.raises(click.UsageError):
        command_of("feedsvc diff a b c")


LISTING = {
    "home_page_url": "http://HOME/",
    "feeds": [
        {"kind": "saved", "title": "F", "entries": 1, "urls": {"json": "http://HOME/feed.json"}}
    ],
}


@pytest.fixture
def answering() -> Iterator[Callable[[dict[str, object]], str]]:
    """A server whose answers a test chooses by path: bytes, or status and headers."""
    with ExitStack() as stack:

        def start(answers: dict[str, object]) -> str:
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    answer = answers.get(self.path, (404, {}))
                    if isinstance(answer, list):
                        answer = answer.pop(0)
                    status, headers = answer if isinstance(answer, tuple) else (200, {})
                    body = answer if isinstance(answer, bytes) else b""
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body.replace(b"HOME", self.headers["Host"].encode()))

                def log_message(self, *_: object) -> None:
                    pass

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/"

        yield start


def page(older: str = "") -> bytes:
    return json.dumps({"version": "1", "next_url": older, "items": [{"id": "a"}]}).encode()


class TestFetching:
    @pytest.mark.parametrize(
        ("answers", "reason"),
        [
            ({}, "expected a feed, found nothing"),
            ({"/feed.json": (500, {})}, "expected an answer, found 500"),
            ({"/feed.json": b"<html>"}, "expected a JSON Feed"),
            ({"/feed.json": (302, {"Location": "file:///etc/passwd"})}, "found file:///etc/passwd"),
            ({"/feed.json": (302, {"Location": "ftp://a.example/"})}, "found ftp://a.example/"),
            ({"/feed.json": (302, {"Location": "/feed.json"})}, "at most 5 redirects"),
            ({"/feed.json": page("http://169.254.1.1/")}, "expected addresses of http://127"),
            ({"/feed.json": page("http://HOME/feed.json")}, "come to an end"),
            ({"/feed.json": page("http://HOME/a.json"), "/a.json": page("http://HOME/a.json")}, "come to an end"),
        ],
    )  # fmt: skip
    def test_what_is_refused(
        self,
        here: Path,
        answering: Callable[[dict[str, object]], str],
        answers: dict[str, object],
        reason: str,
    ) -> None:
        address = answering({"/api/feeds.json": json.dumps(LISTING).encode(), **answers})
        answer = run(address, address)
        assert answer.exit_code == 3
        assert reason in answer.stderr
        assert answer.stderr.startswith(address)

    def test_what_is_encrypted_stays_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moved = fetch._Answer(301, b"", "http://a.example/", 0)
        monkeypatch.setattr(fetch.Fetch, "_get", lambda self, url: moved)
        with pytest.raises(SideError, match="expected to be sent to https, found http://a"):
            fetch.Fetch("https://a.example/")("")

    def test_what_is_too_large(
        self,
        here: Path,
        answering: Callable[[dict[str, object]], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(fetch, "MOST_BYTES", 1000)
        address = answering({"/api/feeds.json": b" " * 1001})
        assert "expected at most 1,000 bytes" in run(address, address).stderr

    def test_it_waits_when_it_is_told_to(
        self, here: Path, answering: Callable[[dict[str, object]], str]
    ) -> None:
        later = (429, {"Retry-After": "0"})
        pages: dict[str, object] = {
            "/api/feeds.json": json.dumps(LISTING).encode(),
            "/feed.json": [later, page("http://HOME/a.json"), later, later, page("http://HOME/a.json")],
            "/a.json": [page(), (302, {"Location": "/b.json"})],
            "/b.json": page(),
        }  # fmt: skip
        address = answering(pages)
        assert told(address, address)["compared"] == 1
