"""Text -> words as full-text search compares them, the same for every engine.

Case, accents and the width of signs don't count. Scripts that put no spaces between words are
taken sign by sign, so that any part of a text is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

_LONGEST_WORD = 100

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_SIGN = re.compile(f"[{_UNSPACED}]")
_QUERY = re.compile(r'"([^"]*)"|(\S+)')


def words_of(text: str) -> list[str]:
    """The words of `text`, in its order."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in folded if not unicodedata.combining(char))
    return [word[:_LONGEST_WORD] for word in _WORD.findall(text.casefold())]


def phrases_of(query: str) -> tuple[tuple[str, ...], ...]:
    """What somebody searches for: each word, or words in quotes that stand together; sorted,
    since their order and repetition don't count.
    """
    found = (tuple(words_of(quoted or word)) for quoted, word in _QUERY.findall(query))
    return tuple(sorted({words for words in found if words}))


def print_phrases(phrases: Iterable[tuple[str, ...]]) -> str:
    """A text that `phrases_of` gives these for."""
    texts = map(print_phrase, phrases)
    return " ".join(f'"{text}"' if " " in text else text for text in texts)


def print_phrase(words: tuple[str, ...]) -> str:
    """The words as one reads them: signs without spaces between them."""
    text = words[0]
    for one, after in pairwise(words):
        is_unspaced = _SIGN.fullmatch(one) and _SIGN.fullmatch(after)
        text += after if is_unspaced else f" {after}"
    return text
