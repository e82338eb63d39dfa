"""The rules of `feedsvc check`, by name. docs/check.md explains each with an example."""

from __future__ import annotations

from feedsvc.model import Severity

RULES: dict[str, tuple[Severity, str]] = {
    # What is found while files are read; some of these are milder or harder than said here.
    "unreadable": ("error", "the file, or what is before its text, can't be read"),
    "invalid-field": ("warning", "a field is not what it has to be"),
    "missing-title": ("warning", "there is no title, and none can be made of the file's name"),
    "missing-date": ("warning", "there is no date"),
    "unreadable-flag": ("warning", "published, draft or removed is neither true nor false"),
    "repeated-field": ("warning", "a field stands more than once"),
    "missing-image": ("warning", "an image is no address and no file"),
    "forbidden-characters": ("warning", "characters that no XML can carry"),
    "not-followed": ("warning", "a directory that is not read as one would think"),
    "naive-date": ("info", "a time without its offset"),
    "unknown-field": ("info", "a field that nobody knows, and that looks like one"),
    # What an article says.
    "future-date": ("info", "an article is held back until its date"),
    "markup-in-title": ("warning", "a title shows tags or character references"),
    "empty-excerpt": ("warning", "there are neither words of the article nor an excerpt"),
    "insecure-link": ("info", "an article's address is http"),
    "insecure-image": ("warning", "a picture's address is http"),
    "relative-link": ("warning", "a relative address with nothing that it is relative to"),
    "unknown-image-type": ("info", "a picture's address doesn't tell its type"),
    "icon-not-square": ("info", "a provider's picture isn't square"),
    "large-entry": ("warning", "an article is very long"),
    # What articles say together.
    "duplicate-id": ("warning", "two articles have one id"),
    "duplicate-slug": ("warning", "two articles have one page"),
    "duplicate-url": ("warning", "two articles lead to one address"),
    "spelled-two-ways": ("info", "a topic, provider, category or author has two spellings"),
    # What the configuration says.
    "unknown-name": ("warning", "a saved feed asks for a name that no article uses"),
    "unusable-file": ("error", "the icon or a template can't be used"),
    "large-feed": ("warning", "a feed is very large"),
}
"""Of each rule how much it matters, as a rule, and what it finds."""
