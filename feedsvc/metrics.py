"""Counts and times for Prometheus, over all processes of one server.

Several processes write to files of one directory, PROMETHEUS_MULTIPROC_DIR, which is to be named
before this is loaded; without it each process has its own numbers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory, TemporaryFile

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY = "/dev/shm"  # noqa: S108  a folder with a name of its own is made in it
_FILE_BYTES = 1 << 20  # as long as those of prometheus_client are at first
_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SLOW = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)

REQUESTS = Counter(
    "feedsvc_requests",
    "Answered requests. cache: known (the very request), kept (its bytes), rendered, or none.",
    ("feed", "format", "status", "cache"),
)
SAVED_BYTES = Counter(
    "feedsvc_saved_bytes", "Bytes that weren't sent because the client had them.", ("by",)
)
RENDER_SECONDS = Histogram(
    "feedsvc_render_seconds", "Making an answer that isn't in memory.", ("format",), buckets=_FAST
)
SYNC_SECONDS = Histogram(
    "feedsvc_sync_seconds", "Bringing the index in step with the folders.", buckets=_SLOW
)

_log = logging.getLogger(__name__)

Gauge = tuple[str, str, float] | tuple[str, str, str, dict[str, float]]
"""Name, help and value; or name, help, label, and the values by it."""


class _Gauges(Collector):
    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        for gauge in self._gauges:
            if len(gauge) == 3:
                name, text, value = gauge
                yield GaugeMetricFamily(name, text, value=value)
                continue
            name, text, label, values = gauge
            family = GaugeMetricFamily(name, text, labels=[label])
            for meaning, number in values.items():
                family.add_metric([meaning], number)
            yield family


@contextmanager
def counted_together() -> Iterator[None]:
    """Have the processes that are started meanwhile count as one server."""
    if os.environ.get(DIRECTORY):
        yield
        return
    # In memory where there is such a place: a process that writes to a mapped file for which the
    # disk has no room is killed.
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with TemporaryDirectory(
        prefix="feedsvc-metrics-", dir=place, ignore_cleanup_errors=True
    ) as directory:
        try:
            with TemporaryFile(dir=directory) as file:
                file.truncate(_FILE_BYTES)
        except OSError as error:
            _log.warning("each process counts by itself, for want of room: %s", error.strerror)
        else:
            os.environ[DIRECTORY] = directory
        yield


def told(accept: str, gauges: Iterable[Gauge]) -> tuple[bytes, str]:
    """All numbers with these `gauges`, as the client can read them, and of which type that is."""
    registry = CollectorRegistry()
    if os.environ.get(DIRECTORY):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_Gauges(gauges))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
