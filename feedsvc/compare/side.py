"""What the comparison asks of a side, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from feedsvc.compare.feed import Feed


class Side(Protocol):
    """The feeds of one state of a site."""

    @property
    def name(self) -> str: ...
    @property
    def home(self) -> str | None:
        """The address that its feeds carry; `None` where it has none of its own."""

    @property
    def is_rendered(self) -> bool:
        """Whether the feeds are made here."""

    @property
    def left_out(self) -> int:
        """How many articles can't be read, as far as that is known."""

    @property
    def paths(self) -> Sequence[str]:
        """The feeds that are listed."""

    def feeds(
        self, paths: Sequence[str], base_url: str, every_format: bool
    ) -> Iterator[Feed | None]:
        """Each of `paths`, be it listed or not; `None` where there is nothing. What has another
        address now is what is found at the old one. Raises `SideError`.
        """
        ...
