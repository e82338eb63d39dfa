"""What tests share besides fixtures: constants, and a site over a folder that a test fills."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from lxml.html import fragment_fromstring
from werkzeug.serving import make_server

from feedsvc.config import Settings
from feedsvc.content.article import ArticleRules
from feedsvc.content.scan import Scanner
from feedsvc.index.moments import microseconds
from feedsvc.index.records import file_row
from feedsvc.index.state import State
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.sync import sync
from feedsvc.index.view import View
from feedsvc.index.write import Writer
from feedsvc.model import (
    EVERYTHING,
    Article,
    Facet,
    Filter,
    Names,
    ParsedFile,
    SourceFile,
    Viewpoint,
)
from feedsvc.words import phrases_of

ROOT = Path(__file__).parent.parent
FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE_URL = "https://news.example.org/"

RULES = ArticleRules(
    zone=ZoneInfo("Europe/Berlin"), id_authority="news.example.org", since=date(2026, 1, 1)
)


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled for one app, for the next: Jinja looks whether the text is the
    same. It takes longer than all else that most pages need.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """A site over a folder that a test fills: write articles, `read()`, then ask `client`."""

    folder: Path
    settings: Settings
    store: Store
    clock: Clock
    app: Flask
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def write(self, name: str, front_matter: str, body: str = "") -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{front_matter.strip()}\n---\n{body}", encoding="utf-8")
        return file

    def scanner(self) -> Scanner:
        content = self.settings.content
        return Scanner(self.settings.folders, content.include, content.exclude)

    def read(self) -> None:
        sync(self.store, self.scanner(), RULES, self.clock.now)

    def problems(self) -> list[str]:
        with self.view() as view:
            return [str(problem) for problem in view.problems()]

    def view(self, **viewpoint: bool) -> View:
        return self.store.view(Viewpoint(self.clock.now, **viewpoint))

    def titles(self, path: str) -> list[str]:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return [item["title"] for item in answer.json["items"]]


def fill(store: Store, parsed: Iterable[ParsedFile], now: datetime = NOW) -> Store:
    """Make `parsed` what the index holds."""
    rows = [file_row(one, "en") for one in parsed]
    with store.database.change(fresh=True) as connection:
        writer = Writer(connection, now)
        writer.clear()
        writer.put(rows, {})
        writer.finish(None, State(microseconds(now), store.version, store.rules, 0, 0))
    return store


def listed(facet: Facet | None = None, slug: str = "") -> Filter:
    """What is listed under one name, or everything."""
    return Filter((Names(facet, any=(slug,)),)) if facet else EVERYTHING


def articles_of(view: View, wanted: Filter = EVERYTHING) -> tuple[Article, ...]:
    """All articles that meet `wanted`, the newest first."""
    return view.articles(view.find(wanted).hits())


def searched(view: View, text: str) -> tuple[Article, ...]:
    """All articles that are found by `text`."""
    return articles_of(view, Filter(phrases=phrases_of(text)))


def article(id: str, day: int | None = 1, **fields: object) -> Article:
    """An article of a day of January 2026."""
    published = datetime(2026, 1, day, tzinfo=UTC) if day else None
    values = {"slug": id, "path": f"{id}.md", "title": id, "published": published,
              "visible_from": published} | fields  # fmt: skip
    return Article(id=id, **values)  # type: ignore[arg-type]


def parsed_of(articles: Iterable[Article]) -> list[ParsedFile]:
    """Files that gave these articles."""
    return [ParsedFile(SourceFile("f", one.path, 1, 1), one) for one in articles]


@contextmanager
def temporary_store(articles: Iterable[Article]) -> Iterator[Store]:
    """A store of these articles, for as long as the context lasts."""
    with (
        TemporaryDirectory() as directory,
        closing(Store(IndexPlace(Path(directory), "index", "rules"))) as store,
    ):
        yield fill(store, parsed_of(articles))


def source_of(file: Path, folder: Path) -> SourceFile:
    status = file.stat()
    path = file.relative_to(folder).as_posix()
    return SourceFile(str(folder), path, status.st_size, status.st_mtime_ns)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve `app` on loopback and give its address, without a closing slash."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def skip_or_fail(config: pytest.Config, program: str) -> NoReturn:
    """Skip a test for want of a program, or fail it where nothing may be skipped."""
    if config.getoption("--nothing-skipped"):
        pytest.fail(f"{program} is missing and nothing may be skipped")
    pytest.skip(f"needs {program}")


def words(html: str) -> str:
    """The text of HTML, white space folded."""
    return " ".join(fragment_fromstring(html or "", create_parent="div").text_content().split())
