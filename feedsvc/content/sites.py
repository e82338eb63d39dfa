"""A folder that holds Markdown already -> whose site it is, and how its articles are found.

Title and address are taken from the site's own configuration where they stand there plainly;
whatever can't be read there is passed over, since it is only a proposal.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from feedsvc.content.scan import Scanner

MARKDOWN = ("*.md", "*.markdown")
"""What articles are called wherever nothing else is known."""

_YAML = (".yml", ".yaml")
_ELEVENTY = (
    ".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs",
    "eleventy.config.ts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundSite:
    """Where articles are, relative to the folder that was looked at; no `folders`: nowhere.

    `program` is "" for Markdown alone. `link_field` is what the program calls an article's address,
    `config_name` the file that `title` and `base_url` are from: neither of these is checked.
    """

    folders: tuple[str, ...] = ()
    program: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    link_field: str = ""
    config_name: str = ""
    title: str = ""
    base_url: str = ""


def find_site(directory: Path) -> FoundSite:
    """What is in `directory`, which needn't be there."""
    for recognise in (_jekyll, _hugo, _obsidian):
        found = recognise(directory)
        if found is not None:
            return found
    files = Scanner((directory,), MARKDOWN).scan().files
    tops = {file.path.partition("/")[0] if "/" in file.path else "." for file in files}
    folders = (".",) if "." in tops else tuple(sorted(tops))
    is_eleventy = any((directory / name).is_file() for name in _ELEVENTY)
    return FoundSite(folders, "Eleventy" if folders and is_eleventy else "")


def read_mapping(file: Path) -> Mapping[str, Any]:
    """The keys of a YAML, TOML or JSON file; none if it can't be read as that."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix == ".toml":
            return tomllib.loads(text)
        values = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return values if isinstance(values, Mapping) else {}


def _jekyll(directory: Path) -> FoundSite | None:
    config = _first(directory, "_config", _YAML)
    if config is None or not (directory / "_posts").is_dir():
        return None
    values = read_mapping(config)
    url = _text(values, "url")
    return FoundSite(
        (".",),
        "Jekyll",
        include=tuple(f"_posts/**/{name}" for name in MARKDOWN),
        link_field="permalink",
        config_name=config.name,
        title=_text(values, "title"),
        base_url=f"{url.rstrip('/')}/{_text(values, 'baseurl').strip('/')}" if url else "",
    )


def _hugo(directory: Path) -> FoundSite | None:
    if not (directory / "content").is_dir():
        return None
    formats = (".toml", *_YAML, ".json")
    config = _first(directory, "hugo", formats) or _first(
        directory / "config/_default", "hugo", formats
    )
    if config is None:
        config = _first(directory, "config", formats)
        # A file of this name may be anybody's, ours too.
        if config is None or "baseurl" not in _folded(config):
            return None
    values = _folded(config)
    return FoundSite(
        ("content",),
        "Hugo",
        link_field="url",
        config_name=config.name,
        title=_text(values, "title"),
        base_url=_text(values, "baseurl"),
    )


def _obsidian(directory: Path) -> FoundSite | None:
    if not (directory / ".obsidian").is_dir():
        return None
    templates = _text(read_mapping(directory / ".obsidian" / "templates.json"), "folder")
    return FoundSite((".",), "Obsidian", exclude=(f"{templates.strip('/') or 'Templates'}/",))


def _first(directory: Path, stem: str, formats: tuple[str, ...]) -> Path | None:
    files = (directory / f"{stem}{ending}" for ending in formats)
    return next((file for file in files if file.is_file()), None)


def _folded(config: Path) -> dict[str, Any]:
    """Hugo's keys may be written in any case."""
    return {str(key).lower(): value for key, value in read_mapping(config).items()}


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""
