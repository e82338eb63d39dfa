"""Load by wrk: as many requests as a server answers, over connections that stay open.

wrk counts what is wrong without saying where; so its report is read in full, and whatever
isn't the expected answer ends the measurement.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answers import Answer, Ask
from benchmarks.measure import MeasureError

THREADS = 2
_TIMEOUT_SECONDS = 30

# `done` runs once, when all is over: it costs the load nothing.
_REPORT = """\
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    "report requests=%d microseconds=%d bytes=%d " ..
    "connect=%d read=%d write=%d status=%d timeout=%d\\n",
    summary.requests, summary.duration, summary.bytes,
    e.connect, e.read, e.write, e.status, e.timeout))
end
"""

# The address ends with a number that counts up and starts again after `distinct`; each thread
# takes those that the others leave.
_COUNTING = """
local threads = 0
setup = function(thread)
  thread:set("number", threads)
  threads = threads + 1
end
init = function(args)
  first, distinct, step = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  number = first + number
  path = wrk.path
end
request = function()
  local this = path .. (number % distinct)
  number = number + step
  return wrk.format("GET", this)
end
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What wrk saw; `errors` by kind, those that happened."""

    requests: int
    seconds: float
    bytes: int
    errors: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def read_report(output: str) -> Report:
    """The report in what wrk printed. Raises `MeasureError` if there is none."""
    found = re.search(r"^report (.*)$", output, flags=re.M)
    if found is None:
        raise MeasureError(f"wrk: expected a report, found {output.strip()[-200:]!r}")
    numbers = {name: int(value) for name, value in (x.split("=") for x in found[1].split())}
    requests, microseconds = numbers.pop("requests"), numbers.pop("microseconds")
    size = numbers.pop("bytes")
    errors = {name: count for name, count in numbers.items() if count}
    return Report(requests, microseconds / 1e6, size, errors)


def check(report: Report, name: str, connections: int, size: int) -> None:
    """Raise `MeasureError` unless every answer was a whole one of `size` bytes.

    At the end each connection may have a part of one more.
    """
    if report.errors:
        words = ", ".join(f"{kind} {count:,}" for kind, count in report.errors.items())
        raise MeasureError(f"{name}: wrk met errors: {words}")
    if not report.requests:
        raise MeasureError(f"{name}: no request was answered")
    least, most = report.requests * size, (report.requests + connections) * size
    if not least <= report.bytes <= most:
        each = report.bytes / report.requests
        raise MeasureError(f"{name}: expected answers of {size:,} bytes, found {each:,.0f}")


def flood(port: int, ask: Ask, answer: Answer, name: str, connections: int, seconds: int) -> Report:
    """Ask the server of this name again and again; every answer has to be like `answer`."""
    report = _wrk(port, ask, connections, seconds, _REPORT)
    check(report, name, connections, answer.size)
    return report


def flood_counting(
    port: int,
    ask: Ask,
    answer: Answer,
    name: str,
    connections: int,
    seconds: int,
    first: int,
    distinct: int,
) -> Report:
    """Ask for the path of `ask` with a number behind it, that counts from `first` on and stays
    below `distinct`.
    """
    counting = [str(first), str(distinct), str(THREADS)]
    report = _wrk(port, ask, connections, seconds, _REPORT + _COUNTING, counting)
    check(report, name, connections, answer.size)
    return report


def _wrk(
    port: int, ask: Ask, connections: int, seconds: int, script: str, words: Sequence[str] = ()
) -> Report:
    with tempfile.TemporaryDirectory(prefix="feedsvc-wrk-") as folder:
        file = Path(folder, "report.lua")
        file.write_text(script)
        command = [
            *("wrk", "--threads", str(THREADS), "--connections", str(connections)),
            *("--duration", f"{seconds}s", "--timeout", f"{_TIMEOUT_SECONDS}s"),
            *("--script", str(file)),
        ]
        for header, value in ask.headers.items():
            command += ["--header", f"{header}: {value}"]
        command += [f"http://127.0.0.1:{port}{ask.path}", "--", *words]
        limit = seconds + _TIMEOUT_SECONDS
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    if done.returncode:
        raise MeasureError(f"wrk: {(done.stderr or done.stdout).strip()}")
    return read_report(done.stdout)
