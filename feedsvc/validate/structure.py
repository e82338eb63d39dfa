"""What an element may hold: once, at most once, often; which attributes; whether text.

A table for each format says so; here it is compared with what a document has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from feedsvc.validate import values
from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.tree import NAMESPACES, Node


@dataclass(frozen=True, slots=True)
class Shape:
    """The grammar of one element.

    `once` has to be there exactly once. `required` are attributes. `holds` says what else may be
    in it: elements of others, text alone, text and elements of others, or anything.
    """

    source: str
    once: frozenset[str] = frozenset()
    at_most_once: frozenset[str] = frozenset()
    often: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    holds: Literal["elements", "text", "foreign", "anything"] = "elements"

    @property
    def known(self) -> frozenset[str]:
        return self.once | self.at_most_once | self.often


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def check_shape(
    node: Node, children: tuple[Node, ...], shape: Shape, own: str
) -> Iterator[Finding]:
    """What `node` lacks, has too often or may not have. `own` is the prefix of its format."""
    counts = Counter(child.name for child in children)
    for name in sorted(shape.once - counts.keys()):
        spot = Spot(_below(node, name.removeprefix(own)), node.element.sourceline)
        yield finding("element-missing", spot, f"one <{_short(name)}>", "none", shape.source)
    seen: set[str] = set()
    single, known = shape.once | shape.at_most_once, shape.known
    for child in children:
        name = child.name
        if name in seen and name in single:
            yield finding(
                "element-repeated", child.spot, f"one <{_short(name)}>", str(counts[name]),
                shape.source,
            )  # fmt: skip
        elif name not in known and not _may_be_here(name, shape, own):
            expected, found = _known("an element", child.local, known), f"<{child.local}>"
            yield finding("element-unknown", child.spot, expected, found, shape.source)
        seen.add(name)
    yield from _attributes(node, shape)
    if shape.holds == "elements" and node.text.strip():
        yield finding("text-stray", node.spot, "elements alone", quoted(node.text), shape.source)


def _attributes(node: Node, shape: Shape) -> Iterator[Finding]:
    present = {name for name, _ in node.attributes()}
    for name in sorted(shape.required - present):
        yield finding(
            "attribute-missing", node.at(name), f"the attribute {name}", "none", shape.source
        )
    known = shape.required | shape.optional
    for name in sorted(present - known):
        if ":" not in name:
            expected = _known("an attribute", name, known)
            yield finding("attribute-unknown", node.at(name), expected, name, shape.source)


def namespaces(node: Node) -> Iterator[Finding]:
    """Namespaces that are nearly those of a module: readers know them by each letter."""
    right = {_loosely(uri): uri for uri in NAMESPACES}
    found = {uri for element in node.element.iter() for uri in element.nsmap.values()}
    for uri in sorted(found - NAMESPACES.keys()):
        meant = right.get(_loosely(uri))
        if meant is not None:
            yield finding("namespace-misspelt", node.spot, quoted(meant), quoted(uri), "Namespaces")


def _loosely(uri: str) -> str:
    return uri.strip().lower().replace("https:", "http:").rstrip("/#")


def _known(kind: str, name: str, known: frozenset[str]) -> str:
    """What is expected where a name isn't known, and which was perhaps meant."""
    meant = values.meant(name, _all_short(known))
    return f"{kind} that may be here" + (f", perhaps {meant}" if meant else "")


@cache
def _all_short(names: frozenset[str]) -> frozenset[str]:
    return frozenset(_short(name) for name in names)


def _may_be_here(name: str, shape: Shape, own: str) -> bool:
    """What others define is free: of another namespace, for RSS of any."""
    if shape.holds in ("text", "anything"):
        return shape.holds == "anything"
    return not name.startswith(own) if own else ":" in name


def _short(name: str) -> str:
    return name.removeprefix("atom:")


def _below(node: Node, name: str) -> str:
    return f"{node.place}/{name}" if node.place else name
