"""docs/cli.md says what the commands say, and each of them says all there is.

`make goldens` writes it anew.
"""

from __future__ import annotations

import re
import shlex
import shutil

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class
from markdown_it import MarkdownIt
from support import ROOT

from feedsvc.cli import main
from feedsvc.cli.reference import EXIT_STATUS, commands, options_of, parts_of, reference

DOCUMENT = ROOT / "docs" / "cli.md"
EVERY = dict(commands())


def test_the_reference_is_made_of_the_commands(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    by_hand = text[: text.index("-->\n") + len("-->\n")]
    made = f"{by_hand}\n{reference()}"
    if request.config.getoption("--write-goldens"):
        DOCUMENT.write_text(made, encoding="utf-8")
    assert made == DOCUMENT.read_text(encoding="utf-8")
    assert "<em>" not in MarkdownIt().render(reference())


def test_all_commands_are_there() -> None:
    assert {"feedsvc init", "feedsvc serve", "feedsvc check", "feedsvc export"} <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_command_says_what_it_does(name: str) -> None:
    command = EVERY[name]
    assert command.help
    assert command.help.strip().endswith(".")
    for option in options_of(command):
        assert option.help, f"{name} {option.opts[0]}"
        assert option.help.endswith("."), f"{name} {option.opts[0]}"


@pytest.mark.parametrize("name", EVERY)
def test_a_command_says_how_it_is_called_and_how_it_ends(name: str) -> None:
    command = EVERY[name]
    if isinstance(command, click.Group):
        return
    examples, status = parts_of(command.epilog)
    assert examples, f"{name} has no examples"
    for example in examples.splitlines():
        assert example.startswith(f"{name} ") or example == name
        # It can be called like that: whoever misspells an option is told.
        call = re.split(r" [<>] ", example)[0]  # what the shell does with files isn't the command's
        given = shlex.split(call, comments=True)[len(name.split()) :]
        command.make_context(name, given)
    assert status.startswith(f"{EXIT_STATUS} 0 if "), f"{name} has no exit statuses"
    assert status.endswith(".")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_complete_commands_and_options(shell: str) -> None:
    variable = "_FEEDSVC_COMPLETE"
    assert f"{variable}={shell}_source feedsvc" in DOCUMENT.read_text(encoding="utf-8")
    kind = get_completion_class(shell)
    assert kind is not None
    if shutil.which(shell):  # that of bash asks it for its version
        assert f"{variable}={shell}_complete" in kind(main, {}, "feedsvc", variable).source()
    complete = ShellComplete(main, {}, "feedsvc", variable)
    assert [one.value for one in complete.get_completions([], "che")] == ["check"]
    assert [one.value for one in complete.get_completions(["check"], "--fo")] == ["--format"]
    found = complete.get_completions(["check", "--format"], "g")
    assert [one.value for one in found] == ["github"]
