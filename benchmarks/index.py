"""Measures all figures and prints the table: `python -m benchmarks.index`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks import figures
from benchmarks.archive import Archive, Kind, read_manifest, write_archive
from benchmarks.figures import Library
from benchmarks.hugo import HugoSite, hugo_version
from benchmarks.machine import description, use_two_cores
from benchmarks.service import Installation
from benchmarks.table import Figure, measured, say, table

_SEED = 1
_SMALL, _LARGE = 5_000, 100_000
_QUICK = 10
"""A quick run has so many times fewer articles."""


def archive(folder: Path, kind: Kind, articles: int) -> Path:
    """The archive of this kind and size in `folder`; it is written if it isn't there."""
    directory = folder / f"{kind}{articles}"
    manifest = read_manifest(directory)
    if manifest is None:
        say(f"writing {articles:,} articles into {directory}")
        write_archive(directory, Archive(articles, kind, _SEED))
    elif (manifest.articles, manifest.kind, manifest.seed) != (articles, kind, _SEED):
        raise click.ClickException(f"{directory}: expected another archive; delete it")
    return directory


def library(articles: Path, work: Path) -> Library:
    """The archive in `articles`, with a feedsvc of its own in `work`."""
    manifest = read_manifest(articles)
    if manifest is None:
        raise click.ClickException(f"{articles}: expected an archive")
    return Library(articles, manifest, Installation(work / articles.name, articles))


def _figures(folder: Path, work: Path, runs: int, quick: bool) -> Iterator[Figure]:
    small_count, large_count = (n // _QUICK if quick else n for n in (_SMALL, _LARGE))
    real_archive = archive(folder, "real", small_count)
    real = library(real_archive, work)
    small = library(archive(folder, "seeds", small_count), work)
    large = library(archive(folder, "seeds", large_count), work)
    site = HugoSite(work / "hugo", real_archive)
    few = min(runs, 3)
    yield from measured(
        "cold index and its memory, against Hugo's build",
        "at least 4 times, at most 0.25",
        lambda: figures.beside_hugo(real, site, runs),
    )
    yield from measured(
        "index time per article", "at most 1.20", lambda: figures.per_article(small, large, few)
    )
    yield from measured("warm start", "under 3 s", lambda: figures.warm_start(large, runs))
    yield from measured(
        "memory of a serving process", "at most 1.20", lambda: figures.serving_memory(small, large)
    )
    yield from measured("feed rendered", "p99 at most 20 ms", lambda: figures.cold_render(large))
    yield from measured("worst queries", "p99 under 50 ms", lambda: figures.worst_queries(large))
    yield from measured(
        "file saved to bytes served", "p95 at most 0.5 s", lambda: figures.saved_to_served(large)
    )


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--quick", is_flag=True, help="A tenth of the articles, to try it out.")
@click.option(
    "--archives",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the archives are kept; those that are there are used again. Default: nowhere.",
)
def main(runs: int, quick: bool, archives: Path | None) -> None:
    """Measure feedsvc's index beside Hugo's build and print the table."""
    use_two_cores()
    click.echo(description({"Hugo": hugo_version()}) + "\n")
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as work:
        found = list(_figures(archives or Path(work, "archives"), Path(work), runs, quick))
    click.echo(table(found))


if __name__ == "__main__":
    main()
