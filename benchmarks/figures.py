"""The figures: each is measured here, and says whether it is what is wanted."""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archive import Archive, Manifest
from benchmarks.hugo import LIMIT, HugoSite
from benchmarks.measure import MeasureError, Memory, peak_memory, percentile, wall_seconds
from benchmarks.service import Installation, Service
from benchmarks.table import Figure, spread

TIMEOUT_SECONDS = 1800.0
_REQUESTS = 300
_SAVES = 50
_KINDS = 20
_SAVE_TIMEOUT_SECONDS = 30.0
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Library:
    """An archive on disk and a feedsvc that is configured for it."""

    articles: Path
    manifest: Manifest
    feedsvc: Installation

    def paths(self) -> list[str]:
        """The addresses of all feeds."""
        names = ["/feed", *(f"/topics/{_slug(name)}" for name in self.manifest.topics)]
        names += [f"/providers/{name}" for name in self.manifest.providers]
        return [f"{name}.{ending}" for name in names for ending in ("rss", "atom", "json")]

    def common_words(self, together: int = 1) -> list[str]:
        """The words of the topics, so many `together`, the commonest first: no others stand in
        more articles.
        """
        counts: Counter[str] = Counter()
        for label, articles in self.manifest.topics.items():
            words = re.findall(r"[a-z]+", label.lower())
            for at in range(len(words) - together + 1):
                counts[" ".join(words[at : at + together])] += articles
        return _commonest(counts)


def beside_hugo(library: Library, site: HugoSite, runs: int) -> Iterator[Figure]:
    """The cold index and Hugo's build in turn: for time, then for memory."""
    theirs, ours, their_memory, our_memory = [], [], [], []
    for number in range(runs):
        theirs.append(wall_seconds(site.command(), TIMEOUT_SECONDS))
        if not number:
            site.check(library.manifest)
        ours.append(_cold_index(library))
        if not number:
            _check_ready(library)
        their_memory.append(peak_memory(site.command(), TIMEOUT_SECONDS))
        library.feedsvc.forget()
        our_memory.append(peak_memory(library.feedsvc.index_command(), TIMEOUT_SECONDS))
    faster = statistics.median(theirs) / statistics.median(ours)
    yield Figure("  Hugo's build", spread(theirs, "s"))
    yield Figure("  feedsvc index", spread(ours, "s"))
    name = f"cold index of {library.manifest.articles:,}, against Hugo's build"
    yield Figure(name, f"{faster:.1f} times faster", "at least 4, aim at 6", faster >= 4)
    share = _median_pss(our_memory) / _median_pss(their_memory)
    yield Figure("  Hugo's peak memory, PSS (RSS)", _both(their_memory))
    yield Figure("  feedsvc's peak memory, PSS (RSS)", _both(our_memory))
    yield Figure(
        "peak memory of that, all processes",
        f"{share:.2f} of Hugo's",
        "at most 0.25",
        share <= 0.25,
    )


def per_article(small: Library, large: Library, runs: int) -> Iterator[Figure]:
    """The cold index of two archives of the same kind of article."""
    times: dict[int, list[float]] = {}
    for _ in range(runs):
        for library in (small, large):
            times.setdefault(library.manifest.articles, []).append(_cold_index(library))
    each = {count: statistics.median(seconds) / count for count, seconds in times.items()}
    for count, seconds in times.items():
        found = f"{spread(seconds, 's')}, {1000 * each[count]:.2f} ms each"
        yield Figure(f"  cold index of {count:,} small", found)
    ratio = each[large.manifest.articles] / each[small.manifest.articles]
    name = "index time per article, large against small"
    yield Figure(name, f"{ratio:.2f}", "at most 1.20", ratio <= 1.2)


def warm_start(large: Library, runs: int) -> Iterator[Figure]:
    """From the command to the first feed, and a run of `index`; nothing has changed."""
    wall_seconds(large.feedsvc.index_command(), TIMEOUT_SECONDS)
    starts = []
    for _ in range(runs):
        with large.feedsvc.serve() as service:
            starts.append(service.ready(TIMEOUT_SECONDS))
    median = statistics.median(starts)
    name = f"warm start, nothing changed, {large.manifest.articles:,} articles"
    yield Figure(name, spread(starts, "s"), "under 3 s", median < 3)
    again = [wall_seconds(large.feedsvc.index_command(), TIMEOUT_SECONDS) for _ in range(runs)]
    yield Figure("  feedsvc index, nothing changed", spread(again, "s"))


