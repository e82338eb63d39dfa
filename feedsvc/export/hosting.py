"""What tells a static host how to serve the files: types and caching as the app has them.

Files are sorted by folder and ending; what most of a kind were answered with is its rule, and
files that differ have one of their own. So nothing about the app's headers is written twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from feedsvc.config import Settings
from feedsvc.feeds.query import Format
from feedsvc.web.aliases import make_aliases

Headers = tuple[tuple[str, str], ...]

_APART = frozenset({"media", "static", "embed", "badge", "api", "sitemap"})
"""The folders whose files have headers of their own."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An address, the file that stands for it, and the headers it had."""

    path: str
    file: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Kind:
    """The files with `ending` in `folder`, or anywhere else; without an ending: pages."""

    folder: str
    ending: str


@dataclass(frozen=True, slots=True)
class _Rules:
    """Headers by kind, and of the files that differ by address."""

    kinds: dict[Kind, Headers]
    others: dict[str, Headers]


def _kind_of(one: Answered) -> Kind:
    top = one.path.lstrip("/").partition("/")[0]
    is_page = one.file.endswith(".html")
    ending = "" if is_page else PurePosixPath(one.file).suffix
    return Kind(top if top in _APART else "", ending)


def _rules(answered: Iterable[Answered]) -> _Rules:
    found: dict[Kind, list[Answered]] = {}
    for one in answered:
        found.setdefault(_kind_of(one), []).append(one)
    kinds: dict[Kind, Headers] = {}
    others: dict[str, Headers] = {}
    for kind, members in sorted(found.items(), key=lambda item: (item[0].folder, item[0].ending)):
        kinds[kind] = Counter(one.headers for one in members).most_common(1)[0][0]
        others |= {one.path: one.headers for one in members if one.headers != kinds[kind]}
    return _Rules(kinds, others)


def headers_file(prefix: str, answered: Iterable[Answered]) -> bytes:
    """`_headers` as Netlify, Cloudflare Pages and others read it. Where two rules fit, they put
    the values of both into one header: so no two of these fit the same address.
    """
    found: dict[str, list[Answered]] = {}
    for one in answered:
        found.setdefault(_pattern(one), []).append(one)
    parts: dict[str, Headers] = {}
    for pattern, members in sorted(found.items()):
        if len({one.headers for one in members}) == 1:
            parts[pattern] = members[0].headers
        else:
            parts |= {one.path.lstrip("/"): one.headers for one in members}
    lines = ["# How feedsvc serves these files; read by Netlify, Cloudflare Pages and others."]
    for pattern, headers in parts.items():
        lines += ["", _quoted(prefix + pattern), *(f"  {name}: {value}" for name, value in headers)]
    return ("\n".join(lines) + "\n").encode()


def _pattern(one: Answered) -> str:
    """What fits this address and others in its folder that are of the same kind."""
    folder, _, name = one.path.lstrip("/").partition("/")
    ending = _kind_of(one).ending
    if not name:
        return one.path.lstrip("/")
    if name.endswith("/"):
        return f"{folder}/*/"
    return f"{folder}/*{ending}" if ending or folder in _APART else one.path.lstrip("/")


def redirects_file(prefix: str, settings: Settings) -> bytes:
    """`_redirects` as the same hosts read it: the usual and the old addresses of feeds."""
    code = "301" if settings.serving.other_addresses == "redirect" else "200"
    lines = ["# Other addresses of these feeds; read by Netlify, Cloudflare Pages and others."]
    for old, new in (*_other_addresses(settings), *_old_names(settings, "*", ":splat")):
        lines.append(f"{_quoted(prefix + old)} {_quoted(prefix + new)} {code}")
    return ("\n".join(lines) + "\n").encode()


def _other_addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    formats = tuple(Format(name) for name in settings.feeds.formats)
    serving = settings.serving
    aliases = make_aliases(formats, serving.old_addresses, usual=serving.usual_addresses)
    yield from ((old.lstrip("/"), new.lstrip("/")) for old, new in aliases.items())


