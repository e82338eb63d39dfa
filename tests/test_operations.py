"""What those see who run the server: probes, metrics, logs, and a configuration taken up."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from clients import ask, put, serving, write_site
from faults import FaultyServer, wait_until
from prometheus_client.parser import text_string_to_metric_families
from support import NOW, ROOT, Clock, Site

import feedsvc
from feedsvc.config import Settings, load_settings
from feedsvc.config.renewal import NEEDS_RESTART, renew
from feedsvc.index.health import IndexHealth
from feedsvc.index.indexer import Indexer
from feedsvc.index.process import IndexerProcess
from feedsvc.index.store import Store
from feedsvc.logs import LogOptions, request_named
from feedsvc.progress import show_progress
from feedsvc.web import create_app
from feedsvc.web.operations import STALE
from feedsvc.wiring import make_app, now, task_of

TOKEN = "a-long-random-text-0123456789"
HERE = {"Host": "127.0.0.1:8000"}
KNOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    """Two workers that log each request as JSON, and take a token."""
    directory = tmp_path_factory.mktemp("operations")
    write_site(
        directory,
        f"server: {{workers: 2, metrics_token: {TOKEN}, trusted_proxies: [127.0.0.3]}}\n"
        "logging: {format: json, access: true}\nserving: {delta: true}\n",
    )
    with serving(directory) as running:
        yield running


def samples(text: str) -> dict[tuple[str, ...], float]:
    """The values by name and labels, the labels in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def lines(server: FaultyServer) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def requests(server: FaultyServer) -> list[dict[str, object]]:
    return [line for line in lines(server) if line["event"] == "request"]


class TestProbes:
    @pytest.mark.parametrize("host", ["anything.example", "10.0.0.7:8000", "127.0.0.1"])
    def test_they_are_answered_under_any_host(self, server: FaultyServer, host: str) -> None:
        for path, body in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
            answer = ask(server.port, path, {"Host": host})
            assert (answer.status, answer.body, answer["cache-control"]) == (200, body, "no-store")

    def test_other_methods(self, server: FaultyServer) -> None:
        assert ask(server.port, "/healthz", method="HEAD").body == b""
        answer = ask(server.port, "/readyz", method="POST")
        assert (answer.status, answer["allow"]) == (405, "GET, HEAD")

    def test_not_ready_before_the_articles_are_read(self, make_site: Callable[..., Site]) -> None:
        site = make_site()
        assert site.client.get("/healthz").status_code == 200
        answer = site.client.get("/readyz")
        assert answer.status_code == 503
        assert "haven't been read yet" in answer.text
        assert "Retry-After" in answer.headers
        site.read()
        assert site.client.get("/readyz").status_code == 200

    def test_not_ready_when_the_index_has_been_failing(self, site: Site) -> None:
        site.read()
        health, clock = IndexHealth(), Clock()
        client = create_app(site.settings, site.store, clock, health=health).test_client()
        health.failing(clock.now)
        clock.now = NOW + STALE
        assert client.get("/readyz").status_code == 200
        clock.now += timedelta(seconds=1)
        health.failing(clock.now)  # it counts from the first time
        assert (
            "hasn't been in step with the folders since 12:00:00 UTC" in client.get("/readyz").text
        )
        health.in_step(clock.now)
        assert client.get("/readyz").status_code == 200

    def test_not_ready_when_nothing_is_heard_of_the_indexer(self, site: Site) -> None:
        site.read()
        health, clock = IndexHealth(), Clock()
        client = create_app(site.settings, site.store, clock, health=health).test_client()
        health.in_step(clock.now)
        health.alive(clock.now, 100)
        clock.now = NOW + timedelta(seconds=100) + STALE
        assert client.get("/readyz").status_code == 200
        clock.now += timedelta(seconds=1)
        answer = client.get("/readyz")
        assert (answer.status_code, "silent since 12:01:40 UTC" in answer.text) == (503, True)
        numbers = samples(client.get("/metrics", base_url="http://127.0.0.1/").text)
        assert numbers["feedsvc_index_failing",] == 1
        health.alive(clock.now)
        assert client.get("/readyz").status_code == 200


