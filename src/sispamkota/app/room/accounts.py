"""Who may come in: accounts of desks, invitations that expire, sessions that rotate.

Tokens are kept as keyed hashes only. Sessions are looked up in memory; the database has them for the next start.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError

from sispamkota.errors import Fault, InputError, suggest
from sispamkota.exercise.roles import roles

from .database import Database, accounts, invites, sessions

__all__ = ["LIFE_H", "Accounts", "Invite", "Session", "check_password", "fault_of_name", "hash_password"]

IDLE_S = 12 * 3600.0  # without a request or an open page
LIFE_H = 26.0  # of a session, used or not: a shift of 24 hours and an hour for the hand-over at each end (assumed)
ROTATE_S = 3600.0
GRACE_S = 10.0  # requests that were on their way when a session rotated
INVITE_H = 24.0
_HASHER = PasswordHasher()
_DUMMY = _HASHER.hash(secrets.token_hex(16))
_NAME = re.compile(r"[a-z][a-z0-9-]{1,31}")
_WHAT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}")
LENGTH = (10, 200)


@dataclass
class Session:
    """Hold one desk that is signed in; `before` is the hash of the token that it had before the last rotation."""

    id: str
    account: str
    seat: str
    csrf: str
    token: str
    before: str
    used: float
    rotated: float
    began: float


@dataclass(frozen=True)
class Invite:
    """Hold an invitation; its token is told once."""

    id: str
    seat: str
    made: float
    expires: float
    account: str


def hash_password(password: str) -> str:
    """Hash a password (argon2id); slow on purpose."""
    return _HASHER.hash(password)


def check_password(password: str, account: str, *, where: str) -> None:
    """Raise InputError for a password that is guessed too easily."""
    low, high = LENGTH
    if not low <= len(password) <= high or len(set(password)) < 5 or password.casefold() == account:
        got, remedy = "a shorter or simpler one", "Take four words that do not belong together."
        expected = f"{low} to {high} characters, at least five of them different, not the name of the account"
        raise InputError([Fault(where, "password", expected, got, remedy)])


def fault_of_name(account: str) -> Fault | None:
    """Say what is wrong with the name of a desk; None for nothing."""
    if _NAME.fullmatch(account):
        return None
    remedy = "Name the desk, as in damkar-1; never a person."
    expected = "2 to 32 small letters, digits and hyphens, with a letter first"
    return Fault("account", "account", expected, f'"{account[:40]}"', remedy)


class Accounts:
    """Keep accounts, invitations and sessions of one room; `now` is a clock that is never set back."""

    def __init__(
        self,
        base: Database,
        key: bytes,
        *,
        now: Callable[[], float],
        hospitals: tuple[str, ...],
        life_h: float = LIFE_H,
    ) -> None:
        """Read what the database has; a session ends after `life_h` hours, however much it is used."""
        self._base, self._key, self.now, self._hospitals, self._life = base, key, now, hospitals, life_h * 3600.0
        self.seats: dict[str, str] = {}
        self._live: dict[str, Session] = {}
        self._before: dict[str, Session] = {}
        self.refresh()

    def _hash(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), hashlib.sha256).hexdigest()

    def refresh(self) -> None:
        """Take in what other processes have changed: who came, who went, which token a session has now."""
        self.seats = {row["account"]: row["seat"] for row in self._base.rows(accounts)}
        known = {session.id: session for session in list(self._live.values())}
        for row in self._base.rows(sessions):
            session = known.pop(row["id"], None)
            if row["account"] not in self.seats:
                continue
            if session is None:
                self._keep(Session(seat=self.seats[row["account"]], **row))
            elif session.token != row["token"]:
                self._drop(session)
                session.token, session.before, session.rotated = row["token"], row["before"], row["rotated"]
                self._keep(session)
            if session is not None:
                session.used = max(session.used, row["used"])
        for session in known.values():
            self._drop(session)

    # --- accounts --------------------------------------------------------------------------------------------------

    @property
    def has_controller(self) -> bool:
        """Say whether somebody leads the exercise."""
        return "controller" in self.seats.values()

    def check_name(self, account: str) -> None:
        """Raise InputError for what is no name of a desk."""
        fault = fault_of_name(account)
        if fault is not None:
            raise InputError([fault])

    def check_seat(self, seat: str) -> None:
        """Raise InputError for a seat that this exercise does not have."""
        role, colon, what = seat.partition(":")
        if role not in roles():
            remedy = "Choose one of " + ", ".join(roles()) + "."
            raise InputError([Fault("seat", "seat", "a role", f'"{role[:40]}"', remedy)])
        if colon and not _WHAT.fullmatch(what):
            raise InputError(
                [Fault("seat", "seat", "a role, or role:place", f'"{seat[:60]}"', "Name a place after the colon.")]
            )
        if role == "hospital" and colon and what not in self._hospitals:
            remedy = "Choose one of " + ", ".join(self._hospitals[:12]) + "."
            raise InputError([Fault("seat", "seat", "a hospital of this exercise", f'"{what}"', remedy)])

    def check_invite(self, token: str) -> None:
        """Raise InputError for an invitation that does not hold."""
        with self._base.told(), self._base.engine.connect() as connection:
            self._holding(connection, token)

    def _holding(self, connection: sa.Connection, token: str) -> Any:
        row = connection.execute(sa.select(invites).where(invites.c.token == self._hash(token))).first()
        if row is None or row.account or row.expires < self.now():
            raise _no_invite()
        return row

    def join(self, token: str, account: str, hashed: str) -> str:
        """Make the account that an invitation is for, and give its seat; raises InputError for one that is none."""
        self.check_name(account)
        where = invites.c.token == self._hash(token)
        with self._base.told(), self._base.engine.begin() as connection:
            row = self._holding(connection, token)
            used = sa.update(invites).where(where, invites.c.account == "").values(account=account)
            if connection.execute(used).rowcount != 1:
                raise _no_invite()
            values = {"account": account, "seat": row.seat, "password": hashed, "made": self.now()}
            try:
                connection.execute(sa.insert(accounts).values(values))
            except IntegrityError:
                remedy = "Take another name; the invitation still holds."
                raise InputError([Fault("account", "account", "a new name", f'"{account}"', remedy)]) from None
        self.seats[account] = row.seat
        return str(row.seat)

    @staticmethod
    def matches(hashed: str | None, password: str) -> bool:
        """Compare a password with its hash; None: with nothing, for as long."""
        try:
            _HASHER.verify(hashed or _DUMMY, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def password_of(self, account: str) -> str | None:
        """Give the hash of an account's password."""
        query = sa.select(accounts.c.password).where(accounts.c.account == account)
        with self._base.told(), self._base.engine.connect() as connection:
            value: str | None = connection.execute(query).scalar()
            return value

    def set_password(self, account: str, hashed: str) -> None:
        """Give an account another password, and end its sessions; raises InputError for no such account."""
        change = sa.update(accounts).where(accounts.c.account == account).values(password=hashed)
        if not self._base.change(change, sa.delete(sessions).where(sessions.c.account == account))[0]:
            raise self._unknown(account)
        self._drop_of(account)

    def check_known(self, account: str) -> None:
        """Raise InputError for no such account."""
        if account not in self.seats:
            raise self._unknown(account)

    def _unknown(self, account: str) -> InputError:
        remedy = suggest(account, sorted(self.seats))
        return InputError([Fault("account", "account", "an account of this room", f'"{account}"', remedy)])

    def remove(self, account: str) -> bool:
        """Take an account and its sessions away; say whether there was one."""
        where = (
            sa.delete(accounts).where(accounts.c.account == account),
            sa.delete(sessions).where(sessions.c.account == account),
        )
        found = self._base.change(*where)[0] > 0
        self.seats.pop(account, None)
        self._drop_of(account)
        return found

    # --- invitations -----------------------------------------------------------------------------------------------

    def invite(self, seat: str, *, hours: float = INVITE_H) -> tuple[Invite, str]:
        """Make an invitation to a seat; give it and its token."""
        self.check_seat(seat)
        token, now = secrets.token_urlsafe(24), self.now()
        invite = Invite(secrets.token_hex(8), seat, now, now + hours * 3600.0, "")
        self._base.change(sa.insert(invites).values(**vars(invite), token=self._hash(token)))
        return invite, token

    def open_invites(self) -> list[Invite]:
        """List what was made and not taken back, the newest first."""
        rows = [{k: v for k, v in row.items() if k != "token"} for row in self._base.rows(invites)]
        return sorted((Invite(**row) for row in rows), key=lambda each: -each.made)

    def withdraw(self, invite: str) -> bool:
        """Take an invitation back; say whether there was one that nobody had used."""
        unused = sa.delete(invites).where(invites.c.id == invite, invites.c.account == "")
        return self._base.change(unused)[0] > 0

    def withdraw_seat(self, seat: str) -> None:
        """Take back every unused invitation to a seat."""
        self._base.change(sa.delete(invites).where(invites.c.seat == seat, invites.c.account == ""))

    # --- sessions --------------------------------------------------------------------------------------------------

    def sign_in(self, account: str) -> tuple[Session, str]:
        """Begin a session; give it and its token."""
        token, now = secrets.token_urlsafe(32), self.now()
        session = Session(
            secrets.token_hex(8),
            account,
            self.seats[account],
            secrets.token_urlsafe(24),
            self._hash(token),
            "",
            now,
            now,
            now,
        )
        self._base.change(sa.insert(sessions).values(_stored(session)))
        self._keep(session)
        return session, token

    def find(self, token: str) -> tuple[Session | None, bool]:
        """Find the session of a token; the second says whether an old token was shown: it may have been stolen."""
        if not token:
            return None, False
        hashed, now = self._hash(token), self.now()
        session, old = self._live.get(hashed), self._before.get(hashed)
        if session is None and old is not None:
            if now - old.rotated <= GRACE_S:
                return old, False
            return old, True
        if session is not None and not self._holds(session):
            return None, False
        if session is not None:
            session.used = now
        return session, False

    def alive(self, session: Session) -> bool:
        """Say whether a session still holds."""
        return self._live.get(session.token) is session and self._holds(session)

    def _holds(self, session: Session) -> bool:
        return self.now() - session.used <= IDLE_S and self.now() < self.ends(session)

    def ends(self, session: Session) -> float:
        """Say when a session ends, however much it is used."""
        return session.began + self._life

    def use(self, session: Session) -> None:
        """Take in that a session is in use: its page is open."""
        if self.alive(session):
            session.used = self.now()

    def due(self, session: Session) -> bool:
        """Say whether a session is to get another token."""
        return self.now() - session.rotated > ROTATE_S

    def rotate(self, session: Session) -> str:
        """Give a session another token; the old one ends."""
        token = secrets.token_urlsafe(32)
        self._live.pop(session.token, None)
        self._before.pop(session.before, None)
        session.before, session.token, session.rotated = session.token, self._hash(token), self.now()
        self._keep(session)
        self._base.change(sa.update(sessions).where(sessions.c.id == session.id).values(_stored(session)))
        return token

    def sign_out(self, session: Session) -> None:
        """End a session."""
        self._drop(session)
        self._base.change(sa.delete(sessions).where(sessions.c.id == session.id))

    def sign_out_all(self, account: str) -> None:
        """End every session of an account, wherever it is signed in; raises InputError for no such account."""
        self.check_known(account)
        self._base.change(sa.delete(sessions).where(sessions.c.account == account))
        self._drop_of(account)

    def note_use(self) -> None:
        """Keep when each session was last used, and forget those that have run out."""
        gone = [each for each in self._live.values() if not self._holds(each)]
        for session in gone:
            self._drop(session)
        changes = [
            sa.update(sessions).where(sessions.c.id == each.id).values(used=each.used) for each in self._live.values()
        ]
        self._base.change(*changes, *(sa.delete(sessions).where(sessions.c.id == each.id) for each in gone))

    def _keep(self, session: Session) -> None:
        self._live[session.token] = session
        if session.before:
            self._before[session.before] = session

    def _drop(self, session: Session) -> None:
        self._live.pop(session.token, None)
        self._before.pop(session.before, None)

    def _drop_of(self, account: str) -> None:
        for session in [each for each in self._live.values() if each.account == account]:
            self._drop(session)


def _stored(session: Session) -> dict[str, Any]:
    return {name: value for name, value in vars(session).items() if name != "seat"}


def _no_invite() -> InputError:
    remedy = "Ask the controller, or the command post, for a new link."
    return InputError(
        [Fault("token", "token", "an invitation that still holds", "one used up, withdrawn or too old", remedy)]
    )
