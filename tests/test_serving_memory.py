"""`Memory` by itself: what it keeps, for how long, and who renders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

import pytest
from faults import wait_until
from support import NOW, Clock

from feedsvc.errors import StorageError
from feedsvc.web.freshness import Freshness
from feedsvc.web.memory import PREVIOUS, TRUST, Memory
from feedsvc.web.representation import FOREVER, Answer, Representation

SECOND = timedelta(seconds=1)


class Index:
    """What `Memory` follows: it hears what a test tells."""

    def __init__(self) -> None:
        self._told: SimpleQueue[int | Exception | None] = SimpleQueue()

    def tell(self, generation: int | Exception | None) -> None:
        self._told.put(generation)

    def generations(self, stopped: threading.Event) -> Iterator[int | None]:
        while not stopped.is_set():
            try:
                told = self._told.get(timeout=0.01)
            except Empty:
                continue
            if isinstance(told, Exception):
                raise told
            yield told


class Remembering:
    """A memory, its clock and the index that it follows."""

    def __init__(self, max_bytes: int = 1_000_000) -> None:
        self.index, self.clock = Index(), Clock()
        self.memory = Memory(max_bytes, self.index, self.clock)  # type: ignore[arg-type]

    def hear(self, generation: int) -> None:
        self.memory.follow()
        before = self.memory.answers
        self.index.tell(generation)
        wait_until(lambda: self.memory.trusted_until == self.clock.now + TRUST)
        wait_until(lambda: self.memory.answers is not before or generation == self.generation)
        self.generation = generation

    generation = -1

    def get(self, key: str, made: Representation, render: bool = True) -> object:
        now = self.clock.now
        found = self.memory.find(key, now)
        return found or (self.memory.make(key, now, lambda: made) if render else None)


@pytest.fixture
def here() -> Iterator[Remembering]:
    remembering = Remembering()
    with closing(remembering.memory):
        remembering.hear(1)
        yield remembering


def made_of(
    generation: int | None, body: bytes = b"body", until: datetime | None = None
) -> Representation:
    headers = [("Content-Type", "image/png")]
    return Representation(headers, body, Freshness(60, 0, 0, generation, until))


def test_what_was_rendered_is_given_again_until_something_changes(here: Remembering) -> None:
    first, second = made_of(1), made_of(2)
    assert here.get("/", first) is first
    assert here.get("/", second) is first
    here.hear(2)
    assert here.memory.find("/", here.clock.now) is None
    assert here.get("/", second) is second


def test_what_changes_by_itself_is_given_until_then(here: Remembering) -> None:
    moment = NOW + SECOND
    one = made_of(1, until=moment)
    here.get("/", one)
    assert here.memory.find("/", moment - SECOND / 1000) is one
    assert here.memory.find("/", moment) is None


def test_it_is_bounded_in_bytes() -> None:
    here = Remembering(100_000)
    with closing(here.memory):
        here.hear(1)
        for number in range(200):
            here.get(f"/{number}", made_of(1, bytes(5_000)))
        kept = [n for n in range(200) if here.memory.find(f"/{n}", NOW) is not None]
        assert 5 < len(kept) <= 100_000 // 7_000
        assert kept == list(range(200 - len(kept), 200))  # the newest
        here.get("/big", made_of(1, bytes(200_000)))
        assert here.memory.find("/big", NOW) is None
        assert here.memory.find("/199", NOW) is not None


def test_answers_are_bounded_too() -> None:
    here = Remembering(100_000)
    with closing(here.memory):
        here.hear(1)
        one, answer = made_of(1), Answer("200 OK", [], [], FOREVER)
        here.get("/", one)
        for number in range(5_000):
            here.memory.keep_answer(here.memory.answers, number, answer, "/", one)
        assert 0 < len(here.memory.answers) < 100


def test_an_answer_goes_with_what_it_was_made_of() -> None:
    here = Remembering(100_000)
    with closing(here.memory):
        here.hear(1)
        for number in range(50):
            one = made_of(1, bytes(20_000))
            here.get(f"/{number}", one)
            answer = Answer("200 OK", [], [one.body], FOREVER)
            here.memory.keep_answer(here.memory.answers, number, answer, f"/{number}", one)
        assert sum(len(body) for one in here.memory.answers.values() for body in one.body) < 100_000
        assert 49 in here.memory.answers
        large = made_of(1, bytes(200_000))
        here.get("/large", large)
        answer = Answer("200 OK", [], [large.body], FOREVER)
        here.memory.keep_answer(here.memory.answers, "large", answer, "/large", large)
        assert "large" not in here.memory.answers


def test_codings_count_once_they_are_there() -> None:
    here = Remembering(100_000)
    with closing(here.memory):
        here.hear(1)
        for number in range(8):
            one = Representation(
                [("Content-Type", "text/html")], bytes(8_000), Freshness(60, 0, 0, 1)
            )
            here.get(f"/{number}", one)
        assert here.memory.find("/0", NOW) is not None
        last = here.memory.find("/7", NOW)
        assert last is not None
        last._coded["br"] = bytes(60_000)
        here.memory.grown("/7", last)
        assert here.memory.find("/7", NOW) is last
        assert here.memory.find("/1", NOW) is None


def test_many_who_ask_at_once_cause_one_rendering(here: Remembering) -> None:
    number = 20
    entered, release, rendered = threading.Barrier(number), threading.Event(), []

    def render() -> Representation:
        rendered.append(made_of(1))
        release.wait(10)
        return rendered[-1]

    def ask(_: int) -> object:
        entered.wait(10)
        return here.memory.make("/", NOW, render)

    with ThreadPoolExecutor(number) as pool:
        answers = pool.map(ask, range(number))
        wait_until(lambda: rendered)
        release.set()
        assert {id(one) for one in answers} == {id(rendered[0])}
    assert len(rendered) == 1


def test_those_who_wait_for_a_rendering_that_fails_render_for_themselves(here: Remembering) -> None:
    begun, release = threading.Event(), threading.Event()

    def fail() -> Representation:
        begun.set()
        release.wait(10)
        raise StorageError("gone")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(here.memory.make, "/", NOW, fail)
        assert begun.wait(10)
        second = pool.submit(here.memory.make, "/", NOW, lambda: made_of(1))
        release.set()
        assert isinstance(first.exception(10), StorageError)
        assert isinstance(second.result(10), Representation)
    one = made_of(1)
    assert here.get("/other", one) is one


@pytest.mark.parametrize(
    ("until", "after", "is_previous"),
    [
        (None, timedelta(0), True),
        (None, PREVIOUS - SECOND / 100, True),
        (None, PREVIOUS, False),
        (NOW + PREVIOUS / 2, PREVIOUS / 4, True),
        (NOW + PREVIOUS / 2, PREVIOUS / 2, False),
    ],
)
def test_the_bytes_from_before_stand_in_for_a_second_at_most(
    here: Remembering, until: datetime | None, after: timedelta, is_previous: bool
) -> None:
    assert PREVIOUS <= SECOND
    previous, new = made_of(1, b"previous", until), made_of(2, b"new")
    here.get("/", previous)
    here.hear(2)
    here.clock.now = NOW + after
    begun, release = threading.Event(), threading.Event()

    def render() -> Representation:
        begun.set()
        release.wait(10)
        return new

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(here.memory.make, "/", here.clock.now, render)
        assert begun.wait(10)
        second = pool.submit(here.memory.make, "/", here.clock.now, lambda: made_of(2))
        if is_previous:
            stand_in = second.result(10)
            assert isinstance(stand_in, Representation)
            assert stand_in.body == b"previous"
            answer = stand_in.answer({"REQUEST_METHOD": "GET"}, here.clock.now)
            assert dict(answer.headers)["Cache-Control"] == "public, max-age=0, must-revalidate"
            assert answer.until <= here.clock.now
        release.set()
        assert first.result(10) is new
        assert is_previous or second.result(10) is new


def test_what_was_withdrawn_long_ago_never_stands_in(here: Remembering) -> None:
    here.get("/", made_of(1, b"withdrawn"))
    here.hear(2)
    here.hear(3)
    begun, release = threading.Event(), threading.Event()
    new = made_of(3, b"new")

    def render() -> Representation:
        begun.set()
        release.wait(10)
        return new

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(here.memory.make, "/", NOW, render)
        assert begun.wait(10)
        second = pool.submit(here.memory.make, "/", NOW, render)
        release.set()
        assert first.result(10) is second.result(10) is new


def test_who_asks_after_a_change_never_gets_a_rendering_from_before(here: Remembering) -> None:
    begun, release = threading.Event(), threading.Event()

    def render() -> Representation:
        begun.set()
        release.wait(10)
        return made_of(1, b"withdrawn")

    new = made_of(2, b"new")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(here.memory.make, "/", NOW, render)
        assert begun.wait(10)
        here.hear(2)
        second = pool.submit(here.memory.make, "/", NOW, lambda: new)
        release.set()
        first.result(10)
        assert second.result(10) is new


def test_a_clock_that_is_set_back_forgets_what_it_showed(here: Remembering) -> None:
    here.get("/", made_of(1))
    here.memory.answers["/"] = Answer("200 OK", [], [], FOREVER)
    here.clock.now = NOW - SECOND
    here.index.tell(1)
    wait_until(lambda: here.memory.trusted_until == here.clock.now + TRUST)
    assert here.memory.find("/", here.clock.now) is None
    assert here.memory.answers == {}


def test_a_fault_of_the_follower_empties_it(here: Remembering) -> None:
    here.get("/", made_of(1))
    here.index.tell(RuntimeError("a fault"))
    wait_until(lambda: here.memory.find("/", NOW) is None)
    here.index.tell(1)
    wait_until(lambda: here.memory.find("/", NOW) is not None)


def test_what_was_overtaken_while_it_was_rendered_is_not_kept(here: Remembering) -> None:
    old, answers = made_of(1), here.memory.answers

    def render() -> Representation:
        here.hear(2)
        return old

    assert here.memory.make("/", NOW, render) is old
    assert here.memory.find("/", NOW) is None
    here.memory.keep_answer(answers, "/", Answer("200 OK", [], [], FOREVER), "/", old)
    assert here.memory.answers == {}


def test_what_is_newer_than_what_was_heard_ends_what_was_before(here: Remembering) -> None:
    here.get("/a", made_of(1))
    here.memory.answers["/a"] = Answer("200 OK", [], [], FOREVER)
    newer = made_of(2)
    assert here.get("/b", newer) is newer
    assert here.memory.find("/b", NOW) is newer
    assert here.memory.find("/a", NOW) is None
    assert here.memory.answers == {}


def test_who_hears_nothing_keeps_nothing(here: Remembering) -> None:
    one = made_of(1)
    here.get("/", one)
    here.clock.now = NOW + TRUST - SECOND / 100
    assert here.get("/", one, render=False) is one
    here.clock.now = NOW + TRUST
    assert here.get("/", one, render=False) is None
    assert here.clock.now >= here.memory.trusted_until


@pytest.mark.parametrize("told", [None, StorageError("gone")])
def test_an_index_that_cannot_be_read_empties_it(
    here: Remembering, told: StorageError | None, caplog: pytest.LogCaptureFixture
) -> None:
    one = made_of(1)
    here.get("/", one)
    here.index.tell(told)
    wait_until(lambda: here.memory.find("/", NOW) is None)
    assert here.memory.trusted_until <= NOW
    if told is not None:
        assert "changes of the index can't be followed: gone" in caplog.text
    here.index.tell(1)
    wait_until(lambda: here.memory.find("/", NOW) is one)


def test_before_anything_was_heard_nothing_is_kept() -> None:
    here = Remembering()
    one = made_of(1)
    assert here.get("/", one) is one
    assert here.get("/", one, render=False) is None


def test_after_its_end_it_is_empty(here: Remembering) -> None:
    here.get("/", made_of(1))
    follower = here.memory._follower
    assert follower is not None
    assert follower.is_alive()
    here.memory.close()
    assert here.memory.find("/", NOW) is None
    assert not follower.is_alive()
