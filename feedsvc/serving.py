"""The HTTP server in which the app runs."""

from __future__ import annotations

import errno
import gc
import signal
import socket

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from feedsvc.config import Settings
from feedsvc.errors import ConfigError


class _QuietHandler(WSGIRequestHandler):
    def version_string(self) -> str:
        return "feedsvc"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests aren't logged: who reads what is nobody's business."""


def listen(settings: Settings, app: Flask) -> BaseWSGIServer:
    """A server of `app` on the configured address. Raises `ConfigError` if that can't be had."""
    host, port = settings.server.host, settings.server.port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is in use by another program. "
                f"Stop that one, or choose another with --port."
            ) from None
        raise ConfigError(f"Can't listen on {host} port {port}: {error.strerror}.") from None
    with listening:
        return make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            fd=listening.fileno(),
        )


def forget_what_stays() -> None:
    """Have the garbage collector pass over all that was loaded by now: it stays for ever, and
    to look through it takes as long as several feeds.
    """
    gc.collect()
    gc.freeze()


def serve_until_stopped(server: BaseWSGIServer) -> None:
    """Answer until Ctrl-C or SIGTERM."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    forget_what_stays()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
