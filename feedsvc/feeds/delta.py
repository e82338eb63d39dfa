"""Which entries of a feed are new or changed since a version that somebody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

import msgspec

from feedsvc.feeds.select import FeedSelection
from feedsvc.feeds.site import FeedOptions
from feedsvc.model import Article

_DIGEST_BYTES = 8


def digests(selection: FeedSelection) -> dict[str, bytes]:
    """What tells each version of an entry from the others, by the entry's id."""
    return {one.id: _digest(one, selection.options) for one in selection.articles}


def only_new(selection: FeedSelection, known: Mapping[str, bytes]) -> FeedSelection:
    """`selection` without the entries that are as `known` has them."""
    articles = tuple(
        one for one in selection.articles if known.get(one.id) != _digest(one, selection.options)
    )
    return replace(selection, articles=articles)


def _digest(article: Article, options: FeedOptions) -> bytes:
    packed = msgspec.msgpack.encode((article, options))
    return blake2b(packed, digest_size=_DIGEST_BYTES).digest()
