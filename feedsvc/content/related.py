"""The articles that an article lists as related, in short form, and who published them.

Most of what an archive says stands here, over and over: each article is related to many.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from urllib.parse import urljoin, urlsplit

from feedsvc.content.fields import FieldReader, clean_url, describe
from feedsvc.content.remember import remember
from feedsvc.content.text import one_line
from feedsvc.model import Provider, Related
from feedsvc.sameness import address_key
from feedsvc.slugs import slugify

_DOMAIN = re.compile(r"(?=.{1,253}\Z)\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)+")

_key = remember(address_key)


def read_related(reader: FieldReader, zone: tzinfo, base_url: str | None) -> tuple[Related, ...]:
    """What the field `related` lists, each address once."""
    related: dict[str, Related] = {}
    for item, line in reader.mappings("related"):
        if isinstance(item, str):
            url = clean_url(item)
            if url is None or not urlsplit(url).scheme:
                reason = f"expected an article in short form, found {describe(item)}"
                reader.note("related", reason, line=line)
            elif url not in related:
                related[url] = Related(one_line(item), url, (_key(url),))
            continue
        one = _kept_short_form(item, zone, base_url)
        if one is not None:
            related.setdefault(one.url, one)
    return tuple(related.values())


def _kept_short_form(item: FieldReader, zone: tzinfo, base_url: str | None) -> Related | None:
    if item.made is None:
        return _short_form(item, zone, base_url)
    way = (zone, base_url)
    kept = item.made.get(way)
    if isinstance(kept, Related):
        return kept
    problems = len(item.problems)
    one = _short_form(item, zone, base_url)
    if len(item.problems) == problems:  # a problem is to be told each time
        item.made[way] = one
    return one


def _short_form(item: FieldReader, zone: tzinfo, base_url: str | None) -> Related | None:
    named = (item.url("webUrl", "warning"), item.url("originalUrl", "warning"))
    urls = [urljoin(base_url, url) if base_url else url for url in named if url]
    if not urls:
        item.note("webUrl", "expected the related article's address, found none")
        return None
    published = item.moment("publishedDateTime", zone, "warning")
    is_hidden = (
        not item.flag("published", safe=False)
        or item.flag("removed", safe=True)
        or item.flag("draft", safe=True)
    )
    return Related(
        title=item.text("title") or urls[0],
        url=urls[0],
        keys=tuple({_key(url) for url in urls}),
        provider=_provider_of(item),
        visible_from=published.utc if published else None,
        is_hidden=is_hidden,
    )


def _provider_of(reader: FieldReader) -> Provider | None:
    for item, _ in reader.mappings("provider"):
        if isinstance(item, str):
            return make_provider(one_line(item), None)
        return make_provider(item.text("name"), clean_domain(item.text("domain")))
    return None


@remember
def make_provider(name: str, domain: str | None) -> Provider | None:
    """A provider without images; `None` if neither its name nor its domain says anything."""
    key = domain or slugify(name)
    return Provider(key, name or key, domain) if key else None


@remember
def clean_domain(text: str) -> str | None:
    """A host name in lower case; of an address, its host; `None` if it is no domain."""
    if "//" in text:
        url = clean_url(text)
        text = (urlsplit(url).hostname or "") if url else ""
    text = text.strip().rstrip(".").lower()
    return text if _DOMAIN.fullmatch(text) else None
