"""What is written on a terminal: colours there alone, and not where NO_COLOR is set."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from feedsvc.model import Severity

_STYLES: dict[str, str] = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def stdout() -> Console:
    """Standard output; lines are neither broken nor interpreted."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Texts of others may have letters that the terminal doesn't.
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(highlight=False, soft_wrap=True, emoji=False, markup=False)


def stderr() -> Console:
    """Standard error, for progress."""
    return Console(stderr=True)


def faint(text: str) -> Text:
    """`text` as what matters least."""
    return Text(text, "dim")


def mark(name: str) -> Text:
    """How something was found to be, as wide as the widest."""
    return Text(f"{name:<7}", _STYLES.get(name, "green"))


def severity(name: Severity) -> Text:
    """`name` in its colour."""
    return in_colour_of(name, name)


def in_colour_of(name: Severity, text: str) -> Text:
    """`text`, which is as bad as that."""
    return Text(text, _STYLES[name])


def in_columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Each of `rows` as a line; signs of some scripts are two columns wide."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (
            text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)
        )
        yield "  ".join(padded).rstrip()
