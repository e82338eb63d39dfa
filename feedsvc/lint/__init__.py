"""Articles and feeds -> what an editor should know before readers do: `feedsvc check`.

What was found while the files were read stands in the index; the rest is looked for in the
articles as the index has them, so that no file is read again but those that something is said of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from feedsvc.config import Settings
from feedsvc.content.dialects import names_with
from feedsvc.feeds.naming import unknown_names
from feedsvc.index.view import View
from feedsvc.lint.article import Remark, look_at_article
from feedsvc.lint.lines import Lines
from feedsvc.lint.together import LARGE_FEED_BYTES, Together, large_feeds
from feedsvc.model import Problem

_ORDER = {"error": 0, "warning": 1, "info": 2}


def check(
    settings: Settings,
    view: View,
    *,
    skip: Collection[str] = (),
    advance: Callable[[int], object] = lambda done: None,
) -> list[Problem]:
    """All that the rules find, but for those of `skip`, by file and line. `view` is to see
    what is held back too: an editor is told before it is published. `advance` is told how many
    more articles have been looked at.
    """
    found = [one for one in view.problems(hints=True) if one.rule not in skip]
    if "timezone" in settings.site.model_fields_set:
        # Who says in which time zone dates are needn't be told that they don't.
        found = [one for one in found if one.rule != "naive-date"]
    lines = Lines(settings.folders, names_with(settings.content.fields))
    found = [one if one.line or one.severity != "info" else _with_line(one, lines) for one in found]
    together = Together()
    for article in view.every():
        together.add(article)
        for remark in look_at_article(article, view.viewpoint.now):
            if remark.rule not in skip:
                found.append(_problem(article.path, remark, lines))
        advance(1)
    for path, remark in together.remarks():
        if remark.rule not in skip:
            found.append(_problem(path, remark, lines))
    found += (one for one in _of_feeds(settings, view, together.sizes) if one.rule not in skip)
    return sorted(found, key=lambda one: (one.path, one.line or 0, _ORDER[one.severity], one.field))


def _problem(path: str, remark: Remark, lines: Lines) -> Problem:
    line = lines.find(path, remark.field, remark.text)
    return Problem(path, line, remark.field, remark.reason, remark.severity, remark.rule)


def _with_line(problem: Problem, lines: Lines) -> Problem:
    return replace(problem, line=lines.find(problem.path, problem.field))


def _of_feeds(settings: Settings, view: View, sizes: dict[str, int]) -> Iterator[Problem]:
    yield from unknown_names(settings.describe_site(), view)
    for path, size in large_feeds(settings, view, sizes):
        reason = f"expected at most {LARGE_FEED_BYTES:,} bytes, found {size:,}; lower feeds.limit"
        yield Problem(path, None, "", reason, "warning", "large-feed")
