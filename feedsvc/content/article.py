"""Fields and body of one file -> an `Article`, or the Problems that leave it out.

Here dictionaries end: past this module nobody knows what a field was called.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from feedsvc.content.dates import Moment, midnight, parse_moment
from feedsvc.content.dialects import COMMA_LISTS, DIALECTS
from feedsvc.content.fields import FieldReader, Names, clean_url, describe
from feedsvc.content.frontmatter import read_front_matter
from feedsvc.content.html import clean_html, opening_words, render_markdown
from feedsvc.content.identity import article_id, name_of, story_slug, title_of_name
from feedsvc.content.images import ImageReader
from feedsvc.content.related import clean_domain, make_provider, read_related
from feedsvc.content.text import has_forbidden, one_line
from feedsvc.content.values import Fields
from feedsvc.content.yaml_fast import InexactError
from feedsvc.errors import FrontMatterError
from feedsvc.inside import open_inside
from feedsvc.model import (
    OWN_SITE,
    Article,
    Asset,
    Image,
    ParsedFile,
    Person,
    Problem,
    Provider,
    SourceFile,
    Term,
)
from feedsvc.slugs import slugify

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class ArticleRules:
    """What the site decides about reading its articles.

    `zone` is the time zone of dates that name none. `id_authority` and `since` make the
    `tag:` URIs (RFC 4151) of articles without an address. `base_url` is where relative
    addresses point; `None` means the site itself. `names` are those of the fields. `language` is
    that of articles that don't say theirs.
    """

    zone: tzinfo
    id_authority: str
    since: date
    base_url: str | None = None
    max_file_bytes: int = 5_000_000
    names: Names = field(default_factory=lambda: DIALECTS)
    language: str = "en"


def read_article(
    source: SourceFile, rules: ArticleRules, known_digest: bytes = b""
) -> ParsedFile | None:
    """Read and check one file. Never raises for what the file holds: that gives Problems.

    `None` if its bytes still have `known_digest` (of `ParsedFile`).
    """
    digest = b""
    try:
        raw = _read_bytes(Path(source.folder), source.path, rules.max_file_bytes)
        digest = hashlib.blake2b(raw, digest_size=16).digest()
        if digest == known_digest:
            return None
        parsed = _parse(source, _decode(raw), rules)
    except FrontMatterError as error:
        problem = Problem(source.name, error.line, error.field, error.reason)
        parsed = ParsedFile(source, None, (problem,))
    except OSError as error:
        reason = f"the file can't be read: {error.strerror}"
        parsed = ParsedFile(source, None, (Problem(source.name, None, "", reason),))
    return replace(parsed, digest=digest)


def _parse(source: SourceFile, text: str, rules: ArticleRules) -> ParsedFile:
    """Read `text` fast; if there is a problem to tell, once more, with the lines."""
    try:
        fields, body = read_front_matter(text, with_lines=False)
        parsed = build_article(source, fields, body, rules)
        # What may be better can wait: whoever asks for it looks for the line then.
        if fields.has_lines or all(one.severity == "info" for one in parsed.problems):
            return parsed
    except InexactError:
        pass
    fields, body = read_front_matter(text)
    return build_article(source, fields, body, rules)


def build_article(source: SourceFile, fields: Fields, body: str, rules: ArticleRules) -> ParsedFile:
    """An article of `fields` and `body`; with an `error` among the problems, none."""
    problems: list[Problem] = []
    reader = FieldReader(fields, source.name, problems, names=rules.names)
    builder = _Builder(source, reader, body, rules)
    article = builder.article()
    reader.note_repeated()
    reader.note_unknown()
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors:
        urls = (reader.value(name) for name in ("webUrl", "originalUrl", "id"))
        addresses = tuple(url for url in urls if isinstance(url, str) and clean_url(url))
        return ParsedFile(source, None, errors, addresses, builder.assets)
    return ParsedFile(source, article, tuple(problems), (), builder.assets)


def _read_bytes(folder: Path, path: str, max_bytes: int) -> bytes:
    # Between the listing and now, the file may have become a named pipe, or a link.
    with open_inside(folder, folder / path) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise FrontMatterError("expected a file, found something else", field="")
        # No more room is asked for than is needed: a file may be far below the limit.
        raw = stream.read(min(status.st_size, max_bytes) + 1)
    if len(raw) > max_bytes:
        raise FrontMatterError(
            f"expected at most {max_bytes:,} bytes, found {max(status.st_size, len(raw)):,}",
            field="",
        )
    return raw


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"expected UTF-8, found the byte 0x{raw[error.start]:02x}"
        raise FrontMatterError(reason, line, "") from None


class _Builder:
    def __init__(
        self, source: SourceFile, reader: FieldReader, body: str, rules: ArticleRules
    ) -> None:
        self._source = source
        self._reader = reader
        self._body = body
        self._rules = rules
        self._day, self._name = name_of(source.path)
        self.assets: tuple[Asset, ...] = ()

    def article(self) -> Article:
        read = self._reader
        web_url = read.url("webUrl", "error")
        original_url = read.url("originalUrl", "error")
        url = web_url or original_url
        published = self._published()
        updated = read.moment("updatedDateTime", self._rules.zone, "warning")
        expires = read.moment("expiryDate", self._rules.zone, "error")
        title, slug = self._title(), read.text("slug")
        identity = article_id(
            read.text("id", "error"),
            url,
            self._rules.id_authority,
            self._rules.since,
            published.written if published else self._rules.since,
            slug or title,
        )
        base_url = urljoin(self._rules.base_url or "", url) if url else self._rules.base_url
        pictures = ImageReader(
            Path(self._source.folder),
            self._source.path,
            self._rules.base_url or base_url,
            is_base_of_images=self._rules.base_url is not None,
        )
        provider, provider_authors = self._provider(pictures)
        excerpt = read.text("excerpt", lines=True)
        html, opening, body_images = self._html(pictures, base_url or OWN_SITE, excerpt)
        images = pictures.images(read)
        self.assets = pictures.assets
        self._warn()
        return Article(
            id=identity,
            slug=slugify(slug) or story_slug(title, identity),
            path=self._source.name,
            title=title,
            url=base_url if url else None,
            original_url=original_url,
            excerpt=excerpt or opening,
            html=html,
            html_has_excerpt=bool(html) and (not excerpt or not self._body),
            published=published.utc if published else None,
            updated=updated.utc if updated else None,
            provider=provider,
            topics=self._terms("topics"),
            categories=self._terms("categories"),
            type=next(iter(self._terms("type")), None),
            language=self._language(),
            authors=self._persons(read, "authors") or provider_authors,
            images=images,
            body_images=body_images,
            related=read_related(self._reader, self._rules.zone, self._rules.base_url),
            quality=read.integer("quality"),
            heat=read.integer("heat"),
            is_published=self._is_published(),
            is_removed=read.flag("removed", safe=True),
            visible_from=published.utc if published else None,
            visible_until=expires.utc if expires else None,
        )

    def _html(
        self, pictures: ImageReader, base_url: str, excerpt: str
    ) -> tuple[str, str, tuple[Image, ...]]:
        """The featured content and the body as HTML, how the body begins, and our pictures."""
        found: dict[str, Image] = {}

        def local_image(address: str) -> Image | None:
            image = pictures.local_image(address)
            if image is not None:
                found[image.url] = image
            return image

        base_url = urljoin(OWN_SITE, base_url)
        featured = self._reader.value("featuredContent")
        if featured is not None and not isinstance(featured, str):
            self._reader.note("featuredContent", f"expected HTML, found {describe(featured)}")
        first = clean_html(featured, base_url, local_image) if isinstance(featured, str) else ""
        text = render_markdown(self._body, base_url, local_image) if self._body else ""
        opening = opening_words(text)
        if first and not text:
            # Readers show the content instead of the excerpt: a video alone would lose it.
            text = f"<p>{escape(excerpt, quote=False)}</p>" if excerpt else ""
        html = "\n".join(part for part in (first, text) if part)
        return html, opening, tuple(found.values())

    def _is_published(self) -> bool:
        # In Jekyll's _drafts nothing is published; where `published` is a date, it is no flag.
        drafted = "_drafts" in self._source.path.split("/")[:-1]
        flagged = self._published_as_date() or self._reader.flag("published", safe=False)
        status = self._reader.text("status").casefold()
        return (
            bool(flagged)
            and not self._reader.flag("draft", safe=True)
            and not drafted
            and status not in {"draft", "private", "pending"}
        )

    def _published_as_date(self) -> Moment | None:
        value = self._reader.value("published")
        is_date = isinstance(value, str) and _DATE.match(value.strip())
        if isinstance(value, str) and is_date and self._reader.stands_once("published"):
            return parse_moment(value, self._rules.zone)
        return None

    def _published(self) -> Moment | None:
        zone = self._rules.zone
        if self._reader.value("publishedDateTime") is not None:
            return self._reader.moment("publishedDateTime", zone, "error")
        named = self._published_as_date()
        if named:
            return named
        if self._day is not None:
            return midnight(self._day, zone)
        self._reader.note(
            "publishedDateTime",
            "expected a date, found none; the article is listed last",
            line=1,
            rule="missing-date",
        )
        return None

    def _title(self) -> str:
        title = self._reader.text("title", "error")
        if not title:
            title = one_line(title_of_name(self._name))
            if title != self._name:  # as in Obsidian, where the name is the title
                reason = f"expected a title, found none; shown as {title!r}"
                self._reader.note("title", reason, line=1, rule="missing-title")
        return title

    def _terms(self, name: str) -> tuple[Term, ...]:
        terms: dict[str, Term] = {}
        for label in self._reader.texts(name, COMMA_LISTS):
            slug = slugify(label)
            terms.setdefault(slug, Term(slug, label))
        return tuple(terms.values())

    def _language(self) -> str | None:
        tag = self._reader.text("locale").replace("_", "-")
        if not tag:
            return None
        if _LANGUAGE.fullmatch(tag):
            return tag
        self._reader.note("locale", f"expected a language tag such as en-GB, found {tag!r}")
        return None

    def _provider(self, pictures: ImageReader) -> tuple[Provider | None, tuple[Person, ...]]:
        items = list(self._reader.mappings("provider"))
        if not items:
            return None, ()
        if len(items) > 1:
            self._reader.note("provider", "expected one provider, found a list; the first counts")
        item, _ = items[0]
        if isinstance(item, str):
            return make_provider(one_line(item), None), ()
        named_domain = item.text("domain")
        domain = clean_domain(named_domain)
        if named_domain and domain is None:
            item.note(
                "domain", f"expected a domain such as reuters.com, found {describe(named_domain)}"
            )
        provider = make_provider(item.text("name"), domain)
        if provider is None:
            item.note("name", "expected a provider's name or domain, found none")
            return None, ()
        provider = Provider(provider.key, provider.name, domain, pictures.images(item))
        return provider, self._persons(item, "authors")

    def _persons(self, reader: FieldReader, name: str) -> tuple[Person, ...]:
        persons: dict[str, Person] = {}
        for item, _ in reader.mappings(name):
            if isinstance(item, str):
                person = Person(one_line(item))
            else:
                url = item.url("url", "warning")
                person = Person(item.text("name"), url if url and urlsplit(url).scheme else None)
            if person.name:
                persons.setdefault(person.name, person)
        return tuple(persons.values())

    def _warn(self) -> None:
        """Note what is mended without being asked."""
        reason = "found control characters, which no feed can carry; they are left out"
        for name in ("title", "excerpt"):
            value = self._reader.value(name)
            if isinstance(value, str) and has_forbidden(value):
                self._reader.note(name, reason, rule="forbidden-characters")
        if has_forbidden(self._body):
            self._reader.problems.append(
                Problem(self._source.name, None, "text", reason, "warning", "forbidden-characters")
            )
