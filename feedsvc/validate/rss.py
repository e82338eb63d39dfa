"""RSS 2.0, by its specification and the RSS Advisory Board's Best Practices Profile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from feedsvc.validate import modules, values
from feedsvc.validate.dates import rss_date
from feedsvc.validate.findings import Finding, finding, quoted
from feedsvc.validate.markup import garbled, html_content, plain_text
from feedsvc.validate.structure import Shape, check_shape, names
from feedsvc.validate.tree import Node

SPEC = "RSS 2.0"
PROFILE = "RSS profile"

_RSS = Shape(
    "RSS 2.0 <rss>", once=names("channel"), required=names("version")
)  # fmt: skip
_CHANNEL = Shape(
    "RSS 2.0 <channel>",
    once=names("title link description"),
    at_most_once=names(
        "language copyright managingEditor webMaster pubDate lastBuildDate generator docs cloud "
        "ttl image rating textInput skipHours skipDays"
    ),
    often=names("category item"),
)
_ITEM = Shape(
    "RSS 2.0 <item>",
    at_most_once=names("title link description author comments guid pubDate source"),
    often=names("category enclosure"),
)
_TEXT = Shape(SPEC, holds="text")
_MARKUP = Shape(SPEC, holds="anything")
_PARTS = {
    "image": Shape(
        "RSS 2.0 <image>",
        once=names("url title link"),
        at_most_once=names("width height description"),
    ),
    "textInput": Shape("RSS 2.0 <textInput>", once=names("title description name link")),
    "skipHours": Shape("RSS 2.0 <skipHours>", often=names("hour")),
    "skipDays": Shape("RSS 2.0 <skipDays>", often=names("day")),
    "cloud": Shape(
        "RSS 2.0 <cloud>", required=names("domain port path registerProcedure protocol")
    ),
    "enclosure": Shape("RSS 2.0 <enclosure>", required=names("url length type")),
    "guid": Shape("RSS 2.0 <guid>", optional=names("isPermaLink"), holds="text"),
    "category": Shape("RSS 2.0 <category>", optional=names("domain"), holds="text"),
    "source": Shape("RSS 2.0 <source>", required=names("url"), holds="text"),
}
_OLD = ("0.90", "0.91", "0.92", "0.93", "0.94", "2.00")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HTML = ("description", "content:encoded")
_MARKUP_TEXT = ("title", "description", "content:encoded", "copyright", "author", "dc:creator")


def check_rss(root: Node, now: datetime) -> Iterator[Finding]:
    """Everything about one document whose element is `rss`."""
    version = root.get("version")
    if version in _OLD:
        yield finding("version-old", root.at("version"), "2.0", quoted(version), _RSS.source)
    elif version not in (None, "2.0"):
        yield finding("version-unknown", root.at("version"), "2.0", quoted(version), _RSS.source)
    parts = root.children()
    yield from check_shape(root, parts, _RSS, "")
    for channel in parts:
        if channel.name == "channel":
            yield from _channel(channel, now)


def _channel(channel: Node, now: datetime) -> Iterator[Finding]:
    children = channel.children()
    yield from check_shape(channel, children, _CHANNEL, "")
    items = [child for child in children if child.name == "item"]
    links = [child for child in children if child.name == "atom:link"]
    yield from modules.feed_links(channel, links, PROFILE)
    for link in links:
        yield from values.address(link.get("href") or "", link.at("href"), PROFILE, base=link.base)
    yield from modules.schedule(children)
    texts = {child.name: child.text.strip() for child in reversed(children)}
    for child in children:
        if child.name != "item":
            yield from _common(child, now)
            yield from _channel_part(child, texts)
    if not items:
        yield finding("entries-none", channel.spot, "an item", "none", "practice")
    guids = []
    for item in items:
        inner = item.children()
        yield from _item(item, inner, now)
        guids += [(part.text.strip(), part.spot) for part in inner if part.name == "guid"]
    yield from modules.same_ids(guids, "RSS 2.0 <guid>")


def _channel_part(node: Node, channel: dict[str, str]) -> Iterator[Finding]:
    match node.name:
        case "link" | "docs":
            yield from values.address(node.text, node.spot, f"RSS 2.0 <{node.name}>", web=True)
        case "language":
            yield from values.language(node.text, node.spot, "RSS 2.0 <language>")
        case "ttl":
            yield from values.number(node.text, node.spot, "RSS 2.0 <ttl>")
        case "title" | "description" if not node.text.strip() and not len(node.element):
            yield finding("value-empty", node.spot, "text", "nothing", f"RSS 2.0 <{node.name}>")
        case "image":
            yield from _image(node, channel)
        case "textInput":
            for child in node.children():
                if child.name == "link":
                    yield from values.address(
                        child.text, child.spot, "RSS 2.0 <textInput>", web=True
                    )
        case "skipHours":
            for child in node.children():
                yield from values.number(child.text, child.spot, "RSS 2.0 <skipHours>", most=23)
        case "skipDays":
            for child in node.children():
                text = child.text.strip()
                yield from values.one_of(text, _DAYS, child.spot, "RSS 2.0 <skipDays>")


def _image(image: Node, channel: dict[str, str]) -> Iterator[Finding]:
    """Not larger than 144 × 400, and titled and linked as the channel is."""
    source = "RSS 2.0 <image>"
    for child in image.children():
        text = child.text.strip()
        if child.name in ("url", "link"):
            yield from values.address(child.text, child.spot, source, web=True)
        if child.name in ("title", "link") and text != channel.get(child.name, text):
            expected = f"the channel's {child.name}"
            yield finding("image-differs", child.spot, expected, quoted(text), PROFILE)
        if child.name in ("width", "height"):
            most = 144 if child.name == "width" else 400
            faults = list(values.number(text, child.spot, source))
            yield from faults
            if not faults and int(text) > most:
                yield finding("image-size", child.spot, f"at most {most}", text, source)


def _item(item: Node, children: tuple[Node, ...], now: datetime) -> Iterator[Finding]:
    yield from check_shape(item, children, _ITEM, "")
    texts = {child.name: child for child in reversed(children)}
    if not any(
        name in texts and (texts[name].text.strip() or len(texts[name].element))
        for name in ("title", "description")
    ):
        expected = "a title or a description"
        yield finding("entry-empty", item.spot, expected, "neither", "RSS 2.0 <item>")
    if "guid" not in texts:
        yield finding("guid-missing", item.spot, "a <guid>", "none", PROFILE)
    if "author" in texts and "dc:creator" in texts:
        spot = texts["dc:creator"].spot
        yield finding("author-twice", spot, "author or dc:creator", "both", PROFILE)
    order = [child.name for child in children if child.name in _HTML]
    if order[:1] == ["content:encoded"] and "description" in order:
        expected = "the description before content:encoded"
        spot = texts["content:encoded"].spot
        yield finding("content-before-description", spot, expected, "it behind", PROFILE)
    enclosures = [child for child in children if child.name == "enclosure"]
    for enclosure in enclosures[1:]:
        yield finding(
            "enclosure-repeated", enclosure.spot, "one enclosure", str(len(enclosures)), PROFILE
        )
    for child in children:
        yield from _common(child, now)
        yield from _item_part(child)
    yield from modules.media(item)


def _item_part(node: Node) -> Iterator[Finding]:
    match node.name:
        case "link" | "comments":
            yield from values.address(node.text, node.spot, f"RSS 2.0 <{node.name}>", web=True)
        case "guid":
            yield from _guid(node)
        case "enclosure":
            yield from _enclosure(node)
        case "source":
            url = node.get("url")
            if url is not None:
                yield from values.address(url, node.at("url"), "RSS 2.0 <source>", web=True)
        case "dc:creator" if not node.text.strip():
            yield finding("value-empty", node.spot, "a name", "nothing", PROFILE)
        case "dc:language":
            yield from values.language(node.text, node.spot, "Dublin Core")


def _guid(node: Node) -> Iterator[Finding]:
    source = "RSS 2.0 <guid>"
    text = node.text.strip()
    yield from values.trimmed(node.text, node.spot, source)
    permanent = node.get("isPermaLink")
    if not text:
        yield finding("value-empty", node.spot, "an id", "nothing", source)
        return
    if permanent not in (None, "true", "false"):
        spot = node.at("isPermaLink")
        yield from values.one_of(permanent or "", ("true", "false"), spot, source)
    elif permanent != "false" and not values.is_web(text):
        expected = "a web address, or isPermaLink=false"
        yield finding("guid-not-permalink", node.spot, expected, quoted(text), source)


def _enclosure(node: Node) -> Iterator[Finding]:
    source = "RSS 2.0 <enclosure>"
    url, length, kind = node.get("url"), node.get("length"), node.get("type")
    if url is not None:
        yield from values.address(url, node.at("url"), source, web=True)
    if length is not None:
        yield from values.number(length, node.at("length"), source)
    if kind is not None:
        yield from values.media_type(kind, node.at("type"), source)


def _common(node: Node, now: datetime) -> Iterator[Finding]:
    """What holds for elements of channels and items alike."""
    name, text = node.name, node.text
    source = f"RSS 2.0 <{name}>"
    if name in _PARTS:
        yield from check_shape(node, node.children(), _PARTS[name], "")
    elif name in _CHANNEL.known | _ITEM.known:
        shape = _MARKUP if name in _MARKUP_TEXT else _TEXT
        yield from check_shape(node, node.children(), shape, "")
    if name in _MARKUP_TEXT and len(node.children()):
        child = node.children()[0]
        yield finding("markup-unescaped", node.spot, "escaped text", f"<{child.local}>", source)
        return
    if name in ("pubDate", "lastBuildDate"):
        yield from rss_date(text, node.spot, source, now)
    elif name in ("author", "managingEditor", "webMaster"):
        email = text.strip().partition(" ")[0]
        if not values.is_email(email):
            expected = "an address such as “ada@example.org (Ada)”"
            yield finding("email-invalid", node.spot, expected, quoted(text), source)
    elif name == "title":
        yield from plain_text(text, node.spot, PROFILE)
        yield from garbled(text, node.spot)
    elif name in _HTML:
        yield from html_content(text, node.spot)
        yield from garbled(text, node.spot)
    elif name == "category" and not text.strip():
        yield finding("value-empty", node.spot, "a category", "nothing", source)
