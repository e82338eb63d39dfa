"""How other programs call our fields: Jekyll, Hugo, Eleventy and Obsidian.

Only names that mean one thing in all of them are here; anything else a site says itself
with `content.fields`. A field under our own name counts before one under another's.
"""

from __future__ import annotations

from collections.abc import Mapping

from feedsvc.content.fields import Names

# Of each field of ours: first how we call it, then the others, in the order in which they count.
DIALECTS: Names = {
    "title": ("title", "name"),
    "excerpt": ("excerpt", "summary", "description"),
    "publishedDateTime": ("publishedDateTime", "publishDate", "pubDate", "date", "created"),
    "updatedDateTime": ("updatedDateTime", "lastmod", "last_modified_at", "updated", "modified"),
    "expiryDate": ("expiryDate", "unpublishDate"),
    "webUrl": ("webUrl", "canonical_url", "canonicalURL"),
    "originalUrl": ("originalUrl",),
    "id": ("id", "guid"),
    "slug": ("slug",),
    "published": ("published", "publish"),
    "draft": ("draft", "private"),
    "removed": ("removed",),
    "provider": ("provider",),
    "authors": ("authors", "author"),
    "topics": ("topics", "tags"),
    "categories": ("category", "categories"),
    "type": ("type",),
    "images": ("images", "image", "cover"),
    "related": ("related",),
    "locale": ("locale", "lang", "language"),
    "quality": ("quality",),
    "heat": ("heat",),
    "featuredContent": ("featuredContent",),
}

# Under these names one string is a list with commas: `tags: sea, wind`.
COMMA_LISTS = frozenset({"tags", "categories"})

# Inside an image: Jekyll's `image: {path: …}` and Hugo themes' `cover: {image: …}`.
IMAGE_NAMES: Names = {
    "url": ("url", "src", "path", "image"),
    "alt": ("alt", "title", "caption"),
}


def names_with(custom: Mapping[str, tuple[str, ...]]) -> Names:
    """The dialects, with a site's own names before them."""
    return {
        field: tuple(dict.fromkeys((*custom.get(field, ()), *names)))
        for field, names in DIALECTS.items()
    }
