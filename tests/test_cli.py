"""`feedsvc serve` as its user runs it: a real process on a real port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults import wait_until
from side_by_side import free_port
from support import ROOT

FEEDSVC = Path(sys.executable).with_name("feedsvc")
SCRIPT = ROOT / "tests" / "make-environment.sh"


class Server:
    """A running `feedsvc serve`; `report` is the block it printed."""

    def __init__(self, *arguments: object, directory: Path) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [FEEDSVC, "serve", "--port", str(self.port), *map(str, arguments)],
            cwd=directory,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        overdue = threading.Timer(30, self.process.kill)
        overdue.start()
        self.report = self._read_report()
        overdue.cancel()

    def _read_report(self) -> str:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "all articles" in line:
                break
        return "".join(lines)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*arguments: object, directory: Path = tmp_path) -> Server:
        servers.append(Server(*arguments, directory=directory))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def run(*arguments: object, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FEEDSVC, *map(str, arguments)],
        cwd=directory, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def write(folder: Path, name: str, front_matter: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"---\n{front_matter}\n---\n")


def test_the_installed_package_is_tested() -> None:
    import feedsvc

    if os.environ.get("CI"):
        assert "site-packages" in feedsvc.__file__


def test_a_folder_becomes_feeds(serve: Callable[..., Server], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder, "a.md", "title: Mine\npublishedDateTime: 2026-01-01\ntopics: [Sea]\nprovider: P")
    write(folder, "b.md", "title: Held\npublishedDateTime: 2026-01-01\npublished: false")
    write(folder, "c.md", "title: Later\npublishedDateTime: 2999-01-01")
    write(folder, "d.md", "title: [x]")
    server = serve("--content", folder)
    address = f"http://127.0.0.1:{server.port}/"
    assert "  3 articles in " + str(folder) in server.report
    assert "  configured by nothing: the defaults hold\n" in server.report
    assert "  1 published, in 1 topic from 1 provider\n" in server.report
    assert "  1 article is held back by published, draft or status\n" in server.report
    assert "  1 article is held back until the date comes\n" in server.report
    preview = re.search(r"  to preview what is held back: (.*)\n", server.report)
    assert preview is not None
    assert preview[1] == (
        f"{FEEDSVC} serve --content {folder} --host 127.0.0.1 --port {server.port + 1} --unpublished"
    )
    assert (
        "  1 file left out:\n    mine/d.md:2: title: expected text, found a list\n" in server.report
    )
    assert f"  start page     {address}\n" in server.report
    assert f"  all articles   {address}feed.rss  .atom  .json\n" in server.report
    assert "Mine" in server.get("/feed.rss")
    assert "Held" not in server.get("/feed.rss") + server.get("/")
    assert server.stop() == 0


def test_a_changed_file_is_noticed(serve: Callable[..., Server], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder, "a.md", "title: First\npublishedDateTime: 2026-01-01")
    (tmp_path / "config.yaml").write_text(
        "content: {folders: [mine], watch_seconds: 0.05}\nsite: {title: Watched}\n"
    )
    server = serve()
    assert "Watched" in server.report
    assert "First" in server.get("/feed.json")
    write(folder, "a.md", "title: Second, longer\npublishedDateTime: 2026-01-01\nheat: hot")
    assert server.process.stdout is not None
    noticed = next(line for line in server.process.stdout if "articles read again" in line)
    assert "added=0 changed=1 removed=0" in noticed
    assert "mine/a.md:4: heat: expected a whole number, found 'hot'" in next(server.process.stdout)
    wait_until(lambda: "Second, longer" in server.get("/feed.json"))
    assert server.stop(signal.SIGINT) == 0


def test_the_two_real_articles_alone(serve: Callable[..., Server], tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for seed in (ROOT / "seeds").glob("2023-07-*.md"):
        (folder / seed.name).write_bytes(seed.read_bytes())
    server = serve("--content", folder)
    assert (
        "  0 published\n  2 articles are held back by published, draft or status\n" in server.report
    )
    assert "Nothing is published yet" in server.get("/")
    assert "<item>" not in server.get("/topics/ai.rss")
    server.stop()
    preview = serve("--content", folder, "--unpublished")
    assert "China says" in preview.get("/topics/ai.rss")
    assert "Preview." in preview.get("/")


def test_a_report_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder, "a.md", "title: A\npublishedDateTime: 2026-01-01")
    (tmp_path / "config.yaml").write_text("content: {folders: [mine], watch_seconds: 0.05}\n")
    port = free_port()
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [FEEDSVC, "serve", "--port", str(port)],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert process.stderr is not None
    overdue = threading.Timer(30, process.kill)
    overdue.start()
    try:
        assert any("the report could not be printed" in line for line in process.stderr)
        write(folder, "a.md", "title: A\npublishedDateTime: 2026-01-01\npublished: false")
        assert any("articles read again" in line for line in process.stderr)
        address = f"http://127.0.0.1:{port}/feed.json"
        wait_until(lambda: b'"items": []' in urllib.request.urlopen(address, timeout=10).read())
    finally:
        process.terminate()
        process.communicate(timeout=30)
        overdue.cancel()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = run("serve", "--port", port, directory=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == (
        f"Port {port} on 127.0.0.1 is in use by another program. "
        "Stop that one, or choose another with --port.\n"
    )


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    answer = run("serve", "--content", "nowhere", directory=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == (
        f"content.folders: expected a folder of articles at {tmp_path}/nowhere, found nothing. "
        "Name yours with --content DIR or in config.yaml.\n"
    )


def test_an_empty_folder_says_what_to_do(serve: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    server = serve()
    assert "no articles yet: put Markdown files with YAML front matter there" in server.report


def test_a_faulty_configuration_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("site:\n  titel: x\n")
    answer = run("serve", directory=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.splitlines()[0] == (
        "config.yaml:2: site.titel: unknown key; did you mean 'title'?"
    )


def test_another_programs_configuration_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("baseURL: https://hugo.example/\n")
    answer = run("serve", directory=tmp_path)
    assert answer.stderr.startswith("config.yaml:1: baseURL: unknown key; ")
    assert "Name feedsvc's own with --config FILE." in answer.stderr


def test_a_preview_is_never_offered_to_others(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    answer = run("serve", "--unpublished", "--host", "0.0.0.0", directory=tmp_path)
    assert answer.returncode == 2
    assert "expected a loopback host such as 127.0.0.1, found 0.0.0.0" in answer.stderr


def test_every_option_is_in_the_reference(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    _, _, section = text.partition("\n## feedsvc serve\n")
    section, _, _ = section.partition("\n## ")
    for option in set(re.findall(r"--[a-z]+", run("serve", "--help", directory=tmp_path).stdout)):
        if option != "--help":
            assert f"- `{option}" in section


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("exit 0", ""),
        ('[ "$1" = -c ] && exit 1; echo Python 3.9.2', "feedsvc needs Python 3.11 or newer; "),
        (
            'case "$2" in *venv*) exit 1;; esac; exit 0',
            "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv\n",
        ),
    ],
)
def test_a_machine_that_lacks_something_is_told_once(
    tmp_path: Path, program: str, message: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{program}\n")
    fake.chmod(0o755)
    answer = subprocess.run(
        ["sh", SCRIPT, fake, tmp_path / "env"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == (1 if message else 0)
    assert answer.stderr.startswith(message)
    assert len(answer.stderr.splitlines()) == (1 if message else 0)


def test_a_machine_without_python(tmp_path: Path) -> None:
    answer = subprocess.run(
        ["sh", SCRIPT, "python-nowhere", tmp_path / "env"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (
        answer.stderr
        == "feedsvc needs Python 3.11 or newer, and there is no python-nowhere here.\n"
    )


def test_postgresql_without_its_driver_says_what_to_install(tmp_path: Path) -> None:
    write(tmp_path / "mine", "a.md", "title: A\npublishedDateTime: 2026-01-01")
    (tmp_path / "psycopg.py").write_text("raise ImportError\n")
    for command in ("index", "serve"):
        answer = subprocess.run(
            [FEEDSVC, command, "--content", "mine"],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
            env=os.environ | {
                "PYTHONPATH": str(tmp_path),
                "FEEDSVC_INDEX__URL": "postgresql+psycopg://u:secret@localhost/d",
            },
        )  # fmt: skip
        assert answer.returncode == 2
        assert "pip install 'feedsvc[postgresql]'" in answer.stderr
        assert "secret" not in answer.stderr + answer.stdout
        assert "Traceback" not in answer.stderr


def test_an_index_is_brought_up_to_date_once(tmp_path: Path) -> None:
    write(tmp_path / "mine", "a.md", "title: A\npublishedDateTime: 2026-01-01\ntopics: [Sea]")
    write(tmp_path / "mine", "b.md", "title: [x]")
    first = run("index", "--content", "mine", directory=tmp_path)
    assert first.returncode == 0
    assert "  1 article in " in first.stdout
    assert "mine/b.md:2: title: expected text, found a list" in first.stdout
    assert first.stdout.endswith("  2 added, 0 changed, 0 removed\n")
    assert sorted(path.suffix for path in (tmp_path / ".feedsvc").iterdir()) == [".lock", ".sqlite"]
    again = run("index", "--content", "mine", directory=tmp_path)
    assert again.stdout.endswith("  0 added, 0 changed, 0 removed\n")
    rebuilt = run("index", "--content", "mine", "--rebuild", directory=tmp_path)
    assert rebuilt.stdout.endswith("  2 added, 0 changed, 0 removed\n")


def test_a_misspelt_name_in_a_saved_feed_is_told(tmp_path: Path) -> None:
    write(tmp_path / "mine", "a.md", "title: A\npublishedDateTime: 2026-01-01\ntopics: [Sea]")
    (tmp_path / "config.yaml").write_text(
        "content: {folders: [mine]}\nfeeds: {saved: {best: {topic: See, not_topic: sea}}}\n"
    )
    answer = run("index", directory=tmp_path)
    assert answer.returncode == 0
    assert (
        "feeds.saved.best: topic: expected a name that articles use, found 'see'; "
        "did you mean 'sea'?"
    ) in answer.stdout
    (tmp_path / "config.yaml").write_text(
        "content: {folders: [mine]}\nfeeds: {saved: {best: {min_quality: high}}}\n"
    )
    answer = run("serve", directory=tmp_path)
    assert answer.returncode == 2
    assert "config.yaml:2: feeds.saved.best.min_quality: expected a whole number" in answer.stderr


def test_a_misspelt_command_is_told_with_the_one_that_is_meant(tmp_path: Path) -> None:
    done = run("chek", directory=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("Error: No such command 'chek'. Did you mean 'check'?\n")
    assert "mean" not in run("xyz", directory=tmp_path).stderr


def test_the_help_is_whole_and_has_a_short_name(tmp_path: Path) -> None:
    told = run("-h", directory=tmp_path).stdout
    assert told == run("--help", directory=tmp_path).stdout
    assert "..." not in told.partition("Commands:")[2]
    assert run("check", "-h", directory=tmp_path).stdout.startswith("Usage: feedsvc check ")
