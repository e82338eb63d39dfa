"""What is in deploy/, run as far as that goes without containers and without a running systemd:
the proxies as they are shipped in front of a feedsvc under the limits of its unit.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pathspec
import pytest
import yaml
from clients import HOST, Reply, ask, compose, is_up, nginx, send, serving, write_site
from confinement import confined, read_unit
from faults import FaultyServer, descendants, wait_until
from postgres import free_port
from support import ROOT, skip_or_fail

from feedsvc.config import load_settings

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "feedsvc.service"
SOCKET = DEPLOY / "feedsvc-socket.conf"
ENCODINGS = ("identity", "gzip", "br", "zstd")
PATHS = ("/feed.rss", "/feed.json", "/", "/topics/sea.atom", "/media/articles/noise.png",
         "/custom.rss?q=tide", "/nothing", "/static/style.css")  # fmt: skip
SPOOFED = {
    "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "81", "X-Forwarded-Prefix": "/evil", "X-Real-IP": "6.6.6.6",
    "X-Request-Id": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;host=evil.example;proto=https", "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Host": "evil.example", "X_Forwarded-Proto": "https",
}  # fmt: skip
EXPOSURE = "20"  # two of ten


def config_beside(file: str) -> dict[str, Any]:
    """The part of config.yaml that a proxy's file names in a comment."""
    lines = re.findall(r"^#     (.*)$", (DEPLOY / file).read_text(), re.MULTILINE)
    found: dict[str, Any] = yaml.safe_load("\n".join(lines))
    return found


def substituted(file: str, *replacements: tuple[str, str]) -> str:
    text = (DEPLOY / file).read_text()
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def program(name: str, config: pytest.Config) -> str:
    """Where a program is that comes with Python packages, or is on the PATH."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return found or skip_or_fail(config, name)


def run(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=30, **options
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    """feedsvc behind a proxy on this machine, without an address of its own: it tells what it
    was asked for. Where systemd says what the limits are, it runs under those of its unit.
    """
    directory = tmp_path_factory.mktemp("served")
    write_site(directory)
    (directory / "config.yaml").write_text("content: {folders: [articles]}\nfeeds: {limit: 3}\n")
    options = {
        f"server__{name}": value for name, value in config_beside("nginx.conf")["server"].items()
    }
    prefix = confined(UNIT) if shutil.which("systemd-analyze") else ()
    with serving(directory, prefix=prefix, server__workers=2, **options) as server:
        yield server


@dataclass
class Stub:
    """A server that answers with what it was asked, or as a test says; and what it was asked."""

    port: int
    asked: list[tuple[str, list[tuple[str, str]]]]
    answers: dict[str, tuple[int, dict[str, str]]]


@contextmanager
def answering() -> Iterator[Stub]:
    asked: list[tuple[str, list[tuple[str, str]]]] = []
    answers: dict[str, tuple[int, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            # All of the body: whoever answers earlier may be heard before the proxy has counted it.
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            while self.headers["Transfer-Encoding"] and (line := self.rfile.readline()) != b"0\r\n":
                if not line:
                    self.close_connection = True
                    return  # the proxy gave up
            asked.append((self.path, self.headers.items()))
            status, headers = answers.get(self.path.partition("?")[0], (200, {}))
            body = json.dumps([self.path, self.headers.items()]).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")  # so that it ends when it is stopped
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name is looked up

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Stub(server.server_address[1], asked, answers)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with answering() as stub:
        yield stub


@contextmanager
def shipped_nginx(
    directory: Path, upstream: str, change: Callable[[str], str] = str
) -> Iterator[int]:
    """nginx with deploy/nginx.conf in front of `upstream`."""
    directory.mkdir()
    port = free_port()
    text = substituted(
        "nginx.conf",
        ("    listen 80;", f"    listen 127.0.0.1:{port};"),
        ("    listen [::]:80;\n", ""),
        ("    server 127.0.0.1:8000;", f"    server {upstream};"),
        ("/var/cache/nginx/", f"{directory}/cache-"),
    )
    (directory / "feedsvc.conf").write_text(change(text))
    # The helper's own server is not asked.
    with nginx(directory / "nginx", "return 404;", f"include {directory}/feedsvc.conf;"):
        wait_until(lambda: is_up(port))
        yield port


@contextmanager
def shipped_caddy(directory: Path, upstream: str) -> Iterator[int]:
    """Caddy with deploy/Caddyfile in front of `upstream`, without TLS and without its console."""
    directory.mkdir()
    port = free_port()
    environment = os.environ | {
        "FEEDS_ADDRESS": f"http://:{port}", "FEEDS_UPSTREAM": upstream,
        "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory),
    }  # fmt: skip
    adapted = run("caddy", "adapt", "--config", DEPLOY / "Caddyfile", env=environment)
    assert adapted.returncode == 0, adapted.stderr
    settings = {"admin": {"disabled": True}} | json.loads(adapted.stdout)
    (directory / "caddy.json").write_text(json.dumps(settings))
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            ["caddy", "run", "--config", directory / "caddy.json"], env=environment,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: is_up(port) or process.poll() is not None)
        assert process.poll() is None, (directory / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class Proxy:
    """A proxy in front of feedsvc, and the same in front of the stub."""

    name: str
    port: int
    before_stub: int


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("nginx", marks=pytest.mark.needs("nginx")),
        pytest.param("caddy", marks=pytest.mark.needs("caddy")),
    ],
)
def proxy(
    request: pytest.FixtureRequest,
    served: FaultyServer,
    stub: Stub,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    start = {"nginx": shipped_nginx, "caddy": shipped_caddy}[request.param]
    directory = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        ports = [
            stack.enter_context(start(directory / str(number), f"127.0.0.1:{there}"))
            for number, there in enumerate((served.port, stub.port))
        ]
        yield Proxy(request.param, *ports)


def of_feedsvc(reply: Reply) -> Mapping[str, str]:
    """The headers that are feedsvc's own, not those of a connection."""
    return {
        name: value
        for name, value in reply.headers
        if name not in {"connection", "date", "server", "keep-alive", "transfer-encoding"}
    }


