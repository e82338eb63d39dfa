"""Figures, and the table that they make."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException
from subprocess import SubprocessError

import click

from benchmarks.measure import MeasureError


@dataclass(frozen=True, slots=True)
class Figure:
    """What was found beside what is wanted; `reached` is `None` where nothing is."""

    name: str
    found: str
    wanted: str = ""
    reached: bool | None = None


def measured(name: str, wanted: str, measure: Callable[[], Iterator[Figure]]) -> Iterator[Figure]:
    """The figures of `measure`; what can't be measured is not reached."""
    say(f"measuring: {name}")
    try:
        yield from measure()
    except (MeasureError, OSError, ValueError, HTTPException, SubprocessError) as error:
        yield Figure(name, f"not measured: {error}", wanted, reached=False)


def table(found: list[Figure]) -> str:
    """Markdown."""
    words = {True: "reached", False: "**NOT reached**", None: ""}
    rows = [replace(one, name=one.name.replace("  ", "– ", 1)) for one in found]
    head = "| what | found | wanted | |\n| --- | --- | --- | --- |"
    lines = [f"| {one.name} | {one.found} | {one.wanted} | {words[one.reached]} |" for one in rows]
    return "\n".join([head, *lines])


def spread(values: Sequence[float], unit: str) -> str:
    """The median, with the least and the most."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.2f} {unit} ({low:.2f} to {high:.2f}, n={len(values)})"


def say(text: str) -> None:
    """Tell who waits; the table alone goes to standard output."""
    click.echo(text, err=True)
