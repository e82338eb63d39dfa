"""Whatever breaks, what is served is a complete state, old or new, and it mends by itself."""

from __future__ import annotations

import logging

import pytest

from feedsvc.logs import OnceAMinute


def test_an_error_is_logged_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("feedsvc.logs.time.monotonic", lambda: now)
    once = OnceAMinute()

    def is_told(message: str, level: int = logging.ERROR) -> bool:
        return once.filter(logging.LogRecord("x", level, "", 0, "%s", (message,), None))

    assert is_told("a")
    assert not is_told("a")
    assert is_told("b")
    assert is_told("a", logging.WARNING)
    assert is_told("a", logging.WARNING)
    now = 59.0
    assert not is_told("a")
    now = 60.0
    assert is_told("a")
    assert not is_told("a")
    for number in range(1000):
        assert is_told(str(number))
    assert len(once._told) <= 101
