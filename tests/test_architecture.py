"""The rooms of the house, held by their imports: see docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import feedsvc

PACKAGE = Path(feedsvc.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# Which rooms a room may use, besides itself.
MAY_USE: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "slugs": set(),
    "sameness": {"words"},
    "words": set(),
    "likeness": set(),
    "inside": set(),
    "rules": {"model"},
    "progress": {"console"},
    "console": {"model"},
    "logs": set(),
    "metrics": set(),
    "wiring": {"config", "content", "index", "logs", "state", "web"},
    "serving": {"errors", "config", "index", "metrics", "web", "wiring"},
    "wsgi": {"config", "index", "logs", "progress", "wiring"},
    "state": set(),
    "config": {"model", "errors", "slugs", "rules", "feeds"},
    "content": {"model", "errors", "inside", "slugs", "sameness", "words"},
    "index": {"model", "errors", "slugs", "sameness", "words", "metrics"},
    "feeds": {"model", "errors", "slugs", "words", "likeness"},
    "web": {
        "model",
        "errors",
        "inside",
        "slugs",
        "words",
        "config",
        "index",
        "feeds",
        "state",
        "logs",
        "metrics",
    },
    "lint": {"model", "rules", "sameness", "slugs", "config", "content", "index", "feeds"},
    "doctor": {"model", "errors", "config", "index", "web"},
    "compare": {"model", "errors", "config", "index", "feeds", "wiring"},
    "export": {"model", "errors", "config", "index", "feeds", "web"},
    "validate": set(),
    "report": {"model", "errors", "config", "index", "feeds"},
    "cli": {
        "model",
        "errors",
        "config",
        "content",
        "index",
        "feeds",
        "validate",
        "web",
        "lint",
        "doctor",
        "export",
        "compare",
        "rules",
        "console",
        "report",
        "progress",
        "serving",
        "metrics",
        "logs",
        "wiring",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
EXCEPTIONS = {(f"index/{name}.py", "content") for name in ("sync", "parse", "indexer")}
ONLY_IN = {
    "flask": {"web", "export", "wiring", "wsgi", "serving"},  # outside web as a type alone
    "granian": {"serving"},
    "feedgen": {"feeds/rss_atom.py"},
    "sqlalchemy": {"index", "state"},
    "pyroaring": {"index"},
    "rapidfuzz": {"likeness.py"},
    "watchfiles": {"index/watch.py"},
    "prometheus_client": {"metrics.py"},
    "babel": {"web/language.py"},
    "rich": {"console.py", "progress.py"},
    "segno": {"web/subscribe.py"},
    "jinja2": {"web/theme.py"},
}
STANDARD_ONLY = {"model.py", "errors.py", "inside.py", "slugs.py", "sameness.py", "words.py"}


def imports(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names.add(node.module or "")
            if node.module == "feedsvc":
                names |= {f"feedsvc.{alias.name}" for alias in node.names}
    return names


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(module: Path) -> None:
    here = module.relative_to(PACKAGE).as_posix()
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top == "feedsvc":
            other = rest.partition(".")[0]
            if other in MAY_USE and other != room(module):
                assert other in MAY_USE[room(module)] or (here, other) in EXCEPTIONS, (
                    f"{here} imports feedsvc.{rest}"
                )
        elif top in ONLY_IN:
            assert {here, room(module)} & ONLY_IN[top], f"{here} imports {top}"
        if here in STANDARD_ONLY and top != "feedsvc":
            assert top in sys.stdlib_module_names, f"{here} imports {top}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_clock_is_read_at_the_edge(module: Path) -> None:
    if room(module) != "wiring":
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today"}