class TestWhoTellsOfTheIndex:
    """Several indexers share an index, and some of them an `IndexHealth`."""

    @contextmanager
    def running(self, site: Site, health: IndexHealth) -> Iterator[threading.Event]:
        """An indexer with a clock of its own; what is given tells that it has looked."""
        synced, stopped = threading.Event(), threading.Event()
        indexer = Indexer(
            task_of(site.settings), synced, now, lambda _: nullcontext(lambda _: None), health
        )
        thread = threading.Thread(target=indexer.run, args=(stopped,))
        thread.start()
        try:
            yield synced
        finally:
            stopped.set()
            thread.join()

    @contextmanager
    def held(self, site: Site) -> Iterator[None]:
        """An index that is complete, and that somebody has the right to write."""
        with self.running(site, IndexHealth()) as synced:
            assert synced.wait(10)
        with closing(Store(task_of(site.settings).place)) as store:
            lock = store.database.lock()
            assert lock is not None
            with closing(lock):
                yield

    def test_who_waits_leaves_the_writers_word(self, site: Site) -> None:
        health = IndexHealth()
        health.begin()  # by a process that is alive, and holds the lock
        health.failing(NOW)
        with self.held(site), self.running(site, health) as synced:
            assert synced.wait(10)  # it waits for the lock, and has seen who has it
            assert (health.failing_since, health.in_step_at) == (NOW, None)

    def test_of_another_servers_writer_nothing_is_known(self, site: Site) -> None:
        health = IndexHealth()
        ended = subprocess.Popen(["/bin/true"])
        with patch("os.getpid", return_value=ended.pid):
            health.begin()
        ended.wait()
        health.in_step(NOW)
        health.failing(NOW)
        health.alive(NOW)
        with self.held(site), self.running(site, health) as synced:
            assert synced.wait(10)
            told = (health.failing_since, health.in_step_at, health.heard_at)
            assert told == (None, None, None)

    def test_who_writes_is_heard_of_all_the_time(self, site: Site) -> None:
        health = IndexHealth()
        with self.running(site, health) as synced:
            assert synced.wait(10)
            wait_until(lambda: health.in_step_at is not None)
            first = health.heard_at
            assert first
            wait_until(lambda: (health.heard_at or first) > first)


def test_an_indexer_that_is_killed_again_and_again_is_failing(tmp_path: Path) -> None:
    health = IndexHealth()
    indexer = IndexerProcess(
        task_of(Settings(directory=tmp_path)), now, show_progress, _die, health
    )
    indexer.start()
    try:
        wait_until(lambda: health.failing_since is not None)
    finally:
        indexer.stop()


def _die() -> None:
    os._exit(1)


