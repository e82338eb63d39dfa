"""feedsvc as its user drives it: a configuration, `feedsvc index`, `feedsvc serve`, HTTP."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from benchmarks.measure import MeasureError, Memory, memory_of, stop, tree_of

_POLL_SECONDS = 0.005
_CONFIG = """\
site:
  title: News
  url: https://news.example.org/
content:
  folders: ["%s"]
"""


class Installation:
    """A configuration in `directory`, which is made, for the archive in `articles`."""

    def __init__(self, directory: Path, articles: Path) -> None:
        directory.mkdir(parents=True)
        self.articles = articles
        self.config = directory / "config.yaml"
        self.config.write_text(_CONFIG % articles.absolute())

    def forget(self) -> None:
        """Delete the index."""
        shutil.rmtree(self.config.parent / ".feedsvc", ignore_errors=True)

    def index_command(self) -> list[str]:
        return [str(_program()), "index", "--config", str(self.config)]

    def serve(self) -> Service:
        return Service(self.config)


class Service:
    """A running `feedsvc serve`, ended with the `with` statement."""

    def __init__(self, config: Path) -> None:
        self.port = _free_port()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the service
        command = [str(_program()), "serve", "--config", str(config)]
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port)],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
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

    def ready(self, timeout_seconds: float) -> float:
        """Wait for the feed of everything. Gives the seconds since the start."""
        while (passed := time.perf_counter() - self._started) < timeout_seconds:
            if self._process.poll() is not None:
                raise MeasureError(f"feedsvc serve ended: {self._last_line()}")
            try:
                status, _ = self.get("/feed.json")
            except OSError:
                status = 0
            if status == 200:
                return time.perf_counter() - self._started
            time.sleep(_POLL_SECONDS)
        raise MeasureError(f"feedsvc serve was not ready after {passed:.0f} s")

    def wait_for(self, words: bytes, path: str, timeout_seconds: float) -> None:
        """Ask for `path` until `words` are in the answer."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            if words in self.get(path)[1]:
                return
            time.sleep(_POLL_SECONDS)
        raise MeasureError(f"{path} did not change within {timeout_seconds:.0f} s")

    def memory(self) -> tuple[Memory, Memory]:
        """What the serving process holds, and what its children hold together."""
        root, *children = tree_of(self._process.pid)
        return memory_of(root), sum(map(memory_of, children), Memory())

    def _last_line(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "without a word"


def _program() -> Path:
    """The installed feedsvc, beside the Python that runs this."""
    return Path(sys.executable).with_name("feedsvc")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
