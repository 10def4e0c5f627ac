"""Who sits in the room: the roles, what each may do and see, whom it may ask for what (data/exercise/roles.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

import pydantic

from sispamkota.inputs import Model, own_file

__all__ = [
    "SERVERS", "Effect", "RequestKind", "Role", "RolesFile", "leaders", "request_kinds", "role_of", "roles",
    "speaks_for",
]  # fmt: skip

Sight = Literal["all", "operation", "hospitals", "public"]
Effect = Literal["none", "hand_over", "change_line", "force", "reinforce"]
TOP = 2  # the highest level of command: the Kapolda
SERVERS = ("clock.tick", "seat.free")  # what the room does by itself


class Role(Model):
    """Describe a role: its name in both languages, the agencies whose units it commands, what it may do and see.

    `may` lists actions of `actions.ACTIONS`; one that ends in ".*" stands for all of its group. `office` answers
    requests as itself. A role that `commands_crowds` leaves that command to people once somebody sits there; `leads`
    names the levels of command (1 Kapolresta, 2 Kapolda) that it may take over and whose line it may hand over.
    `closes` names the kinds of reported incidents that it leads, and so may close ("*": all of them).
    `real_id`, `real_en`: its name in an operation, where that is another.
    """

    id: str
    en: str
    real_id: str = ""
    real_en: str = ""
    office: str = ""
    agencies: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    sees: Sight
    layout: Literal["room", "phone", "view"] = "room"
    commands_crowds: bool = False
    closes: tuple[str, ...] = ()
    leads: tuple[Annotated[int, pydantic.Field(ge=1, le=TOP)], ...] = ()

    def named(self, lang: str, *, real: bool) -> str:
        """Give the role's name in a language; `real`: the one that it has in an operation."""
        own = self.id if lang == "id" else self.en
        return ((self.real_id if lang == "id" else self.real_en) if real else "") or own

    def allows(self, do: str) -> bool:
        """Say whether the role may do something; checkpoints and desks that stand empty are the server's alone."""
        return do not in SERVERS and (do in self.may or f"{do.partition('.')[0]}.*" in self.may)

    def may_close(self, kind: str) -> bool:
        """Say whether the role leads an incident of a kind: others propose to close it."""
        return bool({"*", kind} & set(self.closes))


class RequestKind(Model):
    """Describe what may be asked: by whom, of whom, and what a grant does."""

    id: str
    en: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    place: bool = False
    step: bool = False
    effect: Effect = "none"


class RolesFile(Model):
    """Describe the file of the roles."""

    kind: Literal["roles"]
    version: Literal[1]
    source: str
    quality: Literal["official", "reported", "estimated", "assumed"]
    roles: dict[str, Role]
    requests: dict[str, RequestKind]

    @pydantic.model_validator(mode="after")
    def _known(self) -> RolesFile:
        for name, kind in self.requests.items():
            strange = {*kind.by, *kind.to} - set(self.roles)
            if strange:
                raise ValueError(f"requests.{name} names a role that is not here: {min(strange)}")
        return self


@cache
def _file() -> RolesFile:
    return own_file(RolesFile, "exercise", "roles")


def roles() -> Mapping[str, Role]:
    """Give every role by its name."""
    return _file().roles


def request_kinds() -> Mapping[str, RequestKind]:
    """Give every kind of request by its name."""
    return _file().requests


def leaders(level: int) -> tuple[str, ...]:
    """Name the roles that lead at a level of command (or the highest), those that lead least first."""
    able = [name for name, role in roles().items() if min(level, TOP) in role.leads]
    return tuple(sorted(able, key=lambda name: len(roles()[name].leads)))


def role_of(seat: str) -> Role:
    """Give the role of a seat; a seat is a role, or a role and the place that it speaks for ("hospital:rs_a")."""
    return roles()[seat.partition(":")[0]]


def speaks_for(seat: str, asked: str) -> bool:
    """Say whether a seat answers for another: itself, and a role's own seat for all of its places, and for the role."""
    role, _, place = seat.partition(":")
    other, _, its = asked.partition(":")
    return role == other and (not place or not its or place == its)
