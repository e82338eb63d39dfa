"""Let atheris look for bytes that break a target: `python -m tests.fuzz.run NAME [libFuzzer's own
options]`. What it finds is kept in build/fuzz/NAME; what broke something belongs, as small as
possible, into tests/fixtures/fuzz/NAME, where the suite runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]

with atheris.instrument_imports(include=["feedsvc", "frontmatter", "tomllib", "markdown_it"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name, *options = sys.argv[1:] or ["frontmatter"]
    found = ROOT / "build" / "fuzz" / name
    found.mkdir(parents=True, exist_ok=True)
    known = ROOT / "tests" / "fixtures"
    # libFuzzer begins with whatever lies there, and writes into the first folder alone.
    folders = [found, *(one for one in (known, ROOT / "seeds") if one.is_dir())]
    breaks = f"-artifact_prefix={found}/"
    atheris.Setup([sys.argv[0], breaks, *options, *map(str, folders)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
