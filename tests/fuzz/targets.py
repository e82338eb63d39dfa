"""What has to hold for any bytes at all. Run by atheris, which looks for bytes for which it doesn't,
and by the suite over those that were found once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from lxml import html as lxml_html

from feedsvc.content.article import ArticleRules, build_article
from feedsvc.content.frontmatter import read_front_matter
from feedsvc.content.html import clean_html, render_markdown
from feedsvc.content.values import Fields, Value
from feedsvc.content.yaml_fast import InexactError
from feedsvc.errors import FrontMatterError
from feedsvc.index.records import file_row
from feedsvc.model import ParsedFile, SourceFile

SOURCE = SourceFile("/nowhere", "2026-01-01-x.md", 1, 1)
RULES = ArticleRules(ZoneInfo("Europe/Berlin"), "news.example.org", date(2026, 1, 1))
BASE = "https://a.example/dir/page"
FORBIDDEN = {
    *("script", "style", "object", "embed", "form", "input", "meta", "link", "base", "svg", "math"),
    *("template", "noscript", "x-no"),
}
PLAYERS = ("https://www.youtube-nocookie.com/embed/", "https://player.vimeo.com/video/")

Read = tuple[object, str] | None


def check_frontmatter(data: bytes) -> None:
    """Fields or `FrontMatterError`; the fast reader says what the exact one says; what is made of
    it can be stored and told.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    exact = read(text, with_lines=True)
    try:
        fast = read(text, with_lines=False)
    except InexactError:
        return
    assert fast == exact, (fast, exact)
    if exact is not None:
        parsed = build_article(SOURCE, *read_front_matter(text), RULES)
        store(parsed)


def read(text: str, *, with_lines: bool) -> Read:
    try:
        fields, body = read_front_matter(text, with_lines=with_lines)
    except FrontMatterError as error:
        error.reason.encode()
        return None
    return plain(fields), body


def plain(value: Value) -> object:
    """A value without its lines; the order of keys counts."""
    if isinstance(value, Fields):
        assert "secured" not in value
        return [(key, plain(inner)) for key, inner in value.items()]
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def store(parsed: ParsedFile) -> None:
    """As the index and the log do it: in UTF-8."""
    str(file_row(parsed, "en")).encode()
    for problem in parsed.problems:
        str(problem).encode()


def check_html(data: bytes) -> None:
    """Nothing that runs, and no address but of a page, a picture or mail, whether it was written
    as HTML or as Markdown.
    """
    text = data.decode("utf-8", "replace")
    for html in (
        clean_html(text, BASE, lambda _: None),
        render_markdown(text, BASE, lambda _: None),
    ):
        html.encode()
        if html:
            for element in lxml_html.fragment_fromstring(html, create_parent="div").iter():
                check_element(element)


def check_element(element: lxml_html.HtmlElement) -> None:
    assert element.tag not in FORBIDDEN, element.tag
    assert isinstance(element.tag, str), "a comment or an instruction"
    for name, value in element.attrib.items():
        assert not name.startswith("on"), name
        assert name not in {"style", "srcdoc", "id", "class", "formaction"}, name
        if name in {"href", "src", "cite", "poster"}:
            assert re.match(r"(https?:|mailto:|$)", value), value  # an empty one is the page itself
        if element.tag == "iframe" and name == "src":
            assert value.startswith(PLAYERS), value


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frontmatter": check_frontmatter,
    "html": check_html,
}