def saved_to_served(large: Library) -> Iterator[Figure]:
    """Rewrite one of the newest articles; ask until its feed says so."""
    with large.feedsvc.serve() as service:
        service.ready(TIMEOUT_SECONDS)
        time.sleep(2)
        with _edited(large) as edit:
            seconds = [edit.seconds(service, sample) for sample in range(_SAVES)]
    p50, p95 = percentile(seconds, 50), percentile(seconds, 95)
    found = f"p50 {p50:.2f} s, p95 {p95:.2f} s"
    yield Figure(
        f"file saved to bytes served, {large.manifest.articles:,} articles",
        f"{found} (n={_SAVES})",
        "p95 at most 0.5 s",
        p95 <= 0.5,
    )


def cold_render(large: Library) -> Iterator[Figure]:
    """Feeds of 50 entries that nobody has asked for yet."""
    facets = (("topic", large.manifest.topics), ("provider", large.manifest.providers))
    full = [
        f"{parameter}={_slug(name) if parameter == 'topic' else name}"
        for parameter, names in facets
        for name, count in names.items()
        if count >= LIMIT
    ]
    times = [time for times in _rendered(large, ["", *full]) for time in times]
    name = f"feed of {LIMIT} rendered, cache cold, {large.manifest.articles:,} articles"
    yield _cold(name, times, "p99 at most 20 ms", 20)


def worst_queries(large: Library) -> Iterator[Figure]:
    """The queries that find, combine or rank most, of 50 entries, that nobody has asked for yet."""
    kinds = _hard_queries(large)
    queries = [query for some in kinds.values() for query in some]
    found = dict(zip(queries, _rendered(large, queries), strict=True))
    for kind, some in kinds.items():
        times = [time for query in some for time in found[query]]
        yield Figure(f"  {kind}", f"p99 {percentile(times, 99):.1f} ms (n={len(times)})")
    times = [time for times in found.values() for time in times]
    name = f"worst queries rendered, cache cold, {large.manifest.articles:,} articles"
    yield _cold(name, times, "p99 under 50 ms", 50)