class TestProxies:
    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_the_bytes_are_those_of_feedsvc(
        self, proxy: Proxy, served: FaultyServer, encoding: str
    ) -> None:
        for path in PATHS:
            for method in ("GET", "HEAD"):
                headers = {"Accept-Encoding": encoding}
                through = ask(proxy.port, path, headers, method)
                direct = ask(served.port, path, headers, method)
                assert (through.status, through.body) == (direct.status, direct.body)
                assert of_feedsvc(through) == of_feedsvc(direct)
        assert through["content-encoding"] == (encoding if encoding != "identity" else None)

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_what_is_known_is_not_sent_again(self, proxy: Proxy, encoding: str) -> None:
        headers = {"Accept-Encoding": encoding}
        first = ask(proxy.port, "/feed.rss", headers)
        same = ask(proxy.port, "/feed.rss", headers | {"If-None-Match": first.tag})
        assert (same.status, same.body, same.tag) == (304, b"", first.tag)
        since = ask(
            proxy.port, "/feed.rss", headers | {"If-Modified-Since": first["last-modified"]}
        )
        assert (since.status, since.body) == (304, b"")
        assert ask(proxy.port, "/feed.rss", headers | {"If-None-Match": '"x"'}).status == 200

    def test_what_clients_say_of_who_they_are_has_no_effect(
        self, proxy: Proxy, served: FaultyServer
    ) -> None:
        truth = ask(proxy.port, "/feed.json")
        assert json.loads(truth.body)["feed_url"] == f"http://{HOST}/feed.json"
        for name, value in SPOOFED.items():
            assert ask(proxy.port, "/feed.json", {name: value}).body == truth.body
        assert ask(proxy.port, "/feed.json", SPOOFED).body == truth.body
        # But feedsvc does believe the proxy.
        assert b"https://" in ask(served.port, "/feed.json", {"X-Forwarded-Proto": "https"}).body

    def test_only_what_the_proxy_knows_is_passed_on(self, proxy: Proxy) -> None:
        _, headers = json.loads(ask(proxy.before_stub, "/x", SPOOFED).body)
        names = [name.lower() for name, _ in headers]
        assert len(set(names)) == len(names)
        told = {name.lower(): value for name, value in headers}
        assert told["host"] == HOST
        assert told["x-forwarded-for"] == "127.0.0.1"
        assert told["x-forwarded-proto"] == "http"
        assert told.get("x-forwarded-host", HOST) == HOST
        for name in ("forwarded", "x-forwarded-port", "x-forwarded-prefix", "x-real-ip"):
            assert name not in told
        assert not [name for name in names if "_" in name]
        assert "6.6.6.6" not in str(headers)

    def test_what_clients_accept_is_passed_on_as_it_is(self, proxy: Proxy) -> None:
        asked = {"Accept-Encoding": "br;q=0.5, zstd", "A-IM": "feed", "If-None-Match": 'W/"x"'}
        _, headers = json.loads(ask(proxy.before_stub, "/x?b=%2f&a=+", asked).body)
        told = {name.lower(): value for name, value in headers}
        assert {name: told.get(name.lower()) for name in asked} == asked
        _, headers = json.loads(ask(proxy.before_stub, "/x").body)
        assert "Accept-Encoding" not in dict(headers)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        "path",
        ["/metrics", "/metrics?x=1", "//metrics", "/./metrics", "/x/../metrics", "/%6detrics",
         "/%2e/metrics", "/METRICS", f"http://{HOST}/metrics"],
    )  # fmt: skip
    def test_figures_are_for_this_machine(
        self, proxy: Proxy, stub: Stub, path: str, method: str
    ) -> None:
        stub.asked.clear()
        reply = ask(proxy.before_stub, path, method=method)
        if path == "/METRICS" and proxy.name == "nginx":
            # It is another address, for nginx and feedsvc alike.
            assert [asked for asked, _ in stub.asked] == [path]
        else:
            assert (reply.status, stub.asked) == (404, [])

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/topics/metrics/", "/metrics.rss"])
    def test_all_else_is_passed_on(self, proxy: Proxy, path: str) -> None:
        assert json.loads(ask(proxy.before_stub, path).body)[0] == path

    def test_large_bodies_are_refused(self, proxy: Proxy, stub: Stub) -> None:
        stub.asked.clear()
        request = compose("/x", {"Content-Length": "2000"}, "POST") + b"x" * 2000
        assert send(proxy.before_stub, request, "POST").status == 413
        chunked = compose("/x", {"Transfer-Encoding": "chunked"}, "POST")
        chunked += b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"
        assert send(proxy.before_stub, chunked, "POST").status == 413
        assert stub.asked == []
        assert send(proxy.port, request, "POST").status == 413
        small = compose("/x", {"Content-Length": "100"}, "POST") + b"x" * 100
        assert send(proxy.before_stub, small, "POST").status == 200

    def test_long_addresses_pass_and_endless_headers_do_not(self, proxy: Proxy) -> None:
        query = "/custom.rss?" + "&".join(f"topic=number-{n}" for n in range(400))
        assert len(query) > 6000
        assert json.loads(ask(proxy.before_stub, query).body)[0] == query
        assert ask(proxy.before_stub, "/x", {"X-Much": "x" * 60_000}).status in {400, 431}


