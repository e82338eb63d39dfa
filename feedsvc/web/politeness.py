"""Clients that fetch whole feeds over and over, without asking whether they have changed.

A token bucket for each client, in memory that all serving processes share. It is kept as one
number, the time at which the bucket will be full again (the generic cell rate algorithm).
"""

from __future__ import annotations

import ipaddress
import math
from array import array
from collections.abc import MutableSequence
from hashlib import blake2b

SLOTS = 1 << 16
"""Clients that can be told apart; two that share a slot share its bucket."""
_IPV6_NETWORK = 64  # what one subscriber has


def own_slots() -> MutableSequence[float]:
    """Memory for a process that shares it with no other."""
    return array("d", bytes(8 * SLOTS))


class Politeness:
    """Allows each client `requests` full answers at once, and as many more each `seconds`.

    `full_at` has `SLOTS` numbers, seconds on the clock that `take` is told, all 0 at first. Two
    processes that write to one at the same time may lose a token: nobody is refused for it.
    """

    def __init__(self, requests: int, seconds: int, full_at: MutableSequence[float]) -> None:
        self._window = float(seconds)
        self._step = seconds / requests
        self._full_at = full_at

    def take(self, client: str, now: float) -> int:
        """Take a token for the client at the address `client`. 0 if there was one, else the
        seconds after which there will be.
        """
        slot = _slot_of(client)
        # A clock that was set back must not lock anybody out.
        full_at = min(self._full_at[slot], now + self._window)
        empty_for = max(full_at, now) + self._step - self._window - now
        if empty_for > 1e-6:
            return math.ceil(empty_for)
        self._full_at[slot] = max(full_at, now) + self._step
        return 0


def _slot_of(client: str) -> int:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        packed = client.encode()
    else:
        is_wide = isinstance(address, ipaddress.IPv6Address)
        packed = address.packed[: _IPV6_NETWORK // 8] if is_wide else address.packed
    return int.from_bytes(blake2b(packed, digest_size=8).digest()) % SLOTS
