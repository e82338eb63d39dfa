"""`feedsvc check`: the examples of docs/check.md, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import NOW, ROOT, article

from feedsvc.cli import main
from feedsvc.lint.article import look_at_article
from feedsvc.rules import RULES

DOCS = ROOT / "docs" / "check.md"
_SECTION = re.compile(r"^### ([a-z-]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(_SECTION.findall(DOCS.read_text(encoding="utf-8")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


def check(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def write(folder: Path, name: str, front_matter: str, body: str = "Text") -> None:
    (folder / name).write_text(f"---\n{front_matter}\n---\n{body}\n", encoding="utf-8")


def test_every_rule_is_documented() -> None:
    assert set(SECTIONS) == set(RULES)


@pytest.mark.parametrize("rule", [rule for rule in SECTIONS if not rule.startswith("large-")])
def test_the_example_of_each_rule(folder: Path, rule: str) -> None:
    expected = ""
    for language, name, text in _BLOCK.findall(SECTIONS[rule]):
        if language == "markdown":
            (folder / (name or "example.md")).write_text(text, encoding="utf-8")
        elif language == "yaml":
            Path("config.yaml").write_text(text, encoding="utf-8")
        elif language == "sh":
            assert text == "mkdir articles/old.md\n"
            (folder / "old.md").mkdir()
        else:
            expected = text
    found = check().stdout.replace(f"{Path.cwd()}/", "").splitlines()[:-1]
    assert expected.splitlines() == [line for line in found if line.endswith(f"[{rule}]")]
    assert expected
    assert check("--skip", rule).stdout.count(f"[{rule}]") == 0


def test_large_entries_and_feeds(folder: Path) -> None:
    word = "The tide comes in. "
    write(folder, "a.md", "title: A\ndate: 2026-01-01", word * 14_000)
    for number in range(9):
        write(folder, f"{number}.md", f"title: {number}\ndate: 2026-01-02", word * 13_000)
    found = check("--skip", "relative-link").stdout.splitlines()
    assert re.fullmatch(
        r"articles/a\.md:1: warning: text: expected at most 250,000 bytes of HTML, found 266,00\d; "
        r"every reader fetches them \[large-entry\]",
        found[0],
    )
    assert re.fullmatch(
        r"feed\.atom: warning: expected at most 2,000,000 bytes, found 2,4\d\d,\d{3}; "
        r"lower feeds\.limit \[large-feed\]",
        found[1],
    )
    # Of all that holds these articles, each is told.
    assert [line.split(":")[0] for line in found[2:]] == [
        "languages/en.atom",
        "10 files checked",
    ]


def test_nothing_wrong(folder: Path) -> None:
    write(folder, "a.md", "title: A\ndate: 2026-01-01")
    answer = check("--fail-on", "info")
    assert (answer.exit_code, answer.stdout) == (0, "1 file checked: nothing found\n")


@pytest.mark.parametrize(
    ("front_matter", "severity"),
    [("title: [x]", "error"), ("title: A", "warning"), ("title: A\ndate: 2999-01-01", "info")],
)
def test_the_status_goes_by_severity(folder: Path, front_matter: str, severity: str) -> None:
    write(folder, "a.md", front_matter)
    order = ["error", "warning", "info"]
    for fail_on in [*order, "never"]:
        bad = fail_on != "never" and order.index(severity) <= order.index(fail_on)
        assert check("--fail-on", fail_on).exit_code == int(bad)
    assert check().exit_code == (1 if severity == "error" else 0)


def test_what_is_held_back_is_checked_and_what_is_removed_is_not(folder: Path) -> None:
    write(folder, "a.md", "title: <b>A</b>\ndate: 2026-01-01\npublished: false")
    write(folder, "b.md", "title: <b>B</b>\ndate: 2026-01-01\nremoved: true")
    assert [line.split(":")[0] for line in check().stdout.splitlines()[:-1]] == ["articles/a.md"]


def test_rules_are_switched_off_in_the_configuration(folder: Path) -> None:
    write(folder, "a.md", "title: <b>A</b>")
    Path("config.yaml").write_text("check: {skip: [markup-in-title, missing-date]}\n")
    assert check().stdout == "1 file checked: nothing found\n"
    Path("config.yaml").write_text("check: {skip: [markup-in-titles]}\n")
    answer = check()
    assert answer.exit_code == 2
    assert answer.stderr.startswith(
        "config.yaml:1: check.skip, item 1: expected a rule of docs/check.md: unreadable, "
    )
    assert check("--skip", "nothing").exit_code == 2


def test_a_time_zone_that_was_chosen_is_meant(folder: Path) -> None:
    write(folder, "a.md", "title: A\ndate: 2026-01-01 10:00")
    Path("config.yaml").write_text("site: {timezone: Europe/Berlin}\n")
    assert check().stdout == "1 file checked: nothing found\n"


def test_only_files_may_be_of_another_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("config.yaml").write_text("sitle: {}\n")
    assert "another program's" in check().stderr
    Path("config.yaml").write_text("site: {title: A}\n")
    monkeypatch.setenv("FEEDSVC_FOO", "1")
    assert "FEEDSVC_FOO: foo: unknown key" in check().stderr
    assert "another program's" not in check().stderr


def test_json(folder: Path) -> None:
    write(folder, "a.md", "title: A\ndate: soon")
    answer = check("--format", "json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == [
        {
            "path": "articles/a.md",
            "line": 3,
            "field": "date",
            "reason": "expected an ISO 8601 date and time such as 2023-04-26T18:15:40Z, found 'soon'",
            "severity": "error",
            "rule": "invalid-field",
        }
    ]
    (folder / "a.md").unlink()
    assert json.loads(check("--format", "json").stdout) == []


def test_names_and_values_are_no_commands_of_terminals(folder: Path) -> None:
    write(folder, "a\n\x1b[2Jb.md", 'title: "<b\\e[2J>A"\ndate: 2026-01-01\n"x\\e[1my": 1')
    text, github = check().stdout, check("--format", "github").stdout
    assert "articles/a\\n\\x1b[2Jb.md:" in text
    assert "file=articles/a%0A\\x1b[2Jb.md," in github
    assert "\x1b" not in text + github
    assert len(text.splitlines()) == len(github.splitlines()) + 1
    [found, *_] = json.loads(check("--format", "json").stdout)
    assert found["path"] == "articles/a\n\x1b[2Jb.md"


def test_annotations_escape_what_has_a_meaning(folder: Path) -> None:
    write(folder, "a,b:c%.md", 'title: "<b>100%</b>"\ndate: 2026-01-01')
    assert check("--format", "github").stdout == (
        "::warning file=articles/a%2Cb%3Ac%25.md,line=2,title=markup-in-title::"
        "title: expected plain text, found '<b>', which readers show as it stands\n"
    )


def test_lines_are_found_in_toml_and_json(folder: Path) -> None:
    (folder / "a.md").write_text('+++\ndate = 2026-01-01\ntitle = "<b>A</b>"\n+++\nText\n')
    (folder / "b.md").write_text('{\n "date": "2026-01-01",\n "title": "<b>B</b>"\n}\nText\n')
    found = check("--skip", "naive-date").stdout.splitlines()
    assert [line.partition(": ")[0] for line in found[:-1]] == [
        "articles/a.md:3",
        "articles/b.md:3",
    ]


def test_lines_are_found_in_the_front_matter_alone(folder: Path) -> None:
    body = "Text\n\ntitle: no\nheat: no\n" + "\n" * 300_000
    front_matter = '\n\nexcerpt: "A\u2028 B"\ntitle: <b>A</b>\ndate: 2026-01-01'
    write(folder, "a.md", front_matter, body)
    (folder / "b.md").write_text('{"title": "<b>B</b>",\n"date": "2026-01-01"}\n' + body)
    (folder / "2026-01-01-c.md").write_text("\n+++\ndate = 2026-01-01\n+++\n" + body)
    started = time.process_time()
    found = check("--skip", "naive-date").stdout.splitlines()
    assert time.process_time() - started < 5  # with the square of blank lines: minutes
    assert [line.partition(": ")[0] for line in found[:-1]] == [
        "articles/2026-01-01-c.md:1",
        "articles/a.md:5",
        "articles/b.md:1",
    ]


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        (
            '<img src="http://a.example/1"><img alt="1 < 2 > 0" src="http://a.example/2">',
            ["1", "2"],
        ),
        ('<p title="<img"><img src="https://a.example/3"> src="http://a.example/4"</p>', []),
        ("<img " * 100_000 + '<img src="http://a.example/5">', ["5"]),
        ('<img a="' * 100_000, []),
    ],
)
def test_insecure_pictures_are_found_in_linear_time(html: str, urls: list[str]) -> None:
    started = time.process_time()
    found = look_at_article(article("a", html=html), NOW)
    told = [one.text for one in found if one.rule == "insecure-image"]
    assert time.process_time() - started < 5
    assert told == [f"http://a.example/{url}" for url in urls]


def test_colours_are_for_terminals_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "a.md", "title: <b>A</b>")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in check().stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in check().stdout
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[" not in check().stdout


def test_files_that_can_not_be_read_are_counted(folder: Path) -> None:
    write(folder, "a.md", "title: A\ndate: 2026-01-01")
    write(folder, "b.md", "title: [")
    write(folder, "c.md", "title: C\ndate: soon")
    assert check().stdout.splitlines()[-1] == "3 files checked: 2 errors"


def test_no_article_no_trouble(folder: Path) -> None:
    assert check().stdout == "0 files checked: nothing found\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [["check"], ["--help"]])
def test_an_output_that_is_full_is_told_in_one_sentence(
    folder: Path, command: list[str], unbuffered: str
) -> None:
    write(folder, "a.md", "title: [")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "feedsvc", *command], stdout=full, stderr=subprocess.PIPE,
            text=True, check=False, env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.stderr == "standard output can't be written: No space left on device\n"
    assert done.returncode == 3
