"""The benchmarks: an archive that is always the same, of the sizes of a real one; loads that
count right and take no wrong answer for a right one.
"""

import gzip
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import ROOT, RULES, source_of

from benchmarks import crowd, quiet
from benchmarks.answers import Answer, Ask, checked
from benchmarks.load import Report, check, read_report
from benchmarks.measure import MeasureError, connected
from benchmarks.paced import Paced
from benchmarks.peers import check_same_entries
from benchmarks.serving_figures import ratios
from feedsvc.content.article import read_article

FEED = b"<rss/>" * 50


def write(directory: Path, *options: str) -> list[Path]:
    command = [sys.executable, "-m", "benchmarks.archive", *options, str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return sorted(directory.glob("*.md"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> list[Path]:
    return write(tmp_path_factory.mktemp("archive"), "--articles", "500")


def test_the_same_seed_gives_the_same_articles_and_another_seed_others(archive, tmp_path):
    again = write(tmp_path / "again", "--articles", "500")
    others = write(tmp_path / "others", "--articles", "500", "--seed", "2")
    assert [file.name for file in again] == [file.name for file in archive]
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in archive]
    assert not {file.read_bytes() for file in others} & {file.read_bytes() for file in archive}


def test_the_sizes_are_those_of_a_real_archive(archive):
    sizes = [file.stat().st_size for file in archive]
    cuts = statistics.quantiles(sizes, n=100)
    assert len(sizes) == 500
    assert statistics.fmean(sizes) == pytest.approx(24_000, rel=0.05)
    assert statistics.median(sizes) == pytest.approx(9_600, rel=0.05)
    assert cuts[89] == pytest.approx(99_000, rel=0.1)
    assert cuts[98] == pytest.approx(143_000, rel=0.05)


def test_small_articles_have_the_size_of_the_seeds(tmp_path):
    sizes = [
        file.stat().st_size for file in write(tmp_path, "--articles", "200", "--kind", "seeds")
    ]
    assert statistics.fmean(sizes) == pytest.approx(3_000, rel=0.1)


def test_every_article_is_read_without_any_problem(archive):
    parsed = [read_article(source_of(file, file.parent), RULES) for file in archive[::5]]
    problems = [problem for one in parsed for problem in one.problems]
    assert [problem for problem in problems if problem.severity != "info"] == []
    articles = [one.article for one in parsed if one.article is not None]
    assert len(articles) == 100
    assert all(article.is_published and article.provider for article in articles)
    assert len({article.id for article in articles}) == 100
    assert {len(article.topics) for article in articles} == {1, 2, 3, 4}
    assert 0 < sum(bool(article.html) for article in articles) < 20


def test_an_archive_is_never_mixed_with_other_files(archive):
    with pytest.raises(subprocess.CalledProcessError):
        write(archive[0].parent, "--articles", "500")


def test_the_report_of_wrk_is_read():
    output = """Running 1s test @ http://127.0.0.1:8000/feed.rss
  2 threads and 64 connections
Requests/sec:   1000.00
report requests=500 microseconds=2500000 bytes=60000 connect=0 read=3 write=0 status=2 timeout=0
"""
    assert read_report(output) == Report(500, 2.5, 60_000, {"read": 3, "status": 2})
    assert read_report(output).rate == 200
    with pytest.raises(MeasureError, match="expected a report"):
        read_report("unable to connect")


def test_a_load_with_whole_answers_counts():
    check(Report(10, 1.0, 1_000, {}), "a server", 2, 100)
    check(Report(10, 1.0, 1_199, {}), "a server", 2, 100)


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (Report(10, 1.0, 1_000, {"status": 3}), "errors: status 3"),
        (Report(10, 1.0, 1_000, {"timeout": 1}), "errors: timeout 1"),
        (Report(10, 1.0, 999, {}), "expected answers of 100 bytes"),
        (Report(10, 1.0, 1_201, {}), "expected answers of 100 bytes"),
        (Report(0, 1.0, 0, {}), "no request was answered"),
    ],
)
def test_a_load_with_other_answers_gives_no_figure(report, message):
    with pytest.raises(MeasureError, match=message):
        check(report, "a server", 2, 100)


def test_ratios_are_those_of_each_round():
    assert ratios([10.0, 30.0], [20.0, 10.0]) == [0.5, 3.0]
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


@contextmanager
def serving(answer):
    """A server whose GET is `answer`, with a name and a port as benchmarks want it."""
    members = {"do_GET": answer, "log_message": lambda *_: None, "protocol_version": "HTTP/1.1"}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("H", (BaseHTTPRequestHandler,), members)) as on:
        on.daemon_threads = True
        thread = threading.Thread(target=on.serve_forever, daemon=True)
        thread.start()
        try:
            yield SimpleNamespace(name="a server", port=on.server_address[1])
        finally:
            on.shutdown()
            thread.join()


