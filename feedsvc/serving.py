"""The HTTP server in which the app runs: granian, with a worker process for each core."""

from __future__ import annotations

import ctypes
import errno
import gc
import logging
import multiprocessing
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.sharedctypes import RawArray, RawValue
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels

from feedsvc.config import Settings
from feedsvc.errors import ConfigError
from feedsvc.index.health import IndexHealth
from feedsvc.index.parse import die_with_parent
from feedsvc.index.store import Store
from feedsvc.web.door import reachable
from feedsvc.wiring import log_options, make_app, task_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from feedsvc.web.politeness import Slots

GRANIAN: dict[str, Any] = {
    "interface": Interfaces.WSGI,
    "http": HTTPModes.http1,
    "websockets": False,
    # One thread for the network and few for Python: more of them wait for one another.
    "runtime_mode": RuntimeModes.st,
    "blocking_threads": 4,  # while one renders, others go on answering what is known
    # Connections that wait cost next to nothing: limited by the system alone.
    "backpressure": 100_000,
}
"""How the workers answer."""
_OF_REQUESTS = ("HTTP_", "CONTENT_", "PATH_INFO", "QUERY_STRING", "REMOTE_", "SCRIPT_NAME")
_STOP_SECONDS = 10
_GIVE_UP_SECONDS = 10
_RESPAWN_SECONDS = 3.0  # in which a new worker has started, before the old one is ended
_INSIST_SECONDS = 0.5
_LOOK_SECONDS = 0.05
_LOGGING = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}},
}

_log = logging.getLogger(__name__)


class SharedFlag:
    """A flag that one process sets and others see. Without a lock: who is killed holds none."""

    def __init__(self) -> None:
        self._value = RawValue(ctypes.c_bool, False)

    def set(self) -> None:
        self._value.value = True

    def is_set(self) -> bool:
        return bool(self._value.value)


@dataclass(frozen=True, slots=True)
class Worker:
    """What makes the app in a worker process; can be sent to one."""

    settings: Settings
    synced: SharedFlag
    preview: bool
    slots: Slots | None
    health: IndexHealth

    def __call__(self) -> WSGIApplication:
        die_with_parent()
        _insist_on_end()
        log_options(self.settings)()
        for name in [name for name in os.environ if name.startswith(_OF_REQUESTS)]:
            del os.environ[name]  # granian would hand them on as if clients had sent them
        store = Store(task_of(self.settings).place, self.synced.is_set)
        try:
            app = self._app(self.settings, store)
        except Exception as error:
            # All was well when feedsvc started. To fail now would end it, worker after worker.
            _log.error("a worker starts without what has become faulty: %s", error)
            app = self._app(without_faulty(self.settings), store)
        Finalize(None, store.close, exitpriority=0)
        forget_what_stays()
        return app.wsgi_app  # the app itself would be one more call for each request

    def _app(self, settings: Settings, store: Store) -> Flask:
        return make_app(settings, store, preview=self.preview, slots=self.slots, health=self.health)


class Workers:
    """What makes the app in each worker: with other settings for those to come, if `renew` says
    so.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._replace: Callable[[], object] = lambda: None

    def __call__(self) -> WSGIApplication:
        return self._worker()

    def __getstate__(self) -> Worker:  # a worker needs nothing else
        return self._worker

    def __setstate__(self, worker: Worker) -> None:
        self.__init__(worker)  # type: ignore[misc]

    @property
    def settings(self) -> Settings:
        """Those that the workers answer with."""
        return self._worker.settings

    def belong_to(self, replace: Callable[[], object]) -> None:
        """They run, and `replace` starts others in their place."""
        self._replace = replace

    def renew(self, settings: Settings) -> None:
        """Replace the workers, one after the other, by some with these settings."""
        self._worker = replace(self._worker, settings=settings)
        self._replace()


def without_faulty(settings: Settings) -> Settings:
    """`settings` with feedsvc's own icon or templates in place of those that can't be used."""
    from feedsvc.web.files import load_files
    from feedsvc.web.icons import make_icons
    from feedsvc.web.theme import check_templates

    site = settings.site
    try:
        make_icons(settings.icon_file)
    except Exception:
        site = site.model_copy(update={"icon": None})
    try:
        check_templates(settings.templates_directory)
        load_files(settings.templates_directory)
    except Exception:
        site = site.model_copy(update={"templates": os.devnull})
    return settings.model_copy(update={"site": site})


def _insist_on_end() -> None:
    """Repeat SIGTERM in this process until it has ended: granian misses one that comes while it
    starts, and would be waited for in vain.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def insist() -> None:
        while os.read(reading, 1)[0] != signal.SIGTERM:
            pass
        while True:
            time.sleep(_INSIST_SECONDS)
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=insist, name="feedsvc-end", daemon=True).start()


