"""The processes of `feedsvc serve`: how many, what ends them, where they listen."""

from __future__ import annotations

import http.client
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from clients import Address, ask, compose, connect, is_open, put, receive, serving, write_site
from faults import FEEDSVC, FaultyServer, descendants, is_alive, variables, wait_until
from granian import Granian
from granian.constants import Interfaces
from side_by_side import free_port

from feedsvc.serving import Server

GUNICORN = Path(sys.executable).with_name("gunicorn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def run(directory: Path, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FEEDSVC, "serve", *map(str, arguments)], cwd=directory, env=os.environ | variables(options),
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


@pytest.mark.alone
def test_a_killed_worker_is_replaced_and_answers_go_on(folder: Path, tmp_path: Path) -> None:
    with serving(tmp_path, server__workers=3) as server:
        wait_until(lambda: len(server.workers()) == 3)
        before = server.workers()
        tags = {ask(server.port).tag for _ in range(20)}
        assert len(tags) == 1
        os.kill(before[0], signal.SIGKILL)
        statuses = []

        def is_replaced() -> bool:
            try:
                statuses.append(ask(server.port).status)
            except (OSError, http.client.HTTPException):
                statuses.append(0)  # its connection went with it
            return len(server.workers()) == 3 and before[0] not in server.workers()

        wait_until(is_replaced)
        assert set(statuses) <= {0, 200}
        assert statuses.count(0) < 3
        for _ in range(20):
            reply = ask(server.port)
            assert (reply.status, reply.tag) == (200, *tags)
        everyone = descendants(server.process.pid)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(is_alive, everyone)), 5)


@pytest.mark.alone
def test_a_worker_starts_without_what_has_become_faulty(folder: Path, tmp_path: Path) -> None:
    icon, templates = tmp_path / "icon.png", tmp_path / "templates"
    icon.write_bytes((folder / "noise.png").read_bytes())
    templates.mkdir()
    (templates / "start.html").write_text("Our own page")
    with serving(tmp_path, server__workers=1, site__icon="icon.png") as server:
        page, picture = ask(server.port, "/"), ask(server.port, "/icon.png")
        assert page.body == b"Our own page"
        icon.write_text("no picture")
        (templates / "start.html").write_text("{% if")
        [before] = server.workers()
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: before not in server.workers() and is_open(server.port))
        for path, old in (("/", page), ("/icon.png", picture)):
            reply = ask(server.port, path)
            assert (reply.status, reply.body == old.body) == (200, False)
        assert "a worker starts without what has become faulty: site.icon" in server.log


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_an_end_lets_running_answers_finish(
    folder: Path, tmp_path: Path, with_signal: signal.Signals
) -> None:
    big = os.urandom(30_000_000)
    (folder / "big.png").write_bytes((folder / "noise.png").read_bytes() + big)
    put(folder, "big", "images: [big.png]")
    with serving(tmp_path, server__workers=2) as server:
        wait_until(lambda: len(server.workers()) == 2)
        everyone = descendants(server.process.pid)
        with closing(connect(server.port)) as connection:
            connection.sendall(compose("/media/articles/big.png"))
            begun = connection.recv(1, socket.MSG_PEEK)
            assert begun
            # It can't be finished yet: nobody takes what was sent.
            process = server.process
            if with_signal == signal.SIGINT:
                os.killpg(process.pid, with_signal)
            else:
                process.send_signal(with_signal)
            wait_until(lambda: len(server.workers()) == 1)  # the other has nothing to finish
            reply = receive(connection)
        assert reply.status == 200
        assert reply.body.endswith(big)
        assert process.wait(20) == 0
        wait_until(lambda: not any(map(is_alive, everyone)), 5)
        assert "Traceback" not in server.log
        assert "ERROR" not in server.log


def test_ipv6(folder: Path, tmp_path: Path) -> None:
    def there(server: FaultyServer) -> Address:
        return "::1", server.port

    with serving(tmp_path, there, ("--host", "::1")) as server:
        reply = ask(there(server), "/feed.json", {"Host": f"[::1]:{server.port}"})
        assert reply.status == 200
        wait_until(lambda: "all articles" in server.log)
        with pytest.raises(ConnectionRefusedError):
            connect(server.port)


class TestUnixSocket:
    @staticmethod
    @contextmanager
    def listening(directory: Path) -> Iterator[FaultyServer]:
        file = directory / "feedsvc.sock"
        with serving(directory, lambda _: file, ("--socket", "feedsvc.sock")) as server:
            yield server

    def test_it_answers_there_and_takes_its_file_away(self, folder: Path, tmp_path: Path) -> None:
        file = tmp_path / "feedsvc.sock"
        with socket.create_server(("127.0.0.1", 0)) as taken:  # a port isn't needed
            arguments = ("--socket", "feedsvc.sock", "--port", str(taken.getsockname()[1]))
            with serving(tmp_path, lambda _: file, arguments) as server:
                assert file.is_socket()
                assert ask(file).tag == ask(file).tag
                wait_until(lambda: f"listening at   {file}" in server.log)
        assert not file.exists()

    def test_one_that_a_killed_server_left_is_no_obstacle(
        self, folder: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "feedsvc.sock"
        with self.listening(tmp_path) as server:
            wait_until(lambda: len(server.workers()) == (os.cpu_count() or 1))
            everyone = descendants(server.process.pid)
            server.process.kill()
            server.process.wait()
            wait_until(lambda: not any(map(is_alive, everyone)), 5)
        assert file.is_socket()
        with self.listening(tmp_path) as server:
            assert ask(file).status == 200
            second = run(tmp_path, "--socket", "feedsvc.sock")
            assert (second.returncode, second.stderr) == (2, self.in_use(file))
            assert ask(file).status == 200
        assert not file.exists()

    def test_what_is_no_socket_stays(self, folder: Path, tmp_path: Path) -> None:
        file = tmp_path / "notes"
        file.write_text("precious")
        answer = run(tmp_path, "--socket", "notes")
        assert (answer.returncode, answer.stderr) == (2, self.in_use(file))
        assert file.read_text() == "precious"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("nowhere/s", "No such file or directory"), ("s" * 120, "AF_UNIX path too long")],
    )
    def test_a_place_that_cannot_be_had_is_one_sentence(
        self, folder: Path, tmp_path: Path, name: str, reason: str
    ) -> None:
        answer = run(tmp_path, "--socket", name)
        assert answer.returncode == 2
        assert answer.stderr == f"Can't listen on {tmp_path / name}: {reason}.\n"

    @staticmethod
    def in_use(file: Path) -> str:
        return (
            f"The socket {file} is in use by another program. "
            "Stop that one, or choose another with --socket.\n"
        )