class TestMetrics:
    def test_all_processes_count_together(self, server: FaultyServer) -> None:
        def read() -> dict[tuple[str, ...], float]:
            answer = ask(server.port, "/metrics", KNOWN)
            assert answer.status == 200
            return samples(answer.body.decode())

        def requested(found: dict[tuple[str, ...], float], *labels: str) -> float:
            return sum(
                value
                for name, value in found.items()
                if name[0] == "feedsvc_requests_total" and name[2:5] == labels
            )

        before = read()
        tag = ask(server.port, "/topics/sea.rss").tag
        for _ in range(20):
            assert ask(server.port, "/topics/sea.rss").status == 200
            assert ask(server.port, "/topics/sea.rss", {"If-None-Match": tag}).status == 304
        full, unchanged = ("topics/sea", "rss", "200"), ("topics/sea", "rss", "304")
        # Each process adds up once a second.
        wait_until(
            lambda: (
                requested(read(), *full) - requested(before, *full) == 21
                and requested(read(), *unchanged) - requested(before, *unchanged) == 20
            )
        )
        after = read()
        size = len(ask(server.port, "/topics/sea.rss").body)
        saved = ("feedsvc_saved_bytes_total", "not_modified")
        assert after[saved] - before.get(saved, 0) == 20 * size
        known = ("feedsvc_requests_total", "known", *full)
        assert after[known] > 10
        assert after["feedsvc_render_seconds_count", "rss"] >= 1
        assert after["feedsvc_sync_seconds_count",] >= 1
        assert after["feedsvc_articles", "visible"] == 8
        assert after["feedsvc_index_ready",] == 1
        assert after["feedsvc_index_failing",] == 0

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 401),
            (KNOWN, 200),
            ({"Authorization": f"bearer  {TOKEN} "}, 200),
            ({"Authorization": f"Bearer {TOKEN}x"}, 401),
            ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
            ({"Authorization": f"Basic {TOKEN}"}, 401),
            ({"Authorization": "Bearer é"}, 401),
            ({"Authorization": "Bearer "}, 401),
            (HERE, 401),  # a proxy on this machine may ask like this
        ],
    )
    def test_who_may_read_them(
        self, server: FaultyServer, headers: dict[str, str], status: int
    ) -> None:
        answer = ask(server.port, "/metrics", headers)
        assert answer.status == status
        assert (answer["www-authenticate"] is not None) == (status == 401)
        assert (b"feedsvc_articles" in answer.body) == (status == 200)

    @pytest.mark.parametrize(
        "traces",
        [
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_VIA": "1.1 proxy"},
            {"SERVER_PROTOCOL": "HTTP/1.0"},
        ],
    )
    def test_without_a_token_traces_of_a_proxy_are_refused(
        self, site: Site, traces: dict[str, str]
    ) -> None:
        site.read()
        here = "http://127.0.0.1/"
        answer = site.client.get("/metrics", environ_overrides=traces, base_url=here)
        assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (403, False)

    def test_without_a_token_nobody_elsewhere_may(self, site: Site) -> None:
        site.read()
        elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
        answer = site.client.get("/metrics", environ_base=elsewhere, base_url="http://127.0.0.1/")
        assert answer.status_code == 403
        assert site.client.get("/metrics", base_url="http://127.0.0.1/").status_code == 200

    def test_made_up_addresses_make_no_new_series(self, site: Site) -> None:
        site.read()
        for number in range(50):
            site.client.get(f"/topics/nobody-{number}.rss")
            site.client.get(f"/custom.rss?q=word{number}")
        text = site.client.get("/metrics", base_url="http://127.0.0.1/").text
        assert "nobody" not in text
        assert "word" not in text
        assert 'feed="custom"' in text

    def test_a_known_answer_is_counted_by_its_feed_whatever_it_was_asked_for_by(
        self, make_site: Callable[..., Site]
    ) -> None:
        site = make_site(
            site__url="https://news.example.org/news/",
            serving__rate={"requests": 2, "seconds": 60},
        )
        site.read()
        client = make_app(site.settings, site.store).test_client()
        before = samples(client.get("/metrics", base_url="http://127.0.0.1/").text)
        for number, path in enumerate(("/news/feed.rss", "/news/rss.xml")):
            here = {"REMOTE_ADDR": f"203.0.113.{number}"}
            statuses = [client.get(path, environ_base=here).status_code for _ in range(4)]
            assert statuses == [200, 200, 429, 429]
        after = samples(client.get("/metrics", base_url="http://127.0.0.1/").text)
        counted = {
            name[1:]: value - before.get(name, 0)
            for name, value in after.items()
            if name[0] == "feedsvc_requests_total" and value != before.get(name, 0)
            if name[3] != "other"  # the metrics themselves
        }
        assert sum(counted.values()) == 8
        assert {labels[1:3] for labels in counted} == {("feed", "rss")}
        assert sum(number for labels, number in counted.items() if labels[3] == "429") == 4

    def test_open_metrics(self, server: FaultyServer) -> None:
        answer = ask(server.port, "/metrics", KNOWN | {"Accept": "application/openmetrics-text"})
        assert (answer["content-type"] or "").startswith("application/openmetrics-text")
        assert answer.body.endswith(b"# EOF\n")

    def test_deltas_save_bytes(self, server: FaultyServer) -> None:
        tag = ask(server.port, "/feed.atom").tag
        put(server.directory / "articles", "story-9", "slug: story-9\ntopics: [Deep Water]")
        known = {"If-None-Match": tag, "A-IM": "feed"}
        wait_until(lambda: ask(server.port, "/feed.atom").tag != tag)
        # Each worker follows by itself, the last one a moment later.
        part = next(
            answer
            for _ in range(99)
            if (answer := ask(server.port, "/feed.atom", known)).status == 226
        )
        wait_until(lambda: ask(server.port, "/feed.atom").tag == part.tag)
        whole = next(
            answer for _ in range(99) if (answer := ask(server.port, "/feed.atom")).tag == part.tag
        )

        def saved() -> float | None:
            found = samples(ask(server.port, "/metrics", KNOWN).body.decode())
            return found.get(("feedsvc_saved_bytes_total", "delta"))

        wait_until(lambda: saved() == len(whole.body) - len(part.body))
        (server.directory / "articles" / "story-9.md").unlink()
        wait_until(lambda: b"story-9" not in ask(server.port, "/feed.atom").body)


