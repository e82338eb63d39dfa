"""The folder -> the store: decide what changed (pure), then read just that.

A file is read again when it changed, or a picture that it names did. What can't be listed at
all keeps its last state: an unmounted disk is not an unpublished archive.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from feedsvc.content.article import ArticleRules, read_article
from feedsvc.content.images import look_at
from feedsvc.content.scan import Scanner
from feedsvc.errors import NotReadyError
from feedsvc.index.store import Store
from feedsvc.model import ParsedFile, Problem, SourceFile, SyncPlan

_log = logging.getLogger(__name__)


def plan_sync(
    known: Iterable[SourceFile],
    listed: Iterable[SourceFile],
    unlisted: Iterable[tuple[str, str]] = (),
    stale: Collection[SourceFile] = (),
) -> SyncPlan:
    """Compare two listings. A pure function; the results are in the order of its arguments.

    Files below the `unlisted` directories, (folder, path in it), are never called removed;
    those of `stale` count as changed.
    """
    before = {(file.folder, file.path): file for file in known}
    added, changed = [], []
    for file in listed:
        old = before.pop((file.folder, file.path), None)
        if old is None:
            added.append(file)
        elif old != file or file in stale:
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


@dataclass(frozen=True, slots=True)
class Synced:
    """What `sync` did, and the problems that are new."""

    plan: SyncPlan
    problems: tuple[Problem, ...]


def sync(store: Store, scanner: Scanner, rules: ArticleRules) -> Synced:
    """Bring `store` up to date with the folders and say what was done."""
    listing = scanner.scan()
    stale = {
        known.source
        for known in store.known_files()
        if any(look_at(asset.path) != asset for asset in known.assets)
    }
    known = [parsed.source for parsed in store.known_files()]
    if listing.unlisted_folder is not None and not store.is_ready:
        # Nothing is known yet, and a folder that can't be listed is not an empty one.
        raise NotReadyError(f"a content folder can't be listed: {listing.unlisted_folder}")
    plan = plan_sync(known, listing.files, listing.unlisted, stale)
    parsed = [_read(file, rules) for file in (*plan.added, *plan.changed)]
    before = store.listing_problems()
    if plan or not store.is_ready or listing.problems != before:
        store.apply(plan, parsed, listing.problems)
    fresh = [problem for problem in listing.problems if problem not in before]
    fresh += [problem for one in parsed for problem in one.problems]
    return Synced(plan, tuple(fresh))


def _read(file: SourceFile, rules: ArticleRules) -> ParsedFile:
    try:
        return read_article(file, rules)
    except Exception as error:  # a fault of ours in one file must not lose the others
        _log.exception("a file could not be read path=%s", file.name)
        reason = f"feedsvc failed to read it ({type(error).__name__}); please report this"
        return ParsedFile(file, None, (Problem(file.name, None, "", reason),))