def _cold(name: str, times: list[float], wanted: str, most: float) -> Figure:
    p50, p99 = percentile(times, 50), percentile(times, 99)
    return Figure(name, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (n={len(times)})", wanted, p99 <= most)


def _hard_queries(large: Library) -> dict[str, list[str]]:
    """Different ones of each kind; the names and words are those that most articles have."""
    topics = [_slug(name) for name in _commonest(large.manifest.topics)]
    providers = _commonest(large.manifest.providers)
    words, pairs = large.common_words(), large.common_words(together=2)
    choose = random.Random(1)

    def some(names: list[str], parameter: str, most: int) -> str:
        return "&".join(f"{parameter}={name}" for name in choose.sample(names[:30], most))

    numbers = range(_KINDS)
    return {
        "any of ten topics": [some(topics, "topic", 10) for _ in numbers],
        "any, all and none of topics and providers": [
            f"topic={topics[1]}&topic={topics[2]}&all_topic={topics[0]}&"
            f"{some(topics[5:], 'not_topic', 9)}&{some(providers, 'provider', 15)}"
            for _ in numbers
        ],
        "none of twenty topics": [some(topics, "not_topic", 20) for _ in numbers],
        "ranks and dates": [
            f"min_quality={20 + number}&order=heat&since=2017-01-{number % 28 + 1:02}"
            for number in numbers
        ],
        "one of the commonest words": [f"q={word}" for word in words[:_KINDS]],
        "three of the commonest words": [
            f"q={words[0]}+{words[1]}+{word}&order=quality" for word in words[2 : 2 + _KINDS]
        ],
        "a phrase of common words": [
            f"q=%22{pair.replace(' ', '+')}%22" for pair in pairs[:_KINDS]
        ],
        "the best of each day": [f"pace={number % 5 + 1}/day&{some(providers, 'not_provider', 3)}"
                                 for number in numbers],
        "the best of each week": [f"pace=1/week&{some(providers, 'not_provider', 3)}"
                                  for _ in numbers],
        "the best of each week, each story once": [
            f"pace=1/week&fold=story&{some(providers, 'not_provider', 3)}" for _ in numbers
        ],
        "each story once": [f"fold=story&{some(topics, 'topic', 5)}" for _ in numbers],
    }  # fmt: skip


def _commonest(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _rendered(library: Library, queries: list[str]) -> list[list[float]]:
    program = str(Path(__file__).with_name("render.py"))
    done = subprocess.run(
        [sys.executable, "-P", program, str(library.feedsvc.config), json.dumps(queries)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        raise MeasureError(f"render.py: {done.stderr.strip().splitlines()[-1]}")
    times: list[list[float]] = json.loads(done.stdout)
    return times


def serving_memory(small: Library, large: Library) -> Iterator[Figure]:
    """What the serving process holds after the same requests, here and there."""
    held: dict[int, int] = {}
    paths = sorted(set(small.paths()) & set(large.paths()))
    for library in (small, large):
        choose = random.Random(1)
        with library.feedsvc.serve() as service:
            service.ready(TIMEOUT_SECONDS)
            for path in (choose.choice(paths) for _ in range(_REQUESTS)):
                status, _ = service.get(path)
                if status != 200:
                    raise MeasureError(f"{path}: expected 200, found {status}")
            time.sleep(2)
            serving, others = service.memory()
        count = library.manifest.articles
        held[count] = serving.pss
        found = f"{serving.pss / _MB:.0f} MB, all others {others.pss / _MB:.0f} MB"
        yield Figure(f"  serving {count:,}, PSS", found)
    ratio = held[large.manifest.articles] / held[small.manifest.articles]
    name = "memory of a serving process, large against small"
    yield Figure(name, f"{ratio:.2f}", "at most 1.20", ratio <= 1.2)


def _cold_index(library: Library) -> float:
    library.feedsvc.forget()
    return wall_seconds(library.feedsvc.index_command(), TIMEOUT_SECONDS)


def _check_ready(library: Library) -> None:
    """What was indexed has to be servable: raise `MeasureError` unless every feed is full."""
    counts = {"/feed": library.manifest.articles}
    counts |= {f"/topics/{_slug(name)}": n for name, n in library.manifest.topics.items()}
    counts |= {f"/providers/{name}": n for name, n in library.manifest.providers.items()}
    with library.feedsvc.serve() as service:
        service.ready(TIMEOUT_SECONDS)
        for name, count in counts.items():
            items = len(json.loads(service.get(f"{name}.json")[1])["items"])
            if items != min(LIMIT, count):
                raise MeasureError(f"{name}: expected {min(LIMIT, count)} items, found {items}")


class _Edit:
    """Rewrites the newest articles of an archive with other titles."""

    def __init__(self, library: Library) -> None:
        manifest = library.manifest
        self._folder = library.articles
        self._archive = Archive(manifest.articles, manifest.kind, manifest.seed)
        self._random = random.Random(1)

    def seconds(self, service: Service, sample: int) -> float:
        """Save an article, by renaming or in place; from then on, until it is served."""
        time.sleep(self._random.uniform(0.1, 1.0))
        number = self._archive.articles - 1 - self._random.randrange(LIMIT - 10)
        article = self._archive.article(number)
        provider, topic = article.provider, _slug(article.topics[0])
        path = ("/feed.json", f"/providers/{provider}.json", f"/topics/{topic}.json")[sample % 3]
        title = f"Saved {sample} times {os.getpid()}"
        text = re.sub("^title: .*$", f'title: "{title}"', article.text, count=1, flags=re.M)
        file = self._folder / article.name
        if sample % 2:
            start = time.perf_counter()
            file.write_text(text)
        else:
            temporary = file.with_name(f".{file.name}.tmp")
            temporary.write_text(text)
            start = time.perf_counter()
            temporary.replace(file)
        service.wait_for(title.encode(), path, _SAVE_TIMEOUT_SECONDS)
        return time.perf_counter() - start

    def undo(self) -> None:
        for number in range(max(0, self._archive.articles - LIMIT), self._archive.articles):
            article = self._archive.article(number)
            file = self._folder / article.name
            if file.read_text() != article.text:
                file.write_text(article.text)


@contextmanager
def _edited(library: Library) -> Iterator[_Edit]:
    edit = _Edit(library)
    try:
        yield edit
    finally:
        edit.undo()


def _slug(label: str) -> str:
    return label.lower().replace(" ", "-")


def _median_pss(values: Sequence[Memory]) -> float:
    return statistics.median(value.pss for value in values)


def _both(values: Sequence[Memory]) -> str:
    rss = statistics.median(value.rss for value in values)
    return f"{_median_pss(values) / _MB:.0f} MB ({rss / _MB:.0f} MB)"
