"""The options as data: what `sections.py` declares, for those who write about them."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from feedsvc.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Option:
    """One key. `inside` are the keys below it, or below each name that the user gives there."""

    name: str
    field: FieldInfo
    inside: type[BaseModel] | None
    has_names: bool

    @property
    def meaning(self) -> str:
        """What it means, as one paragraph."""
        text = self.field.description or (self.inside.__doc__ if self.inside else "") or ""
        return " ".join(text.split())

    @property
    def is_section(self) -> bool:
        """Whether it is nothing but a heading of other keys, all of which may be left out."""
        return self.inside is not None and isinstance(self.field.default, self.inside)

    @property
    def default(self) -> Any:
        """What holds without it, as YAML has it; `None` where that is nothing or empty."""
        given = self.field.default
        if self.is_section or self.field.is_required() or given in (None, "", (), {}):
            return None
        return list(given) if isinstance(given, tuple) else given

    @property
    def example(self) -> Any:
        """What it could look like; `None` where the default says it."""
        if self.field.examples:
            return self.field.examples[0]
        if self.inside is not None and not self.has_names:
            return {option.name: option.shown for option in options_of(self.inside)}
        return None

    @property
    def shown(self) -> Any:
        """What stands behind it where nothing is given."""
        return self.default if self.example is None else self.example


def options_of(section: type[BaseModel]) -> Iterator[Option]:
    """The keys of a section, in their order."""
    for name, field in section.model_fields.items():
        if not field.exclude:
            inside, has_names = _inside(field.annotation)
            yield Option(name, field, inside, has_names)


def sections() -> Iterator[Option]:
    """The keys of the highest level."""
    return options_of(Settings)


def _inside(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType, Annotated):
        return _inside(arguments[0])
    if origin is dict:
        inside, _ = _inside(arguments[1])
        return inside, inside is not None
    return None, False


def is_given(value: object) -> bool:
    """Whether a value of config.yaml says anything: a key with nothing after it doesn't."""
    return value is not None and (not isinstance(value, Mapping) or bool(value))
