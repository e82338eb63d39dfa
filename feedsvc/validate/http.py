"""What is wrong with how a feed is served: status, redirects, types, validators, coding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from feedsvc.validate import Report, validate
from feedsvc.validate.fetch import REDIRECTS, Answer, Fetched, Hop, fetch
from feedsvc.validate.findings import Finding, Spot, finding, quoted

_OWN_TYPES = {
    "RSS 2.0": ("application/rss+xml",),
    "Atom 1.0": ("application/atom+xml",),
    "JSON Feed 1.1": ("application/feed+json",),
}
_GENERIC_TYPES = {
    "RSS 2.0": ("application/xml", "text/xml"),
    "Atom 1.0": ("application/xml", "text/xml"),
    "JSON Feed 1.1": ("application/json",),
}
_PERMANENT = (301, 308)
# Below it, compression saves nothing worth having.
_WORTH_COMPRESSING = 1400


def validate_url(url: str, now: datetime) -> Report:
    """Fetch a feed and check it and its headers; what HTTP says comes first."""
    fetched = fetch(url)
    answer, findings = fetched.answer, list(_redirects(fetched.hops))
    if fetched.fault is not None:
        fault = fetched.fault
        spot = Spot("HTTP")
        findings.append(finding(fault.rule, spot, fault.expected, fault.found, "RFC 9110"))
    if answer is None or answer.status in REDIRECTS:
        return Report(None, 0, tuple(findings))
    if answer.status != 200:
        found = str(answer.status)
        findings.append(finding("http-status", Spot("status"), "200", found, "RFC 9110 §15"))
        return Report(None, 0, tuple(findings))
    report = validate(answer.body, answer.header("content-type"), now=now)
    findings += _content_type(answer, report)
    findings += _coding(answer)
    findings += _validators(fetched)
    findings += _stability(report, fetched.again, now)
    findings += _own_address(fetched, report)
    return replace(report, findings=(*findings, *report.findings))


def _redirects(hops: tuple[Hop, ...]) -> Iterator[Finding]:
    for hop in hops:
        permanent = hop.status in _PERMANENT
        rule = "redirect-permanent" if permanent else "redirect-temporary"
        found = f"{hop.status} to {hop.target}"
        source = "RFC 9110 §15.4"
        yield finding(rule, Spot("status"), f"the feed at {hop.url}", found, source)
        if urlsplit(hop.url).scheme == "https" and urlsplit(hop.target).scheme == "http":
            yield finding("redirect-insecure", Spot("Location"), "https", hop.target, "practice")


def _content_type(answer: Answer, report: Report) -> Iterator[Finding]:
    spot, value = Spot("Content-Type"), answer.header("content-type")
    if not value:
        yield finding("content-type-missing", spot, "a Content-Type", "none", "RFC 9110 §8.3")
        return
    if report.format is None:
        return
    kind = value.partition(";")[0].strip().lower()
    own = _OWN_TYPES[report.format]
    if kind in _GENERIC_TYPES[report.format]:
        yield finding("content-type-generic", spot, own[0], quoted(value), "practice")
    elif kind not in own:
        yield finding("content-type-wrong", spot, own[0], quoted(value), "practice")


def _coding(answer: Answer) -> Iterator[Finding]:
    if len(answer.body) >= _WORTH_COMPRESSING and not answer.header("content-encoding"):
        spot = Spot("Content-Encoding")
        yield finding("not-compressed", spot, "gzip", "none", "RFC 9110 §8.4")


def _validators(fetched: Fetched) -> Iterator[Finding]:
    """Without them every poll is a full download."""
    again = fetched.again
    if fetched.fault is not None:
        return
    if again is None:
        expected = "an ETag or Last-Modified"
        yield finding("validators-missing", Spot("ETag"), expected, "neither", "RFC 9110 §8.8")
    elif again.status != 304:
        expected = "304 for its own ETag and Last-Modified"
        yield finding(
            "not-modified-missing", Spot("status"), expected, str(again.status), "RFC 9110 §13.1"
        )


def _stability(report: Report, again: Answer | None, now: datetime) -> Iterator[Finding]:
    """Entries that have another id a moment later: readers show them as new each time."""
    if again is None or again.status != 200:
        return
    before = dict(report.identities)
    for address, new in validate(again.body, again.header("content-type"), now=now).identities:
        old = before.get(address, new)
        if old != new:
            expected = f"the id {quoted(old)} as a moment before"
            yield finding("id-unstable", Spot(address), expected, quoted(new), "RFC 4287 §4.2.6")
            return


def _own_address(fetched: Fetched, report: Report) -> Iterator[Finding]:
    """The self link is the address asked for, or where that leads."""
    if not report.own_address or fetched.answer is None:
        return
    known = {_comparable(fetched.answer.url)}
    if not any(hop.status in _PERMANENT for hop in fetched.hops):
        known.add(_comparable(fetched.asked))
    if _comparable(report.own_address) not in known:
        expected, found = fetched.answer.url, quoted(report.own_address)
        yield finding("self-mismatch", Spot("self"), expected, found, "RFC 4287 §4.2.7.2")


def _comparable(url: str) -> tuple[str, ...]:
    """RFC 3986 §6.2: the parts in which equal addresses are equal."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return (url,)
    return (parts.scheme, parts.hostname or "", str(port), parts.path or "/", parts.query)
