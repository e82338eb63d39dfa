"""A real PostgreSQL server for the tests: their own, quick, and thrown away afterwards.

It runs the programs of Debian's package `postgresql` in a directory under /tmp, on a loopback
port of its own, and leaves any other server of the machine alone. It keeps what was committed
when it is stopped and started, not when the machine fails: nothing waits for a disk.

It is as strict as a server that somebody administers: who connects needs a password and owns a
database, but is no superuser. Its time zone isn't UTC, so that a time which loses its zone shows.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import psycopg
import pytest
from side_by_side import free_port
from support import skip_or_fail

ADMINISTRATOR, USER = "postgres", "feedsvc"
PATIENCE_SECONDS = 30
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "50",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "timezone": "Asia/Kolkata",
}


def find_programs() -> Path | None:
    """The folder of `postgres` and `initdb`, which Debian keeps off the PATH: the newest."""
    found = [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if found:
        return max(found, key=lambda folder: [int(n) for n in folder.parent.name.split(".")])
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """A server that runs inside a `with`; `programs` is the folder of `postgres` and `initdb`."""

    def __init__(self, programs: Path) -> None:
        self.port = free_port()
        self.programs = programs
        # Without a password, every user of this machine could run programs as ours (COPY).
        self._password = secrets.token_hex(16)
        self._names = (f"test_{number}" for number in count(1))
        self._process: subprocess.Popen[bytes] | None = None
        # If the tests are killed, the server goes with them. setpriv gives up root, too: postgres
        # refuses it.
        self._prefix = ["setpriv", "--pdeathsig=QUIT"]
        if os.geteuid() == 0:
            self._prefix += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Not TMPDIR, which the other user might not reach.
            directory = TemporaryDirectory(prefix="feedsvc-postgres-", dir="/tmp")
            self.directory = Path(stack.enter_context(directory))
            stack.callback(self.stop)
            self._initialise()
            self.start()
            self._administer(f"CREATE ROLE {USER} LOGIN PASSWORD '{self._password}'")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def url(self, database: str) -> str:
        """The address of a database, as SQLAlchemy wants it."""
        return f"postgresql+psycopg://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database and give its address."""
        name = next(self._names)
        self._administer(f"CREATE DATABASE {name} OWNER {USER}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database by its address, whoever is still connected."""
        self._administer(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def start(self) -> None:
        """Start the server, on the same port as before, and wait until it answers.

        Does nothing where it runs. Call it from the main thread: the server ends with the thread
        that started it.
        """
        if self._process is not None and self._process.poll() is None:
            return
        options = OPTIONS | {"port": str(self.port)}
        self._process = self._spawn(
            "postgres", "-D", "data", *(f"--{name}={value}" for name, value in options.items())
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._administer("SELECT 1")
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"postgres did not start: {self._log()}") from error
                time.sleep(0.01)
            else:
                return

    def stop(self) -> None:
        """Stop the server at once, as a crash would: connections break, committed data stays."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _initialise(self) -> None:
        password = self.directory / "password"
        password.write_text(self._password, encoding="utf-8")
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        initdb = self._spawn(
            "initdb", "--pgdata=data", f"--username={ADMINISTRATOR}", f"--pwfile={password}",
            "--auth-local=reject", "--auth-host=password",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        if initdb.wait(PATIENCE_SECONDS) != 0:
            raise RuntimeError(f"initdb failed: {self._log()}")

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [*self._prefix, str(self.programs / program), *arguments],
                cwd=self.directory,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl+C is for pytest, which stops the server when no test needs it any more.
                start_new_session=True,
            )

    def _log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def _administer(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname="postgres",
            user=ADMINISTRATOR,
            password=self._password,
            autocommit=True,
        ) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A server for all tests of this process; a test may stop it."""
    programs = find_programs()
    if programs is None:
        skip_or_fail(pytestconfig, "postgresql")
    with pytest.MonkeyPatch.context() as environment:
        # What a developer's own psql goes by (PGSSLMODE, PGOPTIONS, PGTZ) is not for the tests.
        for variable in [name for name in os.environ if name.startswith("PG")]:
            environment.delenv(variable)
        with PostgresServer(programs) as server:
            yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database, on a server that runs."""
    postgres_server.start()
    url = postgres_server.new_database()
    yield url
    postgres_server.start()
    postgres_server.drop_database(url)
