"""Who sits in the room: the roles, what each may do and see, whom it may ask for what (data/exercise/roles.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

import pydantic

from sispamkota.inputs import Model, own_file

__all__ = ["Effect", "RequestKind", "Role", "RolesFile", "request_kinds", "role_of", "roles"]

Sight = Literal["all", "operation", "hospitals", "public"]
Effect = Literal["none", "hand_over", "change_line", "force", "reinforce"]


class Role(Model):
    """Describe a role: its name in both languages, the agencies whose units it commands, what it may do and see.

    `may` lists actions of `actions.ACTIONS`; one that ends in ".*" stands for all of its group. `office` answers
    requests as itself. `real_id`, `real_en`: its name in an operation, where that is another. A `held` role leaves the
    engine's command of crowds to people once somebody sits there.
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

    def allows(self, do: str) -> bool:
        """Say whether the role may do something; checkpoints are the server's alone."""
        return do != "clock.tick" and (do in self.may or f"{do.partition('.')[0]}.*" in self.may)


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


def role_of(seat: str) -> Role:
    """Give the role of a seat; a seat is a role, or a role and the place that it speaks for ("hospital:rs_a")."""
    return roles()[seat.partition(":")[0]]
