"""The documentation as a site: `make docs` builds it into build/docs.

index.md is the list of all pages, as it is read where the code is hosted; the table of contents
is made of it, a caption for each of its headings and an entry for each link.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_HERE = Path(__file__).parent
_INIT = (_HERE.parent / "feedsvc" / "__init__.py").read_text(encoding="utf-8")
_VERSION = re.search(r'__version__ = "(.+)"', _INIT)
# Of the files outside this folder none is a page: the site offers them for download.
_OUTSIDE = re.compile(r"\]\((\.\./[^)#]+\.md)(?:#[^)]*)?\)")
_ENTRY = re.compile(r"^- \[[^]]+\]\(([\w-]+)\.md\)", re.MULTILINE)

project = "feedsvc"
version = release = _VERSION[1] if _VERSION else ""
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
# As code hosts make them: `## Any feed` is #any-feed.
myst_heading_anchors = 4
# What is said of --options stays as it is written.
smartquotes = False

html_theme = "furo"
html_title = f"feedsvc {release}"
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}


def _make_ready(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = _OUTSIDE.sub(r"](<path:\1>)", source[0])
    if docname != "index":
        return
    for section in source[0].split("\n## ")[1:]:
        caption, _, text = section.partition("\n")
        pages = "\n".join(_ENTRY.findall(text))
        if pages:
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> None:
    app.connect("source-read", _make_ready)