def test_the_proxies_go_with_one_configuration(tmp_path: Path) -> None:
    config = config_beside("nginx.conf")
    assert config_beside("Caddyfile") == config
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    settings = load_settings(file, {})
    assert settings.site.url == "https://feeds.example.org/"
    assert set(settings.server.forwarding_headers) == {"x-forwarded-for", "x-forwarded-proto"}


def with_cache(text: str) -> str:
    assert text.count("#cache ") > 5
    return text.replace("#cache ", "")


@pytest.mark.needs("nginx")
class TestCacheOfNginx:
    def test_each_coding_is_kept_for_itself(self, served: FaultyServer, tmp_path: Path) -> None:
        with shipped_nginx(tmp_path / "proxy", f"127.0.0.1:{served.port}", with_cache) as port:
            for state in ("MISS", "HIT"):
                for encoding in ENCODINGS:
                    headers = {"Accept-Encoding": encoding}
                    direct, reply = (ask(one, "/feed.rss", headers) for one in (served.port, port))
                    assert reply["x-cache"] == state
                    assert (reply.status, reply.body, reply.tag) == (200, direct.body, direct.tag)
                    again = ask(port, "/feed.rss", headers | {"If-None-Match": reply.tag})
                    assert (again.status, again.body) == (304, b"")

    def test_it_goes_by_cache_control(self, tmp_path: Path) -> None:
        with ExitStack() as stack:
            with answering() as stub:
                port = stack.enter_context(
                    shipped_nginx(tmp_path / "proxy", f"127.0.0.1:{stub.port}", with_cache)
                )
                stub.answers |= {
                    "/kept": (200, {"Cache-Control": "public, max-age=300"}),
                    "/asked": (200, {"Cache-Control": "public, max-age=0"}),
                    "/never": (200, {"Cache-Control": "no-store"}),
                    "/private": (200, {"Cache-Control": "private, max-age=300"}),
                    "/stale": (200, {"Cache-Control": "max-age=1, stale-if-error=600"}),
                    "/gone": (200, {"Cache-Control": "max-age=1"}),
                }
                for path, times in (("/kept", 1), ("/asked", 3), ("/never", 3), ("/private", 3)):
                    stub.asked.clear()
                    assert [ask(port, path).status for _ in range(3)] == [200] * 3
                    assert len(stub.asked) == times, path
                body = ask(port, "/stale").body
                assert ask(port, "/gone").status == 200
            wait_until(lambda: ask(port, "/stale")["x-cache"] == "STALE")
            reply = ask(port, "/stale")
            assert (reply.status, reply.body) == (200, body)
            wait_until(lambda: ask(port, "/gone").status == 502)
            assert ask(port, "/kept").status == 200


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The unit with a program that there is, and the same on a Unix socket: its text after that of
    the unit, as systemd reads a drop-in.
    """
    text = UNIT.read_text().replace("/opt/feedsvc/bin/feedsvc", str(Path(sys.executable)))
    (tmp_path / "feedsvc.service").write_text(text)
    socket = SOCKET.read_text().replace("/opt/feedsvc/bin/feedsvc", str(Path(sys.executable)))
    (tmp_path / "feedsvc-socket.service").write_text(text + socket)
    return tmp_path


@pytest.mark.needs("systemd-analyze")
class TestUnit:
    @pytest.mark.parametrize("name", ["feedsvc.service", "feedsvc-socket.service"])
    def test_it_is_little_exposed(self, units: Path, name: str) -> None:
        done = run(
            "systemd-analyze", "security", "--no-pager", "--offline=true",
            f"--threshold={EXPOSURE}", units / name,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize("name", ["feedsvc.service", "feedsvc-socket.service"])
    def test_systemd_finds_nothing_wrong(self, units: Path, name: str) -> None:
        done = run("systemd-analyze", "verify", "--man=no", units / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        with (units / name).open("a") as file:
            file.write("[Service]\nNoSuchOption=1\n")
        assert "NoSuchOption" in run("systemd-analyze", "verify", "--man=no", units / name).stderr

    def test_feedsvc_works_under_its_limits(self, served: FaultyServer) -> None:
        processes = descendants(served.process.pid)
        assert len(processes) >= 4  # the first, the indexer, two workers
        for pid in processes:
            status = dict(
                line.split(":\t", 1)
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
            assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {0}
        assert "ERROR" not in served.log

    def test_the_limits_of_these_tests_do_limit(self) -> None:
        tried = {
            "import mmap; mmap.mmap(-1, 4096, prot=7)": "PermissionError",
            "import os; os.setuid(os.getuid())": "PermissionError",
            "import os; os.nice(-1)": "PermissionError",
            "import socket; socket.socket(socket.AF_NETLINK)": "Address family not supported",
            "import os; os.mkdir('/nowhere/x', 0o4755)": "PermissionError",
            "import os; print(oct(os.umask(0)))": "0o77",
        }
        for code, expected in tried.items():
            done = run(*confined(UNIT), sys.executable, "-c", code)
            assert expected in done.stderr + done.stdout, code

    def test_on_a_socket_it_needs_no_network(self, units: Path, tmp_path: Path) -> None:
        unit = units / "feedsvc-socket.service"
        assert read_unit(unit)["RestrictAddressFamilies"] == "AF_UNIX"
        write_site(tmp_path)
        socket = tmp_path / "feedsvc.sock"
        with serving(
            tmp_path, lambda _: socket, ("--socket", str(socket)), confined(unit),
            server__workers=1, server__trusted_proxies=["unix"],
            server__forwarding_headers=["x-forwarded-for", "x-forwarded-proto"],
        ) as server:  # fmt: skip
            # Who is in its group may write into it, and so connect.
            assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0o070
            reply = ask(socket)
            assert reply.status == 200
            assert "ERROR" not in server.log
            if Path("/usr/sbin/nginx").exists():
                with shipped_nginx(tmp_path / "proxy", f"unix:{socket}") as port:
                    through = ask(port, headers=SPOOFED)
                    assert (through.status, through.body) == (200, reply.body)

    def test_what_it_promises(self) -> None:
        options = read_unit(UNIT)
        assert options["Type"] == "exec"
        assert options["DynamicUser"] == "yes"
        assert options["StateDirectory"] == "feedsvc"
        assert options["Environment"] == "FEEDSVC_INDEX__DIRECTORY=%S/feedsvc"
        assert options["ExecReload"] == "/bin/kill -HUP $MAINPID"
        assert options["Restart"] == "on-failure"
        assert options["ProtectSystem"] == "strict"
        assert "ReadWritePaths" not in options
        assert "/srv/feedsvc/config.yaml" in options["ExecStart"]


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions, without comments."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = text.replace("\\\n", " ").splitlines()
    return [
        (name, value.strip()) for name, _, value in (one.partition(" ") for one in joined) if name
    ]


class TestDockerfile:
    def test_the_linter_finds_nothing(self, pytestconfig: pytest.Config) -> None:
        done = run(program("hadolint", pytestconfig), "--no-color", DEPLOY / "Dockerfile")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_what_it_promises(self) -> None:
        instructions = dockerfile()
        stages = [number for number, (name, _) in enumerate(instructions) if name == "FROM"]
        assert len(stages) == 2
        last = instructions[stages[1] :]
        of = dict(last)
        assert "slim" in dict(instructions)["ARG"]
        # Nothing of the first stage but the environment, nothing of the folder at all.
        assert [value for name, value in last if name in {"COPY", "ADD"}] == [
            "--from=build /opt/feedsvc /opt/feedsvc"
        ]
        assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", of["USER"])
        for name in ("ENTRYPOINT", "CMD"):
            assert isinstance(json.loads(of[name]), list), name
        assert of["VOLUME"] == "/var/lib/feedsvc"
        assert "FEEDSVC_INDEX__DIRECTORY=/var/lib/feedsvc" in of["ENV"]
        installed = " ".join(text for name, text in instructions[: stages[1]] if name == "RUN")
        assert "--require-hashes --requirement requirements.lock" in " ".join(installed.split())
        assert "--no-deps wheels/*.whl" in installed
        # The driver of PostgreSQL is among what is locked.
        assert re.search(
            r"^psycopg-binary==", (ROOT / "requirements.lock").read_text(), re.MULTILINE
        )
        assert "curl" not in str(instructions)

    def test_the_settings_of_the_image_are_settings(self, tmp_path: Path) -> None:
        variables = dict(word.split("=", 1) for word in dict(dockerfile())["ENV"].split())
        settings = load_settings(None, variables)
        assert settings.index_directory == Path("/var/lib/feedsvc")
        assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8000)

    def test_all_that_it_copies_is_let_in_and_little_else(self) -> None:
        ignored = pathspec.GitIgnoreSpec.from_lines(
            (ROOT / ".dockerignore").read_text().splitlines()
        )
        copied = [value.split()[:-1] for name, value in dockerfile() if name == "COPY"]
        sources = [source for words in copied if not words[0].startswith("--") for source in words]
        assert "feedsvc" in sources
        for source in sources:
            assert (ROOT / source).exists()
            assert not ignored.match_file(source)
        assert not ignored.match_file("feedsvc/web/door.py")
        for file in (".git/config", "deploy/.env", "config.yaml", "tests/clients.py", ".venv/ready",
                     "feedsvc/__pycache__/cli.pyc"):  # fmt: skip
            assert ignored.match_file(file), file

    def test_its_health_check(self, served: FaultyServer, stub: Stub) -> None:
        instruction = dict(dockerfile())["HEALTHCHECK"]
        words = json.loads(instruction[instruction.index("CMD ") + len("CMD ") :])
        assert words[0] == "python"

        def check(port: int) -> int:
            # A proxy for what is outside is not asked.
            told = {"FEEDSVC_SERVER__PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
            return run(sys.executable, *words[1:], env=os.environ | told).returncode

        has_route = ask(served.port, "/healthz").status != 404
        assert check(served.port if has_route else stub.port) == 0
        stub.asked.clear()
        stub.answers["/healthz"] = (503, {})
        assert check(stub.port) != 0
        assert [path for path, _ in stub.asked] == ["/healthz"]
        del stub.answers["/healthz"]
        assert check(free_port()) != 0


class TestCompose:
    @pytest.fixture(scope="class")
    @staticmethod
    def file() -> dict[str, Any]:
        text: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
        return text

    def test_it_is_what_the_specification_allows(self, pytestconfig: pytest.Config) -> None:
        done = run(
            program("check-jsonschema", pytestconfig),
            "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def test_docker_reads_it(self, tmp_path: Path) -> None:
        if not shutil.which("docker") or run("docker", "compose", "version").returncode:
            return  # nobody needs it for these tests
        shutil.copytree(DEPLOY, tmp_path / "deploy")
        file = tmp_path / "deploy" / "compose.yaml"
        example = (DEPLOY / "env.example").read_text()
        (file.parent / ".env").write_text(example.replace("PASSWORD=", "PASSWORD=x"))
        done = run("docker", "compose", "--file", file, "config", "--quiet")
        assert done.returncode == 0, done.stderr

    def test_every_service_is_locked_down(self, file: dict[str, Any]) -> None:
        assert set(file["services"]) == {"proxy", "feedsvc", "database"}
        for name, service in file["services"].items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert "privileged" not in service
            assert "healthcheck" in service or "build" in service  # the image has one
            for volume in service["volumes"]:
                source, _, target = volume.partition(":/")
                assert target.endswith(":ro") or source in file["volumes"], volume
        added = {name: one["cap_add"] for name, one in file["services"].items() if "cap_add" in one}
        assert added == {"proxy": ["NET_BIND_SERVICE"]}

    def test_one_waits_for_the_other(self, file: dict[str, Any]) -> None:
        healthy = {"condition": "service_healthy"}
        services = file["services"]
        assert services["proxy"]["depends_on"] == {"feedsvc": healthy}
        assert services["feedsvc"]["depends_on"] == {"database": healthy}

    def test_the_database_is_reached_by_feedsvc_alone(self, file: dict[str, Any]) -> None:
        services = file["services"]
        assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
        assert [name for name, one in services.items() if "database" in one["networks"]] == [
            "feedsvc", "database",
        ]  # fmt: skip
        assert services["database"]["networks"] == ["database"]
        assert [name for name, one in services.items() if "outside" in one["networks"]] == ["proxy"]
        assert file["networks"]["database"]["internal"] is True
        assert file["networks"]["inside"]["internal"] is True
        assert not any("network_mode" in one for one in services.values())

    def test_no_secret_stands_in_it(self, file: dict[str, Any]) -> None:
        for service in file["services"].values():
            for name, value in service.get("environment", {}).items():
                if "PASSWORD" in name:
                    assert re.fullmatch(r"\$\{FEEDS_DATABASE_PASSWORD(:\?[^}]*)?\}", value)
        assert not re.search(r"//\w+:[^/@\s]+@", (DEPLOY / "compose.yaml").read_text())
        example = (DEPLOY / "env.example").read_text()
        assert re.search(r"^FEEDS_DATABASE_PASSWORD=$", example, re.MULTILINE)
        assert "deploy/.env" in (ROOT / ".gitignore").read_text().splitlines()

    def test_what_is_to_be_filled_in_is_in_the_example(self) -> None:
        asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
        given = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))
        assert asked == given
        # feedsvc would take such a name for one of its settings.
        assert not any(name.startswith("FEEDSVC_") for name in given)

    def test_feedsvc_understands_what_it_is_told(self, file: dict[str, Any]) -> None:
        told = file["services"]["feedsvc"]["environment"] | {
            "FEEDSVC_SITE__URL": "https://feeds.example.org/"
        }
        settings = load_settings(None, told)
        assert settings.index.url == "postgresql+psycopg://feedsvc@database/feedsvc"
        [network] = settings.server.trusted_proxies
        assert file["networks"]["inside"]["ipam"]["config"] == [{"subnet": network}]
        proxies = config_beside("Caddyfile")["server"]["forwarding_headers"]
        assert list(settings.server.forwarding_headers) == proxies


class TestDocumentation:
    text = (ROOT / "docs" / "deploying.md").read_text()

    def test_it_names_what_there_is(self) -> None:
        for file in DEPLOY.iterdir():
            if file.name != ".env":
                assert f"](../deploy/{file.name})" in self.text or f"`{file.name}`" in self.text
        for link in re.findall(r"\]\(([^)]+)\)", self.text):
            assert (ROOT / "docs" / link).exists(), link

    def test_its_configuration_is_one_and_goes_with_the_proxies(self, tmp_path: Path) -> None:
        [config] = re.findall(r"```yaml\n(.*?)```", self.text, re.DOTALL)
        assert yaml.safe_load(config) == {"server": config_beside("nginx.conf")["server"]}
        [line] = re.findall(r"^/opt/feedsvc/bin/(feedsvc init .*)$", self.text, re.MULTILINE)
        words = shlex.split(line.replace("/srv/feedsvc", str(tmp_path)))
        done = run(sys.executable, "-m", *words)
        assert done.returncode == 0, done.stderr
        file = tmp_path / "config.yaml"
        text, count = re.subn(
            r"^server:.*\n", lambda _: config, file.read_text(), flags=re.MULTILINE
        )
        assert count == 1
        file.write_text(text)
        settings = load_settings(file, {})
        assert settings.site.url == config_beside("nginx.conf")["site"]["url"]
        assert settings.site.id_authority == "feeds.example.org"
        assert settings.server.trusted_proxies == ("127.0.0.1/32",)
        assert settings.folders[0].is_dir()

    def test_other_commands_are_run_as_the_service_is(self) -> None:
        [call] = re.findall(r"systemd-run (.*?)/opt/feedsvc/bin/feedsvc", self.text, re.DOTALL)
        given = dict(re.findall(r"--property=(\w+)=(\S+)", call))
        assert given.pop("User") == UNIT.stem  # as systemd calls the account of DynamicUser
        unit = read_unit(UNIT)
        unit["Environment"] = unit["Environment"].replace("%S", "/var/lib")
        assert {name: unit[name] for name in given} == given
        assert {"StateDirectory", "Environment", "EnvironmentFile", "WorkingDirectory"} <= set(
            given
        )
        assert unit["ExecStart"].startswith("/opt/feedsvc/bin/feedsvc ")

    def test_it_names_settings_that_there_are(self) -> None:
        known = (ROOT / "config.yaml").read_text()
        for section, key in re.findall(r"`(site|content|server|serving|index)\.(\w+)`", self.text):
            assert re.search(rf"^{section}:", known, re.MULTILINE) or section == "index"
            assert re.search(rf"^  (# )?{key}:", known, re.MULTILINE), f"{section}.{key}"
