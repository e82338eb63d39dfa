"""Who asks, and under which address, when a reverse proxy stands in between.

Headers that tell of it are believed from configured peers alone: anybody can send them.
`Forwarded` is RFC 7239, the `X-Forwarded-` family is what most proxies send.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.http import parse_dict_header, parse_list_header

from feedsvc.config.types import FORWARDING, UNIX_PEER

WAS_FORWARDED = "feedsvc.was_forwarded"
"""Set in the environ of a request that has passed a proxy, believed or not."""

_TOLD = ("FOR", "PROTO", "HOST", "PORT", "PREFIX")
FORWARDING_HEADERS = ("HTTP_FORWARDED", *(f"HTTP_X_FORWARDED_{name}" for name in _TOLD))
_DECIDING_HEADERS = tuple(f"HTTP_X_FORWARDED_{name}" for name in _TOLD if name != "FOR")
_TRACES = (*FORWARDING_HEADERS, "HTTP_VIA", "HTTP_X_REAL_IP")
_PREFIX = re.compile(r"(?:/[^/\s?#\\%]+)+")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

Key = tuple[str | None, ...]


class Proxies:
    """The peers whose word is taken: addresses, networks, or `unix` for a Unix socket; and the
    headers in which it is, since a client's own pass a proxy that doesn't set them.
    """

    def __init__(self, trusted: Iterable[str], believed: Iterable[str] = FORWARDING) -> None:
        self._ignored = set(map(_variable, FORWARDING)) - set(map(_variable, believed))
        names = tuple(trusted)
        self._trusts_unix = UNIX_PEER in names
        self._networks = [ipaddress.ip_network(name) for name in names if name != UNIX_PEER]

    def __bool__(self) -> bool:
        return self._trusts_unix or bool(self._networks)

    def trusts(self, address: str) -> bool:
        """Whether `address` is a trusted proxy; the empty one is that of a Unix socket."""
        if not address:
            return self._trusts_unix
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)

    def apply(self, environ: dict[str, Any]) -> None:
        """Make `environ` what the client asked of the first trusted proxy. What nobody who is
        trusted has said is taken out.
        """
        if any(name in environ for name in _TRACES):
            environ[WAS_FORWARDED] = True
        for name in self._ignored:
            environ.pop(name, None)
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            # A proxy that sets the one lets the other pass as the client sent it.
            told = _x_forwarded(environ) or _forwarded(environ)
            self._believe(environ, told)
            prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
            if _PREFIX.fullmatch(prefix):
                environ["SCRIPT_NAME"] = prefix
                # Proxies differ in whether they take it away.
                path = environ.get("PATH_INFO", "")
                if f"{path}/".startswith(f"{prefix}/"):
                    environ["PATH_INFO"] = path.removeprefix(prefix) or "/"
        for name in FORWARDING_HEADERS:
            environ.pop(name, None)

    def client_of(self, environ: Mapping[str, Any]) -> str:
        """The address of who asks, empty on a Unix socket. `environ` stays as it is."""
        applied = dict(environ)
        self.apply(applied)
        return str(applied.get("REMOTE_ADDR", ""))

    def extend_key(self, key: Key, environ: Mapping[str, Any]) -> Key | None:
        """`key` with what these headers add to what decides an answer. Who the client is doesn't;
        `None` where that can't be told apart so simply.
        """
        told = [environ.get(name) for name in _DECIDING_HEADERS]
        if "HTTP_FORWARDED" in environ or any(one is not None and "," in one for one in told):
            return None
        return (*key, environ.get("REMOTE_ADDR"), *told)

    def _believe(self, environ: dict[str, Any], hops: list[dict[str, str]]) -> None:
        """`hops`, the last of which our peer has told: back to the first that isn't trusted."""
        for hop in reversed(hops):
            if hop.get("proto", "").lower() in _DEFAULT_PORTS:
                environ["wsgi.url_scheme"] = hop["proto"].lower()
            if hop.get("host"):
                environ["HTTP_HOST"] = _with_port(hop["host"], hop.get("port", ""))
            client = _address(hop.get("for", ""))
            if client is not None:
                environ["REMOTE_ADDR"] = client
            if client is None or not self.trusts(client):
                break


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _forwarded(environ: dict[str, Any]) -> list[dict[str, str]]:
    hops = []
    for element in parse_list_header(environ.get("HTTP_FORWARDED", "").replace(";", "\0")):
        pairs = parse_dict_header(element.replace("\0", ","))
        hops.append({name.lower(): value or "" for name, value in pairs.items()})
    return hops


def _x_forwarded(environ: dict[str, Any]) -> list[dict[str, str]]:
    lists = {
        name.lower(): parse_list_header(environ.get(f"HTTP_X_FORWARDED_{name}", ""))
        for name in ("FOR", "PROTO", "HOST", "PORT")
    }
    number = max(map(len, lists.values()))
    hops: list[dict[str, str]] = []
    for back in range(1, number + 1):
        # Each proxy adds to the end; a list that is shorter was written by one of them alone.
        hops.insert(0, {name: told[-back] for name, told in lists.items() if len(told) >= back})
    return hops


def _address(node: str) -> str | None:
    """The address of a client as `Forwarded` or `X-Forwarded-For` has it, without its port."""
    node = node.strip().strip('"')
    if node.startswith("["):
        node = node[1:].partition("]")[0]
    elif node.count(":") == 1:
        node = node.partition(":")[0]
    try:
        return str(ipaddress.ip_address(node))
    except ValueError:
        return None


def _with_port(host: str, port: str) -> str:
    if not port.isdecimal() or port in _DEFAULT_PORTS.values() or re.search(r":\d+\Z", host):
        return host
    return f"{host}:{port}"
