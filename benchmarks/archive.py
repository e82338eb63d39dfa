"""Writes an archive of articles: `python -m benchmarks.archive --articles 5000 DIR`.

The fields are those of the publisher whose articles feedsvc was made for: title, excerpt,
addresses, provider, topics, images, a list of related articles in short form and a `secured`
payload; most have no text below. The same seed gives the same bytes on every machine. Of kind
`real` are the sizes of a real archive, which vary by the number of related articles; of kind
`seeds` are small articles of about 3 KB.

Two concessions to Hugo, so that it reads the same files: `providers` repeats the provider's
domain, since its taxonomies want plain strings, and there is no `published`, which it takes
for a date.
"""

from __future__ import annotations

import base64
import json
import statistics
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Literal, TypeVar

import click

from benchmarks.prose import body, company, label, sentence, slug

Kind = Literal["real", "seeds"]
_T = TypeVar("_T")

MANIFEST = ".archive.json"
"""What an archive holds, beside its articles; neither feedsvc nor Hugo reads it."""

TOPICS = 60
PROVIDERS = 120
_FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_SPAN = timedelta(days=3652)
_WITH_BODY = 0.08
_WITH_IMAGE = 0.9
# Zipf's law: the second is met half as often as the first, the third a third as often.
_TOPIC_SHARES = list(accumulate(1 / rank for rank in range(1, TOPICS + 1)))
_PROVIDER_SHARES = list(accumulate(1 / rank for rank in range(1, PROVIDERS + 1)))
_WINDOW = 300
"""Related articles are at most so many places away in the order of time."""

_SMALLEST = 400
"""No short form has fewer bytes."""

_GOLDEN = 0.6180339887498949
"""Its multiples fill the unit interval evenly, so that a small archive has the sizes of a large."""

# Bytes by share of the archive; between two points, interpolated.
_SIZES: dict[Kind, tuple[tuple[float, int], ...]] = {
    "real": (
        (0.0, 1_900), (0.1, 3_000), (0.25, 5_400), (0.5, 9_600), (0.7, 16_500), (0.8, 25_500),
        (0.86, 36_000), (0.9, 99_000), (0.97, 122_000), (0.99, 143_000), (1.0, 172_000),
    ),
    "seeds": ((0.0, 2_200), (0.5, 3_000), (1.0, 3_900)),
}  # fmt: skip

# What the sizes have to be, in bytes.
WANTED: dict[Kind, dict[str, int]] = {
    "real": {"mean": 24_000, "median": 9_600, "p90": 99_000, "p99": 143_000},
    "seeds": {"mean": 3_000, "median": 3_000},
}


@dataclass(frozen=True, slots=True)
class Article:
    """One file: its name, when it was published (ISO 8601), its lists and its text."""

    name: str
    title: str
    published: str
    provider: str
    topics: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive is made of. `sizes` in bytes; `topics` and `providers` with counts."""

    articles: int
    kind: Kind
    seed: int
    sizes: dict[str, int]
    topics: dict[str, int]
    providers: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Provider:
    name: str
    domain: str
    quality: int


@dataclass(frozen=True, slots=True)
class _Short:
    """What a related list says of an article, and the article of itself."""

    title: str
    excerpt: str
    published: str
    url: str
    provider: _Provider
    image: str

    def opening(self) -> tuple[str, ...]:
        return (
            f"title: {_quoted(self.title)}",
            f"excerpt: {_quoted(self.excerpt)}",
            f"publishedDateTime: {self.published}",
        )

    def related(self) -> str:
        """The item of a related list, without the item's dash."""
        lines = (
            *self.opening(),
            f'webUrl: "{self.url}"',
            "type: article",
            "provider:",
            f"  name: {self.provider.name}",
            f"  domain: {self.provider.domain}",
            f"quality: {self.provider.quality}",
            *self.images(),
        )
        return "\n".join("    " + line for line in lines)

    def images(self) -> tuple[str, ...]:
        if not self.image:
            return ()
        return (
            "images:",
            f'  - url: "{self.image}"',
            "    width: 1200",
            "    height: 628",
            "    isCached: true",
        )