def send(handler, body=FEED, status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if status != 304:
        handler.wfile.write(body)


@pytest.mark.parametrize(
    ("kind", "answer", "message"),
    [
        ("200 gzip", lambda h: send(h), "expected Content-Encoding gzip, is identity"),
        ("200 identity", lambda h: send(h, b"other"), "the feed is another, of 5 bytes"),
        ("200 identity", lambda h: send(h, status=500), "expected 200, found 500"),
        ("304", lambda h: send(h), "expected 304, found 200"),
    ],
)
def test_an_answer_that_is_not_what_it_must_be_is_refused(kind, answer, message):
    with serving(answer) as server, pytest.raises(MeasureError, match=message):
        checked(server, kind, Ask(), FEED)


def test_a_right_answer_is_taken():
    with serving(lambda h: send(h, gzip.compress(FEED), Content_Encoding="gzip")) as server:
        assert checked(server, "200 gzip", Ask(), FEED).size > len(gzip.compress(FEED))
    with serving(lambda h: send(h, status=304)) as server:
        assert checked(server, "304", Ask(), FEED).body == b""


@pytest.mark.parametrize("ending", [{}, {"Connection": "close"}])
def test_the_paced_load_charges_a_pause_to_all_who_wait(ending):
    def slowly(handler):
        time.sleep(0.02)
        send(handler, **ending)

    with serving(slowly) as server:
        answer = checked(server, "200 identity", Ask(), FEED)
        with Paced(server.port, Ask(), answer, server.name, 1) as load:
            found = load.run(200, 0.1)
    assert len(found.seconds) == 20
    assert found.milliseconds(1) >= 20
    # One connection and 20 ms each: the last of them was due at 95 ms and has waited.
    assert found.milliseconds(99) >= 300


def test_the_paced_load_takes_no_wrong_answer():
    right = Answer(200, b"HTTP/1.1 200 OK\r\n\r\n", {}, FEED)
    for answer in (lambda h: send(h, status=503), lambda h: send(h, FEED + b"more")):
        with (
            serving(answer) as server,
            Paced(server.port, Ask(), right, server.name, 2) as load,
            pytest.raises(MeasureError),
        ):
            load.run(50, 0.1)


def test_idle_connections_have_to_stay_open():
    with serving(lambda h: send(h)) as server:
        answer = checked(server, "200 identity", Ask(), FEED)
        start = time.monotonic()
        with crowd.idle(server.port, server.name, 5, Ask(), answer):
            assert connected([os.getpid()], server.port) == (os.getpid(),)
        assert time.monotonic() - start < 10, "looking at an idle connection must not wait"
    with (
        serving(lambda h: send(h, Connection="close")) as server,
        pytest.raises(MeasureError, match=r"closed . of 5 connections"),
        crowd.idle(server.port, server.name, 5, Ask(), answer),
    ):
        time.sleep(0.2)


def test_who_answers_is_found_by_the_connections_it_holds():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        assert connected([os.getpid()], nobody.getsockname()[1]) == ()


def test_a_round_counts_only_while_others_take_next_to_nothing(monkeypatch):
    taken = iter([0.0, 100.0, 100.0, 100.0])
    monkeypatch.setattr(quiet, "_seconds_of_others", lambda: next(taken))
    monkeypatch.setattr(quiet, "_PAUSE_SECONDS", 0)
    rounds = iter(["disturbed", "quiet"])
    assert quiet.quietly(lambda: next(rounds)) == "quiet"
    busy = iter(range(0, 10_000, 100))
    monkeypatch.setattr(quiet, "_seconds_of_others", lambda: float(next(busy)))
    with pytest.raises(MeasureError, match="other programs took"):
        quiet.quietly(lambda: "disturbed")
    assert quiet.quietly(lambda: "disturbed", strict=False) == "disturbed"


def test_the_plain_app_renders_the_newest_articles(archive):
    # In a process of its own: feedsvc changes how feedgen writes dates.
    program = (
        "import sys; from benchmarks.plain_app import create_app;"
        "client = create_app(sys.argv[1]).test_client();"
        "sys.stdout.buffer.write(client.get('/feed.rss').data)"
    )
    command = [sys.executable, "-c", program, str(archive[0].parent)]
    feed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    assert feed.count(b"<item>") == 50
    newest = max(archive, key=lambda file: int(file.stem.rpartition("-")[2]))
    title = read_article(source_of(newest, newest.parent), RULES).article.title
    assert feed.split(b"<item>")[1].startswith(f"\n      <title>{title}".encode())
    check_same_entries(feed, feed)
    with pytest.raises(MeasureError, match="expected"):
        check_same_entries(feed, feed.replace(title.encode(), b"Another"))
