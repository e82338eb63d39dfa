"""How RSS titles are spelled, which a parsed document no longer shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedsvc.validate.findings import Finding, Spot, finding, quoted

_TITLE = re.compile(r"<title>([^<]*)</title>")
_OTHERS = re.compile(r"&(?:amp|lt|#38|#60);")


def references_in_titles(text: str) -> Iterator[Finding]:
    """The profile asks for &#x26; and &#x3C;, which show right in readers that take titles for
    HTML and in those that don't. Told once, at the first.
    """
    for title in _TITLE.finditer(text):
        match = _OTHERS.search(title[1])
        if match:
            spot = Spot("title", text.count("\n", 0, title.start()) + 1)
            expected = "&#x26; and &#x3C; in titles"
            yield finding("title-references", spot, expected, quoted(match[0]), "RSS profile")
            return