class Archive:
    """`articles` articles, numbered from the oldest; each can be made without the others."""

    def __init__(self, articles: int, kind: Kind, seed: int) -> None:
        self.articles, self.kind, self.seed = articles, kind, seed
        self._short = lru_cache(4 * _WINDOW)(self._make_short)
        self._item = lru_cache(4 * _WINDOW)(self._make_item)
        random = Random(f"{seed}:names")
        self._providers = [
            _Provider(*company(random, number), random.randint(20, 90))
            for number in range(PROVIDERS)
        ]
        self._topics = [label(random, number) for number in range(TOPICS)]
        self._first_share = random.random()

    def article(self, number: int) -> Article:
        """The article of this number; the last is the newest."""
        short, random = self._short(number), Random(f"{self.seed}:{number}:rest")
        wanted = random.choice((1, 1, 2, 2, 3, 4))
        topics = tuple(
            dict.fromkeys(_pick(random, self._topics, _TOPIC_SHARES) for _ in range(wanted))
        )
        front = _front(short, topics, random.choice((-1, -1, -1, 12, 40, 77)))
        ending = f'\nsecured: "{_payload(random)}"\n---\n\n'
        if random.random() < _WITH_BODY:
            ending += body(random)
        room = self._size(number) - len((front + ending).encode())
        text = front + self._related(number, room, random) + ending
        name = f"{short.published[:10]}-{slug(short.title)}-{number}.md"
        return Article(name, short.title, short.published, short.provider.domain, topics, text)

    def _related(self, number: int, room: float, random: Random) -> str:
        """As many neighbours in short form as `room` bytes hold, to the nearest."""
        low, high = max(0, number - _WINDOW), min(self.articles, number + _WINDOW)
        others = [other for other in range(low, high) if other != number]
        items: list[str] = []
        for other in random.sample(others, min(len(others), int(max(room, 0) / _SMALLEST) + 1)):
            item, size = self._item(other)
            if size / 2 > room:
                break
            items.append(item)
            room -= size
        return "\nrelated:\n" + "".join(items) if items else ""

    def _make_item(self, number: int) -> tuple[str, int]:
        item = f"  - {self._short(number).related().strip()}\n"
        return item, len(item.encode())

    def _size(self, number: int) -> float:
        share = (number * _GOLDEN + self._first_share) % 1
        points = _SIZES[self.kind]
        upper = min(bisect([point for point, _ in points], share), len(points) - 1)
        (start, low), (end, high) = points[upper - 1], points[upper]
        return low + (high - low) * (share - start) / (end - start)

    def _make_short(self, number: int) -> _Short:
        random = Random(f"{self.seed}:{number}")
        provider = _pick(random, self._providers, _PROVIDER_SHARES)
        moment = _FIRST + (number + 0.9 * random.random()) * (_SPAN / self.articles)
        title = sentence(random, random.randint(6, 13))
        address = f"{slug(title)}-{number}"
        picture = base64.urlsafe_b64encode(random.randbytes(24)).decode()
        return _Short(
            title=title,
            excerpt=sentence(random, random.randint(16, 38)) + ".",
            published=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            url=f"https://www.{provider.domain}/news/{moment:%Y/%m/%d}/{address}",
            provider=provider,
            image=f"https://www.{provider.domain}/resizer/{picture}=/1200x628/{address[:30]}.jpg"
            if random.random() < _WITH_IMAGE
            else "",
        )


def _front(short: _Short, topics: Sequence[str], heat: int) -> str:
    provider = short.provider
    lines = (
        "---",
        "category: news",
        *short.opening(),
        f'originalUrl: "{short.url}"',
        f'webUrl: "{short.url}"',
        "type: article",
        f"quality: {provider.quality}",
        f"heat: {heat}",
        "",
        "provider:",
        f"  name: {provider.name}",
        f"  domain: {provider.domain}",
        "  images:",
        f'    - url: "https://example.org/images/organizations/{provider.domain}-50x50.jpg"',
        "      width: 50",
        "      height: 50",
        f"providers: [{provider.domain}]",
        "",
        "topics:",
        *(f"  - {topic}" for topic in topics),
        "",
        *short.images(),
        "",
    )
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def _payload(random: Random) -> str:
    secret = base64.b64encode(random.randbytes(random.randint(200, 420))).decode()
    return f"{secret};{base64.b64encode(random.randbytes(16)).decode()}"


def _pick(random: Random, values: Sequence[_T], shares: Sequence[float]) -> _T:
    return values[bisect(shares, random.random() * shares[-1])]


def write_archive(directory: Path, archive: Archive) -> Manifest:
    """Write the articles into `directory`, which is made; then what they are, as `MANIFEST`."""
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise click.ClickException(f"{directory}: expected an empty folder, found files")
    sizes: list[int] = []
    topics: Counter[str] = Counter()
    providers: Counter[str] = Counter()
    for number in range(archive.articles):
        article = archive.article(number)
        content = article.text.encode()
        (directory / article.name).write_bytes(content)
        sizes.append(len(content))
        topics.update(article.topics)
        providers[article.provider] += 1
    manifest = Manifest(
        archive.articles, archive.kind, archive.seed, _sizes(sizes), dict(topics), dict(providers)
    )
    (directory / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
    return manifest


def read_manifest(directory: Path) -> Manifest | None:
    """What `directory` holds; `None` if no archive was written there completely."""
    try:
        return Manifest(**json.loads((directory / MANIFEST).read_text()))
    except FileNotFoundError:
        return None


def _sizes(sizes: list[int]) -> dict[str, int]:
    cuts = statistics.quantiles(sizes, n=100)
    median = statistics.median(sizes)
    mean = statistics.fmean(sizes)
    return {"mean": round(mean), "median": round(median), "p90": round(cuts[89]),
            "p99": round(cuts[98]), "total": sum(sizes)}  # fmt: skip


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--articles", type=click.IntRange(min=2), default=5_000, show_default=True)
@click.option("--kind", type=click.Choice(list(_SIZES)), default="real", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def main(directory: Path, articles: int, kind: Kind, seed: int) -> None:
    """Write an archive into DIRECTORY, a new or an empty folder."""
    manifest = write_archive(directory, Archive(articles, kind, seed))
    wanted = WANTED[kind]
    click.echo(f"{articles:,} articles in {directory}, {manifest.sizes['total'] / 1e6:.0f} MB")
    for name, size in manifest.sizes.items():
        if name in wanted:
            click.echo(f"  {name:7}{size / 1e3:7.1f} KB, of a real archive {wanted[name] / 1e3} KB")


if __name__ == "__main__":
    main()
