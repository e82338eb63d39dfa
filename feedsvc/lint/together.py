"""What articles say together: one address twice, one name in two spellings, feeds too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from feedsvc.config import Settings
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.index.view import View
from feedsvc.lint.article import Remark
from feedsvc.model import Article, Facet
from feedsvc.sameness import address_key
from feedsvc.slugs import slugify

LARGE_FEED_BYTES = 2_000_000
_FIELDS = {
    Facet.TOPIC: "topics",
    Facet.PROVIDER: "provider",
    Facet.CATEGORY: "category",
    Facet.AUTHOR: "authors",
}


@dataclass(slots=True)
class _Spelling:
    """One spelling of a name, and the first article that has it."""

    path: str
    articles: int = 0


@dataclass(slots=True)
class Together:
    """Gathers what is compared: `add` each article, then ask for the `remarks`."""

    _addresses: dict[int, tuple[str, str]] = field(default_factory=dict)
    _shared: list[tuple[str, Remark]] = field(default_factory=list)
    _names: dict[tuple[Facet, str], dict[str, _Spelling]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def add(self, article: Article) -> None:
        self.sizes[article.id] = len(article.html) + len(article.excerpt)
        for facet, slug, label in _labels(article):
            spelt = self._names.setdefault((facet, slug), {})
            spelt.setdefault(label, _Spelling(article.path)).articles += 1
        if article.url:
            key = address_key(article.url)
            path, identity = self._addresses.setdefault(key, (article.path, article.id))
            if identity != article.id:
                reason = f"expected an address of its own, found that of {path}: {article.url}"
                remark = Remark("duplicate-url", "webUrl", reason, article.url)
                self._shared.append((article.path, remark))

    def remarks(self) -> Iterator[tuple[str, Remark]]:
        """What was found, each with the file that it is told of."""
        yield from self._shared
        for (facet, _), spelt in self._names.items():
            if len(spelt) < 2:
                continue
            # As the feed is called: by the commonest.
            common = min(spelt, key=lambda label: (-spelt[label].articles, label))
            for label, spelling in spelt.items():
                if label != common:
                    reason = (
                        f"expected {common!r}, as {spelt[common].articles:,} spell it, "
                        f"found {label!r} ({spelling.articles:,}); they share one feed"
                    )
                    yield spelling.path, Remark("spelled-two-ways", _FIELDS[facet], reason, label)


def _labels(article: Article) -> Iterator[tuple[Facet, str, str]]:
    for term in article.topics:
        yield Facet.TOPIC, term.slug, term.label
    for term in article.categories:
        yield Facet.CATEGORY, term.slug, term.label
    if article.provider:
        yield Facet.PROVIDER, article.provider.key, article.provider.name
    for author in article.authors:
        yield Facet.AUTHOR, slugify(author.name), author.name


def large_feeds(settings: Settings, view: View, sizes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The feeds above the limit, by the path of their largest format, with their bytes. `sizes`
    are those of articles by id: only feeds that may be too large are rendered.
    """
    site, limit = settings.describe_site(), settings.feeds.limit
    queries = [FeedQuery(), *(FeedQuery(saved=name) for name in site.saved)]
    queries += [feed_of(facet, one.slug) for facet in Facet for one in view.counts(facet)]
    base_url = settings.site.url or "http://localhost/"
    for query in queries:
        if not query.saved:
            hits = view.find(query.filter).hits(query.order, 0, limit)
            if 2 * sum(sizes.get(hit.id, 0) for hit in hits) < LARGE_FEED_BYTES:
                continue
        found = {
            query.feed_path(Format(name)): len(
                publish(query, Format(name), view, site, limit, base_url).body
            )
            for name in settings.feeds.formats
        }
        path = max(found, key=lambda one: found[one])
        if found[path] > LARGE_FEED_BYTES:
            yield path, found[path]
