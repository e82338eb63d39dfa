"""README.md, CHANGELOG.md and docs/: links, commands, options and configurations are right, and the
site that `make docs` makes of docs/ is whole.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
import yaml
from lxml import html
from markdown_it import MarkdownIt
from markdown_it.token import Token
from support import ROOT

from feedsvc.cli import main
from feedsvc.cli.reference import commands
from feedsvc.config import Settings, load_settings
from feedsvc.feeds.vocabulary import VOCABULARY

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
FILES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES]
STATIC = ROOT / "feedsvc" / "web" / "static"
EVERY = {"feedsvc": main, **dict(commands())}
_PARSER = MarkdownIt("commonmark").enable("table")
_ENDS = {"&&", "||", "|", ";", ">", ">>", "<", "&"}
_OWN_OPTION = re.compile(r"--[a-z][a-z-]*")


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tokens_of(file: Path) -> list[Token]:
    found: list[Token] = []
    for token in _PARSER.parse(file.read_text(encoding="utf-8")):
        found += [token, *(token.children or [])]
    return found


@cache
def anchors_of(file: Path) -> set[str]:
    """Those of its headings, as code hosts make them."""
    found: set[str] = set()
    tokens = tokens_of(file)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(one.content for one in inline.children or [])
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            number = sum(1 for one in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", one))
            found.add(f"{anchor}-{number}" if anchor in found else anchor)
    return found


def links_of(file: Path) -> Iterator[str]:
    for token in tokens_of(file):
        link = token.attrGet("href" if token.type == "link_open" else "src")
        if link is not None and not urlsplit(str(link)).scheme:
            yield str(link)


def blocks_of(file: Path, *languages: str) -> Iterator[str]:
    for token in tokens_of(file):
        if token.type == "fence" and token.info.split(" ")[0] in languages:
            yield token.content


def spans_of(file: Path) -> Iterator[str]:
    yield from (token.content for token in tokens_of(file) if token.type == "code_inline")


def words_of(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a text of several lines
        return line.split()


def calls_in(text: str) -> Iterator[list[str]]:
    """The words after `feedsvc` of each call in lines for a shell."""
    for line in text.replace("\\\n", " ").splitlines():
        words = words_of(line)
        for number, word in enumerate(words):
            before = words[number - 1] if number else "&&"
            is_called = before in {*_ENDS, "$"} or "=" in before
            if word.rpartition("/")[2] == "feedsvc" and is_called:
                rest = words[number + 1 :]
                end = next((at for at, one in enumerate(rest) if one in _ENDS), len(rest))
                yield rest[:end]


def calls_of(file: Path) -> Iterator[list[str]]:
    for block in blocks_of(file, "sh", "bash", "console", "shell"):
        yield from calls_in(block)
    for span in spans_of(file):
        if span.startswith("feedsvc ") and "…" not in span and "COMMAND" not in span:
            yield from calls_in(span)


def mistake_in(call: list[str]) -> str:
    """What is wrong with a call; "" if nothing is."""
    command, name = EVERY["feedsvc"], "feedsvc"
    for word in call:
        if word.startswith("-") and word != "-":  # which is standard input
            known = {"--help", *(one for param in command.params for one in param.opts)}
            if word.partition("=")[0] not in known:
                return f"{name} has no {word}"
        elif isinstance(command, click.Group):
            name = f"{name} {word}"
            if name not in EVERY:
                return f"there is no {name}"
            command = EVERY[name]
    return ""


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_links_lead_to_files_and_headings(file: Path) -> None:
    for link in links_of(file):
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert target.is_relative_to(ROOT.resolve()), link
        if anchor:
            assert anchor in anchors_of(target), link


def test_every_page_is_in_the_list() -> None:
    listed = [link for link in links_of(DOCS / "index.md") if link.endswith(".md")]
    assert len(set(listed)) == len(listed)
    assert {f"{page.stem}.md" for page in PAGES} - {"index.md"} == set(listed)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_commands_and_their_options_are_there(file: Path) -> None:
    assert [said for call in calls_of(file) if (said := mistake_in(call))] == []


def test_a_misspelt_call_is_found() -> None:
    text = (
        "cd a && FEEDSVC_SITE__TITLE=x b/feedsvc serve --prot 1 # feedsvc start\n$ feedsvc chekc\n"
    )
    found = [mistake_in(call) for call in calls_in(text)]
    assert found == ["feedsvc serve has no --prot", "there is no feedsvc chekc"]
    assert mistake_in(["check", "--skip", "naive-date", "--fail-on=never"]) == ""


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_options_and_variables_alone_are_there(file: Path) -> None:
    """Of a command, or of the style sheets."""
    known = {
        "--help",
        *(name for one in EVERY.values() for param in one.params for name in param.opts),
    }
    for sheet in STATIC.iterdir():
        if sheet.suffix in {".css", ".js"}:
            known |= set(_OWN_OPTION.findall(sheet.read_text(encoding="utf-8")))
    said = {found[0] for span in spans_of(file) if (found := _OWN_OPTION.match(span))}
    assert said <= known


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_configurations_load(file: Path, tmp_path: Path) -> None:
    for block in blocks_of(file, "yaml", "yml"):
        documents = list(yaml.safe_load_all(block))
        keys = {key for one in documents if isinstance(one, dict) for key in one}
        if keys & Settings.model_fields.keys():
            (tmp_path / "config.yaml").write_text(block, encoding="utf-8")
            load_settings(tmp_path / "config.yaml", {})


def test_every_parameter_of_a_query_is_explained() -> None:
    said = {re.split(r"[=: ]", span)[0] for span in spans_of(DOCS / "urls.md")}
    assert VOCABULARY.keys() <= said


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs` makes."""
    directory = tmp_path_factory.mktemp("docs")
    answer = subprocess.run(
        [sys.executable, "-m", "sphinx", "-qW", "--keep-going", "-d", directory / "doctrees",
         "-b", "html", DOCS, directory / "site"],
        capture_output=True, text=True, check=False, timeout=100,
        env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
    )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, "")
    return directory / "site"


def test_the_site_has_every_page_and_no_link_that_leads_nowhere(site: Path) -> None:
    pages = {file: html.parse(file).getroot() for file in site.rglob("*.html")}
    ids = {file: set(root.xpath("//@id")) for file, root in pages.items()}
    assert {page.stem for page in PAGES} <= {file.stem for file in pages}
    for file, root in pages.items():
        for link in root.xpath("//main//a/@href | //main//img/@src | //aside//a/@href"):
            parts = urlsplit(unquote(link))
            if parts.scheme:
                continue
            target = (file.parent / parts.path).resolve() if parts.path else file
            assert target.is_file(), f"{file.name}: {link}"
            if parts.fragment and target in ids:
                assert parts.fragment in ids[target], f"{file.name}: {link}"


def test_the_site_asks_no_other_host_for_anything(site: Path) -> None:
    for file in site.rglob("*.html"):
        root = html.parse(file).getroot()
        loaded = root.xpath("//script/@src | //link/@href | //img/@src | //iframe/@src")
        assert [link for link in loaded if urlsplit(link).netloc] == []
    for file in site.rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", text), file
