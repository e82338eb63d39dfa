"""config.yaml and docs/configuration.md say what the options say, and their examples are right.

`make goldens` writes both anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from support import ROOT

from feedsvc.config import Settings, load_settings
from feedsvc.config.describe import WIDTH, commented_yaml
from feedsvc.config.options import Option, options_of, sections
from feedsvc.config.reference import reference, variable_of

CONFIG = ROOT / "config.yaml"
DOCUMENT = ROOT / "docs" / "configuration.md"
# A key in a comment, or what is below one; a meaning never begins like that.
COMMENTED = re.compile(r"^( *)# ([a-z_]+:( |$)| .*)")


def uncomment(text: str) -> str:
    return "\n".join(COMMENTED.sub(r"\1\2", line) for line in text.splitlines())


def every_option() -> Iterator[tuple[tuple[str, ...], Option]]:
    waiting = [((option.name,), option) for option in sections()]
    while waiting:
        path, option = waiting.pop(0)
        yield path, option
        if option.inside is not None:
            below = (*path, "<name>") if option.has_names else path
            waiting += [((*below, one.name), one) for one in options_of(option.inside)]


def loaded(text: str) -> dict[str, Any]:
    return {key: value for key, value in yaml.safe_load(text).items() if value}


def test_the_shipped_file_is_made_of_the_options(request: pytest.FixtureRequest) -> None:
    text = CONFIG.read_text(encoding="utf-8")
    made = commented_yaml(yaml.safe_load(text))
    assert loaded(made) == loaded(text)
    if request.config.getoption("--write-goldens"):
        CONFIG.write_text(made, encoding="utf-8")
    assert made == CONFIG.read_text(encoding="utf-8")


def test_the_reference_is_made_of_the_options(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    by_hand = text[: text.index("-->\n") + len("-->\n")]
    made = f"{by_hand}\n{reference()}"
    if request.config.getoption("--write-goldens"):
        DOCUMENT.write_text(made, encoding="utf-8")
    assert made == DOCUMENT.read_text(encoding="utf-8")


def test_every_option_says_what_it_means() -> None:
    for path, option in every_option():
        assert option.meaning.endswith("."), path
        # Where the default is nothing, an example shows what could be there.
        assert option.is_section or option.shown is not None, path
        assert f"`{'.'.join(path)}`" in reference() or len(path) == 1


@pytest.mark.parametrize("given", [{}, loaded(CONFIG.read_text(encoding="utf-8"))])
def test_every_commented_key_is_right(given: dict[str, Any], tmp_path: Path) -> None:
    text = uncomment(commented_yaml(given))
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    settings = load_settings(file, {})
    shown = yaml.safe_load(text)
    for path, option in every_option():
        if len(path) == 2 and option.inside is None:
            expected = given.get(path[0], {}).get(path[1], option.shown)
            assert shown[path[0]][path[1]] == expected
    assert settings.feeds.saved["weekend-reading"].parameters


def test_every_example_of_a_key_below_a_name_is_right() -> None:
    for path, option in every_option():
        if "<name>" in path:
            data: dict[str, Any] = {option.name: option.shown}
            for part in reversed(path[:-1]):
                data = {"a-name" if part == "<name>" else part: data}
            load_settings(None, {}, {(key,): value for key, value in data.items()})


def test_every_variable_says_what_the_key_says() -> None:
    environ: dict[str, str] = {}
    for path, option in every_option():
        is_whole = option.inside is None or option.has_names
        if is_whole and variable_of(path):
            shown = option.shown
            environ[variable_of(path)] = (
                shown
                if isinstance(shown, str)
                else yaml.safe_dump(shown, default_flow_style=True).removesuffix("...\n").strip()
            )
    said = load_settings(None, environ)
    text = uncomment(commented_yaml({}))
    values = {(key,): value for key, value in yaml.safe_load(text).items()}
    assert said == load_settings(None, {}, values)
    assert said != Settings(directory=said.directory)


def test_all_defaults_are_as_shown() -> None:
    """A key in a comment that isn't there for an example shows what holds without it."""
    for path, option in every_option():
        if option.default is not None and option.example is None:
            data: Any = option.default
            for part in reversed(path):
                data = {part: data}
            given = {(key,): value for key, value in data.items()}
            assert load_settings(None, {}, given) == load_settings(None, {})


def test_lines_are_short_and_markdown_stays_text() -> None:
    for file in (CONFIG, DOCUMENT):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert len(line) <= WIDTH
    assert "<em>" not in MarkdownIt().render(reference())
    for name in re.findall(r"\]\((\w+\.md)\)", reference()):
        assert (DOCUMENT.parent / name).is_file()


def test_given_values_stand_and_nothing_else() -> None:
    given = {
        "site": {"title": "no", "author": {"name": "A: b", "email": None}},
        "content": {"fields": {"title": "headline"}, "exclude": []},
        "feeds": {"saved": {"best": {"topic": "Sea", "title": "Best"}, "all": {}}},
        "topics": {"C#": {}, "Sea": {"title": "The sea"}, "Sky": {"full_text": False}},
        "serving": {"rate": {"requests": 5, "seconds": 9}, "old_addresses": {"/a": "/b"}},
    }
    text = commented_yaml(given)
    assert loaded(text) == {
        "site": {"title": "no", "author": {"name": "A: b"}},
        "content": {"fields": {"title": "headline"}, "exclude": []},
        "feeds": {"saved": {"best": {"topic": "Sea", "title": "Best"}, "all": {}}},
        "topics": {"C#": {}, "Sea": {"title": "The sea"}, "Sky": {"full_text": False}},
        "serving": {"rate": {"requests": 5, "seconds": 9}, "old_addresses": {"/a": "/b"}},
    }
    assert commented_yaml(yaml.safe_load(text)) == text
