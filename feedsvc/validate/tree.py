"""An element of a parsed feed, as the rules look at it: a name, a place, a line.

The place is carried down while a document is walked, so that finding it costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from feedsvc.validate.findings import Spot

NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://purl.org/atompub/tombstones/1.0": "at",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://wellformedweb.org/CommentAPI/": "wfw",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
}
"""The names of these namespaces in rules, whatever a document calls them."""


def name_of(qualified: str) -> str:
    """`{http://www.w3.org/2005/Atom}link` as `atom:link`; in other namespaces `?:link`."""
    if not qualified.startswith("{"):
        return qualified
    namespace, _, local = qualified[1:].rpartition("}")
    return f"{NAMESPACES.get(namespace, '?')}:{local}"


@dataclass(frozen=True, slots=True)
class Node:
    """One element. `base` is what relative addresses in it are to (`xml:base`), or `""`."""

    element: Any
    place: str
    base: str = ""

    @property
    def name(self) -> str:
        """Such as `item` or `atom:link`."""
        return name_of(self.element.tag)

    @property
    def local(self) -> str:
        """Its name without a prefix."""
        return self.name.rpartition(":")[2]

    @property
    def text(self) -> str:
        """What stands between its tags, without what child elements hold."""
        tails = "".join(child.tail or "" for child in self.element)
        return f"{self.element.text or ''}{tails}"

    @property
    def spot(self) -> Spot:
        return Spot(self.place or "rss", self.element.sourceline)

    def at(self, attribute: str) -> Spot:
        """Where one of its attributes is, or should be."""
        return Spot(f"{self.spot.place}/@{attribute}", self.element.sourceline)

    def get(self, attribute: str) -> str | None:
        value: str | None = self.element.get(attribute)
        return value

    def attributes(self) -> Iterator[tuple[str, str]]:
        """Names such as `type` and `xml:lang`, with their values."""
        return ((name_of(name), value) for name, value in self.element.attrib.items())

    def children(self) -> tuple[Node, ...]:
        """Its child elements. Those of one name are numbered from 1, if there are several."""
        elements = [child for child in self.element if isinstance(child.tag, str)]
        totals, seen = Counter(child.tag for child in elements), Counter[str]()
        nodes = []
        for child in elements:
            seen[child.tag] += 1
            label = _label(child)
            if totals[child.tag] > 1 or label in {"item", "entry"}:
                label = f"{label}[{seen[child.tag]}]"
            place = f"{self.place}/{label}" if self.place else label
            nodes.append(Node(child, place, _base(child, self.base)))
        return tuple(nodes)


def root_of(element: Any) -> Node:
    """The node of a document's element; `rss`, which says nothing, isn't named in places."""
    label = _label(element)
    return Node(element, "" if label == "rss" else label, _base(element, ""))


def _label(element: Any) -> str:
    local: str = element.tag.rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def _base(element: Any, outer: str) -> str:
    own = element.get("{http://www.w3.org/XML/1998/namespace}base")
    if own is None:
        return outer
    try:
        joined: str = urljoin(outer, own.strip())
    except ValueError:  # such as a broken IPv6 address
        return outer
    return joined
