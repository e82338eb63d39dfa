"""Measures how feedsvc serves and prints the table: `python -m benchmarks.serve`."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks import serving_figures as figures
from benchmarks.answers import FEED, KINDS, Answer, Ask, Kind, ask_for, checked, identity
from benchmarks.archive import Archive, write_archive
from benchmarks.archive import Kind as Articles
from benchmarks.crowd import allow_files
from benchmarks.machine import description, use_two_cores
from benchmarks.measure import MeasureError
from benchmarks.peers import (
    START_SECONDS,
    Target,
    ask_all,
    check_same_entries,
    constant_paths,
    program,
    start_constant,
    start_nginx,
    start_plain,
    target,
    uncompressed,
)
from benchmarks.service import Installation, Server
from benchmarks.serving_figures import Effort, Peer
from benchmarks.table import Figure, measured, say, table

ROWS = ("constant", "nginx", "plain", "latency", "idle", "slow", "memory")
_SEED = 1
_ARTICLES = 500
_LOADED: Kind = "200 gzip"
"""What is asked for at half of peak load."""

# By peer: how many times its requests per second feedsvc has to answer.
_WANTED: dict[str, dict[Kind, float]] = {
    "constant": dict.fromkeys(KINDS, 0.9),
    "nginx": {"200 gzip": 0.8, "200 identity": 0.5, "304": 0.5},
    "plain": {"200 gzip": 60, "200 identity": 60},
}
# A worker of the plain app goes on with what was asked for after the one who asked has left.
_PLAIN_CONNECTIONS = 4


class Bench:
    """feedsvc over an archive, and the peers that are asked for; all end with `stack`."""

    def __init__(self, work: Path, kind: Articles, effort: Effort, stack: ExitStack) -> None:
        self.effort = effort
        self._work, self._stack = work, stack
        self._articles = work / "articles"
        say(f"writing {_ARTICLES} articles")
        write_archive(self._articles, Archive(_ARTICLES, kind, _SEED))

    @cached_property
    def ours(self) -> Target:
        """feedsvc, with the kinds of answer that it gives."""
        server = self._started(Installation(self._work / "feedsvc", self._articles).serve(), FEED)
        time.sleep(2)
        asks: dict[Kind, Ask] = {}
        answers: dict[Kind, Answer] = {}
        self._troubles: dict[Kind, MeasureError] = {}
        body = identity(server)
        for kind in KINDS:
            try:
                ask = ask_for(server, kind)
                answers[kind] = checked(server, kind, ask, body)
                asks[kind] = ask
            except MeasureError as error:
                self._troubles[kind] = error
        return Target(server, asks, answers, self.effort.connections)

    def require(self, kind: Kind) -> Target:
        """feedsvc. Raises `MeasureError` if it doesn't give this kind of answer."""
        ours = self.ours
        if kind in self._troubles:
            raise self._troubles[kind]
        return ours

    @cached_property
    def peak(self) -> float:
        return figures.peak(self.require(_LOADED), _LOADED, self.effort)

    def peer(self, row: str) -> Peer:
        """A peer, started; it gives the kinds of answer that feedsvc gives."""
        body, given = self.ours.answers["200 identity"].body, self.ours.answers
        wanted = {kind: times for kind, times in _WANTED[row].items() if kind in given}
        kinds = tuple(wanted)
        if row == "constant":
            server = self._started(start_constant(self._work / "constant", given), "/")
            asks = constant_paths(given)
        elif row == "nginx":
            server = self._started(start_nginx(self._work / "nginx", given), FEED)
            asks = ask_all(server, kinds)
        else:
            server = self._started(start_plain(self._articles), FEED)
            theirs = identity(server)
            check_same_entries(body, theirs)
            return Peer(uncompressed(server, kinds, theirs, _PLAIN_CONNECTIONS), wanted)
        return Peer(target(server, asks, body, self.effort.connections), wanted)

    def throughput(self, kind: Kind, peers: Collection[Peer]) -> Iterator[Figure]:
        ours = self.require(kind)
        yield from figures.throughput(ours, list(peers), kind, self.effort)

    def latency(self) -> Iterator[Figure]:
        yield from figures.latency(self.require(_LOADED), _LOADED, self.peak / 2, self.effort)

    def idle(self) -> Iterator[Figure]:
        yield from figures.beside_idle(self.require(_LOADED), _LOADED, self.peak / 2, self.effort)

    def slow(self) -> Iterator[Figure]:
        yield from figures.beside_slow(self.require(_LOADED), _LOADED, self.peak / 2, self.effort)

    def memory(self, cache_mb: int) -> Iterator[Figure]:
        more = f"serving:\n  cache_mb: {cache_mb}\n"
        other = Installation(self._work / "memory", self._articles, more)
        yield from figures.memory(other, cache_mb, self.effort)

    def _started(self, server: Server, path: str) -> Server:
        self._stack.enter_context(server)
        server.ready(START_SECONDS, path)
        return server


