"""The actions of an operation, as the models that check them: what is reported, and what a merge of two posts wrote.

`seen`: seconds since the operation's start at which something was so, where its report found no line and came later.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from sispamkota.inputs import Model

from .fields import Count, Key, Name, Seconds, Text

__all__ = [
    "Conflict", "Doubled", "Merged", "ReportCrowd", "ReportIncident", "ReportTps", "ReportUnit", "UpdateIncident",
]  # fmt: skip


class ReportTps(Model):
    """Report how a TPS stands, and how many wait there; or, by its code, all TPS of a kelurahan."""

    do: Literal["tps.report"]
    tps: Name
    state: Literal["not_open", "open", "queue", "closed", "counting", "counted", "disrupted"]
    waiting: Count | None = None
    seen: Seconds | None = None
    key: Key = ""


class ReportIncident(Model):
    """Report that something has happened at a place; the number of this record is the incident's from then on."""

    do: Literal["incident.report"]
    place: Name
    kind: Name
    text: Text
    injured: Count | None = None
    seen: Seconds | None = None
    key: Key = ""


class UpdateIncident(Model):
    """Say how a reported incident stands now; `closed` by a role that does not lead it proposes to close it."""

    do: Literal["incident.update"]
    incident: int = pydantic.Field(ge=0)
    state: Literal["seen", "handled", "closed"]
    text: Text
    injured: Count | None = None
    seen: Seconds | None = None
    key: Key = ""


class ReportCrowd(Model):
    """Report how many people are at a place, how many of them are violent, and whether they become more."""

    do: Literal["crowd.report"]
    place: Name
    people: Count
    violent: Count | None = None
    trend: Literal["growing", "steady", "shrinking"]
    seen: Seconds | None = None
    key: Key = ""


class ReportUnit(Model):
    """Report how a unit of one's own stands, where it is and which incident it is at."""

    do: Literal["unit.report"]
    unit: Name
    state: Literal["standby", "moving", "at_scene", "returning", "resting", "off"]
    place: Name | None = None
    incident: int | None = pydantic.Field(default=None, ge=0)
    seen: Seconds | None = None
    key: Key = ""


# --- two posts that were cut off from each other ----------------------------------------------------------------------

Hash = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Doubled(Model):
    """Name a unit that both posts sent to different incidents at the same time; `until` None: it lasts (ms)."""

    unit: Name
    incidents: tuple[int, int]
    since: int
    until: int | None = None


class Conflict(Model):
    """Keep an action of one post that does not fit what the other did: sent twice, a unit sent elsewhere, or late."""

    do: Literal["merge.conflict"]
    action: dict[str, Any]
    why: Literal["twice", "doubled", "late"]


class Merged(Model):
    """Say from which two logs the records after the first `shared` come: the hashes of their last records.

    `origins` are the hashes that those records had there, in their order here; `conflicts` numbers of records.
    """

    do: Literal["merge.done"]
    heads: tuple[Hash, Hash]
    shared: int = pydantic.Field(ge=1)
    origins: tuple[Hash, ...]
    conflicts: tuple[int, ...]
    doubled: tuple[Doubled, ...]
