"""Markdown and foreign HTML -> HTML that any feed reader shows well and safely.

Two passes: the tree gets absolute addresses, videos in a form that doesn't track, and plain
signs where readers have no controls; then nh3 keeps what its allow-list names and nothing
else. The order matters: the last word is the sanitiser's, and lxml's limit on depth (256)
spares it input on which it is slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import lxml.html
import nh3
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as read_table
from markdown_it.rules_core import StateCore
from mdit_py_plugins.footnote import footnote_plugin

from feedsvc.content.text import strip_forbidden
from feedsvc.model import OWN_SITE, Image
from feedsvc.words import shorten

LocalImage = Callable[[str], Image | None]
"""An image's address -> our own copy, if it names a file of the folder."""

EXCERPT_LENGTH = 300
_MOST_TOKENS = 50_000
_TASK = re.compile(r"\[[ xX]\]\s")


def _bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, unless those before have grown far beyond what was written: markdown-it-py fills
    up short rows, 65,536 cells in each table.
    """
    if len(state.tokens) > _MOST_TOKENS + len(state.src):
        return False
    return read_table(state, start, end, silent)


def _mark_tasks(state: StateCore) -> None:
    """`- [x] done` -> a plain sign. mdit-py-plugins looks back from each item to the start of its
    list, which takes hours where there are very many.
    """
    tokens = state.tokens
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open":
            first = inline.children[0] if inline.children else None
            if first is not None and first.type == "text" and _TASK.match(inline.content):
                is_done = inline.content[1] != " "
                first.content = ("☑" if is_done else "☐") + first.content[3:]


_parser = (
    MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
)
_parser.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})
_parser.core.ruler.after("inline", "tasks", _mark_tasks)

_TAGS = (nh3.ALLOWED_TAGS - {"center", "tt", "strike", "map", "area"}) | {
    "audio", "iframe", "picture", "section", "source", "video",
}  # fmt: skip
_MEDIA = {"src", "controls", "poster", "width", "height", "type"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"title", "lang", "dir"},
    "a": {"href", "hreflang"},
    "audio": _MEDIA,
    "blockquote": {"cite"},
    "iframe": {"src", "width", "height", "allowfullscreen"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "media", "type"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": _MEDIA,
}
_SCHEMES = {"http", "https", "mailto"}

_ADDRESSES = ("href", "src", "poster", "cite")
_ALIGNED = re.compile(r"text-align\s*:\s*(left|right|center)")
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)"
)
_VIDEO_ID = re.compile(r"[\w-]{5,20}")
# What isn't in the list of what is allowed, and means nothing anywhere: only its text stays.
_NO_TAG = "x-no"
_EMBEDS = ("https://www.youtube-nocookie.com/embed/", "https://player.vimeo.com/video/")


def render_markdown(body: str, base_url: str, local_image: LocalImage) -> str:
    """CommonMark with tables, strikethrough, footnotes and task lists as safe HTML."""
    return clean_html(_parser.render(strip_forbidden(body)), base_url, local_image)


def clean_html(html: str, base_url: str, local_image: LocalImage) -> str:
    """`html` without what runs, styles or tracks; its addresses absolute against `base_url`."""
    if not html.strip():
        return ""
    tree = _tree_of(strip_forbidden(html))
    for element in list(tree.iter(etree.Element)):
        _settle(element, base_url, local_image)
    inner = etree.tostring(tree, method="html", encoding="unicode")
    clean = nh3.clean(
        inner.removeprefix("<div>").removesuffix("</div>"),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        attribute_filter=_only_known_embeds,
    )
    # A character reference may have brought in what no feed can carry.
    return strip_forbidden(clean).strip()


def _tree_of(html: str) -> Any:
    """What is in `html`, in a `div`. lxml's own way of it fails at what character references
    bring into the text at the beginning, and doesn't where they bring it in anywhere else.
    """
    tree = lxml.html.Element("div")
    parts = lxml.html.fragments_fromstring(html)
    if parts and isinstance(parts[0], str):
        tree.text = strip_forbidden(parts.pop(0))
    tree.extend(parts)
    return tree


def opening_words(html: str) -> str:
    """The first paragraph of clean HTML as plain text, cut after `EXCERPT_LENGTH` characters."""
    if not html:
        return ""
    tree = lxml.html.fragment_fromstring(html, create_parent="div")
    paragraphs = (" ".join(one.text_content().split()) for one in tree.iter("p"))
    text = next((words for words in paragraphs if words), " ".join(tree.text_content().split()))
    return shorten(text, EXCERPT_LENGTH)


def _only_known_embeds(tag: str, attribute: str, value: str) -> str | None:
    if tag == "iframe" and attribute == "src" and not value.startswith(_EMBEDS):
        return None
    return value


def _settle(element: Any, base_url: str, local_image: LocalImage) -> None:
    if element.getparent() is None:
        return
    match element.tag:
        case "input":
            _replace(element, "☑" if element.get("checked") is not None else "☐")
            return
        case "iframe":
            _settle_video(element, base_url)
            return
        case "a" if element.get("href", "").startswith("#"):
            # A footnote's way there and back: readers cut stories out of their page.
            is_way_back = (element.text or "").startswith("↩")
            if is_way_back:
                _replace(element, "")
            else:
                _unwrap(element)
            return
        case "img":
            if _is_tracker(element):
                _replace(element, "")
                return
            own = local_image(element.get("src", ""))
            if own is not None:
                element.set("src", OWN_SITE + own.url)
                # With its size nothing below it moves when it comes.
                if own.width and own.height and not {"width", "height"} & set(element.keys()):
                    element.set("width", str(own.width))
                    element.set("height", str(own.height))
        case "td" | "th":
            aligned = _ALIGNED.search(element.get("style", ""))
            if aligned:
                element.set("align", aligned[1])
    for name in _ADDRESSES:
        if element.get(name):
            element.set(name, strip_forbidden(_absolute(base_url, element.get(name))))
    if element.get("srcset"):
        element.set("srcset", strip_forbidden(_absolute_set(base_url, element.get("srcset"))))


def _replace(element: Any, text: str) -> None:
    """Put `text` in the place of `element`, keeping what follows it."""
    element.clear(keep_tail=True)
    element.tag = _NO_TAG
    element.text = text


def _unwrap(element: Any) -> None:
    """Leave of `element` what is in it. The sanitiser does it: joining texts here, one by one,
    would copy all of them again each time.
    """
    element.attrib.clear()
    element.tag = _NO_TAG


def _absolute(base_url: str, url: str) -> str:
    try:
        return urljoin(base_url, url)
    except ValueError:
        return base_url


def _absolute_set(base_url: str, srcset: str) -> str:
    candidates = (candidate.split(None, 1) for candidate in srcset.split(", ") if candidate.strip())
    return ", ".join(" ".join([_absolute(base_url, url), *size]) for url, *size in candidates)


def _is_tracker(image: Any) -> bool:
    """A picture that isn't meant to be seen: without address, hidden, or a pixel."""
    sides = [image.get("width", ""), image.get("height", "")]
    return (
        not image.get("src")
        or any(side.strip().removesuffix("px") in {"0", "1"} for side in sides)
        or bool(_INVISIBLE.search(image.get("style", "")))
    )


