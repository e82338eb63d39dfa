"""Answers that are kept, since an archive says the same of the same over and over: each article
is listed as related by many others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MOST_ANSWERS = 8192
_MOST_CHARACTERS = 512  # what is kept for ever must not be as much as a file can bring


def remember(function: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
    """`function`, pure and first of all of a text, which answers short ones from memory."""
    kept = lru_cache(_MOST_ANSWERS)(function)

    def answer(text: str, /, *arguments: P.args, **options: P.kwargs) -> T:
        if len(text) > _MOST_CHARACTERS:
            return function(text, *arguments, **options)
        return kept(text, *arguments, **options)  # type: ignore[arg-type]

    update_wrapper(answer, function)
    return answer
