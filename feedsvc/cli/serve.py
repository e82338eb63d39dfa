"""`feedsvc serve`"""

from __future__ import annotations

import logging
import shlex
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from feedsvc.cli.files import check_files
from feedsvc.cli.site import config_here, fail, read_settings, site_options, with_content
from feedsvc.config import Settings, load_settings
from feedsvc.config.renewal import renew
from feedsvc.errors import ConfigError, FeedsvcError
from feedsvc.index.health import IndexHealth
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.metrics import counted_together
from feedsvc.progress import show_progress
from feedsvc.report import start_report
from feedsvc.serving import (
    SharedFlag,
    Workers,
    check_address,
    debug_until_stopped,
    handle_signals,
    make_workers,
    serve_until_stopped,
    wait_until_open,
)
from feedsvc.web.door import is_loopback
from feedsvc.wiring import log_options, make_app, now, task_of

_LAST_PORT = 65_535

_log = logging.getLogger(__name__)


@click.command(
    epilog="""\b
Examples:
  feedsvc serve
  feedsvc serve --content articles --port 8001
  feedsvc serve --unpublished

Exit status: 0 if it was ended by Ctrl-C or SIGTERM, 1 if the processes that answer can't be
started, 2 if the command, the configuration or the address to listen on can't be used.
"""
)
@site_options
@click.option("--host", metavar="ADDRESS", help="The address to listen on, instead of server.host.")
@click.option(
    "--port", metavar="NUMBER", type=int, help="The port to listen on, instead of server.port."
)
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
    overrides = _overrides(host, port, socket)
    settings = read_settings(config_file, content, overrides)
    _check_host(settings, unpublished=unpublished, debug=debug)
    log_options(settings)()
    task = task_of(settings)
    health, synced = IndexHealth(), SharedFlag()
    indexer = IndexerProcess(task, now, show_progress, log_options(settings), health)
    if faults := list(check_files(settings)):
        fail("\n".join(faults))
    try:
        store = Store(task.place, indexer.synced.is_set)
        address = check_address(settings)
    except ConfigError as error:
        fail(str(error))
    workers = make_workers(settings, synced, health, preview=unpublished)
    preview_command = _preview_command(config_file, content, settings.server.port)
    find = _finder(config_file, with_content(content, overrides))
    handle_signals(lambda: _renew(workers, find))
    counting = ExitStack()
    if not debug:  # Flask's own server is this process, which counts for itself
        counting.enter_context(counted_together())
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
            app = make_app(settings, store, preview=unpublished, health=health)
            debug_until_stopped(settings, app)
        else:
            serve_until_stopped(settings, address, workers)
    finally:
        indexer.stop()
        store.close()
        counting.close()


def _check_host(settings: Settings, *, unpublished: bool, debug: bool) -> None:
    """End the command if it would show others what is for this machine alone."""
    for option, is_given in (("--unpublished", unpublished), ("--debug", debug)):
        if is_given and not is_loopback(settings.server.host):
            fail(
                f"{option} listens on this machine alone: expected a loopback host such as "
                f"127.0.0.1, found {settings.server.host}"
            )
    if debug and settings.socket_file is not None:
        fail("--debug listens on a host and a port: leave the socket out")


def _finder(
    config_file: Path | None, overrides: dict[tuple[str, ...], object]
) -> Callable[[], Settings]:
    """What reads the settings again, always from the file that was read first: without it the
    defaults would be taken up, and any Host be answered.
    """
    chosen = config_file or config_here()
    file = chosen.absolute() if chosen else None

    def find() -> Settings:
        nonlocal file
        if file is None and (new := config_here()) is not None:
            file = new.absolute()
        return load_settings(file, overrides=overrides)

    return find


def _renew(workers: Workers, find: Callable[[], Settings]) -> None:
    """Take up a changed configuration, or say why not."""
    try:
        renewal = renew(workers.settings, find())
        faults = "\n".join(check_files(renewal.settings))
    except ConfigError as error:
        faults = str(error)
    if faults:
        for line in faults.splitlines():
            _log.error("the configuration stays as it was: %s", line)
        return
    if renewal.needs_restart:
        names = ", ".join(renewal.needs_restart)
        _log.warning("to take this up, feedsvc has to be started again: %s", names)
    # Also if no option has changed: a template or the icon may have.
    workers.renew(renewal.settings)
    _log.info("the configuration was read again changed=%s", ",".join(renewal.taken_up) or "-")


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


def _preview_command(config_file: Path | None, content: Path | None, port: int) -> str:
    """The command that was given, as one that shows what is held back, on this machine alone,
    while that one runs on `port`.
    """
    words = [sys.argv[0], "serve"]
    if config_file is not None:
        words += ["--config", str(config_file)]
    if content is not None:
        words += ["--content", str(content)]
    other_port = str(port + 1 if port < _LAST_PORT else port - 1)
    return shlex.join([*words, "--host", "127.0.0.1", "--port", other_port, "--unpublished"])
