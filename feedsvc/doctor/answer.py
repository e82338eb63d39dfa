"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what was found, `advice` what to do about it, if anything."""

    mark: Mark
    text: str
    advice: str = ""
