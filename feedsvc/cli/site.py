"""What commands have in common: the site that they are about, and how they end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from feedsvc.config import CONFIG_NAME, Settings, load_settings
from feedsvc.errors import ConfigError, FeedsvcError
from feedsvc.index.indexer import IndexTask
from feedsvc.index.store import Store
from feedsvc.index.sync import Synced, is_in_step, sync
from feedsvc.model import Severity, printable
from feedsvc.progress import show_progress
from feedsvc.wiring import now, task_of

EXIT_FOUND = 1
"""The command did its work, and found something that should not be."""
EXIT_CONFIG = 2
"""The command or the configuration can't be used; click's own status, too."""
EXIT_STORAGE = 3
"""The index can't be read or written."""

LOCAL_URL = "http://127.0.0.1:8000/"
"""Where `feedsvc serve` listens if it isn't told otherwise."""

_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.2

Command = TypeVar("Command", bound=Callable[..., Any])


def site_options(command: Command) -> Command:
    """Add --config and --content."""
    content = click.option(
        "--content",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The folder of articles, instead of the configured ones.",
    )
    config = click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"The configuration; by default {CONFIG_NAME} here, if there is one.",
    )
    return config(content(command))


def config_here() -> Path | None:
    """The configuration that is read when none is named."""
    return Path(CONFIG_NAME) if Path(CONFIG_NAME).is_file() else None


def find_settings(
    config_file: Path | None,
    content: Path | None,
    overrides: Mapping[tuple[str, ...], object] | None = None,
) -> Settings:
    """The settings that a command is to go by. Raises `ConfigError`."""
    given = with_content(content, overrides)
    return load_settings(config_file or config_here(), overrides=given)


def with_content(
    content: Path | None, overrides: Mapping[tuple[str, ...], object] | None = None
) -> dict[tuple[str, ...], object]:
    """`overrides` with what --content says."""
    given = dict(overrides or {})
    if content is not None:
        given["content", "folders"] = (str(content.absolute()),)
    return given


def read_settings(
    config_file: Path | None,
    content: Path | None,
    overrides: Mapping[tuple[str, ...], object] | None = None,
) -> Settings:
    """The settings of the site, whose folders are there; ends the command if they aren't."""
    try:
        settings = find_settings(config_file, content, overrides)
    except ConfigError as error:
        hint = f"\nIs this {CONFIG_NAME} another program's? Name feedsvc's own with --config FILE."
        is_guessed = config_file is None and any(
            line.startswith(f"{CONFIG_NAME}:") and "unknown key" in line
            for line in str(error).splitlines()
        )
        fail(str(error) + (hint if is_guessed else ""))
    for folder in settings.folders:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            fail(
                f"content.folders: expected a folder of articles at {folder}, found {found}. "
                f"Name yours with --content DIR or in {CONFIG_NAME}."
            )
    return settings


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The index as it is. Whatever is wrong with it ends the command."""
    try:
        with closing(Store(task_of(settings).place)) as store:
            yield store
    except ConfigError as error:
        fail(str(error))
    except FeedsvcError as error:
        fail(str(error), EXIT_STORAGE)


@contextmanager
def synced_store(settings: Settings) -> Iterator[Store]:
    """The index, in step with the folders."""
    with open_store(settings) as store:
        sync_once(task_of(settings), store)
        yield store


def sync_once(task: IndexTask, store: Store, *, rebuild: bool = False) -> Synced | None:
    """Bring the index up to date; `None` if another process does that all the time."""
    lock = store.database.lock()
    if lock is None:
        if rebuild or not store.is_ready:
            fail("Another feedsvc process writes this index: end that one first.", EXIT_STORAGE)
        _wait_for_other(task, store)
        return None
    with closing(lock):
        return sync(
            store, task.scanner(), task.rules, now(), rebuild=rebuild, progress=show_progress
        )


def _wait_for_other(task: IndexTask, store: Store) -> None:
    """Until the process that writes the index has taken up what is in the folders: else something
    that was withdrawn a moment ago would be taken for published.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while not is_in_step(store, task.scanner(), task.rules, now()):
        if time.monotonic() > until:
            fail(
                "Another feedsvc process keeps this index, and hasn't taken up what changed in the "
                f"folders for {_PATIENCE_SECONDS:.0f} s: see its log and content.watch, or end it.",
                EXIT_STORAGE,
            )
        time.sleep(_LOOK_SECONDS)


def base_url_of(settings: Settings) -> str:
    """The address that feeds carry where no request names one."""
    return settings.site.url or LOCAL_URL


def github_line(severity: Severity, place: Mapping[str, object], message: str) -> str:
    """An annotation of GitHub Actions (its documentation, "Workflow commands")."""
    level = "notice" if severity == "info" else severity
    where = ",".join(
        f"{name}={_escape(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in place.items()
        if value is not None
    )
    return f"::{level} {where}::{_escape(message)}"


def _escape(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def fail(message: str, status: int = EXIT_CONFIG) -> NoReturn:
    """End the command with a sentence on standard error."""
    click.echo(message, err=True)
    sys.exit(status)