def _old_names(settings: Settings, rest: str, same: str) -> Iterator[tuple[str, str]]:
    """The addresses of saved feeds under the names that they had; `rest` stands for how they go
    on, and `same` for that in the new one.
    """
    for name, saved in settings.feeds.saved.items():
        for alias in saved.aliases:
            for between in "./":
                yield f"feeds/{alias}{between}{rest}", f"feeds/{name}{between}{same}"


def nginx_file(prefix: str, settings: Settings, answered: Iterable[Answered]) -> bytes:
    """Directives for nginx's `server`."""
    answered = list(answered)
    if "$" in prefix:
        return b"# nginx can't be told of a path with a dollar sign.\n"
    rules = _rules(answered)
    root = "this folder" if prefix == "/" else f"the folder that has this one as {prefix}"
    lines = [
        "# How feedsvc serves these files. In a server of nginx, where root is " + root + ":",
        "#   include /…/_nginx.conf;",
        "# Include it again, by `nginx -s reload`, when it has changed.",
        "charset off;  # each type says its own",
        "gzip_static on;",
        "gzip_vary on;",
        "# brotli_static on;  # with the module ngx_brotli",
        f"error_page 404 {_nginx(prefix + '404.html')};",
        r"location ~ /\.(?!well-known/) { return 404; }",
        f'location ~ "^{re.escape(prefix)}_|[.](?:gz|br)$" {{ return 404; }}',
        "location @folder {",
        "    if (-f $document_root$uri/index.html) { rewrite ^(.*)$ $1/ permanent; }",
        "    return 404;",
        "}",
    ]
    is_moved = settings.serving.other_addresses == "redirect"
    for old, new in _other_addresses(settings):
        if "$" in new:
            lines.append(f"# nginx can't be told to go to {prefix}{new}")
            continue
        target = _nginx(prefix + quote(new))
        way = f"return 301 {target};" if is_moved else f"rewrite ^ {_nginx(prefix + new)} last;"
        lines.append(f"location = {_nginx(prefix + old)} {{ {way} }}")
    for old, new in _old_names(settings, "(.*)", "$1"):
        # A name has nothing in it that a pattern could take for something else.
        way = "permanent" if is_moved else "last"
        pattern = f"^{re.escape(prefix)}{old.replace('.(', '[.](')}$"
        lines.append(f'rewrite "{pattern}" "{prefix}{new}" {way};')
    for path, headers in rules.others.items():
        lines += _location(f"= {_nginx(prefix + path.lstrip('/'))}", headers)
    for kind, headers in sorted(rules.kinds.items(), key=lambda item: _order(item[0])):
        folder = f"{re.escape(kind.folder)}/.*" if kind.folder else ""
        above = re.escape(prefix)
        if kind.ending:
            pattern = f"^{above}{folder or '.*'}{re.escape(kind.ending)}$"
        else:
            pattern = f"^{above}{folder or '(?:(?:.*/)?[^.]*$|.*/$|.*[.]html$)'}"
        lines += _location(f'~ "{pattern}"', headers)
    return ("\n".join(lines) + "\n").encode()


def _order(kind: Kind) -> tuple[bool, bool, str, str]:
    """nginx takes the first pattern that fits: folders before endings before the rest."""
    return (not kind.folder, not kind.ending, kind.folder, kind.ending)


def _location(pattern: str, headers: Headers) -> Iterator[str]:
    kept = dict(headers)
    content_type = kept.pop("Content-Type")
    yield f"location {pattern} {{"
    yield f"    types {{ }} default_type {_nginx(content_type)};"
    for name, value in kept.items():
        yield f"    add_header {name} {_nginx(value)} always;"
    yield "    try_files $uri $uri.html ${uri}index.html @folder;"
    yield "}"


def _nginx(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(path: str) -> str:
    return quote(path, safe="/*:+,.~_-")
