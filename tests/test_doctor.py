"""`feedsvc doctor`: what is wrong with a site as it is set up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from clients import HOST, serving, write_site
from postgres import free_port

from feedsvc.cli import main
from feedsvc.config import load_settings
from feedsvc.doctor import Answer, ask_running, look_at_settings

PUBLIC = {"site__url": "https://news.example.org/", "site__id_authority": "news.example.org",
          "site__since": "2026-01-01"}  # fmt: skip


def doctor(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["doctor", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def said(**options: object) -> list[tuple[str, str]]:
    overrides = {tuple(name.split("__")): value for name, value in options.items()}
    found: list[Answer] = list(look_at_settings(load_settings(None, {}, overrides)))
    return [(one.mark, one.text) for one in found]


def test_a_site_that_is_set_up_well() -> None:
    forwarding = {
        "server__trusted_proxies": ["127.0.0.1"],
        "server__forwarding_headers": ["forwarded"],
    }
    assert said(**PUBLIC, **forwarding) == [
        ("ok", "readers find feedsvc at https://news.example.org/")
    ]


@pytest.mark.parametrize(
    ("options", "mark", "text"),
    [
        ({}, "warning", "site.url isn't set: feeds carry the address of each request"),
        ({}, "warning", "site.id_authority and site.since are left as is"),
        ({"site__since": "2026-01-01"}, "warning", "site.id_authority is left as is"),
        ({"site__url": "http://localhost:8000/"}, "warning",
         "site.url is this machine itself: http://localhost:8000/"),
        ({"site__url": "http://news.example.org/"}, "warning",
         "site.url isn't https: http://news.example.org/"),
        ({"server__trusted_proxies": ["0.0.0.0/0"]}, "error",
         "server.trusted_proxies has 0.0.0.0/0: anybody can say who and where they are"),
        ({"server__trusted_proxies": ["::/0"]}, "error",
         "server.trusted_proxies has ::/0: anybody can say who and where they are"),
        (PUBLIC, "info", "feedsvc listens to this machine alone, so a proxy is in front, which "
         "isn't trusted: for the log and serving.rate all clients are one"),
        (PUBLIC | {"serving__rate": {"requests": 9, "seconds": 9}}, "error",
         "serving.rate counts all clients of the proxy as one"),
        ({"server__trusted_proxies": ["127.0.0.1"]}, "info", "all forwarding headers are believed "
         "from trusted proxies, those too that they pass on from clients"),
        ({"server__host": "0.0.0.0"}, "warning", "any Host is answered, and feeds carry it"),
        ({"server__socket": "s", "server__trusted_proxies": ["127.0.0.1"]}, "warning",
         "feedsvc listens on a socket, and server.trusted_proxies doesn't name it"),
        ({"index__url": "postgresql+psycopg://u:secret@db/feedsvc"}, "info",
         "index.url has a password in it"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(options: dict[str, object], mark: str, text: str) -> None:
    assert (mark, text) in said(**options)
    assert (mark, text) not in said(
        **PUBLIC, server__trusted_proxies=["10.0.0.1"], server__forwarding_headers=["forwarded"],
        server__trusted_hosts=["news.example.org"],
    )  # fmt: skip


def test_one_is_not_many() -> None:
    settings = load_settings(None, {}, {("site", "since"): "2026-01-01"})
    [advice] = [one.advice for one in look_at_settings(settings) if "left as is" in one.text]
    assert advice == "set it before the first subscriber comes: ids are made of it"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_running_server_is_asked_as_its_proxy_would(directory: Path) -> None:
    write_site(directory, "server: {workers: 1, trusted_proxies: [127.0.0.1]}\n")
    config = directory / "config.yaml"
    with serving(directory) as server:
        text = config.read_text().replace("workers: 1", f"workers: 1, port: {server.port}")
        config.write_text(text)
        told = doctor("--json")
        assert told.exit_code == 0, told.stdout
        found = json.loads(told.stdout)
        answers = {(one["about"], one["mark"], one["text"]) for one in found["answers"]}
        assert ("server", "ok", f"feedsvc answers at 127.0.0.1:{server.port}") in answers
        assert ("server", "ok", f"/feed.rss is answered for {HOST}") in answers
        assert ("index", "ok", "a running feedsvc keeps it in step") in answers
        assert {"name": "site.url", "value": f"https://{HOST}/", "place": "config.yaml:1"} in found[
            "options"
        ]
        # What the server runs with isn't what the file says by now.
        config.write_text(text.replace(HOST, "other.example"))
        wrong = doctor()
        assert wrong.exit_code == 1
        assert "/feed.rss is answered with 400 for the host of site.url" in wrong.stdout
        config.write_text(text.replace(f"{HOST}/", f"{HOST}/news/"))
        assert "the feed doesn't call itself" in doctor().stdout or doctor().exit_code == 1
        assert server.process.poll() is None


def test_forged_addresses_are_noticed(directory: Path) -> None:
    write_site(directory, "server: {workers: 1, trusted_proxies: [127.0.0.1]}\n")
    config = directory / "config.yaml"
    config.write_text(config.read_text().replace("site: {url: 'https://news.example.org/'}\n", ""))
    with serving(directory) as server:
        settings = load_settings(config, {}, {("server", "port"): server.port})
        found = {one.text for one in ask_running(settings)}
    assert "a made-up Host is answered with a feed that carries it" in found
    assert (
        "this machine is a trusted proxy: what it forwards decides the addresses in feeds" in found
    )


def test_a_socket_is_asked_for_an_address(directory: Path) -> None:
    (directory / "articles").mkdir()
    (directory / "articles/a.md").write_text("---\ntitle: [\n---\n")
    (directory / "articles/b.md").write_text("---\ntitle: B\ndate: 2026-01-01\n---\n")
    socket = directory / "s"
    config = directory / "config.yaml"
    config.write_text("server: {workers: 1}\n")
    with serving(directory, lambda _: socket, ("--socket", str(socket))):
        settings = load_settings(config, {}, {("server", "socket"): str(socket)})
        assert [(one.mark, one.text) for one in ask_running(settings)][1:2] == [
            ("ok", "/feed.rss is answered for localhost")
        ]
        # Without the option it is looked for elsewhere.
        config.write_text(f"server: {{workers: 1, port: {free_port()}}}\n")
        told = doctor().stdout
    assert "a feedsvc runs, but doesn't answer at 127.0.0.1:" in told
    assert "nobody answers" not in told
    assert f"{directory}/.feedsvc has 1 article, 1 of them seen" in told
    assert "1 problem in articles" in told


def test_nobody_answers_and_nothing_is_there(directory: Path) -> None:
    (directory / "articles").mkdir()
    Path("config.yaml").write_text(f"server: {{port: {free_port()}, metrics_token: {'x' * 20}}}\n")
    answer = doctor()
    assert answer.exit_code == 0
    assert "nobody answers at 127.0.0.1:" in answer.stdout
    assert "there is no index yet: " in answer.stdout
    assert 'server.metrics_token = "(hidden)"  (config.yaml:1)' in answer.stdout
    assert "x" * 20 not in answer.stdout
    assert not (directory / ".feedsvc").exists()


def test_another_program_answers(directory: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    (directory / "articles").mkdir()
    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        Path("config.yaml").write_text(f"server: {{port: {server.server_port}}}\n")
        answer = doctor()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer.exit_code == 1
    assert f"another program answers at 127.0.0.1:{server.server_port}" in answer.stdout


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (lambda: None, "expected a folder at "),
        (lambda: Path("articles").touch(), ", found a file"),
    ],
)
def test_a_folder_that_is_none(directory: Path, prepare: Callable[[], None], text: str) -> None:
    prepare()
    answer = doctor()
    assert answer.exit_code == 1
    assert text in answer.stdout
    assert "options that were given\n  none: the defaults hold\n" in answer.stdout


def test_variables_and_options_are_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "mine").mkdir()
    monkeypatch.setenv("FEEDSVC_SITE__TITLE", "From a variable")
    answer = doctor("--content", "mine")
    assert 'site.title = "From a variable"  (FEEDSVC_SITE__TITLE)' in answer.stdout
    assert f'content.folders = ["{directory}/mine"]  (the command)' in answer.stdout


def test_a_faulty_configuration(directory: Path) -> None:
    Path("config.yaml").write_text("site:\n  titel: x\n  icon: nowhere.png\n")
    answer = doctor()
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "config.yaml:2: site.titel: unknown key" in answer.stderr
    Path("config.yaml").write_text("site:\n  icon: nowhere.png\n")
    assert "site.icon: expected a PNG, JPEG, GIF or WebP file" in doctor().stdout
