"""Text -> words as full-text search compares them, the same for every engine; text cut short.

Case, accents and the width of signs don't count. Scripts that put no spaces between words are
taken sign by sign, so that any part of a text is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

_LONGEST_WORD = 100

# Thai, Lao, Burmese, Khmer, kana, Chinese characters, Hangul.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
    "\U00020000-\U0003ffff"
)
_LAST_MARK = 0x1E94F  # beyond it there are none in words
_SIGN = re.compile(f"[{_UNSPACED}]")
_QUERY = re.compile(r'"([^"]*)"|(\S+)')


def shorten(text: str, length: int) -> str:
    """`text`, or at most `length` characters of it with an ellipsis at the end: cut between words,
    but not to less than half because of one long word, or of a script without spaces.
    """
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    kept = cut.rpartition(" ")[0]
    if len(kept) < len(cut) // 2:
        kept = cut
        while kept and unicodedata.combining(text[len(kept)]):
            kept = kept[:-1]
    return kept.rstrip(" ,;:–—-") + "…"


def words_of(text: str) -> list[str]:
    """The words of `text`, in its order."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text).casefold()
        kept = "".join(
            char for char in unicodedata.normalize("NFKD", folded) if not _is_accent(char)
        )
        text = unicodedata.normalize("NFC", kept)
    return [word[:_LONGEST_WORD] for word in _word().findall(text.casefold())]


def _is_accent(char: str) -> bool:
    """Whether `char` is a mark above, below or across a letter, or a point of Hebrew or Arabic.
    Marks that make another letter aren't: vowel signs, viramas, the voicing of kana.
    """
    kind = unicodedata.combining(char)
    return 10 <= kind <= 36 or kind >= 200 or 0 < kind < 6


@cache
def _word() -> re.Pattern[str]:
    marks = "".join(
        char for char in map(chr, range(0x300, _LAST_MARK)) if unicodedata.category(char)[0] == "M"
    )
    return re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[{marks}])+")


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
