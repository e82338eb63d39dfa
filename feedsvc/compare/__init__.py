"""What subscribers would see if a site became another: `feedsvc diff`.

`sides.py` gets the feeds of both, `changes.py` compares them without knowing from where.
"""

from __future__ import annotations

from collections.abc import Callable

from feedsvc.compare.changes import Comparison, compare_feed
from feedsvc.compare.side import Side
from feedsvc.feeds.query import FeedQuery

PLACEHOLDER = "http://127.0.0.1:8000/"
"""The address in feeds of which neither side says where they are."""


def compare(
    old: Side, new: Side, advance: Callable[[int], object] = lambda done: None
) -> Comparison:
    """Compare all feeds of both sides. `advance` is told how many more have been compared.

    Raises `SideError`.
    """
    paths = all_paths(old, new)
    base_url = new.home or old.home or PLACEHOLDER
    # Rendered by the same code of the same entries, formats don't differ but in their addresses.
    every_format = not (old.is_rendered and new.is_rendered)
    before = old.feeds(paths, old.home or base_url, every_format)
    after = new.feeds(paths, base_url, every_format)
    changes = []
    compared = 0
    present: frozenset[str] = frozenset()
    for path, one, other in zip(paths, before, after, strict=True):
        if path == FeedQuery().path and other is not None:
            present = frozenset(
                entry.identity for offered in other.formats.values() for entry in offered.entries
            )
        change = compare_feed(path, one, other, present)
        compared += change.state == "kept"
        if change.differs:
            changes.append(change)
        advance(1)
    return Comparison(compared, tuple(changes))


def all_paths(old: Side, new: Side) -> tuple[str, ...]:
    """The feeds that either side lists: first that of everything, as both do."""
    return tuple(dict.fromkeys((*old.paths, *new.paths)))
