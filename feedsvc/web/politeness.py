"""Clients that fetch whole feeds over and over, without asking whether they have changed.

A token bucket for each client, in memory that all serving processes share. It is kept as one
number, the time at which the bucket will be full again (the generic cell rate algorithm).
"""

from __future__ import annotations

import ipaddress
import math
import secrets
from array import array
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SLOTS = 1 << 16
"""Clients that can be told apart; two that share a slot share its bucket."""
_IPV6_NETWORK = 64  # what one subscriber has


@dataclass(frozen=True, slots=True)
class Slots:
    """`full_at` are `SLOTS` numbers, all 0 at first, in seconds; shared by all processes that have
    the same. With the `key` nobody can work out whose slot they share.
    """

    full_at: Any
    key: bytes


def make_slots(full_at: Any = None) -> Slots:
    """The memory of some buckets; without `full_at` one that no other process shares."""
    own = array("d", bytes(8 * SLOTS)) if full_at is None else full_at
    return Slots(own, secrets.token_bytes(16))


class Politeness:
    """Allows each client `requests` full answers at once, and as many more each `seconds`.

    Two processes that write to one slot at the same time may lose a token: nobody is refused for
    it.
    """

    def __init__(self, requests: int, seconds: int, slots: Slots) -> None:
        self._window = float(seconds)
        self._step = seconds / requests
        self._full_at = slots.full_at
        self._key = slots.key

    def take(self, client: str, now: float) -> int:
        """Take a token for the client at the address `client`. 0 if there was one, else the
        seconds after which there will be.
        """
        if not client:
            return 0  # who that is nobody has told: a proxy at a Unix socket
        slot = self._slot_of(client)
        full_at = float(self._full_at[slot])
        if full_at > now + self._window:
            # The clock was set back, which must not lock anybody out: it fills from now on.
            full_at = self._full_at[slot] = now + self._window
        empty_for = max(full_at, now) + self._step - self._window - now
        if empty_for > 1e-6:
            return math.ceil(empty_for)
        self._full_at[slot] = max(full_at, now) + self._step
        return 0

    def _slot_of(self, client: str) -> int:
        packed = _network_of(client)
        return int.from_bytes(blake2b(packed, digest_size=8, key=self._key).digest()) % SLOTS


def _network_of(client: str) -> bytes:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client.encode()
    if isinstance(address, ipaddress.IPv4Address):
        return address.packed
    mapped = address.ipv4_mapped
    return mapped.packed if mapped is not None else address.packed[: _IPV6_NETWORK // 8]
