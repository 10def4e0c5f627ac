"""What stands before every route and socket: headers, origin, host, size, rate, session, role, and the audit log."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sispamkota.errors import Fault

__all__ = ["BODY", "HEADERS", "Buckets", "Guarded", "RefusalError", "host_of", "known_host", "own_origin"]

BODY = 64 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
        "img-src 'self' data: blob:; worker-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class RefusalError(Exception):
    """Refuse a request with a status of HTTP; its faults are told in the reader's language."""

    def __init__(self, status: int, *faults: Fault) -> None:
        """Keep what is wrong."""
        super().__init__(status)
        self.status, self.faults = status, faults


@dataclass
class Buckets:
    """Count what each caller does: at most `burst` at once, `rate` a second after that."""

    rate: float
    burst: float
    clock: Callable[[], float]
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, who: str) -> bool:
        """Say whether one more is let through."""
        now = self.clock()
        left, since = self._left.get(who, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.rate)
        if len(self._left) > 10_000:
            self._left = {k: v for k, v in self._left.items() if now - v[1] < self.burst / self.rate}
        self._left[who] = (left - 1.0 if left >= 1.0 else left, now)
        return left >= 1.0


def host_of(headers: Headers) -> str:
    """Give the name in the Host header, without its port."""
    return (urlsplit("//" + headers.get("host", "")).hostname or "").casefold()


def known_host(name: str, own: frozenset[str]) -> bool:
    """Say whether a host is an address or a name of this computer: a foreign name may have been bent to it."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in own | {"localhost", socket.gethostname().casefold(), socket.gethostname().casefold() + ".local"}
    return True


def own_origin(headers: Headers, *, secure: bool) -> bool:
    """Say whether a request comes from a page of this server."""
    origin = headers.get("origin")
    return origin is not None and origin == f"{'https' if secure else 'http'}://{headers.get('host', '')}"


class Guarded:
    """Put the headers on every answer, and cut off a body that is too long."""

    def __init__(self, app: ASGIApp, *, refused: Callable[[int], Any]) -> None:
        """Wrap an application; `refused` makes the answer to a body that is too long, by its status."""
        self.app, self.refused = app, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith("/api"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refused = _length(Headers(scope=scope))
        await (self.refused(refused)(scope, receive, told) if refused else self.app(scope, receive, told))


def _length(headers: Headers) -> int:
    """Give the status with which a body without or beyond a known length is refused; 0 for none."""
    if "transfer-encoding" in headers:
        return 411
    length = headers.get("content-length", "0")
    return 0 if length.isdecimal() and int(length[:12]) <= BODY else 413
