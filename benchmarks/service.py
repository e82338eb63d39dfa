"""feedsvc as its user drives it: a configuration, `feedsvc index`, `feedsvc serve`, HTTP."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from benchmarks.measure import MeasureError, Memory, connected, memory_of, stop, title_of, tree_of

_POLL_SECONDS = 0.005
_CONFIG = """\
site:
  title: News
  url: https://news.example.org/
content:
  folders: ["%s"]
"""


class Installation:
    """A configuration in `directory`, which is made, for the archive in `articles`; `more` YAML
    is added to it.
    """

    def __init__(self, directory: Path, articles: Path, more: str = "") -> None:
        directory.mkdir(parents=True)
        self.articles = articles
        self.config = directory / "config.yaml"
        self.config.write_text(_CONFIG % articles.absolute() + more)

    def forget(self) -> None:
        """Delete the index."""
        shutil.rmtree(self.config.parent / ".feedsvc", ignore_errors=True)

    def index_command(self) -> list[str]:
        return [str(_program()), "index", "--config", str(self.config)]

    def serve(self) -> Service:
        return Service(self.config)


class Server:
    """A running program that listens on `port`, ended with the `with` statement.

    It is named `name` in messages. `environment` is added to that of this process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.port = name, port
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the program
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)
        self._output.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and body of an answer; raises `OSError` where nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ready(self, timeout_seconds: float, path: str = "/feed.json") -> float:
        """Wait until `path` is answered with 200. Gives the seconds since the start."""
        while (passed := time.perf_counter() - self._started) < timeout_seconds:
            if self._process.poll() is not None:
                raise MeasureError(f"{self.name} ended: {self._last_line()}")
            try:
                status, _ = self.get(path)
            except OSError:
                status = 0
            if status == 200:
                return time.perf_counter() - self._started
            time.sleep(_POLL_SECONDS)
        raise MeasureError(f"{self.name} was not ready after {passed:.0f} s")

    def wait_for(self, words: bytes, path: str, timeout_seconds: float) -> None:
        """Ask for `path` until `words` are in the answer."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            if words in self.get(path)[1]:
                return
            time.sleep(_POLL_SECONDS)
        raise MeasureError(f"{path} did not change within {timeout_seconds:.0f} s")

    def answering(self) -> tuple[int, ...]:
        """The processes that hold a connection to the port: those that answer.

        Ask while enough connections are open that each of them has got one.
        """
        return connected(tree_of(self._process.pid), self.port)

    def _last_line(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "without a word"


class Service(Server):
    """A running `feedsvc serve`."""

    def memory(self) -> tuple[Memory, Memory]:
        """What the largest process that answers holds, and what all others hold together."""
        family, workers = tree_of(self._process.pid), self.workers()
        if not workers:
            raise MeasureError("feedsvc serve has no process that answers")
        held = {pid: memory_of(pid) for pid in family}
        largest = max(workers, key=lambda pid: held[pid].pss)
        return held.pop(largest), sum(held.values(), Memory())

    def workers(self) -> list[int]:
        """The processes that answer."""
        family = tree_of(self._process.pid)
        return [pid for pid in family if title_of(pid).startswith("feedsvc worker")]

    def __init__(self, config: Path) -> None:
        port = free_port()
        command = [str(_program()), "serve", "--config", str(config)]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        super().__init__("feedsvc serve", command, port)


def _program() -> Path:
    """The installed feedsvc, beside the Python that runs this."""
    return Path(sys.executable).with_name("feedsvc")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
