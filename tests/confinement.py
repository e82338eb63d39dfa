"""Runs a program under the limits of a systemd unit where no systemd runs: without privileges, and
with the filters of system calls that systemd makes of the unit (systemd.exec(5)).

    python confinement.py UNIT PROGRAM [ARGUMENT...]

What can't be done without mounting is left out: what of the file system, devices and other
processes it sees. Which calls a name such as @system-service stands for, systemd-analyze says.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _LAST_CAPABILITY = 38, 24, 40
_WRITE, _EXECUTE = 2, 4
_SHM_EXEC = 0o100000
_NAMESPACES = (0x00000080, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_PERSONALITY_READ = 0xFFFFFFFF
_LISTS = {"Environment", "IPAddressAllow", "RestrictAddressFamilies", "SystemCallFilter"}
_FAMILIES = 46  # all that Linux has


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


def read_unit(file: Path) -> dict[str, str]:
    """Its options; of a list that stands there several times all lines, of other options the last."""
    options: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            before = options.get(name, []) if name in _LISTS else []
            options[name] = [*before, value] if value else []
    return {name: "\n".join(values) for name, values in options.items()}


def confined(unit: Path) -> tuple[str, ...]:
    """What to begin a command with so that it runs under the limits of `unit`."""
    return (sys.executable, str(Path(__file__)), str(unit))


def _sets() -> dict[str, list[str]]:
    """What systemd calls @system-service and the like; sets may be in sets."""
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    sets: dict[str, list[str]] = {}
    for line in told.splitlines():
        if line.startswith("@"):
            members = sets[line] = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            members.append(line.strip())
        elif line and not line.startswith(" "):
            members = []  # what follows are calls that are in no set
    return sets


def _allowed(filters: str) -> set[str]:
    sets = _sets()

    def calls(names: Iterable[str]) -> set[str]:
        return {call for name in names for call in (calls(sets[name]) if name in sets else {name})}

    # What systemd allows in any case: to begin and to end.
    allowed = calls(["@default", "execve"])
    for words in filters.splitlines():
        if words.startswith("~"):
            allowed -= calls(words[1:].split())
        else:
            allowed |= calls(words.split())
    return allowed


class _Filter:
    """A filter in the making: what isn't named in it gets `otherwise`."""

    def __init__(self, otherwise: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._filter = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, call: str, *comparisons: tuple[int, int, int, int]) -> None:
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return  # not one of this processor's
        array = (_Comparison * len(comparisons))(*comparisons)
        result = self._library.seccomp_rule_add_array(
            self._filter, ctypes.c_uint32(action), number, len(comparisons), array
        )
        assert result == 0, f"{call}: {os.strerror(-result)}"

    def load(self) -> None:
        result = self._library.seccomp_load(self._filter)
        assert result == 0, os.strerror(-result)


def _refusals(options: Mapping[str, str]) -> Iterator[tuple[int, str, tuple[int, int, int, int]]]:
    """What is refused because of an argument: the error, the call and the argument."""
    if options.get("MemoryDenyWriteExecute") == "yes":
        both = _WRITE | _EXECUTE
        yield errno.EPERM, "mmap", (2, _MASKED_EQUAL, both, both)
        for call in ("mprotect", "pkey_mprotect"):
            yield errno.EPERM, call, (2, _MASKED_EQUAL, _EXECUTE, _EXECUTE)
        yield errno.EPERM, "shmat", (2, _MASKED_EQUAL, _SHM_EXEC, _SHM_EXEC)
    if options.get("RestrictNamespaces") == "yes":
        for flag in _NAMESPACES:
            yield errno.EPERM, "unshare", (0, _MASKED_EQUAL, flag, flag)
            yield errno.EPERM, "clone", (0, _MASKED_EQUAL, flag, flag)
        yield errno.EPERM, "setns", (0, _MASKED_EQUAL, 0, 0)
        # Its flags lie in memory: who asks takes clone instead.
        yield errno.ENOSYS, "clone3", (0, _MASKED_EQUAL, 0, 0)
    if options.get("RestrictSUIDSGID") == "yes":
        modes = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "mkdir": 1, "mkdirat": 2, "creat": 1}
        for call, argument in modes.items():
            for bit in (0o4000, 0o2000):
                yield errno.EPERM, call, (argument, _MASKED_EQUAL, bit, bit)
    if options.get("LockPersonality") == "yes":
        yield errno.EPERM, "personality", (0, _NOT_EQUAL, _PERSONALITY_READ, 0)
    if "RestrictAddressFamilies" in options:
        families = {getattr(socket, name) for name in options["RestrictAddressFamilies"].split()}
        for family in set(range(_FAMILIES)) - families:
            yield errno.EAFNOSUPPORT, "socket", (0, _MASKED_EQUAL, 0xFFFFFFFF, family)


def confine(options: Mapping[str, str]) -> None:
    """Put this process, and all that it starts, under the limits that `options` name."""
    allowed = _allowed(options["SystemCallFilter"])
    by_argument = _Filter(_ALLOW)
    for error, call, (argument, operator, a, b) in _refusals(options):
        by_argument.add(_ERRNO | error, call, (argument, operator, a, b))
    by_name = _Filter(_ERRNO | getattr(errno, options["SystemCallErrorNumber"]))
    for call in sorted(allowed | {"seccomp"}):  # this one so that the filter can be loaded
        by_name.add(_ALLOW, call)
    os.umask(int(options["UMask"], 8))
    library = ctypes.CDLL(None, use_errno=True)
    assert options["CapabilityBoundingSet"] == ""
    for capability in range(_LAST_CAPABILITY + 1):
        library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    assert options["NoNewPrivileges"] == "yes"
    assert library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    by_argument.load()
    by_name.load()


if __name__ == "__main__":
    confine(read_unit(Path(sys.argv[1])))
    os.execvp(sys.argv[2], sys.argv[2:])
