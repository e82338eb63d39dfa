"""Files -> rows of the index, on all cores when there are enough of them."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext

from feedsvc.content.article import ArticleRules, read_article
from feedsvc.errors import FeedsvcError
from feedsvc.index.records import FileRow, file_row
from feedsvc.model import ParsedFile, Problem, SourceFile

Job = tuple[SourceFile, bytes]
"""A file to read, and the digest under which it is known already (else empty)."""

_BATCH = 64
_ENOUGH = 4 * _BATCH  # below it, starting processes would take longer than reading
_AHEAD = 3  # batches waiting for each process: bounds the memory

_LAST_SECONDS = 10.0

_log = logging.getLogger(__name__)


def prepare() -> BaseContext:
    """Have processes ready when there will be much to read: this one goes on meanwhile.

    They are forked by a server that has imported the parsers: this process may have threads.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    forkserver.ensure_running()
    return context


def parse(jobs: Sequence[Job], rules: ArticleRules) -> Generator[list[FileRow | SourceFile]]:
    """Read the files of `jobs`, in their order and in batches: for each its row, or itself if
    its bytes are still those that are known. Raises `FeedsvcError` if a process dies. To be
    closed by who doesn't take all: processes may be starting.
    """
    batches = [jobs[first : first + _BATCH] for first in range(0, len(jobs), _BATCH)]
    cores = len(os.sched_getaffinity(0))
    if len(jobs) < _ENOUGH or cores == 1:
        for batch in batches:
            yield _parse_batch(batch, rules)
        return
    with _undisturbed():
        context = prepare()
    with ProcessPoolExecutor(cores, context, initializer=die_with_parent) as pool:
        waiting: deque[Future[list[FileRow | SourceFile]]] = deque()
        try:
            for batch in batches:
                with _undisturbed():
                    waiting.append(pool.submit(_parse_batch, batch, rules))
                if len(waiting) >= _AHEAD * cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise FeedsvcError("a process that reads articles was killed") from None
        finally:
            with _undisturbed():
                pool.shutdown(cancel_futures=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back signals that end this process: a process that is just being started would be
    left behind, half made.

    The handlers are exchanged, not the signals blocked: another thread may take one of these,
    and its handler runs in the main thread whatever that has blocked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: told.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for got in told:
            signal.raise_signal(got)


def die_with_parent() -> None:
    """End this process with the one that started it, even if that was killed.

    Ctrl-C is for the other one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent.sentinel,), daemon=True).start()


def _outlive(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _parse_batch(batch: Sequence[Job], rules: ArticleRules) -> list[FileRow | SourceFile]:
    return [_parse(source, known_digest, rules) for source, known_digest in batch]


def _parse(source: SourceFile, known_digest: bytes, rules: ArticleRules) -> FileRow | SourceFile:
    try:
        parsed = read_article(source, rules, known_digest)
        return source if parsed is None else file_row(parsed, rules.language)
    except Exception as error:  # a fault of ours in one file must not lose the others
        _log.exception("a file could not be read path=%s", source.name)
        reason = f"feedsvc failed to read it ({type(error).__name__}); please report this"
        return file_row(
            ParsedFile(source, None, (Problem(source.name, None, "", reason),)), rules.language
        )
