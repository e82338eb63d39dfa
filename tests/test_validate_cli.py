"""`feedsvc validate`: what it prints and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from broken_feeds import ATOM_FEED, JSON_FEED, RSS_FEED
from click.testing import CliRunner, Result
from support import ROOT
from test_validate_http import Page, serving

from feedsvc.cli import main
from feedsvc.validate import document


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def run(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, ["validate", *map(str, arguments)], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "feed, 100%.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


BROKEN = RSS_FEED.replace("<guid>https://a.example/1</guid>", "").replace("83", "1:23")


def test_a_right_feed_ends_with_status_0(file: Callable[[str], Path]) -> None:
    path = file(ATOM_FEED)
    result = run(path)
    assert (result.exit_code, result.output) == (
        0, f"{path} is a valid Atom 1.0 feed with 2 entries\n"
    )  # fmt: skip


def test_warnings_end_with_status_0(file: Callable[[str], Path]) -> None:
    path = file(RSS_FEED.replace("<guid>https://a.example/1</guid>", ""))
    result = run(path)
    assert (result.exit_code, result.output) == (
        0,
        f"{path}:23: warning: guid-missing: channel/item[1]: expected a <guid>, found none "
        f"(RSS profile)\n{path} is a valid RSS 2.0 feed with 2 entries: 1 warning\n",
    )


def test_errors_end_with_status_1(file: Callable[[str], Path]) -> None:
    path = file(BROKEN)
    result = run(path)
    assert (result.exit_code, result.output) == (
        1,
        f"{path}:23: warning: guid-missing: channel/item[1]: expected a <guid>, found none "
        f"(RSS profile)\n"
        f"{path}:30: error: number-invalid: channel/item[1]/enclosure/@length: expected a whole "
        f"number, 0 or more, found “1:23” (RSS 2.0 <enclosure>)\n"
        f"{path} is no valid RSS 2.0 feed with 2 entries: 1 error, 1 warning\n",
    )


def test_several_targets_of_which_one_is_standard_input(file: Callable[[str], Path]) -> None:
    path = file(JSON_FEED.replace('"id": "1"', '"id": 1'))
    result = run("-", path, text="nothing of the kind")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "<stdin>:1: error: format-unknown: document: expected RSS 2.0, Atom 1.0 or JSON Feed 1.1, "
        "found something else (practice)",
        "<stdin> is no feed that can be read: 1 error",
        f"{path}: error: member-type: /items/0/id: expected a string, found a number "
        "(JSON Feed 1.1)",
        f"{path} is no valid JSON Feed 1.1 feed with 2 entries: 1 error",
    ]


def test_an_address() -> None:
    with serving({"/feed": Page()}) as server:
        result = run(f"{server.address}/feed")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == (
        f"{server.address}/feed is a valid RSS 2.0 feed with 2 entries"
    )


def test_json(file: Callable[[str], Path]) -> None:
    path = file(BROKEN)
    result = run("--format", "json", path, "-", text=ATOM_FEED)
    assert result.exit_code == 1
    assert json.loads(result.output) == [
        {
            "target": str(path),
            "rule": "guid-missing",
            "severity": "warning",
            "line": 23,
            "place": "channel/item[1]",
            "message": "expected a <guid>, found none",
            "source": "RSS profile",
        },
        {
            "target": str(path),
            "rule": "number-invalid",
            "severity": "error",
            "line": 30,
            "place": "channel/item[1]/enclosure/@length",
            "message": "expected a whole number, 0 or more, found “1:23”",
            "source": "RSS 2.0 <enclosure>",
        },
    ]


def test_workflow_commands(file: Callable[[str], Path]) -> None:
    path = file(BROKEN.replace("1:23", "1%").replace("<title>Two<", "<title>A &amp;amp; B<"))
    escaped = str(path).replace("%", "%25")
    in_property = escaped.replace(",", "%2C")
    result = run("--format", "github", path)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"::warning file={in_property},line=23,title=guid-missing::{escaped}: channel/item[1]: "
        "expected a <guid>, found none (RSS profile)",
        f"::error file={in_property},line=30,title=number-invalid::{escaped}: "
        "channel/item[1]/enclosure/@length: expected a whole number, 0 or more, found “1%25” "
        "(RSS 2.0 <enclosure>)",
        f"::notice file={in_property},line=35,title=title-references::{escaped}: title: expected "
        "&#x26; and &#x3C; in titles, found “&amp;” (RSS profile)",
        f"::notice file={in_property},line=35,title=text-markup::{escaped}: "
        "channel/item[2]/title: expected plain text, found “&amp;” (RSS profile)",
        f"{path} is no valid RSS 2.0 feed with 2 entries: 1 error, 1 warning",
    ]


def test_workflow_commands_of_an_address_name_no_file() -> None:
    with serving({"/feed": Page("", 404)}) as server:
        result = run("--format", "github", f"{server.address}/feed")
    assert result.output.splitlines()[0] == (
        f"::error title=http-status::{server.address}/feed: status: expected 200, found 404 "
        "(RFC 9110 §15)"
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("missing.xml", "missing.xml: expected a file or an http or https address: No such file or directory"),
        (".", ".: expected a file or an http or https address: Is a directory"),
        ("ftp://a.example/feed", "ftp://a.example/feed: expected an http or https address"),
        ("https://", "https://: expected an address with a host, and without a password"),
        ("https://a:b@c.example/", "https://a:b@c.example/: expected an address with a host, and without a password"),
        ("https://[::1/", "https://[::1/: expected an address with a host, and without a password"),
        ("https://a.example:port/", "https://a.example:port/: expected an address with a host, and without a password"),
    ],
)  # fmt: skip
def test_what_is_no_target_ends_with_status_2(target: str, said: str) -> None:
    result = run("-", target, text="")
    assert (result.exit_code, result.output) == (2, f"{said}\n")


def test_no_target_ends_with_status_2() -> None:
    assert run().exit_code == 2


def test_a_file_that_is_too_large(
    file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "LIMIT_BYTES", 1000)
    assert "error: feed-too-large: document: expected at most 1,000 bytes, found more" in (
        run(file(RSS_FEED)).output
    )


def test_severities_are_coloured_unless_nobody_wants_it(
    file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(BROKEN)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "error\x1b[0m: number-invalid" in run(path).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run(path).output
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b" not in run(path).output


def test_letters_that_the_terminal_lacks_are_no_traceback(file: Callable[[str], Path]) -> None:
    path = file(RSS_FEED.replace("1:23", "x").replace('length="83"', 'length="海"'))
    result = subprocess.run(
        [sys.executable, "-m", "feedsvc", "validate", str(path)],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (1, "")
    assert "found \\u201c\\u6d77\\u201d" in result.stdout


def test_the_help_says_how_it_ends_and_shows_examples() -> None:
    output = run("--help").output
    for word in (
        "Exit status: 0",
        "Examples:",
        "feedsvc validate https://",
        "github",
        "- for standard",
    ):
        assert word in output


def test_the_command_is_documented() -> None:
    text = (ROOT / "docs" / "validate.md").read_text(encoding="utf-8")
    for word in ("--format json", "--format github", "NO_COLOR", "feedsvc validate -"):
        assert word in text