def make_workers(
    settings: Settings, synced: SharedFlag, health: IndexHealth, *, preview: bool
) -> Workers:
    """Workers that answer once `synced` is set."""
    from feedsvc.web.politeness import SLOTS, make_slots

    slots = make_slots(RawArray(ctypes.c_double, SLOTS)) if settings.serving.rate else None
    return Workers(Worker(settings, synced, preview, slots, health))


def check_address(settings: Settings) -> str:
    """The address to listen on, as numbers. Raises `ConfigError` if it can't be had."""
    host, port = settings.server.host, settings.server.port
    if settings.socket_file is not None:
        _check_socket(settings.socket_file.resolve())
        return host  # where nobody listens then
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Not as the workers do it, who share the port: also with whoever is there already.
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        raise _refused(error, f"{host} port {port}", f"Port {port} on {host}", "port") from None
    return str(address[0])


def _check_socket(file: Path) -> None:
    try:
        if file.is_socket() and _is_deserted(file):
            file.unlink()
        with socket.socket(socket.AF_UNIX) as trying:
            trying.bind(str(file))
        file.unlink()
    except OSError as error:
        raise _refused(error, str(file), f"The socket {file}", "socket") from None


def _refused(error: OSError, place: str, name: str, option: str) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"{name} is in use by another program. "
            f"Stop that one, or choose another with --{option}."
        )
    return ConfigError(f"Can't listen on {place}: {error.strerror or error}.")


def _is_deserted(file: Path) -> bool:
    """Whether the socket was left behind by a server that was killed."""
    with socket.socket(socket.AF_UNIX) as trying:
        trying.setblocking(False)
        return trying.connect_ex(str(file)) == errno.ECONNREFUSED


def handle_signals(renew: Callable[[], None]) -> None:
    """Have Ctrl-C, and a terminal that closes, do what SIGTERM does, to this process alone: a
    terminal tells all of them, and those that this one starts from now on end when it says so.
    Without a terminal SIGHUP means `renew`; with one and `nohup` it means nothing.
    """
    resource_tracker.ensure_running()  # starting it later would unblock the signal again
    told = {signal.SIGINT, signal.SIGHUP}
    has_terminal = os.isatty(0)
    is_ignored = has_terminal and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    # Also if it is ignored: granian has a handler of its own, which nothing may reach.
    signal.pthread_sigmask(signal.SIG_BLOCK, told)

    def wait() -> None:
        while signal.sigwait(told) == signal.SIGHUP and (is_ignored or not has_terminal):
            if is_ignored:
                continue
            try:
                renew()
            except Exception:  # else nobody would wait for signals any more
                _log.exception("the configuration stays as it was after a fault of feedsvc")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="feedsvc-signals", daemon=True).start()


def wait_until_open(settings: Settings, address: str) -> None:
    """Wait until somebody listens there."""
    file = settings.socket_file
    family = socket.AF_UNIX if file else socket.AF_INET6 if ":" in address else socket.AF_INET
    there = str(file) if file else (reachable(address), settings.server.port)
    while True:
        with socket.socket(family) as trying, suppress(OSError):
            trying.connect(there)
            return
        time.sleep(_LOOK_SECONDS)


class Server(Granian):  # type: ignore[misc, valid-type]
    """Granian, which ends in the middle of a reload: it would first replace all of its workers."""

    def _respawn_workers(
        self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        for worker in workers:
            if not self.interrupt_signal:
                super()._respawn_workers([worker], spawn_target, target_loader, delay)


def serve_until_stopped(settings: Settings, address: str, workers: Workers) -> None:
    """Answer with the apps that `workers` make, until Ctrl-C or SIGTERM."""
    # A fork of a process with threads may hang.
    multiprocessing.set_start_method("spawn", force=True)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    while True:
        server = Server(
            "feedsvc",
            address=address,
            port=settings.server.port,
            uds=settings.socket_file,
            workers=settings.server.workers or os.cpu_count() or 1,
            log_level=LogLevels.error,
            log_dictconfig=_LOGGING,
            respawn_failed_workers=True,
            respawn_interval=_RESPAWN_SECONDS,
            workers_kill_timeout=_STOP_SECONDS,
            process_name="feedsvc",
            **GRANIAN,
        )
        workers.belong_to(server.signal_handler_reload)
        started = time.monotonic()
        try:
            server.serve(target_loader=workers, wrap_loader=False)
        except SystemExit:
            # It gives up when a worker ends twice in a row. So do we if it can't even start.
            if server.interrupt_signal or time.monotonic() - started < _GIVE_UP_SECONDS:
                raise
            _log.error("the workers ended again and again, starting all of them anew")
        else:
            return


def debug_until_stopped(settings: Settings, app: Flask) -> None:
    """Answer with Flask's own server and debugger, until Ctrl-C or SIGTERM."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with suppress(KeyboardInterrupt):
        app.run(settings.server.host, settings.server.port, debug=True, use_reloader=False)


def forget_what_stays() -> None:
    """Have the garbage collector pass over all that was loaded by now: it stays for ever, and
    to look through it takes as long as several feeds.
    """
    gc.collect()
    gc.freeze()
