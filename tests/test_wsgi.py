"""The app under servers that fork after they have loaded it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from clients import write_site

SCRIPT = """
import os, sys, time
from werkzeug.test import Client
import feedsvc.wsgi

app = feedsvc.wsgi.app
pid = os.fork()
client, status = Client(app), 0
for _ in range(200):
    status = client.get("/feed.json").status_code
    if status == 200:
        break
    time.sleep(0.05)
print("child" if pid == 0 else "parent", status, flush=True)
if pid == 0:
    sys.exit()
os.waitpid(pid, 0)
"""


def test_a_process_that_was_forked_indexes_for_itself(tmp_path: Path) -> None:
    write_site(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert sorted(done.stdout.splitlines()) == ["child 200", "parent 200"]
    assert "Traceback" not in done.stderr
