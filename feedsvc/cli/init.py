"""`feedsvc init`"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click

from feedsvc.cli.site import fail
from feedsvc.config import CONFIG_NAME, Settings, load_settings
from feedsvc.config.describe import commented_yaml
from feedsvc.content.sites import FoundSite, find_site, read_mapping
from feedsvc.errors import ConfigError
from feedsvc.wiring import now

OTHER_NAME = "feedsvc.yaml"
"""The configuration where `config.yaml` is, or would be, another program's."""

_ARTICLE = Template("""\
---
# Between the two lines of --- stand the fields of the article, as YAML. Only the title is needed.
title: The first article
# The summary in feeds. Without it: the first paragraph of the text.
excerpt: It shows the fields that most articles have. Change it, or delete it.
# A date, or date and time: 2026-01-31T09:30:00+01:00. Until then the article is held back.
publishedDateTime: $today
# false keeps the article out of every feed and page.
published: true
authors: [The editors]
# Each topic has a feed of its own, and so has each provider.
topics: [News]
# Where it comes from, if it isn't yours, and where it is read.
# provider: {name: Tidewater Gazette, domain: tidewater.example}
# webUrl: https://tidewater.example/the-story
# A picture beside this file, or anywhere.
# images:
#   - url: picture.png
#     alt: What is seen on it
# Any words of yours: other feeds can be made of them.
# category: Reports
# type: article
---

Here begins the text, in *Markdown*: it is what readers of the full feed see.

Every file like this one in this folder is an article. feedsvc notices at once when one comes,
changes or goes.
""")


@click.command(
    epilog="""\b
Examples:
  feedsvc init
  feedsvc init news --title "Harbour Courier" --url https://news.example.org/

Exit status: 0 if the configuration was made, 2 if there is one, if it can't be written or if an
option can't be used.
"""
)
@click.argument(
    "directory",
    metavar="[DIR]",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--title", help="What feed readers show; by default the folder's name.")
@click.option(
    "--url", metavar="URL", help="The public address of the feeds; its host makes their ids."
)
def init(directory: Path, title: str | None, url: str | None) -> None:
    """Make a commented configuration and a first article, or one for the articles in DIR.

    What is there already stays as it is.
    """
    try:
        for line in _init(directory, title, url):
            click.echo(line)
    except OSError as error:
        fail(f"{error.filename or directory}: {error.strerror}")


def _init(directory: Path, title: str | None, url: str | None) -> Iterator[str]:
    """Make what is missing, and say so line by line."""
    found = find_site(directory)
    config = directory / _config_name(directory, found)
    if config.exists():
        fail(f"{config} is there already and stays as it is.")
    today = now().date()
    values = _values(directory, found, title, url, today)
    settings = _check(values)
    if found.program:
        yield f"This is a site of {found.program}: its articles are read where they are."
    if not found.folders:
        name = f"{today.isoformat()}-the-first-article.md"
        article = directory / settings.content.folders[0] / name
        yield _told(article, _make(article, _ARTICLE.substitute(today=today)))
    ignored = f"{settings.index.directory}/"
    ignore_file = directory / ".gitignore"
    is_made = _make(ignore_file, f"# What feedsvc keeps of what it read.\n{ignored}\n")
    hint = "" if is_made or _has_line(ignore_file, ignored) else f": add {ignored} to it"
    yield _told(ignore_file, is_made) + hint
    # Last, so that the command can be given again if it breaks off.
    if not _make(config, commented_yaml(values)):
        fail(f"{config} is there already and stays as it is.")
    yield _told(config, True)
    yield from _what_next(directory, config, found, settings)


def _config_name(directory: Path, found: FoundSite) -> str:
    """Hugo reads a `config.yaml`, and other programs have one."""
    if not (directory / CONFIG_NAME).exists():
        # Beside Hugo's config.toml it would look like Hugo's, or take its place.
        return OTHER_NAME if found.config_name.startswith("config.") else CONFIG_NAME
    keys = read_mapping(directory / CONFIG_NAME).keys()
    is_anothers = keys and keys.isdisjoint(Settings.model_fields)
    return OTHER_NAME if is_anothers or found.config_name == CONFIG_NAME else CONFIG_NAME


def _values(
    directory: Path, found: FoundSite, title: str | None, url: str | None, today: date
) -> dict[str, dict[str, object]]:
    """What the configuration says, besides defaults."""
    site: dict[str, object] = {}
    proposals = (found.title, _title_of(directory))
    if title is not None:
        site["title"] = title
    elif names := [name for name in proposals if _can_be("site", "title", name)]:
        site["title"] = names[0]
    if url is not None:
        site["url"] = url
        authority = _host_of(url)
        if _can_be("site", "id_authority", authority):
            site["id_authority"] = authority
    site["since"] = today
    content: dict[str, object] = {"folders": list(found.folders) or ["articles"]}
    if found.include:
        content["include"] = list(found.include)
    if found.exclude:
        content["exclude"] = list(found.exclude)
    if _can_be("content", "base_url", found.base_url):
        content["base_url"] = found.base_url
        # Without an address these would be no links.
        content["fields"] = {"webUrl": found.link_field}
    return {"site": site, "content": content}


def _title_of(directory: Path) -> str:
    """The folder's name in words: harbour-news is Harbour news."""
    words = " ".join(directory.absolute().name.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _host_of(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
        return host.encode("idna").decode()
    except ValueError:
        return ""


def _can_be(section: str, key: str, value: str) -> bool:
    try:
        load_settings(None, {}, {(section, key): value})
    except ConfigError:
        return False
    return True


def _check(values: dict[str, dict[str, object]]) -> Settings:
    """The settings that these will be; ends the command if an option can't be used."""
    try:
        return load_settings(None, {}, {(name,): dict(keys) for name, keys in values.items()})
    except ConfigError as error:
        fail(str(error).replace("the command: site.", "--"))


def _make(file: Path, text: str) -> bool:
    """Write a new file; `False` if there is one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True


def _told(file: Path, is_made: bool) -> str:
    return f"  made {file}" if is_made else f"  kept {file}, which was there"


def _has_line(file: Path, line: str) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    return any(one.strip().strip("/") == line.strip("/") for one in text.splitlines())


def _what_next(
    directory: Path, config: Path, found: FoundSite, settings: Settings
) -> Iterator[str]:
    if found.link_field and settings.content.base_url is None:
        yield f"\nIts address isn't known. In {config.name}, so that links lead there:"
        yield "  content:"
        yield "    base_url: https://example.org/"
        yield f"    fields: {{webUrl: {found.link_field}}}"
    yield "\nNext:"
    if directory.absolute() != Path().absolute():
        yield f"  cd {shlex.quote(str(directory))}"
    option = "" if config.name == CONFIG_NAME else f" --config {config.name}"
    yield f"  feedsvc check{option}"
    yield f"  feedsvc serve{option}"
