"""What `feedsvc serve` tells the person who started it: one short block."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feedsvc import __version__
from feedsvc.config import Settings
from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.naming import unknown_names
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.index.store import Store
from feedsvc.index.view import View
from feedsvc.model import Census, Facet, Problem, Viewpoint, printable

_SHOWN_WARNINGS = 20


def start_report(
    settings: Settings,
    store: Store,
    now: datetime,
    config_file: Path | None,
    preview_command: str,
    *,
    preview: bool,
) -> str:
    """What was found and where the feeds are. For the terminal alone: it names what is held
    back and what can't be read.
    """
    with store.view(Viewpoint(now, preview)) as view:
        lines = [
            *_what_was_found(settings, store, view, config_file, preview_command),
            "",
            *_addresses(settings, view),
        ]
    if not settings.site.url:
        lines += [
            "",
            "  site.url isn't set: feeds carry the address of each request, which is fine to try",
            "  them out and wrong behind a proxy; set it before the first subscriber comes",
        ]
    if settings.site.url and "id_authority" not in settings.site.model_fields_set:
        lines += ["", "  site.id_authority isn't set: set it before the first subscriber comes"]
    if preview:
        lines += ["", "  PREVIEW: held-back articles are shown, to this machine alone."]
    return "\n".join(lines)


def index_report(settings: Settings, store: Store, now: datetime, config_file: Path | None) -> str:
    """What `feedsvc index` found, for the terminal alone."""
    with store.view(Viewpoint(now)) as view:
        return "\n".join(_what_was_found(settings, store, view, config_file, None))


def _what_was_found(
    settings: Settings,
    store: Store,
    view: View,
    config_file: Path | None,
    preview_command: str | None,
) -> list[str]:
    census = view.census()
    folders = printable(", ".join(str(folder) for folder in settings.folders))
    with store.view(Viewpoint(view.viewpoint.now)) as public:
        published = f"{census.visible} published{_and_feeds(public, census.visible)}"
    if view.viewpoint.preview:
        preview_command = None
    return [
        f"feedsvc {__version__}: {settings.site.title}",
        f"  {_count(census.total, 'article')} in {folders}",
        f"  configured by {config_file or 'nothing: the defaults hold'}",
        *_own_look(settings),
        f"  {published}",
        *(f"  {line}" for line in _held_back(census, preview_command)),
        *_problem_lines((*unknown_names(settings.describe_site(), view), *view.problems())),
    ]


def _own_look(settings: Settings) -> Iterator[str]:
    """Told because a folder of this name may be there for something else."""
    directory = settings.templates_directory
    names = sorted(one.name for one in directory.glob("*.*") if one.suffix in {".html", ".css"})
    if names:
        yield printable(f"  pages are made with {', '.join(names)} in {directory}")


def _and_feeds(view: View, visible: int) -> str:
    entries = view.find().total
    shared = f", {entries} of them with an id of their own" if entries < visible else ""
    topics, providers = len(view.counts(Facet.TOPIC)), len(view.counts(Facet.PROVIDER))
    if not topics + providers:
        return shared
    return f"{shared}, in {_count(topics, 'topic')} from {_count(providers, 'provider')}"


def _held_back(census: Census, preview_command: str | None) -> list[str]:
    lines = []
    if census.unpublished:
        lines.append(f"{_are(census.unpublished)} held back by published, draft or status")
    if census.future:
        lines.append(f"{_are(census.future)} held back until the date comes")
    if census.expired:
        lines.append(f"{_are(census.expired)} held back because the expiry date is over")
    if lines and preview_command is not None:
        lines.append(f"to preview what is held back: {preview_command}")
    if census.removed:
        lines.append(f"{_are(census.removed)} gone by removed: true")
    if not census.total and not census.left_out:
        lines.append("no articles yet: put Markdown files with YAML front matter there")
    return lines


def _problem_lines(problems: tuple[Problem, ...]) -> list[str]:
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity == "warning"]
    lines: list[str] = []
    for found, heading in (
        (errors, f"{_count(len({error.path for error in errors}), 'file')} left out:"),
        (warnings, f"{_count(len(warnings), 'warning')}:"),
    ):
        if found:
            shown = found if found is errors else found[:_SHOWN_WARNINGS]
            lines += ["", f"  {heading}", *(f"    {problem}" for problem in shown)]
            if len(found) > len(shown):
                lines.append(f"    … and {len(found) - len(shown)} more")
    return lines


def _addresses(settings: Settings, view: View) -> list[str]:
    if settings.socket_file is not None:
        public = settings.site.url or "another name"
        return [f"  listening at   {settings.socket_file}, for a proxy that serves {public}"]
    here = Addresses(f"http://{_reachable(settings.server.host)}:{settings.server.port}/")
    formats = [Format(name) for name in settings.feeds.formats]
    lines = [
        f"  start page     {here.page(FeedQuery())}",
        f"  all articles   {_feed_line(here, FeedQuery(), formats)}",
    ]
    for facet, name in ((Facet.TOPIC, "one topic"), (Facet.PROVIDER, "one provider")):
        counts = view.counts(facet)
        if counts:
            largest = max(counts, key=lambda count: count.count)
            query = feed_of(facet, largest.slug)
            lines.append(f"  {name:<14} {_feed_line(here, query, formats)}")
    for name in list(settings.feeds.saved)[:1]:
        lines.append(f"  a saved one    {_feed_line(here, FeedQuery(saved=name), formats)}")
    if settings.site.url:
        lines.append(f"  readers use    {settings.site.url}")
    return lines


def _reachable(host: str) -> str:
    """`host` as it can be opened on this machine: "all addresses" is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return "[::1]" if address.is_unspecified else f"[{address}]"
    return "127.0.0.1" if address.is_unspecified else str(address)


def _feed_line(here: Addresses, query: FeedQuery, formats: list[Format]) -> str:
    first, *others = formats
    return "  ".join([here.feed(query, first), *(f".{other}" for other in others)])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _are(number: int) -> str:
    return "1 article is" if number == 1 else f"{number:,} articles are"
