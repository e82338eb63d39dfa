"""What must be right before anything looks at a request: who asks, which host, which path.

Afterwards the environ says what the client meant: forwarding headers are worked in or gone, the
path is one of ours, and `BASE_URL` has the address under which answers name this site.
"""

from __future__ import annotations

import ipaddress
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from feedsvc.config import Settings
from feedsvc.web.aliases import Aliases
from feedsvc.web.guard import PLAIN
from feedsvc.web.opened import still_raw, tell_opened
from feedsvc.web.parameters import Parameters, TooManyError
from feedsvc.web.proxies import WAS_FORWARDED, Proxies
from feedsvc.web.representation import Answer, plain_answer

BASE_URL = "feedsvc.base_url"
"""Where the environ has the absolute address of this site, with a slash at the end."""

_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_REDIRECT_SECONDS = 86_400


class Door:
    """Admits requests as `settings` says."""

    def __init__(self, settings: Settings) -> None:
        server, serving = settings.server, settings.serving
        self.proxies = Proxies(server.trusted_proxies, server.forwarding_headers)
        self._url = settings.site.url
        # As WSGI writes paths: decoded, each byte a character (PEP 3333).
        path = urlsplit(self._url).path if self._url else ""
        self._prefix = unquote(path.rstrip("/"), "latin-1")
        self._hosts = _known_hosts(settings)
        self._parameters = Parameters(serving.ignored_parameters)
        self._aliases = Aliases(settings)
        self._redirects = serving.other_addresses == "redirect"

    @property
    def has_fixed_address(self) -> bool:
        """Whether answers name this site by one address, whatever was asked for."""
        return self._url is not None

    def admit(self, environ: dict[str, Any]) -> Answer | None:
        """Make `environ` ready, or answer at once."""
        self.proxies.apply(environ)
        refusal = self._admit_host(environ)
        if refusal is not None:
            return refusal
        self._strip_prefix(environ)
        if "\0" in environ["PATH_INFO"]:
            return plain_answer(HTTPStatus.NOT_FOUND, "There is nothing at this address.\n")
        scheme, host = environ["wsgi.url_scheme"], environ["HTTP_HOST"]
        root = quote(environ.get("SCRIPT_NAME", "").encode("latin-1"))
        environ[BASE_URL] = self._url or f"{scheme}://{host}{root}/"
        path = environ["PATH_INFO"]
        target = self._aliases.target(path.encode("latin-1").decode(errors="replace"))
        if target is not None:
            environ["PATH_INFO"] = target.encode().decode("latin-1")
        refusal = self._admit_query(environ)
        # Whoever asks what they may is told so, and not sent elsewhere (a CORS preflight).
        is_question = environ["REQUEST_METHOD"] == "OPTIONS"
        if refusal is None and target is not None and self._redirects and not is_question:
            query = environ["QUERY_STRING"]
            path = urlsplit(environ[BASE_URL]).path + quote(target[1:])
            return _moved(still_raw(f"{path}?{query}" if query else path, environ))
        return refusal

    def is_from_here(self, environ: dict[str, Any]) -> bool:
        """Whether somebody on this machine asks, and no proxy on it for others; nor a web page
        whose name was pointed at this address (DNS rebinding). Forwarding headers have to be
        worked in.
        """
        is_old = environ.get("SERVER_PROTOCOL") in {"HTTP/1.0", "HTTP/1"}  # as proxies ask
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        return (
            WAS_FORWARDED not in environ
            and not is_old
            and is_loopback(environ.get("REMOTE_ADDR", ""))
            and is_loopback(host)
        )

    def _admit_host(self, environ: dict[str, Any]) -> Answer | None:
        host: str = environ.get("HTTP_HOST", "")
        if not host:
            # Only HTTP/1.0 may leave it out (RFC 9112 §3.2).
            if environ.get("SERVER_PROTOCOL") not in {"HTTP/1.0", "HTTP/1"} and not self._url:
                return _refuse("This request has no Host header.")
            name, port = environ.get("SERVER_NAME", ""), environ.get("SERVER_PORT", "80")
            host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
            if not _is_host(host):
                host = "localhost"
        if not _is_host(host):
            return _refuse("The Host header is no host.")
        host = host.lower().removesuffix(_DEFAULT_PORTS.get(environ["wsgi.url_scheme"], ":"))
        if self._hosts and not self._knows(_name_of(host)):
            return _refuse("This site isn't known here by the host that was asked for.")
        environ["HTTP_HOST"] = host
        return None

    def _knows(self, name: str) -> bool:
        return (
            name in self._hosts
            or is_loopback(name.strip("[]"))
            or any(known.startswith(".") and f".{name}".endswith(known) for known in self._hosts)
        )

    def _strip_prefix(self, environ: dict[str, Any]) -> None:
        """The path may or may not begin with that of the public address, whichever way a proxy
        in front has it.
        """
        path: str = environ.get("PATH_INFO", "")
        if self._prefix and f"{path}/".startswith(self._prefix + "/"):
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{self._prefix}"
            path = path.removeprefix(self._prefix)
        environ["PATH_INFO"] = "/" + path.lstrip("/")

    def _admit_query(self, environ: dict[str, Any]) -> Answer | None:
        """Leave in the query what belongs to the address, so that nothing else can decide."""
        query: str = environ.get("QUERY_STRING", "")
        tell_opened(environ, query)
        if query:
            try:
                query = self._parameters.clean(environ["PATH_INFO"], query)
            except TooManyError as error:
                return _problem(str(error))
        environ["QUERY_STRING"] = query
        return None


def reachable(address: str) -> str:
    """`address`, on which a server listens, as it can be opened on this machine: "all" is none."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine and reached from it alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _known_hosts(settings: Settings) -> frozenset[str]:
    """The names under which this site is known; none: under any."""
    named = set(settings.server.trusted_hosts)
    if settings.site.url:
        named.add(_name_of(urlsplit(settings.site.url).netloc.rpartition("@")[2].lower()))
    if not named:
        return frozenset()
    # Whoever looks whether it runs asks for the address that it listens on.
    return frozenset({*named, settings.server.host.lower(), f"[{settings.server.host.lower()}]"})


def _name_of(host: str) -> str:
    """`host` without its port and without the dot that may end it."""
    name = host if host.endswith("]") else re.sub(r":\d*\Z", "", host)
    return name.removesuffix(".")


def _is_host(host: str) -> bool:
    if _HOST.fullmatch(host) is None:
        return False
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:].partition("]")[0])
        host.encode("ascii").decode("idna")
    except ValueError:
        return False
    return True


def _refuse(reason: str) -> Answer:
    return plain_answer(HTTPStatus.BAD_REQUEST, f"{reason}\n")


def _problem(detail: str) -> Answer:
    """RFC 9457."""
    body = msgspec.json.encode({"title": "Bad Request", "status": 400, "detail": detail}) + b"\n"
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *PLAIN,
    ]
    return Answer("400 Bad Request", headers, [body])


def _moved(location: str) -> Answer:
    body = f"This feed is at {location}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Location", location),
        ("Cache-Control", f"public, max-age={_REDIRECT_SECONDS}"),
        *PLAIN,
    ]
    return Answer("301 Moved Permanently", headers, [body])
