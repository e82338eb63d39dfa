"""`feedsvc serve`"""

from __future__ import annotations

import logging
import shlex
import sys
import threading
from pathlib import Path

import click

from feedsvc.cli.site import config_here, fail, read_settings, site_options
from feedsvc.config import Settings
from feedsvc.errors import ConfigError, FeedsvcError
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.logs import start_logging
from feedsvc.progress import show_progress
from feedsvc.report import start_report
from feedsvc.serving import (
    SharedFlag,
    check_address,
    debug_until_stopped,
    make_worker,
    serve_until_stopped,
    take_interrupt_for_end,
    wait_until_open,
)
from feedsvc.web.door import is_loopback
from feedsvc.web.icons import make_icons
from feedsvc.web.theme import check_templates
from feedsvc.wiring import make_app, now, task_of

_log = logging.getLogger(__name__)


@click.command()
@site_options
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
    settings = read_settings(config_file, content, _overrides(host, port, socket))
    for option, is_given in (("--unpublished", unpublished), ("--debug", debug)):
        if is_given and not is_loopback(settings.server.host):
            fail(
                f"{option} listens on this machine alone: expected a loopback host such as "
                f"127.0.0.1, found {settings.server.host}"
            )
    if debug and settings.socket_file is not None:
        fail("--debug listens on a host and a port: leave the socket out")
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
        fail(str(error))
    worker = make_worker(settings, synced, preview=unpublished)
    preview_command = _preview_command(config_file, content)
    take_interrupt_for_end()
    indexer.start()
    try:
        threading.Thread(
            target=_announce,
            args=(
                settings, store, indexer, synced, address, config_file or config_here(),
                preview_command,
            ),
            kwargs={"preview": unpublished},
            daemon=True,
        ).start()  # fmt: skip
        if debug:
            debug_until_stopped(settings, make_app(settings, store, preview=unpublished))
        else:
            serve_until_stopped(settings, address, worker)
    finally:
        indexer.stop()
        store.close()


def _overrides(
    host: str | None, port: int | None, socket: str | None
) -> dict[tuple[str, ...], object]:
    given: dict[tuple[str, ...], object | None] = {
        ("server", "host"): host,
        ("server", "port"): port,
        ("server", "socket"): None if socket is None else str(Path(socket).absolute()),
    }
    return {path: value for path, value in given.items() if value is not None}


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
    indexer.synced.wait()
    answerable.set()
    wait_until_open(settings, address)
    try:
        report = start_report(settings, store, now(), config_file, preview_command, preview=preview)
        store.close()  # else it would hold a file that is replaced
        click.echo(report)
    except (FeedsvcError, OSError) as error:
        _log.error("the report could not be printed: %s", error)


def _preview_command(config_file: Path | None, content: Path | None) -> str:
    """The command that was given, as one that shows what is held back, on this machine alone."""
    words = [sys.argv[0], "serve"]
    if config_file is not None:
        words += ["--config", str(config_file)]
    if content is not None:
        words += ["--content", str(content)]
    return shlex.join([*words, "--host", "127.0.0.1", "--unpublished"])
