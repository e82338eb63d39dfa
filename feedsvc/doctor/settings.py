"""Options that don't go together, or are to be set before the first subscriber comes. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from feedsvc.config import Settings
from feedsvc.doctor.answer import Answer
from feedsvc.web.door import is_loopback


def look_at_settings(settings: Settings) -> Iterator[Answer]:
    """What is to be said of the configuration alone."""
    yield from _look_at_site(settings)
    yield from _look_at_proxies(settings)
    if (
        settings.index.url
        and settings.index.url.startswith("postgresql")
        and _shows_password(settings.index.url)
    ):
        yield Answer(
            "info",
            "index.url has a password in it",
            "give it as FEEDSVC_INDEX__URL, or leave it to PGPASSWORD or ~/.pgpass",
        )


def _shows_password(url: str) -> bool:
    return urlsplit(url).password is not None


def _look_at_site(settings: Settings) -> Iterator[Answer]:
    site = settings.site
    if site.url is None:
        yield Answer(
            "warning",
            "site.url isn't set: feeds carry the address of each request",
            "set it to the address under which readers reach feedsvc",
        )
    else:
        parts = urlsplit(site.url)
        if is_loopback(parts.hostname or ""):
            advice = "set it to the address under which readers reach feedsvc"
            yield Answer("warning", f"site.url is this machine itself: {site.url}", advice)
        elif parts.scheme == "http":
            advice = "a proxy such as Caddy gets certificates by itself (deploy/Caddyfile)"
            yield Answer("warning", f"site.url isn't https: {site.url}", advice)
        else:
            yield Answer("ok", f"readers find feedsvc at {site.url}")
    left = [name for name in ("id_authority", "since") if name not in site.model_fields_set]
    if left:
        names = " and ".join(f"site.{name}" for name in left)
        one = len(left) == 1
        them = "it" if one else "them"
        advice = f"set {them} before the first subscriber comes: ids are made of {them}"
        yield Answer("warning", f"{names} {'is' if one else 'are'} left as is", advice)


def _look_at_proxies(settings: Settings) -> Iterator[Answer]:
    server = settings.server
    networks = [ipaddress.ip_network(one) for one in server.trusted_proxies if one != "unix"]
    wide = [str(one) for one in networks if one.prefixlen == 0]
    if wide:
        yield Answer(
            "error",
            f"server.trusted_proxies has {', '.join(wide)}: anybody can say who and where they are",
            "name the proxies themselves, such as 127.0.0.1",
        )
    is_behind = bool(server.trusted_proxies)
    listens_here = settings.socket_file is not None or is_loopback(server.host)
    is_public = settings.site.url is not None and not is_loopback(
        urlsplit(settings.site.url).hostname or ""
    )
    if is_public and listens_here and not is_behind:
        peer = "unix" if settings.socket_file is not None else "127.0.0.1"
        yield Answer(
            "info",
            "feedsvc listens to this machine alone, so a proxy is in front, which isn't trusted: "
            "for the log and serving.rate all clients are one",
            f"server.trusted_proxies: [{peer}], and the headers that the proxy sets in "
            "server.forwarding_headers",
        )
        if settings.serving.rate is not None:
            yield Answer(
                "error",
                "serving.rate counts all clients of the proxy as one",
                "name the proxy in server.trusted_proxies",
            )
    yield from _look_at_headers(settings)


def _look_at_headers(settings: Settings) -> Iterator[Answer]:
    server = settings.server
    is_behind = bool(server.trusted_proxies)
    if is_behind and "forwarding_headers" not in server.model_fields_set:
        yield Answer(
            "info",
            "all forwarding headers are believed from trusted proxies, those too that they pass "
            "on from clients",
            "name those that yours sets in server.forwarding_headers",
        )
    if settings.site.url is None and not server.trusted_hosts and not is_loopback(server.host):
        yield Answer(
            "warning",
            "any Host is answered, and feeds carry it",
            "set site.url, or server.trusted_hosts",
        )
    if settings.socket_file is not None and is_behind and "unix" not in server.trusted_proxies:
        yield Answer(
            "warning",
            "feedsvc listens on a socket, and server.trusted_proxies doesn't name it",
            "add unix to server.trusted_proxies",
        )
