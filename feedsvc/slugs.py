"""Labels and titles as parts of URLs: `AI in Healthcare` -> `ai-in-healthcare`.

A slug is a pure function of the label, so it never depends on what else is in the folder.
Letters, digits and marks of every script are kept (browsers and readers percent-encode
them); signs that tell labels apart (`C`, `C++`, `C#`, `.NET`) become words. The slug
libraries either transliterate, which merges different words, or drop combining marks,
which breaks the scripts of India: see docs/decisions.md.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_SLUG_LENGTH = 96
"""Characters; a longer slug is cut and ends in a digest of the whole label."""

SIGN_WORDS = {
    "+": "plus", "#": "sharp", "&": "and", "@": "at", "%": "percent", "*": "star",
    "=": "equals", "<": "less", ">": "greater", "^": "caret", "~": "tilde", "|": "bar",
    "$": "dollar", "€": "euro", "£": "pound", "§": "section", "°": "degree",
}  # fmt: skip

# A dot that opens a word is part of its name (.NET); any other is punctuation (Node.js).
_LEADING_DOT = re.compile(r"(?<!\S)\.(?=\w)")

# A hyphen that ends a word is part of its name too (C--).
_TRAILING_HYPHENS = re.compile(r"(?<=\w)-+(?!\S)")
# They choose between two pictures of one sign and say nothing of their own.
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")


def slugify(label: str) -> str:
    """The slug of `label`; empty only for a label of white space."""
    text = unicodedata.normalize("NFKC", label).casefold()
    text = unicodedata.normalize("NFKC", text).replace("'", "").replace("\u2019", "")
    text = _VARIATION_SELECTORS.sub("", text)
    text = _LEADING_DOT.sub(" dot-", text)
    text = _TRAILING_HYPHENS.sub(lambda run: "-minus" * len(run[0]), text)
    slug = _join("".join(_spell(char) for char in text))
    if not slug:
        slug = "-".join(f"u{ord(char):x}" for char in label.strip())
    if len(slug) > MAX_SLUG_LENGTH:
        digest = hashlib.sha256(slug.encode()).hexdigest()[:12]
        slug = f"{slug[: MAX_SLUG_LENGTH - 13].rstrip('-')}-{digest}"
    return slug


def _spell(char: str) -> str:
    if char in SIGN_WORDS:
        return f"-{SIGN_WORDS[char]}-"
    category = unicodedata.category(char)
    if category[0] in "LNM":
        return char
    if category[0] == "S" and not char.isascii():
        # Emoji and other pictures: by number, which is the same in every version of Unicode.
        return f"-u{ord(char):x}-"
    return "-"


def _join(spelled: str) -> str:
    return "-".join(part for part in spelled.split("-") if part)
