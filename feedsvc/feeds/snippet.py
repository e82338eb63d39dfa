"""A query as the lines of config.yaml that give it a name."""

from __future__ import annotations

import re

import yaml

from feedsvc.feeds.query import FeedQuery
from feedsvc.slugs import slugify

_LONGEST_NAME = 40
_NUMBERS = {"min_quality", "min_heat", "limit"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def config_snippet(query: FeedQuery, title: str) -> str:
    """`feeds.saved` with `query` alone, under a name made of `title`."""
    wanted: dict[str, object] = {"title": title}
    given: dict[str, list[str | int]] = {}
    for name, value in query.as_parameters():
        given.setdefault(name, []).append(int(value) if name in _NUMBERS else value)
    wanted |= {name: values if len(values) > 1 else values[0] for name, values in given.items()}
    saved = {"feeds": {"saved": {_name_of(title): wanted}}}
    return yaml.safe_dump(saved, sort_keys=False, allow_unicode=True, width=100)


def _name_of(title: str) -> str:
    name = slugify(title)
    if len(name) > _LONGEST_NAME:
        name = name[:_LONGEST_NAME].rpartition("-")[0]
    return name if _NAME.fullmatch(name) else "a-name-for-it"