def test_a_port_in_use_by_another_feedsvc(folder: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answer = run(tmp_path, "--port", server.port)
        assert (answer.returncode, answer.stderr) == (
            2,
            f"Port {server.port} on 127.0.0.1 is in use by another program. "
            "Stop that one, or choose another with --port.\n",
        )
        assert ask(server.port).status == 200


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_debug(folder: Path, tmp_path: Path, with_signal: signal.Signals) -> None:
    with serving(tmp_path, arguments=("--debug",)) as server:
        reply = ask(
            server.port, "/?__debugger__=yes&cmd=resource&f=style.css", {"Host": "localhost"}
        )
        assert reply.status == 200
        assert b"debugger" in reply.body
        plain = ask(server.port)
        assert plain["server"] is not None
        assert "Werkzeug" in plain["server"]
        everyone = descendants(server.process.pid)
        assert server.stop(with_signal) == 0
        wait_until(lambda: not any(map(is_alive, everyone)), 5)


def test_an_end_does_not_wait_for_a_reload() -> None:
    server = Server("feedsvc", interface=Interfaces.WSGI, workers=3)
    replaced: list[int] = []

    def replace(workers: list[int], *_: object) -> None:
        replaced.extend(workers)
        if len(replaced) == 2:
            server.signal_handler_interrupt()

    with patch.object(Granian, "_respawn_workers", side_effect=replace):
        server._respawn_workers([0, 1, 2], None, None, 3.0)
    assert replaced == [0, 1]


SIGNALS = """
import signal, sys
from feedsvc.serving import handle_signals

def renew():
    print("renewed", flush=True)
    raise FileNotFoundError("the working directory")

handle_signals(renew)
signal.signal(signal.SIGHUP, lambda *_: print("granian's", flush=True))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("started", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("is_ignored", [False, True])
@pytest.mark.parametrize("has_terminal", [False, True])
def test_hangups(has_terminal: bool, is_ignored: bool) -> None:
    """They renew without a terminal, again after a fault, and end with one unless ignored."""
    ours, theirs = pty.openpty()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", SIGNALS], stdin=theirs if has_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.stdout
    renewing = [] if has_terminal else ["renewed\n", "renewed\n"]
    try:
        assert process.stdout.readline() == "started\n"
        for expected in renewing:
            process.send_signal(signal.SIGHUP)
            assert process.stdout.readline() == expected
        if has_terminal:
            process.send_signal(signal.SIGHUP)
        if not has_terminal or is_ignored:
            process.send_signal(signal.SIGINT)
        said, log = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    assert (process.returncode, said) == (0, "")
    assert log.count("FileNotFoundError") == len(renewing)


def test_debug_is_for_this_machine_alone(folder: Path, tmp_path: Path) -> None:
    answer = run(tmp_path, "--debug", "--host", "0.0.0.0")
    assert answer.returncode == 2
    assert "--debug listens on this machine alone" in answer.stderr


def test_gunicorn_gives_the_same_bytes_and_tags(folder: Path, tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path) as server:
        with (tmp_path / "gunicorn.log").open("w") as log:
            gunicorn = subprocess.Popen(
                [GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket",
                 "feedsvc.wsgi:app"],
                cwd=tmp_path, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_until(lambda: all(is_open(port) for _ in range(30)))  # both workers
            for path in ("/feed.rss", "/feed.atom", "/feed.json", "/topics.opml", "/", "/topics/sea/",
                         "/stories/story-1/", "/media/articles/noise.png", "/icon.png"):  # fmt: skip
                for method in ("GET", "HEAD"):
                    for codings in (None, "gzip", "br", "zstd"):
                        ours, theirs = (
                            ask(one, path, {"Accept-Encoding": codings}, method)
                            for one in (server.port, port)
                        )
                        assert ours.status == theirs.status == 200
                        assert ours.tag == theirs.tag
                        assert ours.body == theirs.body
                        skipped = ("date", "server", "connection")
                        assert ours.without(*skipped) == theirs.without(*skipped)
                again = ask(port, path, {"If-None-Match": ours.tag})
                assert (again.status, again.body) == (304, b"")
            everyone = descendants(gunicorn.pid)
        finally:
            gunicorn.terminate()
            assert gunicorn.wait(20) == 0
        wait_until(lambda: not any(map(is_alive, everyone)), 5)
        assert "Traceback" not in (tmp_path / "gunicorn.log").read_text()
