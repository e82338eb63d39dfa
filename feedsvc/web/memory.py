"""What was rendered and still holds, in memory: bounded in bytes, by generation of the index.

It keeps nothing that it hasn't heard to be current: a thread follows the index, and when it falls
silent the memory counts as empty.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from cachetools import LRUCache

from feedsvc.errors import FeedsvcError
from feedsvc.index.store import Store
from feedsvc.web.representation import ONCE, Answer, Representation, plain_answer

TRUST = timedelta(seconds=10)
"""How long what was heard of the index is believed."""
PREVIOUS = timedelta(seconds=0.5)
"""How long after a change the bytes from before it may stand in for those being made."""
_ANSWERS_PART = 8
_ANSWER_BYTES = 2500  # one answer with its key, without the body, which the representation has
_RETRY_SECONDS = 1.0
_PATIENCE_SECONDS = 20.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Making:
    """Something that one thread makes and others may wait for."""

    is_done: threading.Event = field(default_factory=threading.Event)
    made: Representation | None = None


class Memory:
    """At most `max_bytes` of representations, and of the answers made of them."""

    def __init__(self, max_bytes: int, store: Store, clock: Callable[[], datetime]) -> None:
        self.answers: dict[Hashable, Answer] = {}
        """Whole requests and their answers; another dictionary after each change."""
        self.trusted_until = ONCE
        self._most_answers = max(1, max_bytes // _ANSWERS_PART // _ANSWER_BYTES)
        self._requests_of: dict[Hashable, list[Hashable]] = {}
        self._kept = _Kept(max_bytes - max_bytes // _ANSWERS_PART, self._forget_answers)
        self._store = store
        self._clock = clock
        self._guard = threading.RLock()
        self._making: dict[Hashable, _Making] = {}
        self._generation: int | None = None
        self._before: int | None = None
        self._turned_at = ONCE
        self._follower: threading.Thread | None = None
        self._stopped = threading.Event()

    def follow(self) -> None:
        """Listen for changes of the index, in this process, if nobody does yet."""
        with self._guard:
            if self._follower is None or not self._follower.is_alive():
                self._follower = threading.Thread(
                    target=self._follow, name="feedsvc-follower", daemon=True
                )
                self._follower.start()

    def close(self) -> None:
        """Stop listening and forget everything."""
        self._stopped.set()
        with self._guard:
            follower = self._follower
        if follower is not None and follower.is_alive():
            follower.join()
        self._forget()

    def find(self, key: Hashable, now: datetime) -> Representation | None:
        """What is known for `key` and still holds."""
        with self._guard:
            found = self._kept.get(key)
        return found if found is not None and self._is_current(found, now) else None

    def make(
        self, key: Hashable, now: datetime, render: Callable[[], Representation | Answer]
    ) -> Representation | Answer:
        """`render()`, but for all who ask at the same time once: the others get the bytes from
        before the change for a moment, which nobody may keep, or wait for these.
        """
        with self._guard:
            making = self._making.get(key)
            is_first = making is None
            known = self._kept.get(key)
            if making is None:
                if known is not None and self._is_current(known, now):
                    return known  # somebody has made it since it wasn't found
                making = self._making[key] = _Making()
        if not is_first:
            if known is not None and self._may_stand_in(known, now):
                return known.once()
            return self._wait_for(making, render)
        generation = self._generation
        try:
            made = render()
            if isinstance(made, Representation):
                making.made = made
                self._keep(key, made, generation)
            return made
        finally:
            with self._guard:
                del self._making[key]
            making.is_done.set()

    def _wait_for(
        self, making: _Making, render: Callable[[], Representation | Answer]
    ) -> Representation | Answer:
        if not making.is_done.wait(_PATIENCE_SECONDS):
            text = "This takes unusually long. Please try again in a moment.\n"
            retry = [("Retry-After", str(int(_PATIENCE_SECONDS)))]
            return plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, text, retry)
        made = making.made
        # It may have been begun before the change that this request must see. What isn't kept,
        # or failed, is each one's own.
        return made if made is not None and self._is_current(made, self._clock()) else render()

    def keep_answer(
        self,
        answers: dict[Hashable, Answer],
        request: Hashable,
        answer: Answer,
        key: Hashable,
        of: Representation,
    ) -> None:
        """Give `answer`, made of what is kept for `key`, to this very request again. `answers` is
        what was there when it began, so that what a change has overtaken is forgotten.
        """
        with self._guard:
            if self._kept.get(key) is not of or not self._is_of_now(of):
                return
            if len(answers) >= self._most_answers:
                answers.clear()
                self._requests_of.clear()
            answers[request] = answer
            self._requests_of.setdefault(key, []).append(request)

    def grown(self, key: Hashable, one: Representation) -> None:
        """Count `one` anew: it has another coding now."""
        with self._guard:
            if self._kept.get(key) is one:
                self._put(key, one)

    def _keep(self, key: Hashable, made: Representation, generation: int | None) -> None:
        its = made.fresh.generation
        with self._guard:
            if its is not None and its != self._generation:
                # Newer than what was heard last is believed if nothing was heard meanwhile.
                if self._generation != generation or self._generation is None:
                    return
                if its < self._generation:
                    return
                self._begin(its)
            self._put(key, made)

    def _put(self, key: Hashable, made: Representation) -> None:
        if made.byte_size <= self._kept.maxsize:
            self._kept[key] = made
        elif self._kept.pop(key, None) is not None:
            self._forget_answers(key)

    def _forget_answers(self, key: Hashable) -> None:
        """Of what goes, the answers go too: they have its bytes."""
        for request in self._requests_of.pop(key, ()):
            self.answers.pop(request, None)

    def _is_of_now(self, one: Representation) -> bool:
        return one.fresh.generation is None or one.fresh.generation == self._generation

    def _is_current(self, one: Representation, now: datetime) -> bool:
        return now < self.trusted_until and self._is_of_now(one) and one.holds(now)

    def _may_stand_in(self, one: Representation, now: datetime) -> bool:
        """Whether `one` was right until a moment ago."""
        was_right = one.fresh.generation == self._before and self._before is not None
        return was_right and one.holds(now) and now < self._turned_at + PREVIOUS

    def _follow(self) -> None:
        heard_at = self._clock()
        while not self._stopped.is_set():
            try:
                for generation in self._store.generations(self._stopped):
                    now = self._clock()
                    if now < heard_at:
                        self._forget()  # a clock that is set back holds back again what it showed
                    heard_at = now
                    if generation is None:
                        self.trusted_until = ONCE
                    else:
                        self._turn(generation)
                        self.trusted_until = now + TRUST
            except (FeedsvcError, OSError) as error:
                _log.error("changes of the index can't be followed: %s", error)
            except Exception:
                _log.exception("changes of the index can't be followed")
            finally:
                self.trusted_until = ONCE
            self._stopped.wait(_RETRY_SECONDS)

    def _turn(self, generation: int) -> None:
        if generation != self._generation:
            with self._guard:
                self._begin(generation)

    def _begin(self, generation: int | None) -> None:
        self._before, self._generation = self._generation, generation
        self._turned_at = self._clock()
        self.answers = {}
        self._requests_of.clear()

    def _forget(self) -> None:
        with self._guard:
            self._begin(None)
            self._before = None
            self._kept.clear()


class _Kept(LRUCache[Hashable, Representation]):
    """By least recent use; `forget` is told what goes."""

    def __init__(self, max_bytes: int, forget: Callable[[Hashable], None]) -> None:
        super().__init__(max_bytes, lambda one: one.byte_size)
        self._forget = forget

    def popitem(self) -> tuple[Hashable, Representation]:
        key, one = super().popitem()
        self._forget(key)
        return key, one