def _figures(bench: Bench, rows: Collection[str], cache_mb: int) -> Iterator[Figure]:
    peers = []
    for row in (row for row in _WANTED if row in rows):
        say(f"starting: {row}")
        try:
            peers.append(bench.peer(row))
        except (MeasureError, OSError, ValueError) as error:
            wanted = ", ".join(f"{times:g}" for times in _WANTED[row].values())
            found = f"not measured: {error}"
            yield Figure(f"against {row}", found, f"at least {wanted} times", reached=False)
    kinds = [kind for kind in KINDS if any(kind in _WANTED[row] for row in rows if row in _WANTED)]
    for kind in kinds if peers else ():
        named = (row for row in _WANTED if row in rows and kind in _WANTED[row])
        wanted = ", ".join(f"{_WANTED[row][kind]:g}" for row in named)
        measure = partial(bench.throughput, kind, peers)
        yield from measured(kind, f"at least {wanted} times", measure)
    if "latency" in rows:
        yield from measured("p99 at half of peak load", "at most 5 ms", bench.latency)
    if "idle" in rows:
        yield from measured("p99 with idle connections", "at most 2 times", bench.idle)
    if "slow" in rows:
        yield from measured("p99 with slow readers", "at most 2 times", bench.slow)
    if "memory" in rows:
        yield from measured(
            "memory gained", f"1.2 times {cache_mb} MB each", lambda: bench.memory(cache_mb)
        )


def _versions() -> dict[str, str]:
    nginx = subprocess.run([program("nginx"), "-v"], capture_output=True, text=True).stderr
    wrk = subprocess.run([program("wrk"), "-v"], capture_output=True, text=True).stdout
    found = {"nginx": re.search(r"/([\d.]+)", nginx), "wrk": re.search(r"wrk \S*?([\d.]+)", wrk)}
    packages = {name: version(name) for name in ("granian", "gunicorn", "Flask", "feedgen")}
    return {name: one[1] if one else "unknown" for name, one in found.items()} | packages


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--seconds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--requests", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--cache-mb", type=click.IntRange(min=1), default=32, show_default=True)
@click.option(
    "--articles",
    type=click.Choice(["seeds", "real"]),
    default="seeds",
    show_default=True,
    help="Small articles or those of a real archive, whose feed is four times as large.",
)
@click.option("--only", type=click.Choice(ROWS), multiple=True, help="May be given repeatedly.")
@click.option("--quick", is_flag=True, help="Little of everything, to try it out.")
def main(
    runs: int,
    seconds: int,
    requests: int,
    cache_mb: int,
    articles: Articles,
    only: tuple[str, ...],
    quick: bool,
) -> None:
    """Measure how feedsvc serves, beside what else serves, and print the table."""
    use_two_cores()
    allow_files(20_000)
    try:
        click.echo(description(_versions()) + "\n")
    except MeasureError as error:
        raise click.ClickException(str(error)) from None
    effort = Effort(runs, seconds, 64, 10_000, 200, requests)
    if quick:
        effort = Effort(min(runs, 2), 1, 16, 500, 20, min(requests, 20_000), strict=False)
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as work, ExitStack() as stack:
        bench = Bench(Path(work), articles, effort, stack)
        found = list(_figures(bench, only or ROWS, cache_mb))
    click.echo(table(found))


if __name__ == "__main__":
    main()
