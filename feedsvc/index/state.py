"""The one row that says which complete reading of the folders the index holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, delete, insert, select

from feedsvc.index import schema
from feedsvc.index.records import pack, pack_problems, read_problems, unpack
from feedsvc.model import Problem

_roots = msgspec.msgpack.Decoder(dict[str, tuple[int, int]])


@dataclass(frozen=True, slots=True)
class State:
    """One complete reading of the folders: by which version and rules, and what it noted.

    `tally` holds from `counted_at` until `counted_until`, in microseconds. `problems` are those
    of the listing; `roots` say which directories the folders were, by name: device and inode.
    """

    generation: int
    made_by: str
    rules: str
    counted_at: int
    counted_until: int
    problems: tuple[Problem, ...] = ()
    roots: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_state(connection: Connection) -> State | None:
    """The state of the index; `None` before its first complete one."""
    row = connection.execute(select(schema.state)).one_or_none()
    if row is None:
        return None
    return State(
        row.generation,
        row.made_by,
        row.rules,
        row.counted_at,
        row.counted_until,
        read_problems(row.problems),
        unpack(_roots, row.roots),
    )


def write_state(connection: Connection, state: State) -> None:
    """Make `state` that of the index."""
    connection.execute(delete(schema.state))
    connection.execute(
        insert(schema.state).values(
            id=1,
            generation=state.generation,
            made_by=state.made_by,
            rules=state.rules,
            counted_at=state.counted_at,
            counted_until=state.counted_until,
            problems=pack_problems(state.problems),
            roots=pack(state.roots),
        )
    )
