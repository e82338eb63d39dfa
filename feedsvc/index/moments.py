"""Moments as the index has them: whole microseconds since 1970 in UTC, the same in any engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

ALWAYS = -(2**63)
NEVER = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """`moment` as the index has it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(number: int) -> datetime | None:
    """The moment of `microseconds`; `None` for `ALWAYS` and `NEVER`."""
    if number in {ALWAYS, NEVER}:
        return None
    return _EPOCH + timedelta(microseconds=number)
