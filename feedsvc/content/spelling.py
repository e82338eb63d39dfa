"""Which keys of a mapping stand for a name, however they are spelt.

The mappings of an archive have few different sets of keys, so what is found out about one
serves for all that have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

_ALIKE = 0.85  # `publised`, `pubished`, `removd`
# `published:false` without a space is a key of its own; it must not pass for no flag at all.
_MISSPELT = re.compile(r"(?:published|removed|draft)\s*[:=]")
_LONGEST_NAME = 40
_OTHERS = frozenset({"publisher"})  # which look like ours and aren't meant for them
# What is kept for ever must not be as much as a file can bring.
_MOST_KEPT_KEYS = 32
_MOST_KEPT_CHARACTERS = 512


class Keys:
    """The keys of a mapping, in their order."""

    __slots__ = ("_alike", "_folded", "_found", "_keys", "_unknown")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys
        self._folded: dict[str, list[str]] = {}
        for key in keys:
            self._folded.setdefault(key.casefold(), []).append(key)
        self._found: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._alike: dict[str, tuple[str, ...]] = {}
        self._unknown: tuple[object, tuple[tuple[str, str], ...]] = (None, ())

    def find(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The keys spelt as one of `names`, then those that differ in upper and lower case."""
        found = self._found.get(names)
        if found is None:
            found = self._found[names] = self._find(names)
        return found

    def alike(self, name: str) -> tuple[str, ...]:
        """The keys that could be the flag `name`, misspelt or not."""
        alike = self._alike.get(name)
        if alike is None:
            alike = self._alike[name] = tuple(
                key
                for key in self._keys
                if _is_alike(key.casefold(), name) or has_sign_in_name(key, name)
            )
        return alike

    def unknown(self, names: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
        """The keys that are none of `names`, the names of each field, but look like one; each
        with that one.
        """
        # There is one set of names for all articles, so that to remember one will do.
        if self._unknown[0] is not names:
            self._unknown = names, tuple(self._find_unknown(names))
        return self._unknown[1]

    def _find_unknown(self, names: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        known = {name.casefold(): name for spelt in names.values() for name in spelt}
        for key in self._keys:
            folded = key.casefold()
            if folded not in known and folded not in _OTHERS and len(key) <= _LONGEST_NAME:
                for meant in get_close_matches(folded, known, n=1, cutoff=_ALIKE):
                    yield key, known[meant]

    def _find(self, names: tuple[str, ...]) -> tuple[str, ...]:
        folds = dict.fromkeys(name.casefold() for name in names)
        found = [key for fold in folds for key in self._folded.get(fold, ())]
        if len(found) > 1:
            spelt = set(found)
            exact = [name for name in names if name in spelt]
            others = spelt.difference(exact)
            found = exact + [key for key in self._keys if key in others]
        return tuple(found)


def keys_of(mapping: Iterable[str]) -> Keys:
    """The `Keys` of `mapping`, remembered if they are as few and short as usual."""
    keys = tuple(mapping)
    size = len("".join(keys))
    is_usual = len(keys) <= _MOST_KEPT_KEYS and size <= _MOST_KEPT_CHARACTERS
    return _kept_keys(keys) if is_usual else Keys(keys)


_kept_keys = lru_cache(maxsize=256)(Keys)


def has_sign_in_name(key: str, name: str) -> bool:
    """Whether `key` is the flag `name` with what was meant for its value: `published:false`."""
    folded = key.casefold()
    return folded.startswith(name) and _MISSPELT.match(folded) is not None


def _is_alike(folded: str, name: str) -> bool:
    # No more can match than is there of the shorter one; comparing takes far longer.
    most = 2 * min(len(folded), len(name)) / (len(folded) + len(name) or 1)
    return most > _ALIKE and SequenceMatcher(None, folded, name).ratio() > _ALIKE
