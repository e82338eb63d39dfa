"""What feedsvc needs at run time, and under which licences: `make licences` writes docs/licences.md
from requirements.lock and what the installed packages say of themselves.
"""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
DOCUMENT = ROOT / "docs" / "licences.md"

_OPENING = """# Licences of what feedsvc needs

Written by `make licences` from [requirements.lock](../requirements.lock) and what the packages say
of themselves. The tests hold it in step with the lock.

| package | version | licence |
| --- | --- | --- |
"""


def locked() -> dict[str, Requirement]:
    """The requirements of the lock by name."""
    lines = re.findall(r"^(\S+==[^\\\n]+?)\s*\\?$", LOCK.read_text(), re.MULTILINE)
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): one for one in requirements}


def version_of(requirement: Requirement) -> str:
    [one] = requirement.specifier
    return one.version


def licence_of(name: str) -> str:
    """What the installed package says. Raises `LookupError` if it says nothing."""
    told = metadata(name)
    expression = told.get("License-Expression")
    named = [one for one in told.get_all("Classifier") or () if one.startswith("License :: OSI")]
    written = (told.get("License") or "").strip()
    if expression:
        return str(expression)
    # Some have the whole text there: then the classifier is the name of it.
    if written and "\n" not in written and len(written) < 60:
        return written
    if named:
        return ", ".join(one.rpartition(" :: ")[2] for one in named)
    raise LookupError(f"{name} says nothing of its licence")


def document() -> str:
    rows = (
        f"| {name} | {version_of(one)} | {licence_of(name)} |\n"
        for name, one in sorted(locked().items())
    )
    return _OPENING + "".join(rows)


if __name__ == "__main__":
    DOCUMENT.write_text(document())
