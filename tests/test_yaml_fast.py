"""The fast reader of YAML is held by the exact one, and that one by PyYAML's own loaders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import FIXTURES, ROOT, RULES, source_of

from feedsvc.content import yaml_fast
from feedsvc.content.article import read_article
from feedsvc.content.frontmatter import _handler_of, read_front_matter
from feedsvc.content.values import Fields, Value, ValueList
from feedsvc.content.yaml_exact import read_exactly
from feedsvc.content.yaml_fast import read_fast
from feedsvc.model import ParsedFile

SEEDS = sorted(ROOT.glob("seeds/**/20*.md"))
FILES = SEEDS + sorted(FIXTURES.rglob("*.md"))
SEED_TEXTS = [file.read_text(encoding="utf-8").split("---\n")[1] for file in SEEDS]

needs_yaml_rs = pytest.mark.skipif(yaml_fast._loads is None, reason="yaml-rs isn't installed")

WORDS = [
    "", "a", "AI in Healthcare", "C++", "it's", "#1", "a #b", "a#b", "a: b", "a:b", "a:", ":a",
    "https://a.example/b?c=d&e=f#g", "/a", "//a", "naïve", "中国", "🎉", "a\u00a0b", "\u00a0a", "a\u200bb",
    "yes", "No", "on", "y", "true", "True", "FALSE", "null", "Null", "~", "nan", "inf", ".inf", ".NaN",
    "0", "-0", "7", "-1", "+1", "014", "0o7", "0x1f", "0b1", "1_000", "1.0", ".5", "1e3", "-1e-3", "12:30:00",
    "190:20:30", "9" * 18, "9" * 19, "9" * 40, "10 things", "2 #a", "3 a: b", "50-50", "2023", "2023-02-31",
    "2023-04-26T18:15:40Z", "2023-04-26 18:15:40.5 +02:00", "2023-4-6", "'a'", "'a''b'", "'a'b'", "''", '""',
    '"a"', '"a\\"b"', '"a\\/b\\\\c"', '"a\\nb"', '"\\u00e9"', '"\\ud83c"', '"\\x07"', '"a: b #c"', '"a" #b',
    '"a" b', '"a', "'a", "&a b", "*a", "!!str 1", "!a b", "[a, b]", "[]", "{}", "[ a]", "[a ]", "[a,b]", "[a,]",
    "['a', \"b, c\"]", "[a, true, null]", "[True]", "[Truest]", "[True-x]", "[a-b c]", "[a: b]", "[a b: c]", "[[a]]", "[1]",
    "[a", "[a] b", "[a]b", "[a]: b", "[é, aé]", "['a'b]", '["a" b]', '["a": b]', "['a'  , b]", "[a  b]", "[a #b]", "[a\u00a0b]",
    "[on, yes]", "[ab, *c]", "{a: b}", "|", ">-", "@a", "`a`",
    "%a", "? a", "- a", "-a", "-", "?", "<<", "=", "a\tb", "\ta", "a\x07", "a\x85b", "a\u2028b", "a\ufeffb",
    "a\x7f", "a\ufffe", "a\U0001ffff", "a\rb", "a  ", "a   b", "a\\b", "a, b", "a]", "a}", "a'b", 'a"b', "a ---",
    "a |", "a >", "a&b", "a*b", "a!b", "a%b", "a@b", "_a", "a?", "a ? b", "a - b", "١", "ª", "²",
]  # fmt: skip
KEYS = [
    "a",
    "b",
    "c-d",
    "eF_1",
    "secured",
    "title",
    "true",
    "null",
    "yes",
    "<<",
    "1",
    "é",
    "a b",
    '"a"',
    "=",
    "k" * 65,
]


def is_taken(text: str) -> bool:
    """Whether the fast reader reads all of `text`."""
    fast = read_fast(text)
    try:
        return fast is not None and fast.values() is not None
    except yaml_fast.InexactError:
        return False


keys = st.sampled_from(KEYS[:6]) | st.sampled_from(KEYS[:6]) | st.sampled_from(KEYS)
# Mostly what is taken, so that whole documents are too.
TAKEN = [word for word in WORDS if is_taken(f"\na: {word}\n")] or WORDS
taken = st.sampled_from(TAKEN)
words = st.one_of(taken, taken, taken, taken, taken, st.sampled_from(WORDS), st.text(max_size=8))
spaces = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """One line at any depth: often as the grammar of the fast reader has it, often just not."""
    indent = " " * draw(st.sampled_from([0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 5, 6]))
    dash = draw(st.sampled_from(["", "", "", "", "- ", "- ", "- ", "-  ", "- - "]))
    if not dash and draw(st.sampled_from(range(8))) == 0:
        return indent + draw(st.sampled_from(["", " ", "# c", "#", "a", '"a"']))
    key = f"{draw(keys)}:" if not dash or draw(st.booleans()) else ""
    word = draw(words | st.just(""))
    end = draw(st.sampled_from([""] * 9 + [" ", " # c", "#c", "\t"]))
    return f"{indent}{dash}{key}{' ' if key and word else ''}{word}{end}"


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0, indent: int = 0) -> list[str]:
    """The lines of a mapping or list, well indented; what its scalars say is anybody's guess."""
    margin = " " * indent
    written: list[str] = []
    is_list = depth > 0 and draw(st.booleans())
    names = (
        [""] * draw(st.integers(1, 3)) if is_list else draw(st.lists(keys, min_size=1, max_size=4))
    )
    for name in names:
        head = "-" if is_list else f"{name}:"
        kind = (
            draw(st.sampled_from(["word", "word", "word", "block", "blank"]))
            if depth < 4
            else "word"
        )
        if kind == "blank":
            written.append(draw(st.sampled_from(["", " ", "# c", "   # c", "#"])))
        elif kind == "block":
            inner = draw(blocks(depth + 1, indent + draw(st.sampled_from([2, 2, 2, 1, 4, 0]))))
            joins = is_list and inner[0].startswith(margin + "  ") and draw(st.booleans())
            first = [f"{margin}- {inner[0].lstrip()}"] if joins else [margin + head, inner[0]]
            written += [*first, *inner[1:]]
        else:
            written.append(f"{margin}{head} {draw(words)}")
    return written or [f"{margin}a: b"]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A seed with a few things put into it, taken out of it or moved in it."""
    text = draw(st.sampled_from(SEED_TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(words | spaces) + text[at + draw(st.integers(0, 3)) :]
        else:
            split = text.split("\n")
            line = split.pop(draw(st.integers(0, len(split) - 1)))
            split.insert(draw(st.integers(0, len(split))), draw(spaces) + line)
            text = "\n".join(split)
    return text


documents = st.one_of(
    st.lists(lines(), max_size=6).map("\n".join), blocks().map("\n".join), mutations()
).map(lambda text: f"\n{text}\n")


def same(ours: Value, theirs: Value) -> bool:
    """Whether two values are one, down to the types and the order of keys."""
    if isinstance(ours, Fields) and isinstance(theirs, Fields):
        pairs = list(zip(ours.items(), theirs.items(), strict=False))
        return len(ours) == len(theirs) and all(a == b and same(x, y) for (a, x), (b, y) in pairs)
    if isinstance(ours, ValueList) and isinstance(theirs, ValueList):
        pairs = list(zip(ours, theirs, strict=False))
        return len(ours) == len(theirs) == len(ours.lines) and all(same(x, y) for x, y in pairs)
    return type(ours) is type(theirs) and ours == theirs


def repeated(value: Value) -> set[str]:
    inner = (
        value.values()
        if isinstance(value, Fields)
        else value
        if isinstance(value, ValueList)
        else ()
    )
    own = value.repeated if isinstance(value, Fields) else set()
    return own.union(*map(repeated, inner))


def check_alike(text: str) -> bool:
    """Whether the fast reader takes `text`; if it does, it reads what the exact one reads."""
    fast = read_fast(text)
    if fast is None:
        return False
    exact = read_exactly(text, 1)
    try:
        assert same(fast, exact)
    except yaml_fast.InexactError:
        return False
    assert not repeated(exact)
    check_loaders(exact, text)
    return True


def check_loaders(exact: Fields, text: str) -> None:
    check_value(exact, yaml.load(text, yaml.CBaseLoader), is_typed=False)
    try:
        typed = yaml.load(text, yaml.CSafeLoader)
    except ValueError:  # 2023-02-31 is a wrong date here, and a text to us
        return
    check_value(exact, typed, is_typed=True)


def check_value(ours: Value, theirs: object, *, is_typed: bool) -> None:
    """PyYAML says the same, as far as it gives a scalar the type that we do."""
    if isinstance(ours, Fields):
        assert isinstance(theirs, dict)
        theirs = {key: value for key, value in theirs.items() if key != "secured"}
        assert is_typed or list(theirs) == list(ours)
        for (key, value), (other, their) in zip(ours.items(), theirs.items(), strict=True):
            assert key == other or not isinstance(other, str)
            check_value(value, their, is_typed=is_typed)
    elif isinstance(ours, ValueList):
        assert isinstance(theirs, list)
        for value, their in zip(ours, theirs, strict=True):
            check_value(value, their, is_typed=is_typed)
    elif not is_typed:
        assert theirs == ours or (ours is None and theirs in {"", "~", "null", "Null", "NULL"})
    elif theirs is None or isinstance(theirs, str):
        assert theirs == ours
    elif type(theirs) is int and ":" not in str(ours):
        assert theirs == int(str(ours))
    elif isinstance(theirs, bool):
        assert theirs == (str(ours).casefold() in {"true", "yes", "on"})


@settings(max_examples=1500, deadline=None)
@given(documents)
def test_the_fast_reader_reads_what_the_exact_one_reads(text: str) -> None:
    check_alike(text)


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("ab1 -:#\n'\"\\~[]{}/.,!&*|>%@`?éT_\t\x85\u2028"), max_size=30))
def test_on_any_text_too(text: str) -> None:
    check_alike(f"\n{text}\n")


@needs_yaml_rs
@pytest.mark.parametrize("text", SEED_TEXTS)
def test_every_seed_is_read_fast(text: str) -> None:
    assert check_alike(text)


def without_lines_of_hints(parsed: ParsedFile | None) -> ParsedFile:
    """For hints nothing is read twice: `feedsvc check` finds their lines by itself."""
    assert parsed is not None
    return replace(
        parsed,
        problems=tuple(
            replace(one, line=None) if one.severity == "info" else one for one in parsed.problems
        ),
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_says_the_same_without_the_fast_reader(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(file, file.parent)
    for rules in (RULES, replace(RULES, base_url="https://a.example/b/")):
        fast = read_article(source, rules)
        with monkeypatch.context() as patch:
            patch.setattr(yaml_fast, "_loads", None)
            exact = read_article(source, rules)
        assert without_lines_of_hints(exact) == without_lines_of_hints(fast)


def test_without_yaml_rs_everything_is_read_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_fast, "_loads", None)
    fields, body = read_front_matter("---\ntitle: A\n---\nText", with_lines=False)
    assert (fields, fields.lines, body) == ({"title": "A"}, {"title": 2}, "Text")


@needs_yaml_rs
def test_lines_are_known_to_whoever_asks_for_them() -> None:
    text = "---\ntitle: A\n---\n"
    assert read_front_matter(text)[0].has_lines
    assert not read_front_matter(text, with_lines=False)[0].has_lines


@needs_yaml_rs
def test_a_problem_has_its_line_and_warnings_their_order(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text(
        "---\ntitle: A\nquality: high\n\nrelated:\n  - title: B\n    webUrl: mailto:b\n---\n"
    )
    parsed = read_article(source_of(file, tmp_path), RULES)
    assert [(one.line, one.field) for one in parsed.problems] == [
        (1, "publishedDateTime"),
        (7, "related[0].webUrl"),
        (7, "related[0].webUrl"),
        (3, "quality"),
    ]


@needs_yaml_rs
@pytest.mark.parametrize(
    "text",
    [
        f"a: {'[' * 100_000}\n",
        "".join(f"{' ' * depth}a:\n" for depth in range(120)),
        "a: &a [x, x]\nb: [*a, *a]\n",
        "a: &a b\n",
        "<<: {a: b}\n",
        f"a: {'9' * 5000}\n",
        "a:\n" + "- b:\n" * 40_000,
        f"a: [{'a,' * 100_001}a]\n",
        f"a: b\n{'x' * 65}: c\n",
        "a: !!python/none\n",
        "%YAML 1.1\n",
        "a: \x00\n",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_dangerous_never_reaches_yaml_rs(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_fast, "_loads", lambda *_, **__: pytest.fail("it did"))
    assert read_fast(text) is None


@needs_yaml_rs
@pytest.mark.parametrize("text", ["a: b\na: c\n", "secured: b\nsecured: c\n", "true: a\n", "- a\n"])
def test_what_only_the_result_shows_is_left_to_the_exact_reader(text: str) -> None:
    assert read_fast(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "---\na: b\n---\nText\n\n---\nText",
        "---\na: b\n ---\n----x\n-----  \nText",
        "---\n\n\n---\nText",
        "---\r\na: b\r\n---\r\nText\r\n",
        "---\na: b\n---",
        "+++\na = 'b'\n+++ \nText",
    ],
)
def test_the_boundaries_are_those_of_python_frontmatter(text: str) -> None:
    handler = _handler_of(text, with_lines=True)
    text = text.replace("\r\n", "\n")
    assert list(handler.split(text)) == handler.FM_BOUNDARY.split(text, 2)[1:]