def _settle_video(frame: Any, base_url: str) -> None:
    """Keep a YouTube or Vimeo player, in the form that doesn't track, with a link beside it."""
    video = _video(_absolute(base_url, frame.get("src", "")))
    if video is None:
        _replace(frame, "")
        return
    player, page, name = video
    frame.set("src", player)
    frame.text = None
    link = etree.Element("a", href=page)
    link.text = f"Watch on {name}"
    paragraph = etree.Element("p")
    paragraph.append(link)
    paragraph.tail, frame.tail = frame.tail, None
    frame.addnext(paragraph)


def _video(src: str) -> tuple[str, str, str] | None:
    """(player, page, name of the site) of an embedded video; `None` for any other frame."""
    try:
        parts = urlsplit(src)
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    last = parts.path.rstrip("/").rpartition("/")[2]
    if not _VIDEO_ID.fullmatch(last):
        return None
    if host in {"youtube.com", "youtube-nocookie.com"} and parts.path == f"/embed/{last}":
        playlist, start = query.get("list", ""), query.get("start", "")
        if last == "videoseries":
            if not re.fullmatch(r"[\w-]+", playlist):
                return None
            player = f"{_EMBEDS[0]}videoseries?list={playlist}"
            return player, f"https://www.youtube.com/playlist?list={playlist}", "YouTube"
        begin = f"?start={start}" if re.fullmatch(r"\d{1,6}", start) else ""
        return f"{_EMBEDS[0]}{last}{begin}", f"https://www.youtube.com/watch?v={last}", "YouTube"
    if host == "player.vimeo.com" and last.isdecimal():
        key = query.get("h", "")
        is_unlisted = bool(re.fullmatch(r"\w+", key))
        player = f"{_EMBEDS[1]}{last}?dnt=1" + (f"&h={key}" if is_unlisted else "")
        return player, f"https://vimeo.com/{last}" + (f"/{key}" if is_unlisted else ""), "Vimeo"
    return None
