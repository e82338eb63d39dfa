"""What the fault tests do harm to: folders in generations, processes that index and serve them.

In generation N of a folder each file has N in its title: whoever sees two numbers at once, or
too few files, sees half of a state.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn
from urllib.error import HTTPError, URLError

from side_by_side import free_port
from support import NOW, RULES, articles_of, listed, searched

from feedsvc.content.scan import Scanner
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.sync import Synced, sync
from feedsvc.model import Facet, FacetCount, Viewpoint

FEEDSVC = Path(sys.executable).with_name("feedsvc")
PATIENCE_SECONDS = 20


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def write_generation(folder: Path, number: int, files: int) -> None:
    """Make `folder` one of `files` articles, all of them of generation `number`."""
    folder.mkdir(exist_ok=True)
    for n in range(files):
        (folder / f"{n}.md").write_text(
            f"---\ntitle: Generation {number} story {n}\npublishedDateTime: 2026-01-01\n"
            f"slug: g{number}-{n}\ntopics: [Topic {n % 3}, Marker {number}]\n"
            f"category: Category {number}\n---\nThe generation{number} of this text.\n"
        )


def sync_folder(store: Store, folder: Path, *, rebuild: bool = False) -> Synced:
    return sync(store, Scanner([folder], ["*.md"]), RULES, NOW, rebuild=rebuild)


def seen_generation(place: IndexPlace, files: int) -> int:
    """The generation that a reader who comes anew sees, once all its answers proved to agree."""
    with closing(Store(place)) as store, store.view(Viewpoint(NOW)) as view:
        articles = articles_of(view)
        numbers = {int(one.title.split()[1]) for one in articles}
        assert len(numbers) == 1, numbers
        [number] = numbers
        assert {one.title for one in articles} == {
            f"Generation {number} story {n}" for n in range(files)
        }
        assert view.find().total == files
        assert view.counts(Facet.CATEGORY) == (
            FacetCount(f"category-{number}", f"Category {number}", files),
        )
        assert [one.label for one in view.counts(Facet.TOPIC)] == [
            f"Marker {number}", "Topic 0", "Topic 1", "Topic 2",
        ]  # fmt: skip
        assert view.find(listed(Facet.TOPIC, f"marker-{number}")).total == files
        assert not view.knows(Facet.TOPIC, f"marker-{number - 1}")
        assert len(searched(view, f"generation{number}")) == files
        assert searched(view, f"generation{number - 1}") == ()
        assert view.story(f"g{number}-0") is not None
        assert view.census().visible == files
        return number


class Victims:
    """Starts processes that index a folder, to be killed. They are forked from one that has
    imported everything: a hundred are not to take minutes.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_fork_victims, args=(theirs,))
        self._process.start()
        theirs.close()

    def kill_one(self, place: IndexPlace, folder: Path, seconds: float, *, rebuild: bool) -> bool:
        """Let one index `folder` for so long, then kill it; whether it was done before."""
        self._connection.send((place, folder, rebuild))
        pid = self._connection.recv()  # it begins now
        is_done: bool = self._connection.poll(seconds)
        os.kill(pid, signal.SIGKILL)
        self._connection.send("wait")
        while self._connection.recv() != "gone":
            pass
        return is_done

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _fork_victims(connection: Connection) -> None:
    with suppress(EOFError):
        while True:
            place, folder, rebuild = connection.recv()
            pid = os.fork()
            if pid == 0:
                _index_once(connection, place, folder, rebuild)
            connection.recv()
            os.waitpid(pid, 0)
            connection.send("gone")


def _index_once(connection: Connection, place: IndexPlace, folder: Path, rebuild: bool) -> NoReturn:
    with closing(Store(place)) as store:
        connection.send(os.getpid())
        sync_folder(store, folder, rebuild=rebuild)
        connection.send("done")
    signal.pause()
    raise AssertionError


class FaultyServer:
    """`feedsvc serve` over `folder` on a port of its own, its log in a file.

    `prefix` is what the command begins with, `arguments` what it ends with; `options` are
    configuration that other servers of the same directory needn't have, such as `server__workers`.
    """

    def __init__(
        self,
        directory: Path,
        config: str = "",
        *prefix: str,
        arguments: tuple[str, ...] = (),
        **options: object,
    ) -> None:
        self.port = free_port()
        self.directory = directory
        self._log = directory / f"log-{self.port}"
        file = directory / "config.yaml"
        if not file.exists():
            file.write_text("content: {folders: [articles], watch_seconds: 0.1}\n" + config)
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*prefix, FEEDSVC, "serve", "--port", str(self.port), *arguments],
                cwd=directory, env=os.environ | {"PYTHONUNBUFFERED": "1"} | variables(options),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str = "/feed.json") -> tuple[int, bytes, str | None]:
        """Status, body and ETag; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=10
            ) as answer:
                return answer.status, answer.read(), answer.headers["ETag"]
        except HTTPError as error:
            with closing(error):
                return error.code, error.read(), None
        except (URLError, ConnectionError):
            return 0, b"", None

    def titles(self) -> list[str] | None:
        """The titles served, `None` for a 503."""
        status, body, _ = self.get()
        if status != 200:
            assert status in {0, 503}
            return None
        return sorted(item["title"] for item in json.loads(body)["items"])

    def shows(self, *titles: str) -> None:
        wait_until(lambda: self.titles() == sorted(titles))

    def keeps(self, *titles: str) -> None:
        """Nothing but `titles` is served now, and nothing for want of them."""
        assert self.titles() == sorted(titles)

    def tells(self, text: str, times: int = 1) -> None:
        """The log has `text`, and in the end not oftener."""
        wait_until(lambda: text in self.log)
        assert self.log.count(text) == times, self.log

    def indexer(self) -> int:
        """The indexing process of this server."""
        found: list[int] = []
        while not found:
            found = self._called(b"feedsvc indexer")
        return found[0]

    def workers(self) -> list[int]:
        """The processes that answer."""
        return self._called(b"feedsvc worker")

    def _called(self, title: bytes) -> list[int]:
        return [pid for pid in descendants(self.process.pid) if command(pid).startswith(title)]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """End it as Ctrl-C or the system would, and give its exit status."""
        if with_signal == signal.SIGINT:
            os.killpg(self.process.pid, with_signal)  # a terminal sends it to all of them
        else:
            self.process.send_signal(with_signal)
        status = self.process.wait(PATIENCE_SECONDS)
        assert "Traceback" not in self.log, self.log
        return status


def variables(options: Mapping[str, object]) -> dict[str, str]:
    """Configuration as environment variables."""
    return {
        f"FEEDSVC_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in options.items()
    }


def descendants(pid: int) -> list[int]:
    """`pid` and the processes below it, as long as they are not zombies."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                state, parent = (process / "stat").read_text().rpartition(") ")[2].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(process.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def command(pid: int) -> bytes:
    """The command line of a process, empty if it ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def write(folder: Path, name: str, title: str) -> None:
    """An article, put in place at once."""
    folder.mkdir(exist_ok=True)
    part = folder / f".{name}"
    part.write_text(f"---\ntitle: {title}\npublishedDateTime: 2026-01-01\n---\n")
    part.rename(folder / name)


def index_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("index-*.sqlite"))


def without_privileges() -> tuple[str, ...]:
    """What to begin a command with so that permissions hold for it even where tests are root."""
    return () if os.geteuid() else ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
