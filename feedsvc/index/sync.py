"""The folders -> the index: decide what changed (pure), read just that, write it at once.

A file is read again when its size or time changed, or a picture that it names did; if its bytes
turn out the same, nothing else happens. What can't be listed keeps its last state: an unmounted
disk is not an unpublished archive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true

from feedsvc.content.article import ArticleRules, read_article
from feedsvc.content.images import look_at
from feedsvc.content.scan import Listing, Scanner
from feedsvc.errors import IndexDamagedError, NotReadyError, StorageError
from feedsvc.index.moments import microseconds
from feedsvc.index.parse import Job, parse, prepare
from feedsvc.index.records import FileRow, read_problems
from feedsvc.index.schema import asset, file
from feedsvc.index.state import State, read_state
from feedsvc.index.store import Store
from feedsvc.index.write import Writer
from feedsvc.model import Asset, Problem, SourceFile, SyncPlan

Place = tuple[Path, str]
"""A content folder and a path in it."""

Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""Given how many files are to be read, what is told how many more have been."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What `sync` did: `plan` counts only what really changed; `problems` are those that are
    new; `generation` is that of the index now.
    """

    plan: SyncPlan
    problems: tuple[Problem, ...]
    generation: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the index knows of one file."""

    key: int
    source: SourceFile
    digest: bytes


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
    before = {(one.folder, one.path): one for one in known}
    added, changed = [], []
    for one in listed:
        old = before.pop((one.folder, one.path), None)
        if old is None:
            added.append(one)
        elif old != one or old in stale:
            changed.append(one)
    unknown = tuple(unlisted)
    removed = tuple(
        one
        for one in before.values()
        if not any(
            one.folder == folder and one.path.startswith(directory) for folder, directory in unknown
        )
    )
    return SyncPlan(tuple(added), tuple(changed), removed)


def sync(
    store: Store,
    scanner: Scanner,
    rules: ArticleRules,
    now: datetime,
    *,
    changed: Collection[Place] | None = None,
    rebuild: bool = False,
    progress: Progress = lambda total: nullcontext(lambda done: None),
) -> Synced:
    """Bring the index up to date with the folders and say what was done.

    With `changed` only what is at or below these places is looked at. An index that isn't
    there, is damaged or was made by other rules is made anew, and so is it with `rebuild`.
    Raises `StorageError` if it can't be written, `NotReadyError` if a folder can't be listed
    and nothing is known of it; the index is then what it was.
    """
    try:
        return _Sync(store, scanner, rules, now, progress).run(changed, rebuild=rebuild)
    except IndexDamagedError:
        return _Sync(store, scanner, rules, now, progress).run(None, rebuild=True)


def is_in_step(store: Store, scanner: Scanner, rules: ArticleRules, now: datetime) -> bool:
    """Whether the index has what is in the folders; for who may not write it. Raises as `sync`."""
    return _Sync(store, scanner, rules, now, lambda total: nullcontext(lambda done: None)).is_done()


class _Sync:
    def __init__(
        self,
        store: Store,
        scanner: Scanner,
        rules: ArticleRules,
        now: datetime,
        progress: Progress,
    ) -> None:
        self._store = store
        self._scanner = scanner
        self._rules = rules
        self._now = now
        self._progress = progress
        self._folders = {folder.name: str(folder) for folder in scanner.folders}

    def is_done(self) -> bool:
        """Whether there is nothing to do; of files with other times the bytes are compared."""
        before = self._store.state()
        if before is None:
            return False
        with self._store.database.snapshot() as connection:
            known = self._known(connection, None)
            stale = _stale(connection, None)
        listing = _without_vanished(self._scanner.scan(None), before, known)
        plan = plan_sync((one.source for one in known.values()), listing.files, listing.unlisted)
        if stale or plan.added or plan.removed:
            return False
        return all(
            read_article(one, self._rules, known[one.folder_name, one.path].digest) is None
            for one in plan.changed
        )

    def run(self, changed: Collection[Place] | None, *, rebuild: bool) -> Synced:
        before = self._store.state()
        if rebuild or before is None or self._store.database.is_damaged:
            return self._make_anew(before)
        with self._store.database.snapshot() as connection:
            stale = _stale(connection, changed)
            if changed is not None:
                # Of a picture that changed, the articles that name it are looked at as well.
                changed = {*changed, *self._places(connection, stale)}
            known = self._known(connection, changed)
        listing = _without_vanished(self._scanner.scan(changed), before, known)
        plan = plan_sync(
            (one.source for one in known.values()),
            listing.files,
            listing.unlisted,
            {one.source for one in known.values() if one.key in stale},
        )
        after = self._state_after(before, listing, changed)
        # Of the rest, an earlier version is still the one that read it.
        after = replace(after, made_by=before.made_by)
        if not plan and not self._is_due(before, after):
            return Synced(plan, (), before.generation)
        with self._store.database.change() as connection:
            if read_state(connection) != before:
                raise StorageError("another process has changed the index; trying again")
            writer = Writer(connection, self._now)
            done = self._carry_out(writer, plan, known, stale)
            told = [problem for problem in after.problems if problem not in before.problems]
            if not done.plan and not self._is_due(before, after):
                return replace(done, generation=before.generation)
            writer.finish(before, after)
            return replace(done, problems=(*told, *done.problems), generation=after.generation)

    def _make_anew(self, before: State | None) -> Synced:
        prepare()
        listing = self._scanner.scan()
        if listing.unlisted_folder is not None:
            # A folder that can't be listed is not an empty one.
            raise NotReadyError(f"a content folder can't be listed: {listing.unlisted_folder}")
        after = self._state_after(before, listing, None)
        with self._store.database.change(fresh=True) as connection:
            writer = Writer(connection, self._now)
            writer.clear()
            done = self._carry_out(writer, SyncPlan(added=listing.files), {}, set())
            writer.finish(None, after)
        problems = (*listing.problems, *done.problems)
        return replace(done, problems=problems, generation=after.generation)

    def _carry_out(
        self,
        writer: Writer,
        plan: SyncPlan,
        known: Mapping[tuple[str, str], _Known],
        stale: Collection[int],
    ) -> Synced:
        """Read what `plan` says and write it; what is returned leaves out what proved the same."""
        keys = {name: one.key for name, one in known.items()}
        writer.remove(keys[one.folder_name, one.path] for one in plan.removed)
        jobs: list[Job] = []
        for source in (*plan.added, *plan.changed):
            one = known.get((source.folder_name, source.path))
            jobs.append((source, b"" if one is None or one.key in stale else one.digest))
        same: set[SourceFile] = set()
        problems: list[Problem] = []
        with self._progress(len(jobs)) as advance, closing(parse(jobs, self._rules)) as batches:
            for batch in batches:
                touched = [one for one in batch if isinstance(one, SourceFile)]
                rows = [one for one in batch if isinstance(one, FileRow)]
                writer.touch((keys[one.folder_name, one.path], one) for one in touched)
                writer.put(rows, keys)
                same.update(touched)
                problems += (
                    one
                    for row in rows
                    for one in read_problems(row.problems)
                    if one.severity != "info"
                )
                advance(len(batch))
        changed = tuple(source for source in plan.changed if source not in same)
        return Synced(replace(plan, changed=changed), tuple(problems), 0)

    def _is_due(self, before: State, after: State) -> bool:
        """Whether the index has to change though no file did."""
        passed = not before.counted_at <= microseconds(self._now) < before.counted_until
        return passed or (before.problems, before.roots) != (after.problems, after.roots)

    def _state_after(
        self, before: State | None, listing: Listing, changed: Collection[Place] | None
    ) -> State:
        now = microseconds(self._now)
        roots = dict(before.roots) if before else {}
        if changed is None:  # else nobody has looked whether a folder is full
            roots |= {Path(root.folder).name: (root.device, root.inode) for root in listing.roots}
        return State(
            # Never the number of an earlier index, even of one that was lost.
            generation=max(now, before.generation + 1) if before else now,
            made_by=self._store.version,
            rules=self._store.rules,
            counted_at=now,
            counted_until=now,
            problems=_problems_after(before, listing, changed),
            roots=roots,
        )

    def _known(
        self, connection: Connection, changed: Iterable[Place] | None
    ) -> dict[tuple[str, str], _Known]:
        """The files that the index knows, those at or below `changed` if that is given."""
        if changed is None:
            return self._files(connection, true())
        known: dict[tuple[str, str], _Known] = {}
        for folder, path in changed:
            below = and_(file.c.path >= f"{path}/", file.c.path < f"{path}0")  # 0 follows /
            at = true() if not path else or_(file.c.path == path, below)
            known |= self._files(connection, and_(file.c.folder == folder.name, at))
        return known

    def _files(
        self, connection: Connection, which: ColumnElement[bool]
    ) -> dict[tuple[str, str], _Known]:
        columns = (file.c.folder, file.c.path, file.c.size, file.c.changed_ns, file.c.key)
        rows = connection.execute(select(*columns, file.c.digest).where(which)).all()
        folders = self._folders
        return {
            (folder, path): _Known(
                key, SourceFile(folders.get(folder, folder), path, size, changed_ns), digest
            )
            for folder, path, size, changed_ns, key, digest in rows
        }

    def _places(self, connection: Connection, keys: Collection[int]) -> list[Place]:
        found = self._files(connection, file.c.key.in_(keys)) if keys else {}
        return [(Path(one.source.folder), one.source.path) for one in found.values()]


def _stale(connection: Connection, changed: Iterable[Place] | None) -> set[int]:
    """The keys of the files that name a picture which changed."""
    which: list[ColumnElement[bool]] = [true()]
    if changed is not None:
        paths = [str(folder / path) if path else str(folder) for folder, path in changed]
        which = [
            or_(asset.c.path == path, and_(asset.c.path >= f"{path}/", asset.c.path < f"{path}0"))
            for path in paths
        ]
    found: set[int] = set()
    for one in which:
        for path, key, size, changed_ns in connection.execute(select(asset).where(one)):
            if look_at(path) != Asset(path, size, changed_ns):
                found.add(key)
    return found


def _without_vanished(listing: Listing, before: State, known: Iterable[tuple[str, str]]) -> Listing:
    """`listing`, in which a folder that is suddenly empty and another directory than before
    counts as one that can't be listed: the disk that was there isn't mounted.
    """
    full = {name for name, _ in known}
    vanished = [
        root
        for root in listing.roots
        if root.is_empty
        and (name := Path(root.folder).name) in full
        and before.roots.get(name) != (root.device, root.inode)
    ]
    if not vanished:
        return listing
    reason = "the folder is suddenly empty, as if its disk weren't mounted; its articles stay"
    return replace(
        listing,
        problems=(
            *listing.problems,
            *(Problem(Path(root.folder).name, None, "", reason) for root in vanished),
        ),
        unlisted=(*listing.unlisted, *((root.folder, "") for root in vanished)),
        roots=tuple(root for root in listing.roots if root not in vanished),
    )


def _problems_after(
    before: State | None, listing: Listing, changed: Iterable[Place] | None
) -> tuple[Problem, ...]:
    """The listing's problems, with those that are known of places that weren't looked at."""
    if before is None or changed is None:
        return listing.problems
    places = tuple(f"{folder.name}/{path}/" for folder, path in changed)
    kept = (one for one in before.problems if not f"{one.path}/".startswith(places))
    found = dict.fromkeys((*listing.problems, *kept))
    return tuple(sorted(found, key=lambda problem: problem.path))
