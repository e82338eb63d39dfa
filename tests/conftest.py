"""Fixtures: a site over a folder that a test fills, and single articles."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from faults import FaultyServer
from goldens import read_store
from postgres import postgres_server, postgres_url  # noqa: F401 - fixtures
from side_by_side import (  # noqa: F401 - hooks
    common_folder,
    locked,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_protocol,
    pytest_unconfigure,
)
from support import (
    BASE_URL,
    NOW,
    ROOT,
    RULES,
    Clock,
    CompiledTemplates,
    Site,
    skip_or_fail,
    source_of,
)

from feedsvc.config import load_settings
from feedsvc.content.article import read_article
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.view import View
from feedsvc.model import Article, ParsedFile, Viewpoint
from feedsvc.web import create_app, icons

COMPILED = CompiledTemplates()

# For benchmarks; at the end, so that feedsvc is the installed one.
sys.path.append(str(ROOT))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nothing-skipped", action="store_true", help="a test that would be skipped fails"
    )
    parser.addoption(
        "--write-goldens",
        action="store_true",
        help="write the golden files, config.yaml and what is made of the code in docs/, "
        "instead of comparing",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        program = marker.args[0]
        # Some lie where only root looks.
        if shutil.which(program) is None and not Path("/usr/sbin", program).exists():
            skip_or_fail(item.config, program)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "needs " in str(report.longrepr)
    ]
    if skipped:
        names = ", ".join(report.nodeid for report in skipped)
        terminalreporter.write_line(f"Skipped for want of Debian packages: {names}")
        terminalreporter.write_line("To run them too: make test-deps")


@pytest.fixture(autouse=True, scope="session")
def _our_icon_is_made_once() -> Iterator[None]:
    """Not anew for each of a thousand apps."""
    make = icons.make_icons
    ours = make(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(icons, "make_icons", lambda file: make(file) if file else dict(ours))
        yield


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Make a site; keywords are configuration, such as `site__title="News"`."""
    stores: list[Store] = []

    def make(*, preview: bool = False, **options: object) -> Site:
        folder = tmp_path / "articles"
        folder.mkdir(exist_ok=True)
        overrides: dict[tuple[str, ...], object] = {
            ("content", "folders"): (str(folder),),
            ("site", "url"): BASE_URL,
            ("site", "title"): "Test News",
            ("site", "id_authority"): "news.example.org",
            ("site", "since"): date(2026, 1, 1),
        }
        overrides |= {tuple(name.split("__")): value for name, value in options.items()}
        settings = load_settings(None, {}, overrides)
        place = IndexPlace(tmp_path / "index", "index", "rules")
        store, clock = Store(place), Clock()
        stores.append(store)
        app = create_app(settings, store, clock, preview=preview)
        app.jinja_env.bytecode_cache = COMPILED
        return Site(folder, settings, store, clock, app)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ParsedFile]:
    """Read one article from its front matter and body."""

    def read_text(front_matter: str, body: str = "", name: str = "2026-03-04-x.md") -> ParsedFile:
        file = tmp_path / "articles" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{front_matter.strip()}\n---\n{body}", encoding="utf-8")
        return read_article(source_of(file, tmp_path / "articles"), RULES)

    return read_text


@pytest.fixture
def read_one(read: Callable[..., ParsedFile]) -> Callable[..., Article]:
    """Read one article that must be without any problem; hints there may be."""

    def read_clean(front_matter: str, body: str = "", name: str = "2026-03-04-x.md") -> Article:
        parsed = read(front_matter, body, name)
        assert [one for one in parsed.problems if one.severity != "info"] == []
        assert parsed.article is not None
        return parsed.article

    return read_clean


@pytest.fixture(scope="session")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """The articles of the golden feeds."""
    directory = tmp_path_factory.mktemp("goldens")
    with closing(read_store(directory)) as store, store.view(Viewpoint(NOW)) as view:
        yield view


@pytest.fixture(scope="session")
def node_packages(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder tests/node with what its package-lock.json names, installed once for a run."""
    common = common_folder(pytestconfig) or tmp_path_factory.getbasetemp()
    folder, installed = tmp_path_factory.mktemp("packages") / "node", common / "node_modules"
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "tests" / "node", folder, ignore=ignored)
    with locked(common / "npm"):
        if not installed.exists():
            subprocess.run(
                ["npm", "ci", "--prefer-offline"],
                cwd=folder, check=True, timeout=300, capture_output=True,
            )  # fmt: skip
            (folder / "node_modules").rename(installed)
    (folder / "node_modules").symlink_to(installed)
    return folder


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Callable[..., FaultyServer]]:
    """Start `feedsvc serve` on the folder `articles`; see `FaultyServer`."""
    servers: list[FaultyServer] = []

    def start(*arguments: str) -> FaultyServer:
        servers.append(FaultyServer(tmp_path, *arguments))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            assert server.stop() == 0


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("FEEDSVC_")]:
        monkeypatch.delenv(variable)
