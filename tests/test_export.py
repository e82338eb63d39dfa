"""`feedsvc export`: the same bytes as files, served by a real nginx."""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest
from click.testing import CliRunner, Result
from clients import ask, nginx, put, write_site

from feedsvc.cli import main
from feedsvc.config import Settings, load_settings
from feedsvc.export import file_of, tree
from feedsvc.export.paths import _FOR_SERVERS, site_paths
from feedsvc.index.store import Store
from feedsvc.model import Viewpoint
from feedsvc.wiring import make_app, make_static_app, now, task_of

CONFIG = """
feeds:
  limit: 3
  saved: {weekly: {topic: Sea, aliases: [long-reads]}}
serving:
  old_addresses: {/blog/sea.xml: /topics/sea.rss}
"""
COMPARED = (
    "content-type", "cache-control", "content-security-policy", "x-content-type-options",
    "access-control-allow-origin", "referrer-policy", "permissions-policy", "x-robots-tag",
)  # fmt: skip


@dataclass
class Exporter:
    directory: Path

    @property
    def public(self) -> Path:
        return self.directory / "public"

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["export", "public", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def __call__(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def settings(self) -> Settings:
        return load_settings(Path("config.yaml"), {})

    def files(self) -> dict[str, tuple[int, int]]:
        return {
            path.relative_to(self.public).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in self.public.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exporter:
    write_site(tmp_path, CONFIG)
    monkeypatch.chdir(tmp_path)
    return Exporter(tmp_path)


def paths_of(settings: Settings) -> list[str]:
    with closing(Store(task_of(settings).place)) as store, store.view(Viewpoint(now())) as view:
        return list(site_paths(make_static_app(settings, store, now()), view, settings))


@pytest.fixture
def compare() -> Iterator[Callable[[Settings, int], list[str]]]:
    """Compare what a server of the files answers with what the app does; gives the addresses."""
    stores: list[Store] = []

    def all_answers(settings: Settings, port: int) -> list[str]:
        store = Store(task_of(settings).place)
        stores.append(store)
        served = make_app(settings, store).test_client()
        for_files = make_static_app(settings, store, now()).test_client()
        paths = paths_of(settings)
        for path in paths:
            expected = for_files.get(path, base_url=settings.site.url)
            if expected.mimetype != "text/html":
                # Whoever moves from one to the other gets the same bytes.
                assert served.get(path, base_url=settings.site.url).data == expected.data, path
            prefix = "/news" if str(settings.site.url).endswith("/news/") else ""
            found = ask(port, prefix + path)
            assert (found.status, found.body) == (200, expected.data), path
            told = {name: expected.headers.get(name) for name in COMPARED}
            assert {name: found[name] for name in COMPARED} == told, path
            packed = ask(port, prefix + path, {"Accept-Encoding": "gzip"})
            assert packed.plain == expected.data, path
            again = ask(port, prefix + path, {"If-None-Match": found.tag})
            assert again.status == 304, path
        return paths

    yield all_answers
    for store in stores:
        store.close()


@pytest.mark.needs("nginx")
def test_nginx_alone_serves_the_same(
    export: Exporter, compare: Callable[[Settings, int], list[str]]
) -> None:
    export()
    public = export.public
    with nginx(export.directory / "nginx", f"root {public}; include {public}/_nginx.conf;") as port:
        paths = compare(export.settings(), port)
        assert len(paths) > 100
        assert {"/", "/archive/2.rss", "/archive/2/", "/embed/topics/sea", "/badge/feed.svg",
                "/feeds/weekly.atom", "/stories/story-3/", "/media/articles/noise.png",
                "/subscriptions.opml", "/sitemap/stories-1.xml", "/embed-1.js"} <= set(paths)  # fmt: skip
        assert ask(port, "/feed.rss", {"Accept-Encoding": "gzip"})["content-encoding"] == "gzip"
        for other, path in (
            ("/feed", "/feed.rss"),
            ("/atom.xml", "/feed.atom"),
            ("/blog/sea.xml", "/topics/sea.rss"),
            ("/feeds/long-reads.json", "/feeds/weekly.json"),
            ("/feeds/long-reads/archive/1.json", "/feeds/weekly/archive/1.json"),
        ):
            assert ask(port, other).body == ask(port, path).body
            assert ask(port, other)["content-type"] == ask(port, path)["content-type"]
        slashless = ask(port, "/topics/sea")
        assert (slashless.status, (slashless["location"] or "").endswith("/topics/sea/")) == (
            301,
            True,
        )
        missing = ask(port, "/topics/nothing.rss")
        assert missing.status == 404
        assert b"nothing at this address" in missing.body
        for hidden in ("/.feedsvc-export.json", "/_nginx.conf", "/_headers", "/feed.rss.gz"):
            assert ask(port, hidden).status == 404
        assert b"nothing at this address" in ask(port, "/stories/").body
        assert ask(port, "/feed.rss")["vary"] == "Accept-Encoding"
        assert ask(port, "/index.html")["content-security-policy"] is not None
        (public / ".well-known").mkdir()
        (public / ".well-known" / "security.txt").write_text("Contact: mailto:a@b.example\n")
        assert ask(port, "/.well-known/security.txt").status == 200


@pytest.mark.needs("nginx")
def test_a_site_below_a_path(
    export: Exporter, compare: Callable[[Settings, int], list[str]]
) -> None:
    config = Path("config.yaml")
    config.write_text(config.read_text().replace("example.org/'", "example.org/news/'")
                      + "  other_addresses: redirect\n")  # fmt: skip
    Path("news").symlink_to("public")
    export()
    root, part = export.directory, export.public
    with nginx(export.directory / "nginx", f"root {root}; include {part}/_nginx.conf;") as port:
        compare(export.settings(), port)
        for other, path in (
            ("/news/rss", "/news/feed.rss"),
            ("/news/feeds/long-reads.atom", "/news/feeds/weekly.atom"),
        ):
            moved = ask(port, other)
            assert (moved.status, (moved["location"] or "").endswith(path)) == (301, True)


def test_each_address_has_one_rule_of_the_headers_file(export: Exporter) -> None:
    export()
    blocks = (export.public / "_headers").read_text().split("\n\n")[1:]
    rules: list[tuple[re.Pattern[str], dict[str, str]]] = []
    for block in blocks:
        pattern, *lines = block.strip().splitlines()
        headers = dict(line.strip().split(": ", 1) for line in lines)
        rules.append((re.compile(re.escape(pattern).replace(r"\*", ".*")), headers))
    settings = export.settings()
    with closing(Store(task_of(settings).place)) as store:
        client = make_static_app(settings, store, now()).test_client()
        for path in paths_of(settings):
            [found] = [headers for pattern, headers in rules if pattern.fullmatch(path)]
            answer = client.get(path, base_url=settings.site.url)
            for name in COMPARED:
                given = {key.lower(): value for key, value in found.items()}
                assert given.get(name) == answer.headers.get(name), path
    assert "/blog/sea.xml /topics/sea.rss 200\n" in (export.public / "_redirects").read_text()
    assert (
        "/feeds/long-reads/* /feeds/weekly/:splat 200\n"
        in (export.public / "_redirects").read_text()
    )


def test_every_address_of_the_app_is_a_file_or_needs_a_server(export: Exporter) -> None:
    export()
    settings = export.settings()
    with closing(Store(task_of(settings).place)) as store:
        app = make_static_app(settings, store, now())
    adapter = app.url_map.bind("news.example.org")
    reached = {adapter.match(path, return_rule=True)[0].rule for path in paths_of(settings)}
    left = {rule.rule for rule in app.url_map.iter_rules()} - reached - _FOR_SERVERS
    # Feeds of any query; and of two facets, which nothing of ours links.
    assert all("custom" in rule or "other_facet" in rule for rule in left), left


def test_pages_offer_nothing_that_needs_a_server(export: Exporter) -> None:
    export()
    pages = list(export.public.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:href|action)="[^"]*/(?:build|custom|oembed)\b', text), page


def test_compressed_copies_are_of_the_same_bytes_and_time(export: Exporter) -> None:
    export()
    for name in ("feed.rss", "index.html", "static/style.css"):
        file = export.public / name
        assert gzip.decompress((export.public / f"{name}.gz").read_bytes()) == file.read_bytes()
        assert brotli.decompress((export.public / f"{name}.br").read_bytes()) == file.read_bytes()
        assert (export.public / f"{name}.gz").stat().st_mtime == file.stat().st_mtime
    assert not (export.public / "icon.png.gz").exists()


def test_what_is_the_same_stays_and_what_is_withdrawn_goes(export: Exporter) -> None:
    assert re.search(r"public: \d+ files written, 0 as before, 0 removed", export())
    before = export.files()
    assert re.search(r"public: 0 files written, \d+ as before, 0 removed", export())
    assert export.files() == before | {
        ".feedsvc-export.json": export.files()[".feedsvc-export.json"]
    }
    put(export.directory / "articles", "story-8", "published: false\nslug: story-8")
    export()
    after = export.files()
    assert {name for name in before if name not in after} >= {
        "stories/story-8/index.html", "stories/story-8/index.html.gz"
    }  # fmt: skip
    assert after["static/style.css.br"] == before["static/style.css.br"]
    assert after["archive/1.rss"] == before["archive/1.rss"]
    assert after["feed.rss"] != before["feed.rss"]
    for file in export.public.rglob("*"):
        assert not file.is_file() or b"story-8" not in file.read_bytes(), file


def test_what_others_put_there_stays_unless_it_is_pruned(export: Exporter) -> None:
    export()
    (export.public / "CNAME").write_text("news.example.org\n")
    (export.public / ".git" / "refs").mkdir(parents=True)
    (export.public / ".git" / "refs" / "head").write_text("1")
    (export.public / "topics" / "own.txt").write_text("own")
    export()
    assert (export.public / "CNAME").read_text() == "news.example.org\n"
    assert (export.public / ".git" / "refs" / "head").read_text() == "1"
    assert (export.public / "topics" / "own.txt").read_text() == "own"
    assert "3 removed" in export("--prune")
    assert not (export.public / "CNAME").exists()
    assert not (export.public / ".git").exists()
    assert not (export.public / "topics" / "own.txt").exists()


def test_nothing_of_others_is_overwritten(export: Exporter) -> None:
    export.public.mkdir()
    (export.public / "index.html").write_text("mine")
    answer = export.run()
    assert answer.exit_code == 1
    assert answer.stderr == (
        f"{export.public}/index.html is there already, and isn't from an export: "
        "move it away, or let --prune remove it.\n"
    )
    assert [one.name for one in export.public.iterdir()] == ["index.html"]
    answer = export.run("--prune")
    assert answer.exit_code == 1
    assert "expected an empty folder, or one that an export has written, to prune" in answer.stderr
    assert (export.public / "index.html").read_text() == "mine"


def test_whoever_reads_meanwhile_finds_every_file(export: Exporter) -> None:
    export()
    ended = threading.Event()
    missed: list[str] = []

    def read() -> None:
        while not ended.is_set():
            for name in ("feed.rss", "topics/sea.atom", "index.html.gz"):
                try:
                    assert (export.public / name).read_bytes()
                except OSError as error:
                    missed.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(3):
        put(export.directory / "articles", "story-8", f"title: Again {number}\nslug: story-8")
        export()
    ended.set()
    reader.join()
    assert missed == []
    names = sorted(one.name for one in export.directory.iterdir())
    assert names == [".feedsvc", "articles", "config.yaml", "public"]


def test_a_broken_link_changes_nothing_if_it_is_looked_for(export: Exporter) -> None:
    export("--check")
    before = export.files()
    put(
        export.directory / "articles",
        "lost",
        "slug: lost",
        "See [this](/nowhere.html) and [that](/topics/sea/).",
    )
    answer = export.run("--check")
    assert answer.exit_code == 1
    [line] = answer.stdout.splitlines()
    assert re.fullmatch(
        r"broken link: https://news\.example\.org/nowhere\.html in stories/lost/index\.html and \d+ more files",
        line,
    )
    assert answer.stderr == "public stays as it was: 1 link leads nowhere.\n"
    assert export.files() == before
    export()


def test_feeds_need_an_address(export: Exporter) -> None:
    Path("config.yaml").write_text("content: {folders: [articles]}\n")
    answer = export.run()
    assert (answer.exit_code, answer.stderr) == (
        2,
        "Feeds name their own address: set site.url in config.yaml, or give it with --url.\n",
    )
    export("--url", "https://other.example/")
    assert b"https://other.example/feed.rss" in (export.public / "feed.rss").read_bytes()


def test_a_place_that_is_no_folder(export: Exporter) -> None:
    Path("public").write_text("a file")
    answer = export.run()
    assert answer.exit_code == 2
    assert "is a file" in answer.stderr
    assert Path("public").read_text() == "a file"


def test_two_exports_at_once(export: Exporter) -> None:
    export()
    descriptor = os.open(export.public, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    answer = export.run()
    os.close(descriptor)
    assert (answer.exit_code, answer.stderr) == (
        1, f"Another export to {export.public} is running.\n"
    )  # fmt: skip
    export()


def test_what_a_killed_export_left_is_cleared_away(export: Exporter) -> None:
    left = export.directory / ".public.0123abcd.new"
    (left / "stories" / "secret").mkdir(parents=True)
    (left / "stories" / "secret" / "index.html").write_text("held back")
    export()
    assert not left.exists()
    assert not (export.public / "stories" / "secret").exists()


def test_a_moment_that_is_to_come_is_told(export: Exporter) -> None:
    assert "export again then" not in export()
    put(export.directory / "articles", "later", "publishedDateTime: 2999-01-01T10:00:00Z")
    told = "Something appears, expires or changes by itself at 2999-01-01 10:00 UTC: export again then."
    assert told in export().splitlines()


@pytest.mark.parametrize(
    ("path", "mimetype", "name"),
    [
        ("/", "text/html", "index.html"),
        ("/topics/sea/", "text/html", "topics/sea/index.html"),
        ("/embed/providers/paper.example", "text/html", "embed/providers/paper.example.html"),
        ("/providers/paper.example.rss", "application/rss+xml", "providers/paper.example.rss"),
    ],
)
def test_where_static_hosts_look_for_pages(path: str, mimetype: str, name: str) -> None:
    assert file_of(path, mimetype) == name


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (".", "the folder of the configuration is in it"),
        ("..", "the folder of the configuration is in it"),
        ("/", "/ can't be written: "),
        ("articles", "the articles are in it"),
        ("articles/public", "the articles are around it"),
        (".feedsvc", "the index is in it"),
        ("link", "the articles are in it"),
        ("templates", "the templates are in it"),
    ],
)
def test_a_place_that_is_needed_is_refused(export: Exporter, place: str, name: str) -> None:
    Path("link").symlink_to("articles")
    before = sorted(export.directory.rglob("*"))
    for arguments in ((), ("--prune",)):
        answer = CliRunner().invoke(main, ["export", place, *arguments])
        assert answer.exit_code == 1
        assert name in answer.stderr
    kept = [one for one in sorted(export.directory.rglob("*")) if ".feedsvc" not in str(one)]
    assert kept == before


def test_what_others_put_there_survives_whenever_an_export_is_stopped(
    export: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    export()
    (export.public / "CNAME").write_text("news.example.org\n")
    (export.public / "link").symlink_to("/nowhere")
    put(export.directory / "articles", "story-8", "title: Again\nslug: story-8")

    def fail(new: Path, present: Path) -> None:
        exchange(new, present)
        raise KeyboardInterrupt  # when all is done but the clearing away

    exchange = tree._exchange
    for broken in (lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")), fail):
        monkeypatch.setattr(tree, "_exchange", broken)
        result = CliRunner().invoke(main, ["export", "public"])
        assert result.exit_code == 1
        monkeypatch.setattr(tree, "_exchange", exchange)
        export()
        assert (export.public / "CNAME").read_text() == "news.example.org\n"
        assert (export.public / "link").readlink() == Path("/nowhere")
    assert not list(export.directory.glob(".public.*"))


def test_what_is_made_beside_is_no_link_of_others(export: Exporter) -> None:
    victim = export.directory / "victim"
    victim.mkdir()
    (victim / "kept").write_text("kept")
    Path(".public.x.new").symlink_to(victim)
    export()
    assert (victim / "kept").read_text() == "kept"


def test_the_folder_stays_whose_it_is(export: Exporter) -> None:
    export()
    export.public.chmod(0o2750)
    if os.geteuid() == 0:
        os.chown(export.public, 12345, 23456)
    export()
    status = export.public.stat()
    assert status.st_mode & 0o7777 == 0o2750
    assert os.geteuid() or (status.st_uid, status.st_gid) == (12345, 23456)


def test_copies_that_somebody_changed_are_made_anew(export: Exporter) -> None:
    export()
    for name in ("feed.rss", "feed.rss.gz"):
        (export.public / name).write_bytes(b"rubbish")
        export()
        assert (
            gzip.decompress((export.public / "feed.rss.gz").read_bytes())
            == (export.public / "feed.rss").read_bytes()
        )
        assert b"<rss" in (export.public / "feed.rss").read_bytes()


def test_the_articles_change_meanwhile(export: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    export()
    before = export.files()
    monkeypatch.setattr("feedsvc.cli.export._is_current", lambda *_: False)
    answer = export.run()
    assert (answer.exit_code, answer.stderr) == (
        1, "The articles change too fast to be exported: try again.\n"
    )  # fmt: skip
    assert export.files() == before


def test_what_a_running_server_has_not_noticed_is_waited_for(
    export: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    export()
    settings = export.settings()
    with closing(Store(task_of(settings).place)) as store:
        lock = store.database.lock()
        assert lock is not None
        assert re.search(r"public: 0 files written", export())
        put(export.directory / "articles", "story-8", "published: false\nslug: story-8")
        monkeypatch.setattr("feedsvc.cli.site._PATIENCE_SECONDS", 0.1)
        answer = export.run()
        assert answer.exit_code == 3
        assert "hasn't taken up what changed in the folders" in answer.stderr
        # The same bytes with another time are no change.
        lock.close()
        export()
        lock = store.database.lock()
        assert lock is not None
        os.utime(export.directory / "articles" / "story-1.md")
        export()
        lock.close()


@pytest.mark.needs("nginx")
def test_a_site_below_a_path_that_has_to_be_encoded(
    export: Exporter, compare: Callable[[Settings, int], list[str]]
) -> None:
    config = Path("config.yaml")
    config.write_text(
        config.read_text().replace("example.org/'", "example.org/n\u00e9ws/'"), "utf-8"
    )
    Path("n\u00e9ws").symlink_to("public")
    export()
    root, part = export.directory, export.public
    with nginx(export.directory / "nginx", f"root {root}; include {part}/_nginx.conf;") as port:
        for path, kind in (("feed.rss", "application/rss+xml"), ("", "text/html")):
            answer = ask(port, f"/n%C3%A9ws/{path}")
            assert (answer.status, answer["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert ask(port, "/n%C3%A9ws/rss").body == ask(port, "/n%C3%A9ws/feed.rss").body
        assert ask(port, "/n%C3%A9ws/_nginx.conf").status == 404
