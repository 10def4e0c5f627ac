"""Who listens to a room: the sockets of this process, which accounts they are of, and who has left the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .accounts import Session
from .client import Client
from .troubles import Troubles

__all__ = ["Audience"]

LEADER = "controller"


class Audience:
    """Hold the sockets."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._clients: set[Client] = set()
        self.left = set[str]()  # accounts that have left their desk to others, though their page is open

    def __iter__(self) -> Iterator[Client]:
        """Go through the sockets as they are now."""
        return iter(tuple(self._clients))

    def add(self, client: Client) -> None:
        """Let a socket in."""
        self._clients.add(client)

    def discard(self, client: Client) -> None:
        """Forget a socket."""
        self._clients.discard(client)

    def seats(self) -> set[str]:
        """Give the seats that listen."""
        return {client.seat for client in self._clients}

    def here(self) -> dict[str, str]:
        """Give the accounts that have a socket, with their seats; the seat of who has left the desk is empty."""
        return {c.session.account: "" if c.session.account in self.left else c.seat for c in self._clients}

    def wake(self) -> None:
        """Let every socket look for what it has not been told."""
        for client in self:
            client.wake.set()

    def tell(self, message: dict[str, Any], *, role: str = "") -> None:
        """Tell every socket something, or those of one role."""
        for client in self:
            if role in ("", client.role):
                client.reply(message)

    def tell_of(self, troubles: Troubles, *, client: Client | None = None) -> None:
        """Tell who leads, or one socket of theirs, what of the program failed."""
        message = {"kind": "notice", "what": "trouble", "rows": troubles.rows()}
        if client is None:
            self.tell(message, role=LEADER)
        elif client.role == LEADER and message["rows"]:
            client.reply(message)

    def beat(self) -> None:
        """Let the heart of every socket beat."""
        for client in self:
            client.beat = True

    def sign_off(self, account: str, *, session: str | None = None) -> None:
        """Close the sockets of an account, or of one session of it."""
        for client in self:
            if client.session.account == account and session in (None, client.session.id):
                client.close()

    def sign_off_lost(self, alive: Callable[[Session], bool]) -> None:
        """Close the sockets whose session has ended elsewhere."""
        for client in self:
            if not alive(client.session):
                client.close()

    def close(self) -> None:
        """Let everybody go."""
        for client in self:
            client.close()
