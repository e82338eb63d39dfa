from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.content.frontmatter import read_front_matter
from feedsvc.content.values import Fields
from feedsvc.errors import FrontMatterError


def test_values_are_text_and_know_their_lines() -> None:
    text = "---\ntitle: No\ntopics:\n  - 010\n  - ~\nprovider: {name: 2023-01-01}\n---\nBody\n"
    fields, body = read_front_matter(text)
    assert fields == {"title": "No", "topics": ["010", None], "provider": {"name": "2023-01-01"}}
    assert fields.lines == {"title": 2, "topics": 3, "provider": 6}
    assert body == "Body"


@pytest.mark.parametrize(
    "text",
    [
        "---\r\ntitle: A\r\n---\r\nBody\r\n",
        "\n\n---\n\n\ntitle: A\n---\n\nBody",
        "-----\ntitle: A\n-----\nBody",
        "---   \ntitle: A\n---  \nBody",
    ],
)
def test_the_fences_may_vary(text: str) -> None:
    fields, body = read_front_matter(text)
    assert fields == {"title": "A"}
    assert fields.lines["title"] == text.splitlines().index("title: A") + 1
    assert body == "Body"


def test_rules_in_the_body_are_body() -> None:
    _, body = read_front_matter("---\na: b\n---\none\n\n---\n\ntwo")
    assert body == "one\n\n---\n\ntwo"


def test_empty_front_matter_is_no_fault() -> None:
    assert read_front_matter("---\n---\nBody") == ({}, "Body")


def test_the_secured_payload_is_dropped_at_every_depth() -> None:
    fields, _ = read_front_matter(
        "---\nsecured: abc\nrelated:\n  - secured: [def]\n    a: b\n---\n"
    )
    assert fields == {"related": [{"a": "b"}]}


def test_anchors_and_merge_keys() -> None:
    fields, _ = read_front_matter(
        "---\nbase: &base {published: no, quality: 1}\n<<: *base\nquality: 2\n---\n"
    )
    assert fields["published"] == "no"
    assert fields["quality"] == "2"
    assert fields.repeated == set()


def test_a_repeated_key_is_noticed_and_the_last_counts() -> None:
    fields, _ = read_front_matter("---\na: 1\na: 2\n---\n")
    assert fields == {"a": "2"}
    assert fields.repeated == {"a"}


def test_tags_build_nothing() -> None:
    fields, _ = read_front_matter("---\na: !!python/object/apply:os.system ['true']\n---\n")
    assert fields == {"a": ["true"]}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "expected '---' at the start of the file, found an empty file"),
        (
            "Hello\n---\na: b\n---\n",
            1,
            "expected '---' at the start of the file, found something else",
        ),
        ("---\na: b\n", 1, "expected a closing '---' line, found the end of the file"),
        ("---\na: b\nc: [d\ne: f\n---\n", 4, "did not find expected ',' or ']'"),
        ("---\na: 'b\n---\n", 3, "found unexpected end of stream"),
        ("---\na: b: c\n---\n", 2, "mapping values are not allowed"),
        ("---\n- a\n---\n", 2, "expected 'name: value' lines"),
        ("---\njust text\n---\n", 2, "expected 'name: value' lines"),
        ("---\n? [a]\n: b\n---\n", 2, "expected a name before ':'"),
        ("---\na: \x07\n---\n", 2, "the forbidden character U+0007"),
        (f"---\na: {'[' * 100_000}\n---\n", 2, "expected at most 100 levels of nesting"),
        (f"---\na: {'{x: ' * 100_000}\n---\n", 2, "expected at most 100 levels of nesting"),
        (f"---\na:\n  {'- ' * 100_000}x\n---\n", 3, "expected at most 100 levels of nesting"),
        (f"---\n{BOMB}---\n", 6, "expected at most 100,000 values"),
        ("---\na: &a [*a]\n---\n", 2, "expected an alias of a value that ends before it"),
        ("---\na: *b\n---\n", 2, "expected an alias of a value"),
        ("---\na: b\n...\nc: d\n---\n", 4, "expected"),
    ],
)
def test_what_is_no_front_matter_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


def test_a_fault_in_the_payload_does_not_show_it() -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter('---\nsecured: "c2VjcmV0" c2VjcmV0\n---\n')
    assert "c2VjcmV0" not in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "secured: c2VjcmV0\n",
        "---\nsecured: *c2VjcmV0\n---\n",
        "---\nsecured: &s {excerpt: c2VjcmV0}\n<<: *s\n---\n",
        "---\nsecured: &s c2VjcmV0\ntitle: *s\n---\n",
        "---\nsecured: [&s c2VjcmV0]\ntitle: *s\n---\n",
    ],
)
def test_the_payload_has_no_way_out(text: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter(text)
    assert "c2VjcmV0" not in caught.value.reason


def test_aliases_of_a_long_text_are_counted_by_its_length() -> None:
    aliases = ", ".join(["*t"] * 2000)
    with pytest.raises(FrontMatterError, match="expected at most 100,000 values"):
        read_front_matter(f"---\nt: &t {'x' * 100_000}\ntopics: [{aliases}]\n---\n")


@given(st.text())
def test_any_text_gives_fields_or_a_clear_error(text: str) -> None:
    for document in (text, f"---\n{text}\n---\n"):
        with suppress(FrontMatterError):
            assert isinstance(read_front_matter(document)[0], Fields)
