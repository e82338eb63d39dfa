"""The `feedsvc` command: wires the parts together, prints, exits."""

from __future__ import annotations

import errno
import logging
import shlex
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from feedsvc import __version__
from feedsvc.config import Settings, load_settings
from feedsvc.content.article import ArticleRules
from feedsvc.content.dialects import names_with
from feedsvc.content.scan import Scanner
from feedsvc.errors import ConfigError
from feedsvc.index.store import Store
from feedsvc.index.watch import Watcher
from feedsvc.report import start_report
from feedsvc.web import create_app, is_loopback

CONFIG_NAME = "config.yaml"
EXIT_CONFIG = 2


@click.group()
@click.version_option(__version__, prog_name="feedsvc")
def main() -> None:
    """Feeds from a folder of Markdown articles: RSS, Atom and JSON Feed for each topic and
    each provider.
    """


@main.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The configuration; by default {CONFIG_NAME} here, if there is one.",
)
@click.option(
    "--content",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of articles, instead of the configured ones.",
)
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.")
@click.option(
    "--unpublished", is_flag=True, help="Also show what is held back, to this machine alone."
)
def serve(
    config_file: Path | None,
    content: Path | None,
    host: str | None,
    port: int | None,
    unpublished: bool,
) -> None:
    """Serve the feeds and keep them in step with the folder."""
    was_named = config_file is not None
    if config_file is None and Path(CONFIG_NAME).is_file():
        config_file = Path(CONFIG_NAME)
    settings = _settings(config_file, was_named, content, host, port)
    if unpublished and not is_loopback(settings.server.host):
        _fail(
            f"--unpublished listens on this machine alone: expected a loopback host such as "
            f"127.0.0.1, found {settings.server.host}"
        )
    _check_folders(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    store = Store()
    try:
        app = create_app(settings, store, _now, preview=unpublished)
    except ConfigError as error:
        _fail(str(error))
    server = _listen(settings, app)
    watcher = Watcher(
        store,
        Scanner(settings.folders, settings.content.include, settings.content.exclude),
        rules_of(settings),
        settings.content.watch_seconds,
        on_ready=lambda: click.echo(
            start_report(
                settings,
                store,
                _now(),
                server.port,
                config_file,
                _preview_command(config_file if was_named else None, content),
                preview=unpublished,
            )
        ),
    )
    watcher.start()
    _serve_until_stopped(server)
    watcher.stop()


def _preview_command(config_file: Path | None, content: Path | None) -> str:
    """The command that was given, as one that shows what is held back, on this machine alone."""
    words = [sys.argv[0], "serve"]
    if config_file is not None:
        words += ["--config", str(config_file)]
    if content is not None:
        words += ["--content", str(content)]
    return shlex.join([*words, "--host", "127.0.0.1", "--unpublished"])


def rules_of(settings: Settings) -> ArticleRules:
    """How this site's articles are read."""
    return ArticleRules(
        zone=settings.zone,
        id_authority=settings.site.id_authority,
        since=settings.site.since,
        base_url=settings.content.base_url,
        max_file_bytes=settings.content.max_file_bytes,
        names=names_with(settings.content.fields),
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _settings(
    config_file: Path | None,
    was_named: bool,
    content: Path | None,
    host: str | None,
    port: int | None,
) -> Settings:
    overrides: dict[tuple[str, ...], object] = {}
    if content is not None:
        overrides["content", "folders"] = (str(content.absolute()),)
    if host is not None:
        overrides["server", "host"] = host
    if port is not None:
        overrides["server", "port"] = port
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


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(EXIT_CONFIG)


class _QuietHandler(WSGIRequestHandler):
    def version_string(self) -> str:
        return "feedsvc"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests aren't logged: who reads what is nobody's business."""


def _listen(settings: Settings, app: Flask) -> BaseWSGIServer:
    host, port = settings.server.host, settings.server.port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(
                f"Port {port} on {host} is in use by another program. "
                f"Stop that one, or choose another with --port."
            )
        _fail(f"Can't listen on {host} port {port}: {error.strerror}.")
    with listening:
        return make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            fd=listening.fileno(),
        )


def _serve_until_stopped(server: BaseWSGIServer) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
