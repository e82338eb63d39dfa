"""What a file gave -> the rows it has in the index, and back.

Made where files are parsed, so that the one process that writes only has to write.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import zstandard
from lxml.html import fragment_fromstring

from feedsvc.errors import IndexDamagedError
from feedsvc.index.moments import ALWAYS, NEVER, microseconds
from feedsvc.model import Article, Asset, Facet, Image, ParsedFile, Problem, SourceFile
from feedsvc.sameness import address_key, title_key
from feedsvc.slugs import slugify
from feedsvc.words import words_of

T = TypeVar("T")


class _Zstd(threading.local):
    """Compresses to a third or half. Each thread has its own: these can't be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()
pack = msgspec.msgpack.Encoder().encode
_article = msgspec.msgpack.Decoder(Article)
_image = msgspec.msgpack.Decoder(Image)
_packed_names = msgspec.msgpack.Decoder(tuple[tuple[str, str, str], ...])
_problems = msgspec.msgpack.Decoder(tuple[Problem, ...])

UNPUBLISHED, REMOVED = 1, 2

_MOST_WORDS = 10_000  # PostgreSQL keeps no positions beyond 16,383 (its manual, §12.11)


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article and its rows in other tables; the names are those of the columns.

    `names` are (facet, slug, label), `pictures` (url, packed image).
    """

    identity: str
    slug: str
    path: str
    age: int
    held: int
    visible_from: int
    visible_until: int
    quality: int | None
    heat: int | None
    has_image: bool
    title_key: int
    day: int | None
    names: tuple[tuple[str, str, str], ...]
    payload: bytes
    pictures: tuple[tuple[str, bytes], ...]
    turning_points: tuple[int, ...]
    words: tuple[list[str], ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file, its article if it has one, and what else was learned of it."""

    source: SourceFile
    digest: bytes
    problems: bytes | None
    addresses: tuple[int, ...]
    assets: tuple[Asset, ...]
    article: ArticleRow | None


def file_row(parsed: ParsedFile, language: str) -> FileRow:
    """The rows of `parsed`. `language` is that of articles that don't say theirs."""
    article = parsed.article
    urls = (article.url, article.original_url, article.id) if article else parsed.addresses
    return FileRow(
        source=parsed.source,
        digest=parsed.digest,
        problems=pack_problems(parsed.problems) if parsed.problems else None,
        addresses=tuple({address_key(url) for url in urls if url}),
        assets=parsed.assets,
        article=_article_row(article, language) if article else None,
    )


def _article_row(article: Article, language: str) -> ArticleRow:
    published, until = article.published, article.visible_until
    pictures = {image.url: image for image in article.all_images if image.path is not None}
    moments = [
        *article.turning_points,
        *(other.visible_from for other in article.related if other.visible_from is not None),
    ]
    return ArticleRow(
        identity=article.id,
        slug=article.slug,
        path=article.path,
        age=NEVER if published is None else -microseconds(published),
        held=REMOVED if article.is_removed else 0 if article.is_published else UNPUBLISHED,
        visible_from=microseconds(article.visible_from) if article.visible_from else ALWAYS,
        visible_until=NEVER if until is None else microseconds(until),
        quality=_measured(article.quality),
        heat=_measured(article.heat),
        has_image=bool(article.images),
        title_key=title_key(article.title),
        day=None if published is None else published.toordinal(),
        names=tuple(dict.fromkeys(_names(article, language))),
        payload=_zstd.compressor.compress(pack(article)),
        pictures=tuple((url, pack(image)) for url, image in pictures.items()),
        turning_points=tuple({microseconds(moment) for moment in moments}),
        words=_fields_of(article, _text_of(article.html)),
    )


def _measured(rank: int | None) -> int | None:
    return None if rank is None or rank < 0 else min(rank, NEVER)


def _names(article: Article, language: str) -> Iterator[tuple[str, str, str]]:
    """What the article is listed under: facet, slug and label."""
    for facet, terms in (
        (Facet.TOPIC, article.topics),
        (Facet.CATEGORY, article.categories),
        (Facet.TYPE, (article.type,) if article.type else ()),
    ):
        for term in terms:
            yield facet.value, term.slug, term.label
    if article.provider is not None:
        yield Facet.PROVIDER.value, article.provider.key, article.provider.name
    for author in article.authors:
        yield Facet.AUTHOR.value, slugify(author.name), author.name
    # Who asks for a language means its regional forms too (RFC 4647 §3.3.1).
    subtags = (article.language or language).lower().replace("_", "-").split("-")
    for length in range(1, len(subtags) + 1):
        tag = "-".join(subtags[:length])
        yield Facet.LANGUAGE.value, tag, tag


def read_names(packed: bytes) -> tuple[tuple[str, str, str], ...]:
    """The names of an article as the index has them."""
    return unpack(_packed_names, packed)


def _text_of(html: str) -> str:
    if not html:
        return ""
    tree = fragment_fromstring(html, create_parent="div")
    return " ".join(tree.itertext())


def _fields_of(article: Article, body: str) -> tuple[list[str], ...]:
    """The words of title, excerpt, `body`, provider and topics; all together `_MOST_WORDS`, of
    which the body gets what the others leave.
    """
    provider = article.provider
    around = [
        words_of(article.title),
        words_of(article.excerpt),
        words_of(f"{provider.name} {provider.domain or ''}") if provider else [],
        words_of(" ".join(term.label for term in article.topics)),
    ]
    left = _MOST_WORDS
    for words in around:
        del words[left:]
        left -= len(words)
    title, excerpt, house, topics = around
    return title, excerpt, words_of(body)[:left], house, topics


def read_article(payload: bytes) -> Article:
    """The article of `payload`. Raises `IndexDamagedError` if that can't be read."""
    try:
        packed = _zstd.decompressor.decompress(payload)
    except zstandard.ZstdError as error:
        raise IndexDamagedError(f"an article in the index can't be read: {error}") from None
    return unpack(_article, packed)


def read_image(payload: bytes) -> Image:
    """The picture of `payload`."""
    return unpack(_image, payload)


def pack_problems(problems: tuple[Problem, ...]) -> bytes:
    """`problems` as the index has them."""
    return pack(problems)


def read_problems(payload: bytes | None) -> tuple[Problem, ...]:
    """The problems of `pack_problems`, none for `None`."""
    return unpack(_problems, payload) if payload else ()


def unpack(decoder: msgspec.msgpack.Decoder[T], packed: bytes) -> T:
    """What `pack` packed. Raises `IndexDamagedError`."""
    try:
        return decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise IndexDamagedError(f"a part of the index can't be read: {error}") from None
