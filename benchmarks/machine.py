"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

CORES = 2


def use_two_cores() -> None:
    """Keep to two cores, with everything that is started from now on."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def description(others: dict[str, str]) -> str:
    """Processor, memory, system and versions, a line each; `others` are programs beside."""
    processor = _first(r"model name\s*: (.+)", "/proc/cpuinfo") or platform.machine()
    cores, used = os.cpu_count(), len(os.sched_getaffinity(0))
    memory = int(_first(r"MemTotal:\s+(\d+) kB", "/proc/meminfo") or 0) / 2**20
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    lines = {
        "processor": f"{processor}, {used} of {cores} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{system}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "feedsvc": version("feedsvc"),
        **others,
    }
    return "\n".join(f"{name:10} {value}" for name, value in lines.items())


def _first(pattern: str, file: str) -> str | None:
    found = re.search(pattern, Path(file).read_text())
    return found[1] if found else None
