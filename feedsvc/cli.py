"""The `feedsvc` command: wires the parts together, prints, exits."""

from __future__ import annotations

import logging
import shlex
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from feedsvc import __version__
from feedsvc.config import CONFIG_NAME, Settings, load_settings
from feedsvc.errors import ConfigError, FeedsvcError
from feedsvc.index.indexer import IndexTask
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.index.sync import Synced, sync
from feedsvc.logs import start_logging
from feedsvc.progress import show_progress
from feedsvc.report import index_report, start_report
from feedsvc.wiring import make_app, now, task_of

if TYPE_CHECKING:
    from feedsvc.serving import SharedFlag

EXIT_STORAGE = 1
EXIT_CONFIG = 2

_log = logging.getLogger(__name__)


@click.group()
@click.version_option(__version__, prog_name="feedsvc")
def main() -> None:
    """Feeds from a folder of Markdown articles: RSS, Atom and JSON Feed for each topic and
    each provider.
    """


_config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The configuration; by default {CONFIG_NAME} here, if there is one.",
)
_content_option = click.option(
    "--content",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of articles, instead of the configured ones.",
)


@main.command()
@_config_option
@_content_option
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.")
@click.option("--socket", metavar="FILE", help="A Unix socket to listen on instead.")
@click.option(
    "--unpublished", is_flag=True, help="Also show what is held back, to this machine alone."
)
@click.option(
    "--debug",
    is_flag=True,
    help="Serve with Flask's own server and debugger, to this machine alone.",
)
def serve(
    config_file: Path | None,
    content: Path | None,
    host: str | None,
    port: int | None,
    socket: str | None,
    unpublished: bool,
    debug: bool,
) -> None:
    """Serve the feeds and keep them in step with the folder."""
    # Not above: whoever only reads articles needn't load what serves them.
    from feedsvc.serving import (
        SharedFlag,
        check_address,
        debug_until_stopped,
        make_worker,
        serve_until_stopped,
        take_interrupt_for_end,
    )
    from feedsvc.web.door import is_loopback
    from feedsvc.web.icons import make_icons
    from feedsvc.web.theme import check_templates

    was_named = config_file is not None
    config_file = config_file or _config_here()
    settings = _settings(config_file, was_named, content, host, port, socket)
    for option, is_given in (("--unpublished", unpublished), ("--debug", debug)):
        if is_given and not is_loopback(settings.server.host):
            _fail(
                f"{option} listens on this machine alone: expected a loopback host such as "
                f"127.0.0.1, found {settings.server.host}"
            )
    if debug and settings.socket_file is not None:
        _fail("--debug listens on a host and a port: leave the socket out")
    _check_folders(settings)
    start_logging()
    task = task_of(settings)
    indexer = IndexerProcess(task, now, show_progress, start_logging)
    synced = SharedFlag()
    try:
        make_icons(settings.icon_file)
        check_templates(settings.templates_directory)
        store = Store(task.place, indexer.synced.is_set)
        address = check_address(settings)
    except ConfigError as error:
        _fail(str(error))
    worker = make_worker(settings, synced, preview=unpublished)
    preview_command = _preview_command(config_file if was_named else None, content)
    take_interrupt_for_end()
    indexer.start()
    try:
        threading.Thread(
            target=_announce,
            args=(settings, store, indexer, synced, address, config_file, preview_command),
            kwargs={"preview": unpublished},
            daemon=True,
        ).start()
        if debug:
            debug_until_stopped(settings, make_app(settings, store, preview=unpublished))
        else:
            serve_until_stopped(settings, address, worker)
    finally:
        indexer.stop()
        store.close()


@main.command()
@_config_option
@_content_option
@click.option("--rebuild", is_flag=True, help="Read every file again.")
def index(config_file: Path | None, content: Path | None, rebuild: bool) -> None:
    """Read what changed in the folder, once, and report; `serve` does it by itself."""
    was_named = config_file is not None
    config_file = config_file or _config_here()
    settings = _settings(config_file, was_named, content)
    _check_folders(settings)
    start_logging()
    task = task_of(settings)
    try:
        with closing(Store(task.place)) as store:
            done = _index_once(task, store, rebuild=rebuild)
            click.echo(index_report(settings, store, now(), config_file))
    except ConfigError as error:
        _fail(str(error))
    except FeedsvcError as error:
        _fail(str(error), EXIT_STORAGE)
    if done is None:
        click.echo("\n  nothing to do: another feedsvc process keeps the index in step")
        return
    click.echo(
        f"\n  {len(done.plan.added):,} added, {len(done.plan.changed):,} changed, "
        f"{len(done.plan.removed):,} removed"
    )


def _index_once(task: IndexTask, store: Store, *, rebuild: bool) -> Synced | None:
    lock = store.database.lock()
    if lock is None:
        if rebuild or not store.is_ready:
            _fail("Another feedsvc process writes this index: end that one first.", EXIT_STORAGE)
        return None
    with closing(lock):
        return sync(
            store, task.scanner(), task.rules, now(), rebuild=rebuild, progress=show_progress
        )


def _announce(
    settings: Settings,
    store: Store,
    indexer: IndexerProcess,
    answerable: SharedFlag,
    address: str,
    config_file: Path | None,
    preview_command: str,
    *,
    preview: bool,
) -> None:
    """Print the report once there is something to answer from, and somebody answers."""
    from feedsvc.serving import wait_until_open

    indexer.synced.wait()
    answerable.set()
    wait_until_open(settings, address)
    try:
        report = start_report(settings, store, now(), config_file, preview_command, preview=preview)
        store.close()  # else it would hold a file that is replaced
        click.echo(report)
    except (FeedsvcError, OSError) as error:
        _log.error("the report could not be printed: %s", error)


def _config_here() -> Path | None:
    return Path(CONFIG_NAME) if Path(CONFIG_NAME).is_file() else None


def _preview_command(config_file: Path | None, content: Path | None) -> str:
    """The command that was given, as one that shows what is held back, on this machine alone."""
    words = [sys.argv[0], "serve"]
    if config_file is not None:
        words += ["--config", str(config_file)]
    if content is not None:
        words += ["--content", str(content)]
    return shlex.join([*words, "--host", "127.0.0.1", "--unpublished"])


def _settings(
    config_file: Path | None,
    was_named: bool,
    content: Path | None,
    host: str | None = None,
    port: int | None = None,
    socket: str | None = None,
) -> Settings:
    overrides: dict[tuple[str, ...], object] = {}
    if content is not None:
        overrides["content", "folders"] = (str(content.absolute()),)
    if host is not None:
        overrides["server", "host"] = host
    if port is not None:
        overrides["server", "port"] = port
    if socket is not None:
        overrides["server", "socket"] = str(Path(socket).absolute())
    try:
        return load_settings(config_file, overrides=overrides)
    except ConfigError as error:
        hint = f"\nIs this {CONFIG_NAME} another program's? Name feedsvc's own with --config FILE."
        _fail(str(error) + (hint if "unknown key" in str(error) and not was_named else ""))


def _check_folders(settings: Settings) -> None:
    for folder in settings.folders:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            _fail(
                f"content.folders: expected a folder of articles at {folder}, found {found}. "
                f"Name yours with --content DIR or in {CONFIG_NAME}."
            )


def _fail(message: str, status: int = EXIT_CONFIG) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)
