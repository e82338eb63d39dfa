"""What requests were answered with, counted.

A known request takes a microsecond, a label of a Prometheus counter several: so each kept answer
has a number of its own, and all of them are added up once a second.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from feedsvc.metrics import RENDER_SECONDS, REQUESTS, SAVED_BYTES
from feedsvc.web.representation import Answer, Tally

_FLUSH_SECONDS = 1.0
_MOST_FEEDS = 500
_MOST_TALLIES = 20_000
_FEED = re.compile(r"/(?:(?:(?P<above>.+)/)?archive/\d+|(?P<feed>.+))\.(?P<format>rss|atom|json)")
KNOWN = "known"
"""The label of what is given again as it is."""

Key = tuple[str, str, str, str, int]
"""Feed, format, status, where it came from, and the bytes that weren't sent."""


class Meter:
    """Counts in this process. Safe to share between threads, and to be forked with the app."""

    def __init__(self) -> None:
        self._tallies: dict[Key, Tally] = {}
        self._keys: dict[Tally, Key] = {}
        self._feeds: set[str] = set()
        self._guard = threading.Lock()
        self._flusher: threading.Thread | None = None

    def tally(self, environ: dict[str, Any], answer: Answer, source: str) -> Tally:
        """Where answers like this one are counted. `source` is the label `cache`."""
        status = answer.status[:3]
        feed, form = self._named(environ["PATH_INFO"], answer, status)
        return self._of((feed, form, status, source, answer.saved_bytes))

    def like(self, tally: Tally, answer: Answer, source: str) -> Tally:
        """Where this `answer` is counted, given instead of one that `tally` counts."""
        with self._guard:
            feed, form, *_ = self._keys.get(tally, ("", "other"))
        return self._of((feed, form, answer.status[:3], source, answer.saved_bytes))

    def _of(self, key: Key) -> Tally:
        with self._guard:
            if self._flusher is None or not self._flusher.is_alive():
                self._flusher = threading.Thread(
                    target=self._flush_for_ever, name="feedsvc-meter", daemon=True
                )
                self._flusher.start()
            found = self._tallies.get(key)
            if found is None:
                found = self._tallies[key] = Tally()
                self._keys[found] = key
            return found

    def rendered(self, environ: dict[str, Any], seconds: float) -> None:
        """Count how long it took to make an answer."""
        found = _FEED.fullmatch(environ["PATH_INFO"])
        RENDER_SECONDS.labels(found["format"] if found else "other").observe(seconds)

    def flush(self) -> None:
        """Add up what was counted since the last time."""
        with self._guard:
            tallies = list(self._tallies.items())
            for key, tally in tallies:
                number = tally.number - tally.told
                if not number:
                    continue
                tally.told += number
                *labels, saved = key
                REQUESTS.labels(*labels).inc(number)
                if saved:
                    by = "delta" if key[2] == "226" else "not_modified"
                    SAVED_BYTES.labels(by).inc(number * saved)
            if len(self._tallies) > _MOST_TALLIES:
                # An answer that is still kept has its own; what it counts from now on is lost.
                self._tallies, self._keys = {}, {}

    def _named(self, path: str, answer: Answer, status: str) -> tuple[str, str]:
        """The labels `feed` and `format`: few, whatever is asked for."""
        kind = next((value for name, value in answer.headers if name == "Content-Type"), "")
        found = _FEED.fullmatch(path)
        if found is None or path.startswith("/api/"):
            is_page = kind.startswith("text/html")
            return "", "page" if is_page else "image" if kind.startswith("image/") else "other"
        if status not in {"200", "226", "304", "429"}:
            return "", found["format"]
        name = found["feed"] or found["above"] or "feed"
        with self._guard:
            if name not in self._feeds:
                if len(self._feeds) >= _MOST_FEEDS:
                    return "other", found["format"]
                self._feeds.add(name)
        return name, found["format"]

    def _flush_for_ever(self) -> None:
        waiting = threading.Event()
        while not waiting.wait(_FLUSH_SECONDS):
            self.flush()