class TestLogs:
    def test_each_request_is_one_line(self, server: FaultyServer) -> None:
        answer = ask(
            server.port,
            "/feed.json?utm_source=x",
            {"User-Agent": 'reader "1.0"\ttab', "Cookie": "secret"},
        )
        name = answer["x-request-id"]
        wait_until(lambda: any(line["request"] == name for line in requests(server)))
        [line] = [line for line in requests(server) if line["request"] == name]
        assert line | {"time": "", "ms": 0, "cache": ""} == {
            "time": "",
            "level": "info",
            "logger": "feedsvc.access",
            "event": "request",
            "method": "GET",
            "path": "/feed.json?utm_source=x",
            "status": 200,
            "bytes": len(answer.body),
            "ms": 0,
            "cache": "",
            "client": "127.0.0.1",
            "agent": '"reader \\"1.0\\"\\ttab"',
            "request": name,
        }
        assert "secret" not in server.log

    def test_each_request_has_a_name_of_its_own(self, server: FaultyServer) -> None:
        names = [ask(server.port, "/feed.rss")["x-request-id"] for _ in range(10)]
        assert len(set(names)) == 10

    def test_names_are_taken_from_trusted_proxies_alone(self, server: FaultyServer) -> None:
        given = {"X-Request-Id": "from-elsewhere-1"}
        assert ask(server.port, "/feed.rss", given)["x-request-id"] != "from-elsewhere-1"

    def test_nobody_writes_lines_of_their_own(self, server: FaultyServer) -> None:
        ask(server.port, "/%0d%0a%7b%22event%22:%22forged%22%7d")
        ask(server.port, "/feed.rss", {"User-Agent": 'x", "event": "forged'})
        wait_until(lambda: any("forged" in str(line["agent"]) for line in requests(server)))
        assert not any(line["event"] == "forged" for line in lines(server))

    def test_nobody_writes_lines_of_their_own_under_other_servers(
        self, make_site: Callable[..., Site], caplog: pytest.LogCaptureFixture
    ) -> None:
        site = make_site(logging__access=True)
        site.read()
        with caplog.at_level(logging.INFO, "feedsvc.access"):
            site.client.get("/a%0ab", headers={"User-Agent": "x\x1b[31m\x85 y"})
        [line] = caplog.messages
        assert ' path="/a\\nb" ' in line
        assert ' agent="x\\u001b[31m\\u0085 y" ' in line

    def test_the_token_is_never_logged(self, server: FaultyServer) -> None:
        ask(server.port, "/metrics", KNOWN)
        ask(server.port, f"/feed.rss?{TOKEN}")
        wait_until(lambda: any("(hidden)" in str(line["path"]) for line in requests(server)))
        assert TOKEN not in server.log

    def test_a_trusted_proxys_name_is_kept(self, make_site: Callable[..., Site]) -> None:
        site = make_site(
            server__trusted_proxies=["127.0.0.1"], logging__access=True, logging__format="json"
        )
        site.read()
        for given, kept in (("abc-0123456789", True), ("short", False), ("x" * 65, False)):
            answer = site.client.get("/feed.rss", headers={"X-Request-Id": given})
            assert (answer.headers["X-Request-Id"] == given) is kept


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., list[str]]]:
    """Log as somebody wants it, and see what is written."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def log(options: LogOptions, *events: tuple[object, ...]) -> list[str]:
        options()
        for event in events:
            logging.getLogger("feedsvc.test").log(*event)  # type: ignore[arg-type]
        return capfd.readouterr().err.splitlines()

    yield log
    root.handlers[:] = before[0]
    root.setLevel(before[1])


def test_events_as_text(logged: Callable[..., list[str]]) -> None:
    with request_named("r-1"):
        [line] = logged(LogOptions(), (logging.INFO, "articles read added=%d", 3))
    assert re.fullmatch(r"\S+ \S+ INFO articles read added=3 request=r-1", line)


def test_events_as_json(logged: Callable[..., list[str]]) -> None:
    with request_named("r-1"):
        found = logged(
            LogOptions("json"),
            (logging.INFO, "articles read added=%d rate=%d/s of=%s", 3, 7, "a b"),
            (logging.WARNING, "%s", "one: two=3"),
            (logging.ERROR, "plain 100%"),
        )
    first, second, third = map(json.loads, found)
    assert (first["event"], first["added"], first["rate"], first["of"]) == (
        "articles read",
        3,
        7,
        "a b",
    )
    assert (second["event"], second["level"], second["request"]) == ("one: two=3", "warning", "r-1")
    assert third["event"] == "plain 100%"


def test_secrets_are_never_written(logged: Callable[..., list[str]]) -> None:
    options = LogOptions(secrets=("pass word",))
    lines = logged(options, (logging.ERROR, "can't connect with pass word url=%s", "x:pass word@y"))
    assert "pass word" not in "".join(lines)
    assert "(hidden)" in lines[0]


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_with_signs_are_never_written(logged: Callable[..., list[str]], form: str) -> None:
    secret = 'pa"ss\\w0rd-é'
    events = (
        (logging.ERROR, f"plain {secret}"),
        (logging.ERROR, "said url=%s n=%d", f"x:{secret}@y", 3),
        (logging.ERROR, "seen value=%r", secret),
        (logging.ERROR, "kept values=%s", [secret]),
    )
    lines = logged(LogOptions(form, secrets=(secret,)), *events)
    handler = logging.getLogger().handlers[0]
    record = logging.LogRecord(
        "a", logging.ERROR, "a", 1, "failed", (), (ValueError, ValueError(secret), None)
    )
    lines.append(handler.format(record))
    assert len(lines) == 5
    for line in lines:
        assert "(hidden)" in line
        assert "w0rd" not in line
    if form == "json":
        assert json.loads(lines[1])["n"] == 3


def test_the_level(logged: Callable[..., list[str]]) -> None:
    lines = logged(LogOptions(level="warning"), (logging.INFO, "no"), (logging.WARNING, "yes"))
    assert len(lines) == 1


class TestRenewal:
    def settings(self, **sections: object) -> Settings:
        overrides = {tuple(name.split("__")): value for name, value in sections.items()}
        return load_settings(None, {}, overrides)

    def test_what_can_be_taken_up(self) -> None:
        present = self.settings(site__title="One", feeds__limit=10, server__port=8001)
        wanted = self.settings(
            site__title="Two", feeds__limit=20, server__port=9000, server__trusted_hosts=["a.example"],
            site__language="de", content__folders=["x"], topics={"Sea": {"title": "The sea"}},
        )  # fmt: skip
        renewal = renew(present, wanted)
        assert set(renewal.taken_up) == {
            "site.title", "feeds.limit", "server.trusted_hosts", "topics.Sea"
        }  # fmt: skip
        assert set(renewal.needs_restart) == {"server.port", "site.language", "content.folders"}
        taken = renewal.settings
        assert (taken.site.title, taken.feeds.limit, taken.site.language) == ("Two", 20, "en")
        assert (taken.server.port, taken.server.trusted_hosts) == (8001, ("a.example",))
        assert taken.content == present.content
        assert taken.directory == present.directory

    def test_nothing_changed(self) -> None:
        present = self.settings(site__title="One")
        renewal = renew(present, present)
        assert (renewal.taken_up, renewal.needs_restart, renewal.settings) == ((), (), present)

    def test_what_goes_from_the_file_has_its_default_again(self) -> None:
        renewal = renew(self.settings(site__title="One", feeds__limit=3), self.settings())
        assert renewal.settings.feeds.limit == 50
        assert renewal.settings.site.title == "News"

    @pytest.mark.parametrize("name", NEEDS_RESTART)
    def test_the_names_are_options(self, name: str) -> None:
        value: object = Settings()
        for part in name.split("."):
            assert part in type(value).model_fields  # type: ignore[attr-defined]
            value = getattr(value, part)


def test_a_changed_configuration_is_taken_up(tmp_path: Path) -> None:
    write_site(tmp_path, "server: {workers: 1}\n")
    config = tmp_path / "config.yaml"
    with serving(tmp_path) as server:

        def titled(title: str) -> bool:
            return f'"title": "{title}"'.encode() in ask(server.port, "/feed.json").body

        assert titled("News")
        text = config.read_text()
        config.write_text(text.replace("site: {", "site: {titel: Typo, "))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "did you mean 'title'?" in server.log)
        assert "the configuration stays as it was" in server.log
        config.rename(tmp_path / "away.yaml")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "config.yaml: the configuration can't be read" in server.log)
        assert server.log.count("the configuration stays as it was") == 2
        config.write_text(
            text.replace("site: {", "site: {title: Renewed, timezone: Europe/Berlin, ")
        )
        os.kill(server.process.pid, signal.SIGHUP)
        wait_until(lambda: titled("Renewed"))
        assert "the configuration was read again changed=site.title" in server.log
        assert "feedsvc has to be started again: site.timezone" in server.log
        assert "site.title" not in server.log.split("started again: ")[1].splitlines()[0]


def test_the_documentation_names_what_there_is() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    source = "".join(
        (Path(feedsvc.__file__).parent / name).read_text(encoding="utf-8")
        for name in ("metrics.py", "web/operations.py")
    )
    names = set(re.findall(r'"(feedsvc_[a-z_]+)"', source))
    told = set(re.findall(r"^\| `(feedsvc_[a-z_]+)`", text, re.MULTILINE))
    assert {name.removesuffix("_total") for name in told} == names
    for name in NEEDS_RESTART:
        assert f"`{name}`" in text
