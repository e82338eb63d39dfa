"""The folder -> the store: decide what changed (pure), then read just that.

A file is read again when its size or modification time differs. What can't be listed at
all keeps its last state: an unmounted disk is not an unpublished archive.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from feedsvc.content.article import ArticleRules, read_article
from feedsvc.content.scan import Scanner
from feedsvc.index.store import Store
from feedsvc.model import ParsedFile, Problem, SourceFile, SyncPlan

_log = logging.getLogger(__name__)


def plan_sync(
    known: Iterable[SourceFile],
    listed: Iterable[SourceFile],
    unlisted: Iterable[tuple[str, str]] = (),
) -> SyncPlan:
    """Compare two listings. A pure function; the results are in the order of its arguments.

    Files below the `unlisted` directories, (folder, path in it), are never called removed.
    """
    before = {(file.folder, file.path): file for file in known}
    added, changed = [], []
    for file in listed:
        old = before.pop((file.folder, file.path), None)
        if old is None:
            added.append(file)
        elif old != file:
            changed.append(file)
    unknown = tuple(unlisted)
    removed = tuple(
        file
        for file in before.values()
        if not any(
            file.folder == folder and file.path.startswith(directory)
            for folder, directory in unknown
        )
    )
    return SyncPlan(tuple(added), tuple(changed), removed)


def sync(store: Store, scanner: Scanner, rules: ArticleRules) -> SyncPlan:
    """Bring `store` up to date with the folders and say what was done."""
    listing = scanner.scan()
    plan = plan_sync(store.known_files(), listing.files, listing.unlisted)
    if plan or not store.is_ready:
        parsed = [_read(file, rules) for file in (*plan.added, *plan.changed)]
        store.apply(plan, parsed, listing.problems)
    return plan


def _read(file: SourceFile, rules: ArticleRules) -> ParsedFile:
    try:
        return read_article(file, rules)
    except Exception as error:  # a fault of ours in one file must not lose the others
        _log.exception("a file could not be read path=%s", file.name)
        reason = f"feedsvc failed to read it ({type(error).__name__}); please report this"
        return ParsedFile(file, None, (Problem(file.name, None, "", reason),))
