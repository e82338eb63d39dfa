"""A changed configuration while feedsvc runs: what can be taken up, and what needs a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feedsvc.config.settings import Settings

NEEDS_RESTART = (
    "content", "index", "logging", "server.host", "server.port", "server.socket", "server.workers",
    "serving.rate", "site.id_authority", "site.language", "site.since", "site.timezone",
)  # fmt: skip
"""What more than the answering processes go by: the sockets, and how articles are read."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """`settings` are those to go on with; the others are names of options."""

    settings: Settings
    taken_up: tuple[str, ...]
    needs_restart: tuple[str, ...]


def renew(present: Settings, wanted: Settings) -> Renewal:
    """What of `wanted` can be taken up by who runs with `present`."""
    changed = list(_changed("", present.model_dump(), wanted.model_dump()))
    restart = tuple(name for name in changed if _waits(name))
    values = wanted.model_dump(exclude_unset=True)
    for name in NEEDS_RESTART:
        section, _, key = name.partition(".")
        kept = present.model_dump(exclude_unset=True).get(section, {})
        if not key:
            _set(values, section, kept or None)
        else:
            _set(values.setdefault(section, {}), key, kept.get(key))
    settings = Settings.model_validate(values | {"directory": present.directory})
    return Renewal(settings, tuple(name for name in changed if not _waits(name)), restart)


def _waits(name: str) -> bool:
    return any(f"{name}.".startswith(f"{one}.") for one in NEEDS_RESTART)


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value


def _changed(above: str, old: Any, new: Any) -> Iterator[str]:
    """The names of what differs, as far down as sections go."""
    if old == new:
        return
    if not isinstance(old, dict) or not isinstance(new, dict) or above.count(".") > 1:
        yield above.rstrip(".")
        return
    for key in dict.fromkeys((*old, *new)):
        yield from _changed(f"{above}{key}.", old.get(key), new.get(key))
