"""Which names look most like one that isn't there."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

_SHOWN = 3


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The three of `names` that look most like `name`, the likest first."""
    found = process.extract(name[:200].lower(), sorted(names), scorer=fuzz.WRatio, limit=_SHOWN)
    return tuple(one for one, *_ in found)
