"""A WSGI app of constant bytes under granian: `python -m benchmarks.constant_app FILE PORT`.

What the server alone can do, set up as feedsvc has it. `FILE` holds the answers, by path.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

WORKERS = os.cpu_count() or 1
_FILE_VARIABLE = "FEEDSVC_BENCH_ANSWERS"
_WORDS = {200: "200 OK", 304: "304 NOT MODIFIED"}

# Those that the server writes itself.
_OF_THE_SERVER = {"connection", "date", "keep-alive", "server", "transfer-encoding"}

_Start = Callable[[str, list[tuple[str, str]]], object]


def write_answer(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """An answer as `FILE` has it."""
    kept = {name: value for name, value in headers.items() if name not in _OF_THE_SERVER}
    return {"status": status, "headers": kept, "body": base64.b64encode(body).decode()}


def _read(file: Path) -> dict[str, tuple[str, list[tuple[str, str]], list[bytes]]]:
    return {
        path: (
            _WORDS[one["status"]],
            list(one["headers"].items()),
            [base64.b64decode(one["body"])],
        )
        for path, one in json.loads(file.read_text()).items()
    }


_answers = _read(Path(os.environ[_FILE_VARIABLE])) if _FILE_VARIABLE in os.environ else {}


def app(environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
    """Answer what is known, and nothing else."""
    status, headers, body = _answers[environ["PATH_INFO"]]
    start_response(status, headers)
    return body


if __name__ == "__main__":
    from granian import Granian

    from feedsvc.serving import GRANIAN

    os.environ[_FILE_VARIABLE] = sys.argv[1]
    Granian(
        "benchmarks.constant_app:app",
        port=int(sys.argv[2]),
        workers=WORKERS,
        log_enabled=False,
        **GRANIAN,
    ).serve()
