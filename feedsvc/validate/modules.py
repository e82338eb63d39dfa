"""What RSS and Atom borrow alike: Media RSS, the syndication module, RFC 5005, languages, ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from feedsvc.validate import values
from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.tree import Node

_MEDIA_RSS = "Media RSS 1.5.1"
_MEDIUMS = ("image", "audio", "video", "document", "executable")
_EXPRESSIONS = ("sample", "full", "nonstop")
_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
_MEDIA_NUMBERS = ("fileSize", "width", "height", "duration", "bitrate")
_HISTORY = "RFC 5005 §4"


def media(node: Node) -> Iterator[Finding]:
    """Media RSS in an entry, in groups too: media:content, media:thumbnail."""
    for child in node.children():
        if child.name == "media:group":
            yield from media(child) if node.name != "media:group" else ()
        elif child.name == "media:content":
            yield from _media_content(child)
        elif child.name == "media:thumbnail":
            yield from _media_url(child)
            yield from _media_numbers(child)


def _media_content(node: Node) -> Iterator[Finding]:
    inner = node.children()
    if not any(child.name == "media:player" for child in inner):
        yield from _media_url(node)
    kind, medium, expression = node.get("type"), node.get("medium"), node.get("expression")
    if kind is not None:
        yield from values.media_type(kind, node.at("type"), _MEDIA_RSS)
    if medium is not None:
        yield from values.one_of(medium, _MEDIUMS, node.at("medium"), _MEDIA_RSS)
    if expression is not None:
        yield from values.one_of(expression, _EXPRESSIONS, node.at("expression"), _MEDIA_RSS)
    yield from _media_numbers(node)
    for child in inner:
        if child.name == "media:thumbnail":
            yield from _media_url(child)


def _media_url(node: Node) -> Iterator[Finding]:
    url = node.get("url")
    if url is None:
        spot = node.at("url")
        yield finding("attribute-missing", spot, "the attribute url", "none", _MEDIA_RSS)
    else:
        yield from values.address(url, node.at("url"), _MEDIA_RSS, base=node.base)


def _media_numbers(node: Node) -> Iterator[Finding]:
    for name in _MEDIA_NUMBERS:
        value = node.get(name)
        if value is not None:
            yield from values.number(value, node.at(name), _MEDIA_RSS)


def schedule(children: Iterable[Node]) -> Iterator[Finding]:
    """The syndication module: how often to ask."""
    for child in children:
        if child.name == "sy:updatePeriod":
            text = child.text.strip()
            yield from values.one_of(text, _PERIODS, child.spot, "RSS 1.0 Syndication")
        elif child.name == "sy:updateFrequency":
            yield from values.number(child.text, child.spot, "RSS 1.0 Syndication", least=1)


def feed_links(container: Node, links: list[Node], source: str) -> Iterator[Finding]:
    """One link to itself, and from an archive one to the feed of which it is (RFC 5005)."""
    own = [link for link in links if link.get("rel") == "self"]
    if not own:
        spot = Spot(container.place, container.element.sourceline)
        yield finding("self-missing", spot, "a link rel=self", "none", source)
    for link in own[1:]:
        yield finding("self-repeated", link.spot, "one link rel=self", str(len(own)), source)
    is_archive = any(child.name == "fh:archive" for child in container.children())
    if is_archive and not any(link.get("rel") == "current" for link in links):
        yield finding(
            "archive-current-missing", container.spot, "a link rel=current", "none", _HISTORY
        )


def languages(root: Node) -> Iterator[Finding]:
    """Every xml:lang; an empty one takes back what was said before (XML 1.0 §2.12)."""
    attribute = "{http://www.w3.org/XML/1998/namespace}lang"
    for element in root.element.iter():
        tag = element.get(attribute) if isinstance(element.tag, str) else None
        if tag:
            spot = Spot(f"{element.tag.rpartition('}')[2]}/@xml:lang", element.sourceline)
            yield from values.language(tag, spot, "XML 1.0 §2.12")


def same_ids(ids: Iterable[tuple[str, Spot]], source: str) -> Iterator[Finding]:
    """Entries that readers take for one."""
    first: dict[str, Spot] = {}
    for one, spot in ids:
        if one and one in first:
            expected = f"another id than that of {first[one].place}"
            yield finding("id-duplicate", spot, expected, quoted(one), source)
        first.setdefault(one, spot)
