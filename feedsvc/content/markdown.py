"""Markdown -> HTML that is safe in any feed reader and page.

CommonMark with tables and strikethrough by markdown-it-py; what it gives goes through
nh3's allow-list, so neither raw HTML in an article nor a parser's fault reaches a reader.
"""

from __future__ import annotations

from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt

from feedsvc.content.text import strip_forbidden

_parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_ADDRESS_ATTRIBUTES = frozenset({"href", "src", "cite"})


def render_markdown(body: str, base_url: str | None) -> str:
    """`body` as sanitised HTML with its addresses absolute against `base_url`, if any."""
    return sanitise(_parser.render(body), base_url)


def sanitise(html: str, base_url: str | None) -> str:
    """Keep text-level HTML; drop scripts, styles, frames, handlers and odd URL schemes."""

    def absolute(tag: str, attribute: str, value: str) -> str:
        if base_url is not None and attribute in _ADDRESS_ATTRIBUTES:
            return urljoin(base_url, value)
        return value

    clean = nh3.clean(
        html,
        attribute_filter=absolute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    # Afterwards: a character reference may have brought in what no feed can carry.
    return strip_forbidden(clean).strip()
